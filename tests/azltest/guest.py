# SPDX-License-Identifier: MIT
"""One boot of one deployment under systemd-nspawn: from power-on to power-off."""

import contextlib
import os
import socket
import subprocess
import time
from pathlib import Path

from . import mounts
from .run import clean_env, kill_group, run, start, wait_for

REBOOT = 133  # systemd-nspawn's exit status when the guest asked for a reboot
_SCRIPT = Path(__file__).resolve().parent.parent / "host" / "guest.sh"
_UNSHARE = "unshare --mount --pid --fork --kill-child --mount-proc --propagation=slave".split()
_PREFIX = "azl-guest-"
_CGROUPS = ("/sys/fs/cgroup/unified", "/sys/fs/cgroup")


class BootFailed(AssertionError):
    """The guest did not come up; the message says how far it got."""


class Guest:
    """A running guest. It dies with this process, even if that is killed."""

    def __init__(self, sysroot, entry, binds, options=()):
        _sweep_cgroups()
        self._disks = (sysroot, sysroot / "boot")
        self.name = f"{_PREFIX}{os.getpid()}-{time.monotonic_ns() % 10**9}"
        self._files = mounts.rundir() / self.name
        self._files.mkdir()
        cmdline = self._files / "cmdline"
        cmdline.write_text(entry.options + "\n", encoding="utf-8")
        self._console = self._files / "console"
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._notify.bind(str(self._files / "notify"))
        bind_options = [f"--bind={host}:{guest}" for host, guest in binds.items()]
        with open(self._console, "wb") as console:
            self._process = start(
                [*_UNSHARE, _SCRIPT, self.name, sysroot, entry.deployment, cmdline]
                + [*bind_options, *options],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                env=clean_env(NOTIFY_SOCKET=str(self._files / "notify")),
            )
        self._leader = None

    def wait_booted(self, timeout):
        """Returns when systemd has nothing left to start: up, with or without failed units."""
        deadline = time.monotonic() + timeout
        while True:
            self._notify.settimeout(0.1)
            with contextlib.suppress(TimeoutError):
                if b"READY=1" in self._notify.recv(4096).split(b"\n"):
                    break
            if self._process.poll() is not None:
                raise BootFailed(
                    f"the guest ended with {self._process.returncode}:\n{self.console()}"
                )
            if time.monotonic() > deadline:
                raise BootFailed(f"not up after {timeout} s:\n{self.console()}\n{self._jobs()}")
        # only now, so that it is always the same units that still see the machine's own
        run([*self.enter(), "mount", "--bind", "/run/azl-host/cmdline", "/proc/cmdline"]).check()

    def _jobs(self):
        with contextlib.suppress(ProcessLookupError):
            return run([*self.enter(), "systemctl", "list-jobs", "--no-pager"], timeout=5).out
        return "(systemd in the guest cannot be reached)"

    def console(self):
        """What nspawn and the guest's console said."""
        return self._console.read_text(encoding="utf-8", errors="replace")

    def enter(self):
        """The command prefix that runs something as root in the guest.

        The shell stays outside the pid namespace and waits. nsenter's own waiting would not do: the
        guest stops all processes before it kills them at shutdown, and nsenter stops with its
        child. `-r`: where the tests run in a chroot, the namespace's root is not the guest's.
        """
        leader = str(self.leader())
        nsenter = ["nsenter", "-t", leader, *"-m -u -i -n -p -C -r -w --no-fork --".split()]
        return [*nsenter, "/bin/sh", "-c", '"$@"; exit $?', "sh"]

    def leader(self):
        """Process id, as seen from here, of the guest's PID 1."""
        if self._leader is None or not Path(f"/proc/{self._leader}").exists():
            self._leader = self._find_leader()
        return self._leader

    def _find_leader(self):
        for nspawn in _children(self._process.pid):
            for child in _children(nspawn):
                if _pid_inside(child) == 1:
                    return child
        raise ProcessLookupError("the guest is not running")

    def running(self):
        return self._process.poll() is None

    def wait_ended(self, timeout):
        """Waits for the guest to go down; returns nspawn's status (`REBOOT`: it wants back up)."""
        wait_for(lambda: not self.running(), timeout, "the guest's end", interval=0.01)
        self._clean()
        return self._process.returncode

    def kill(self):
        """Ends the guest at once, like pulling the plug. Harmless if it is down already.

        A machine without power has no frozen file system, and here nobody can end who waits for one.
        """
        if self.running():
            # PID 1 of the outer namespace: when it is reported dead, all inside has ended
            for nspawn in _children(self._process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(nspawn, 9)
            with contextlib.suppress(TimeoutError):
                wait_for(self._has_died, 10, "the guest's death", interval=0.01)
            kill_group(self._process)
        self._has_died()
        self._clean()

    def _has_died(self):
        for disk in self._disks:
            mounts.thaw(disk)
        return not self.running()

    def _clean(self):
        self._notify.close()
        for top in _CGROUPS:
            _remove_cgroup(Path(top) / self.name)


def _sweep_cgroups():
    """Removes the empty cgroups of harnesses that were killed."""
    for top in _CGROUPS:
        for path in Path(top).glob(f"{_PREFIX}*"):
            owner = path.name.removeprefix(_PREFIX).split("-")[0]
            if not Path("/proc", owner).exists():
                _remove_cgroup(path)


def _remove_cgroup(path):
    if not path.is_dir():
        return
    for folder, _, _ in sorted(os.walk(path), reverse=True):
        with contextlib.suppress(OSError):
            wait_for(lambda: _rmdir(folder), 2, f"{folder} becoming empty")


def _rmdir(folder):
    try:
        os.rmdir(folder)
    except FileNotFoundError:
        pass
    except OSError:
        return False
    return True


def _children(pid):
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        lists = [(task / "children").read_text(encoding="ascii") for task in tasks]
        return [int(child) for text in lists for child in text.split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def _pid_inside(pid):
    """The process id that a process has in its own pid namespace."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("NSpid:"):
                return int(line.split()[-1])
    return None
