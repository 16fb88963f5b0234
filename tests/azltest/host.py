# SPDX-License-Identifier: MIT
"""A host that boots, updates, reboots and crashes like a machine, in seconds and without a VM.

Its disks are private copies of images; a deployment is booted with real systemd as PID 1, and
libostree inside sees it as the booted one. We play boot loader: at each power-on the boot loader
entries on the disk decide what comes up. What this cannot show: kernel, initramfs, GRUB, and data
that a power cut loses because it never reached the disk.
"""

import contextlib
import time
from pathlib import Path

from . import bls
from .guest import REBOOT, BootFailed, Guest
from .os_factory import OS, set_remote_url
from .run import Result, clean_env, run

__all__ = ["BootFailed", "Host"]


class Host:
    """Use as a context manager:

        with Host(os_image(), url=server.url) as host:
            host.boot()
            host.run(["ostree", "admin", "upgrade", "--stage"]).check()
            host.reboot()

    `binds` {path here: path in the guest} are writable; the guest paths must be below /run or /var.
    `choose(entries)` stands in for boot loader logic at each power-on (default: the first entry).
    """

    def __init__(
        self, image, url=None, binds=None, choose=lambda entries: entries[0], nspawn_options=()
    ):
        self._image = image
        self._url = url
        self._binds = dict(binds or {})
        self._choose = choose
        self._options = tuple(nspawn_options)
        self._stack = contextlib.ExitStack()
        self._guest = None
        self.sysroot = None  # the mounted disk, to look at or break from outside
        self.entry = None  # what was booted last
        self.boots = []  # per power-on: (checksum, seconds until systemd was ready)

    def __enter__(self):
        self.sysroot = self._stack.enter_context(self._image.copy())
        self._stack.callback(self.crash)
        if self._url:
            set_remote_url(self.sysroot, self._url)
        return self

    def __exit__(self, *exc):
        self._stack.close()

    @property
    def var(self):
        """/var of the host, from outside."""
        return self.sysroot / "ostree/deploy" / OS / "var"

    @property
    def running(self):
        return self._guest is not None and self._guest.running()

    @property
    def etc(self):
        """/etc of the deployment that was booted last; before the first boot, of the default."""
        return (self.entry or bls.default(self.sysroot)).deployment / "etc"

    def boot(self, timeout=60, choose=None):
        """Power on: boots what the boot loader entries say; returns the seconds it took.

        `choose` is for this boot only, like a person at the boot menu.
        """
        assert not self.running, "the host is already running"
        self.entry = (choose or self._choose)(bls.entries(self.sysroot))
        began = time.monotonic()
        self._guest = Guest(self.sysroot, self.entry, self._binds, self._options)
        try:
            self._guest.wait_booted(timeout)
        except BaseException:
            self.crash()
            raise
        seconds = time.monotonic() - began
        self.boots.append((self.entry.checksum, seconds))
        return seconds

    def run(self, argv, timeout=60, live=False, input=None, env=None) -> Result:
        """Runs a command as root in the guest in a clean environment; `live`: on our terminal."""
        command = [*self.enter(), *argv]
        return run(command, timeout=timeout, live=live, input=input, env=clean_env(**(env or {})))

    def enter(self):
        """The command prefix that runs something as root in the guest."""
        return self._guest.enter()

    def going_down(self):
        """True if the guest is off or on its way down."""
        try:
            state = self.run(["systemctl", "is-system-running"], timeout=10).out.strip()
        except ProcessLookupError:
            return True
        return not self.running or state in ("", "stopping", "offline", "unknown")

    def reboot(self, timeout=90):
        """An orderly reboot into the default; returns the seconds that the way down took."""
        down = self._down("reboot", timeout)
        assert self._last_status == REBOOT, "the guest powered off instead of rebooting"
        self.boot(timeout)
        return down

    def poweroff(self, timeout=90):
        """An orderly power-off; returns the seconds that it took."""
        return self._down("poweroff", timeout)

    def _down(self, verb, timeout):
        began = time.monotonic()
        self.run(["systemctl", verb], timeout=timeout)  # its own end may come before its answer
        self._ended(timeout)
        return time.monotonic() - began

    def follow(self, timeout=90):
        """Waits until the guest goes down by itself. Boots again if it asked for a reboot.

        Returns True if it did, False if it powered off.
        """
        self._ended(timeout)
        if self._last_status == REBOOT:
            self.boot(timeout)
        return self._last_status == REBOOT

    def _ended(self, timeout):
        try:
            self._last_status = self._guest.wait_ended(timeout)
        except TimeoutError as error:
            raise AssertionError(
                f"{error}; the end of its journal:\n{self.journal(lines=40)}"
            ) from None

    def crash(self):
        """A power cut. Harmless if the host is off."""
        if self._guest is not None:
            self._guest.kill()

    def booted_checksum(self):
        """The commit that libostree in the running guest takes for the booted one."""
        status = self.run(["ostree", "admin", "status"]).check().out
        booted = [line.split()[2] for line in status.splitlines() if line.startswith("* ")]
        assert len(booted) == 1, f"not exactly one booted deployment:\n{status}"
        return booted[0].split(".")[0]

    def system_state(self):
        """`running`, or `degraded` and the failed units."""
        state = self.run(["systemctl", "is-system-running"]).out.strip()
        if state == "running":
            return state
        failed = self.run(["systemctl", "--failed", "--plain", "--no-legend"]).out.strip()
        return f"{state}: {failed}"

    def journal(self, *options, lines=None):
        """The journal of all boots, also when the host is off; `options`: journalctl's."""
        folder = self.var / "log/journal"
        if not folder.is_dir():
            return ""
        limit = [f"--lines={lines}"] if lines else []
        argv = ["journalctl", f"--directory={folder}", "--no-pager", "--quiet", *limit, *options]
        return run(argv, timeout=30).check(0, 1).out

    def console(self):
        """What the guest's console said during the last boot."""
        return self._guest.console() if self._guest else ""

    def path(self, guest_path):
        """Where a path of the host (the deployment booted last) is, seen from outside."""
        parts = Path(guest_path).parts[1:]
        tops = {"var": self.var, "boot": self.sysroot / "boot", "sysroot": self.sysroot}
        if parts and parts[0] in tops:
            return tops[parts[0]].joinpath(*parts[1:])
        return self.entry.deployment.joinpath(*parts)
