# SPDX-License-Identifier: MIT
"""Speak the worker protocol with azl-update, byte by byte: docs/worker-protocol.md."""

import contextlib
import json
import os
import select
import signal
import socket
import tempfile
import time
from dataclasses import dataclass, field

from . import programs
from .run import kill_group, start

_LIMIT = 30  # seconds


@dataclass
class Reply:
    """How a job ended: its events, its end line, its exit status, and what it said on stderr."""

    events: list = field(default_factory=list)
    result: dict | None = None
    error: str | None = None
    detail: str = ""
    rc: int | None = None
    err: str = ""

    def progress(self, phase):
        return [e for e in self.events if e["event"] == "progress" and e["phase"] == phase]

    def log(self):
        return "\n".join(e["message"] for e in self.events if e["event"] == "log")


class Worker:
    """One azl-update. `with Worker(sysroot) as worker: reply = worker.call("status")`.

    `peer`: the uid that the worker finds at the other end of the connection. `prefix`: what starts it.
    """

    def __init__(self, sysroot=None, peer=0, flags=(), prefix=(), env=None):
        self._sysroot = sysroot
        self._buffer = b""
        self._events = []
        self._err = tempfile.TemporaryFile()
        ours, theirs = _socketpair_of(peer)
        self._socket = ours
        with theirs:
            self.process = start(
                [*prefix, programs.libexec() / "azl-update", *flags],
                stdin=theirs,
                stdout=theirs,
                stderr=self._err,
                env=programs.environment(**(env or {})),
            )

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._socket.close()
        kill_group(self.process)
        self._err.close()

    def send(self, data):
        """Sends raw bytes; a worker that has hung up is no error, it has said why."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(data)

    def request(self, op, /, **args):
        if self._sysroot is not None:
            args.setdefault("sysroot", str(self._sysroot))
        self.send(json.dumps({"v": 1, "op": op, "args": args}).encode() + b"\n")

    def call(self, op, /, **args):
        """A request and its end."""
        self.request(op, **args)
        return self.end()

    def hang_up(self):
        """Closes our sending side: cancel."""
        self._socket.shutdown(socket.SHUT_WR)

    def signal(self, number=signal.SIGTERM):
        os.kill(self.process.pid, number)

    def wait_for_event(self, matches, timeout=_LIMIT):
        """Reads on until an event for which `matches(event)` is true."""
        deadline = time.monotonic() + timeout
        while (message := self._next(deadline)) is not None:
            if "event" not in message:
                raise AssertionError(f"the job ended before that event: {message}")
            if matches(message):
                return message
        raise AssertionError("the worker ended before that event")

    def end(self, timeout=_LIMIT):
        """Reads to the end and waits for the exit; checks the protocol's own rules on the way."""
        deadline = time.monotonic() + timeout
        reply = Reply(self._events)
        while (message := self._next(deadline)) is not None:
            if "event" in message:
                continue
            assert set(message) in ({"result"}, {"error"}), message
            assert reply.result is None and reply.error is None, f"a second end line: {message}"
            reply.result = message.get("result")
            if "error" in message:
                reply.error, reply.detail = message["error"]["id"], message["error"]["detail"]
            ended_after = len(self._events)
        if reply.result is not None or reply.error is not None:
            assert len(self._events) == ended_after, "an event after the end line"
        reply.rc = self.process.wait(max(deadline - time.monotonic(), 1))
        self._err.seek(0)
        reply.err = self._err.read().decode(errors="replace")
        assert programs.complaint(reply.err) is None, reply.err
        return reply

    def _next(self, deadline):
        """The next message; None at the end of input."""
        while b"\n" not in self._buffer:
            if not select.select([self._socket], [], [], max(deadline - time.monotonic(), 0))[0]:
                raise TimeoutError(f"azl-update said nothing more; so far: {self._events}")
            try:
                data = self._socket.recv(1 << 16)
            except ConnectionResetError:  # it did not read all that we sent
                data = b""
            if not data:
                assert not self._buffer, f"half a line: {self._buffer!r}"
                return None
            self._buffer += data
        line, self._buffer = self._buffer.split(b"\n", 1)
        message = json.loads(line)
        if "event" in message:
            self._events.append(message)
        return message


def call(sysroot, op, /, peer=0, **args):
    """One request to a worker of its own."""
    with Worker(sysroot, peer) as worker:
        return worker.call(op, **args)


def _socketpair_of(uid):
    """A socketpair whose peer credentials are those of `uid`: the kernel notes who made it."""
    mine = os.geteuid()
    if uid == mine:
        return socket.socketpair()
    os.seteuid(uid)
    try:
        return socket.socketpair()
    finally:
        os.seteuid(mine)
