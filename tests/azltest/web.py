# SPDX-License-Identifier: MIT
"""A real nginx on a free loopback port, whose requests and bytes can be counted."""

import contextlib
import json
import os
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import mounts
from .run import kill_group, start, wait_for

_CONFIG = """\
daemon off;
master_process off;
user root;
pid {dir}/pid;
error_log {dir}/error.log warn;
events {{ worker_connections 256; }}
http {{
    log_format counted escape=json
        '{{"method":"$request_method","uri":"$request_uri","status":$status,"bytes":$bytes_sent}}';
    access_log {dir}/access.log counted;
    client_body_temp_path {dir}/t1; proxy_temp_path {dir}/t2; fastcgi_temp_path {dir}/t3;
    uwsgi_temp_path {dir}/t4; scgi_temp_path {dir}/t5;
    default_type application/octet-stream;
    sendfile on; tcp_nopush on; keepalive_requests 100000;
    {extra}
    server {{
        listen 127.0.0.1:{port};
        root {root};
        location / {{ }}
    }}
}}
"""


@dataclass(frozen=True)
class Request:
    """One line of the access log. `bytes` are all that were sent, headers included."""

    method: str
    uri: str
    status: int
    bytes: int


class Nginx:
    """Serves a folder: `with Nginx(folder) as web: … web.url`. `extra`: for the http block."""

    def __init__(self, root, extra=""):
        self._root = root
        self._extra = extra
        self._process = None
        self._dir = None
        self.port = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        self._dir = Path(tempfile.mkdtemp(prefix="nginx-", dir=mounts.rundir()))
        for _ in range(5):  # somebody may take the port between our looking and nginx's binding
            self.port = free_port()
            if self._start():
                return self
        raise RuntimeError(f"nginx does not start:\n{(self._dir / 'error.log').read_text()}")

    def _start(self):
        config = self._dir / "nginx.conf"
        config.write_text(
            _CONFIG.format(dir=self._dir, root=self._root, port=self.port, extra=self._extra),
            encoding="utf-8",
        )
        path = f"/usr/sbin:{os.environ.get('PATH', '')}"
        self._process = start(
            ["nginx", "-p", self._dir, "-e", self._dir / "error.log", "-c", config],
            env={"PATH": path},
        )
        with contextlib.suppress(TimeoutError):
            wait_for(lambda: self._process.poll() is not None or listens(self.port), 10, "nginx")
        if self._process.poll() is None and listens(self.port):
            return True
        kill_group(self._process)
        return False

    def __exit__(self, *exc):
        kill_group(self._process, grace=1)

    def requests(self):
        """All requests since the start or the last `forget()`, oldest first."""
        log = self._dir / "access.log"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        return [Request(**json.loads(line)) for line in lines]

    def bytes_sent(self):
        return sum(request.bytes for request in self.requests())

    def forget(self):
        """Starts counting from zero."""
        os.truncate(self._dir / "access.log", 0)


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def listens(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
