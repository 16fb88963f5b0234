# SPDX-License-Identifier: MIT
"""A scratch sysroot with azlctl at hand: what most integration tests work on."""

import contextlib
import fcntl
import hashlib
import json
import os
import stat
import struct

from . import outsider, programs, worker
from .sysroot import Scratch

_F_OFD_SETLK = 37


class Box:
    """`box.ctl("update", rc=3)`, `box.status()`, `box.worker("pull", retries=0)`, `box.versions()`.

    When a test ends, an outsider looks whether ostree's tools see what azlctl says; a test that
    breaks the sysroot on purpose and leaves it broken sets `box.outsider = False`.
    """

    def __init__(self, scratch, repo, web=None):
        self.scratch, self.repo, self.web = scratch, repo, web
        self.outsider = True

    @property
    def path(self):
        return self.scratch.path

    @property
    def records(self):
        """Where the agent keeps its records on a sysroot that is not booted."""
        return self.path / "ostree/deploy/azl/var/lib/azl"

    def ctl(self, *args, rc=0, **options):
        return programs.run_azlctl("--sysroot", self.path, *args, rc=rc, **options)

    def refused(self, error_id, *args, rc=3, **options):
        """The command must fail with `rc` and say this error id; returns what it said."""
        result = self.ctl(*args, rc=rc, **options)
        assert f"[{error_id}]" in result.err, result.err
        assert result.err.splitlines()[-1].startswith("azlctl: ")
        return result.err

    def read(self, *args, rc=0):
        """What `--json` says."""
        return json.loads(self.ctl(*args, "--json", rc=rc).out)

    def status(self):
        return self.read("status")

    def worker(self, op, /, **args):
        return worker.call(self.path, op, **args)

    def versions(self):
        """Versions in boot order, as the boot loader finds them."""
        names = {checksum: version for version, checksum in self.repo.commits.items()}
        return [names[checksum] for checksum in self.scratch.boot_order()]

    def denied(self):
        """Checksums on the deny list."""
        return [entry["checksum"] for entry in self.read("deny", "list")["entries"]]

    def look(self):
        """An outsider's look; returns the status."""
        return outsider.check(self.path)

    @contextlib.contextmanager
    def locked(self):
        """Somebody else holds libostree's lock; yields what releases it early."""
        with open(self.path / "ostree/lock", "wb") as file:
            fcntl.fcntl(
                file, _F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            )
            yield file.close

    def fingerprint(self):
        """All files: what they are, what is in them, and when that was last touched."""
        return {os.path.relpath(path, self.path): _fingerprint(path) for path in _walk(self.path)}


def _walk(folder):
    for parent, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            yield os.path.join(parent, name)


def _fingerprint(path):
    info = os.lstat(path)
    if stat.S_ISLNK(info.st_mode):
        content = os.readlink(path)
    elif stat.S_ISREG(info.st_mode):
        with open(path, "rb") as file:
            content = hashlib.sha256(file.read()).hexdigest()
    else:
        content = None
    return info.st_mode, info.st_uid, content, info.st_mtime_ns, info.st_ctime_ns


def make(stack, repo, web=None, url=None, **options):
    """A box that `stack` (an ExitStack) undoes; `options` are those of Scratch."""
    scratch = stack.enter_context(Scratch(repo, url or (web.url if web else None), **options))
    return Box(scratch, repo, web)
