# SPDX-License-Identifier: MIT
"""Run commands with an end in sight.

Every command has a time limit, and its whole process group dies with it: when the limit passes,
when the caller fails, and when the caller itself is killed (the kernel's parent-death signal).
"""

import ctypes
import os
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


class CommandFailed(AssertionError):
    """A command ended other than expected; the message holds all that it printed."""

    def __init__(self, result, why):
        self.result = result
        super().__init__(
            f"{why}: {result.shown()}\n--- stdout\n{result.out}\n--- stderr\n{result.err}"
        )


@dataclass
class Result:
    """How a command ended. `out` and `err` are empty when they went straight to the terminal."""

    argv: list
    rc: int
    out: str = ""
    err: str = ""
    seconds: float = 0.0
    timed_out: bool = field(default=False, compare=False)

    def shown(self):
        return shlex.join(self.argv)

    def check(self, *allowed):
        """Returns itself if the exit status is among `allowed` (default: 0), else raises."""
        if self.timed_out:
            raise CommandFailed(self, f"no end after {self.seconds:.1f} s")
        if self.rc not in (allowed or (0,)):
            raise CommandFailed(self, f"exit status {self.rc}")
        return self


def die_with_parent():
    """For `preexec_fn`: the kernel kills this process when the thread that started it is gone.

    And signals do what they do for a login. Who starts us may ignore some, nohup SIGHUP and a
    shell's `&` SIGINT; that is inherited, and azlctl respects it.
    """
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        _libc.signal(number, None)  # SIG_DFL; Python's own may be called in the main thread only


def clean_env(**extra):
    """What a root login has, so that a test never depends on who started it."""
    env = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "LANG": "C.UTF-8",
        "TERM": os.environ.get("TERM", "dumb"),
    }
    env.update(extra)
    return env


def start(argv, **kwargs):
    """Popen in a process group of its own that dies with us. End it with `kill_group`."""
    return subprocess.Popen(
        [str(a) for a in argv], start_new_session=True, preexec_fn=die_with_parent, **kwargs
    )


def kill_group(process, first=signal.SIGKILL, grace=2.0):
    """Ends a process made by `start`, with all its children, in at most `grace` + 5 s."""
    if process is None:
        return
    for sig, limit in ((first, grace), (signal.SIGKILL, 5)):
        try:
            os.killpg(process.pid, sig)
        except ProcessLookupError:
            pass
        try:
            process.wait(limit)
            return
        except subprocess.TimeoutExpired:
            continue
    raise RuntimeError(f"process {process.pid} cannot be killed")


def run(argv, timeout=60, env=None, cwd=None, input=None, live=False):
    """Runs `argv` and returns its Result; the caller decides with `.check()` what is a failure.

    `live` passes the terminal through instead of collecting the output.
    """
    pipe = None if live else subprocess.PIPE
    stdin = subprocess.PIPE if input is not None else (None if live else subprocess.DEVNULL)
    began = time.monotonic()
    process = start(
        argv, stdin=stdin, stdout=pipe, stderr=pipe, env=env, cwd=cwd, text=True, errors="replace"
    )
    timed_out = False
    try:
        out, err = process.communicate(input, timeout)
    except subprocess.TimeoutExpired:
        timed_out = True
        kill_group(process)
        out, err = process.communicate(timeout=5)
    except BaseException:
        kill_group(process)
        raise
    return Result(
        [str(a) for a in argv],
        process.returncode,
        out or "",
        err or "",
        time.monotonic() - began,
        timed_out,
    )


def say(text):
    """Tells a waiting person what is going on; on stderr, so that stdout stays data."""
    print(f"==> {text}", file=sys.stderr, flush=True)


def wait_for(condition, timeout, what, interval=0.02):
    """Polls until `condition()` is true, returns its value; TimeoutError names `what`."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {timeout} s")
        time.sleep(interval)
