# SPDX-License-Identifier: MIT
"""A web server that misbehaves on request, to see what its clients make of it.

    with FaultServer(folder) as web:
        web.fail("/objects/", "error", times=3)      # the next three answer 500
        web.fail("summary$", "hang")                  # accepts, never answers
"""

import http.server
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

_HANG_LIMIT = 600  # even a hang ends


@dataclass
class Fault:
    """What goes wrong for paths that match `pattern`, `times` times (None: always), but not the first
    `spare` times.

    error     answers with `status`
    hang      takes the request and sends nothing
    stall     sends half of the body, then nothing
    truncate  announces the whole body, sends half of it, closes
    corrupt   sends the body with one byte flipped in the middle
    slow      sends `rate` bytes per second
    close     closes without a word
    """

    pattern: re.Pattern
    kind: str
    times: int | None
    status: int = 500
    rate: int = 1 << 16
    spare: int = 0


KINDS = ("error", "hang", "stall", "truncate", "corrupt", "slow", "close")


class FaultServer:
    """Serves a folder on a free loopback port; all is well until `fail` is called."""

    def __init__(self, root):
        self.root = Path(root)
        self.log = []  # paths as they were asked for
        self._faults = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._server = None

    def __enter__(self):
        handler = type("Handler", (_Handler,), {"owner": self})
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()
        return self

    def __exit__(self, *exc):
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    def fail(self, pattern, kind, times=None, **options):
        """From now on requests whose path matches `pattern` meet a Fault of this kind."""
        if kind not in KINDS:
            raise ValueError(f"no fault '{kind}'; there are {', '.join(KINDS)}")
        with self._lock:
            self._faults.append(Fault(re.compile(pattern), kind, times, **options))

    def heal(self):
        """All is well again; what hangs is let go."""
        with self._lock:
            self._faults.clear()
            self._stop.set()
            self._stop = threading.Event()

    def _fault_for(self, path):
        with self._lock:
            self.log.append(path)
            for fault in self._faults:
                if fault.times != 0 and fault.pattern.search(path):
                    fault.spare -= 1
                    if fault.spare >= 0:
                        continue
                    if fault.times is not None:
                        fault.times -= 1
                    return fault, self._stop
        return None, self._stop


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner = None

    def log_message(self, *args):
        pass

    def do_HEAD(self):
        self._answer(with_body=False)

    def do_GET(self):
        self._answer(with_body=True)

    def _answer(self, with_body):
        path = unquote(urlsplit(self.path).path)
        fault, stop = self.owner._fault_for(path)
        if fault and fault.kind in ("hang", "close", "error"):
            self._no_body(fault, stop)
            return
        body = self._read(path)
        if body is None:
            self._plain(404)
            return
        try:
            self._send(body if with_body else b"", len(body), fault, stop)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _read(self, path):
        file = self.owner.root / path.lstrip("/")
        if ".." in Path(path).parts or not file.is_file():
            return None
        return file.read_bytes()

    def _no_body(self, fault, stop):
        if fault.kind == "hang":
            stop.wait(_HANG_LIMIT)
        if fault.kind == "error":
            self._plain(fault.status)
        else:
            self.close_connection = True

    def _plain(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, body, length, fault, stop):
        kind = fault.kind if fault else None
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(length))
        self.end_headers()
        if kind in ("truncate", "stall"):
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.close_connection = True
            if kind == "stall":
                stop.wait(_HANG_LIMIT)
        elif kind == "slow":
            self._trickle(body, fault.rate, stop)
        else:
            self.wfile.write(_flip(body) if kind == "corrupt" else body)

    def _trickle(self, body, rate, stop):
        step = max(1, rate // 20)
        for offset in range(0, len(body), step):
            self.wfile.write(body[offset : offset + step])
            self.wfile.flush()
            stop.wait(0.05)  # returns at once when all is healed: the rest comes quickly


def _flip(body):
    middle = len(body) // 2
    return body[:middle] + bytes([body[middle] ^ 0xFF]) + body[middle + 1 :] if body else body
