# SPDX-License-Identifier: MIT
"""A D-Bus client of a hundred lines: as any user, as fast as it goes, and as rude as a test wants.

Programs that are made for people (busctl) start too slowly to flood a daemon, and refuse to send
what no well-behaved client would. Only what the tests need: calls whose bodies hold strings and
numbers, or bytes that the test made itself (D-Bus specification, "Message Protocol").
"""

import os
import socket
import struct

METHOD_CALL, METHOD_RETURN, ERROR, SIGNAL = 1, 2, 3, 4
NO_REPLY = 1


def _pad(data, to):
    return data + b"\0" * (-len(data) % to)


def string(text):
    raw = text.encode()
    return struct.pack("<I", len(raw)) + raw + b"\0"


def signature(text):
    raw = text.encode()
    return struct.pack("<B", len(raw)) + raw + b"\0"


def _field(code, kind, value):
    return struct.pack("<B", code) + signature(kind) + value


def _header_field(code, kind, value, at):
    """One (yv) of the header's array, padded for its place; a value of type s or o is aligned."""
    data = struct.pack("<B", code) + signature(kind)
    if kind in "so":
        data = _pad(data, 4)
    return b"\0" * (-at % 8) + data + value


def message(serial, destination, path, interface, member, body_signature="", body=b"", flags=0):
    fields = b""
    for code, kind, value in [
        (1, "o", string(path)),
        (2, "s", string(interface)),
        (3, "s", string(member)),
        (6, "s", string(destination)),
        *([(8, "g", signature(body_signature))] if body_signature else []),
    ]:
        fields += _header_field(code, kind, value, len(fields))
    head = struct.pack("<cBBBIII", b"l", METHOD_CALL, flags, 1, len(body), serial, len(fields))
    return _pad(head + fields, 8) + body


class Bus:
    """A connection to the bus at `path`, as the user that this process is."""

    def __init__(self, path, timeout=30):
        self._line = socket.socket(socket.AF_UNIX)
        self._line.settimeout(timeout)
        self._line.connect(path)
        self._buffer = b""
        self._serial = 0
        uid = str(os.getuid()).encode().hex().encode()
        self._line.sendall(b"\0AUTH EXTERNAL " + uid + b"\r\n")
        if not self._line.recv(1024).startswith(b"OK"):
            raise ConnectionError("the bus does not let us in")
        self._line.sendall(b"BEGIN\r\n")
        self.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello")

    def close(self):
        self._line.close()

    def send(self, *args, **kwargs):
        """Sends a call (see message()) and does not wait; returns its serial."""
        self._serial += 1
        self._line.sendall(message(self._serial, *args, **kwargs))
        return self._serial

    def call(self, *args, **kwargs):
        """Sends a call and waits for what is said to it: (type of the message, body)."""
        serial = self.send(*args, **kwargs)
        while True:
            kind, reply_to, body = self._receive()
            if kind in (METHOD_RETURN, ERROR) and reply_to == serial:
                return kind, body

    def _read(self, size):
        while len(self._buffer) < size:
            chunk = self._line.recv(1 << 16)
            if not chunk:
                raise ConnectionError("the bus has hung up")
            self._buffer += chunk
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def _receive(self):
        head = self._read(16)
        kind, body_size, fields_size = head[1], *struct.unpack_from("<I4xI", head, 4)
        fields = self._read(fields_size + -fields_size % 8)
        body = self._read(body_size)
        return kind, _reply_serial(fields[:fields_size]), body


def _reply_serial(fields):
    """Field 5, if there is one: (y 5)(g "u")(u)."""
    at = 0
    while at < len(fields):
        at += -at % 8
        code, kind = fields[at], fields[at + 2 : at + 3]
        at += 4
        if kind in b"so":
            at += -at % 4
            at += 4 + struct.unpack_from("<I", fields, at)[0] + 1
        elif kind == b"g":
            at += 2 + fields[at]
        else:
            at += -at % 4
            if code == 5:
                return struct.unpack_from("<I", fields, at)[0]
            at += 4
    return None
