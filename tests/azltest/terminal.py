# SPDX-License-Identifier: MIT
"""Hand a person's terminal to a command that has no terminal of its own there.

A guest cannot use our terminal as its controlling one (other session, other pid namespace), so it
gets a pseudo-terminal and we copy between the two. Without that there is no job control and no
Ctrl-C.
"""

import contextlib
import fcntl
import os
import pty
import signal
import sys
import termios

from .run import run


def interact(argv, env):
    """Runs `argv` on our terminal, if we have one, until it ends; returns its exit status."""
    if not sys.stdin.isatty():
        return run(argv, timeout=86400, env=env, live=True).rc
    # the shell dies with us: nobody is left holding the pseudo-terminal
    clean = ["env", "-i", *(f"{name}={value}" for name, value in env.items())]
    argv = [*clean, "setpriv", "--pdeathsig", "KILL", *argv]
    master = None

    def resize(*_):
        if master is not None:
            with contextlib.suppress(OSError):
                size = fcntl.ioctl(sys.stdin, termios.TIOCGWINSZ, b"\0" * 8)
                fcntl.ioctl(master, termios.TIOCSWINSZ, size)

    def read(fd):
        nonlocal master
        if master is None:
            master = fd
            resize()
        return os.read(fd, 4096)

    previous = signal.signal(signal.SIGWINCH, resize)
    try:
        return os.waitstatus_to_exitcode(pty.spawn(argv, read))
    finally:
        signal.signal(signal.SIGWINCH, previous)
