# SPDX-License-Identifier: MIT
"""A scratch sysroot: an ostree host's disk that nobody has booted. Made in a fraction of a second.

On a tmpfs (quick) or an ext4 image (real ENOSPC, real fsync), with a /boot of its own if wanted.
Both vanish by unmounting, so immutable deployment roots need no care.
"""

import contextlib
import errno
import os
from pathlib import Path

from . import bls, keys, mounts
from .os_factory import KARGS, OS, REMOTE, init_sysroot
from .run import run


class Scratch:
    """Use as a context manager: `with Scratch(repo, url) as scratch: … scratch.path`.

    `repo`: a SmallRepo, whose release `deploy` is deployed at the start (None: nothing is).
    `url`: where the remote points to (default: the repository's folder).
    `size`, `boot_size`: bytes; no `boot_size`: /boot is a folder of the same file system.
    `fs`: "tmpfs" or "ext4". `verify`: must commits of the remote be signed by the good key?
    """

    def __init__(
        self,
        repo,
        url=None,
        deploy="1.0.0",
        size=256 << 20,
        boot_size=None,
        fs="tmpfs",
        verify=True,
    ):
        self._repo = repo
        self._url = url or f"file://{Path(repo.path).resolve()}"
        self._deploy = deploy
        self._sizes = (size, boot_size)
        self._fs = fs
        self._verify = verify
        self._stack = contextlib.ExitStack()
        self.path = None

    def __enter__(self):
        try:
            self._make()
        except BaseException:
            self._stack.close()
            raise
        return self

    def _make(self):
        size, boot_size = self._sizes
        self.path = self._stack.enter_context(self._volume(size, "root"))
        if boot_size:
            (self.path / "boot").mkdir()
            self._stack.enter_context(self._volume(boot_size, "boot", self.path / "boot"))
        init_sysroot(self.path, OS, REMOTE, self._url, keys.good().public if self._verify else None)
        if self._deploy:
            self.pull_local(self._deploy)
            kargs = [f"--karg={arg}" for arg in KARGS]
            self.ostree_admin("deploy", f"--os={OS}", *kargs, f"{REMOTE}:{self._repo.ref}")

    def _volume(self, size, label, target=None):
        if self._fs == "tmpfs":
            return mounts.tmpfs(size, target)
        return mounts.new_ext4(size, label, target)

    def __exit__(self, *exc):
        self._stack.close()

    @property
    def ostree_repo(self):
        return self.path / "ostree/repo"

    @property
    def boot(self):
        return self.path / "boot"

    def pull_local(self, version):
        """Brings a release in without the web, under the remote's ref."""
        commit = self._repo.commits[version]
        self.ostree("pull-local", f"--remote={REMOTE}", self._repo.path, commit)
        self.ostree("refs", "--force", f"--create={REMOTE}:{self._repo.ref}", commit)

    def ostree(self, verb, *args, timeout=60):
        return run(["ostree", f"--repo={self.ostree_repo}", verb, *args], timeout).check()

    def ostree_admin(self, verb, *args, timeout=60):
        return run(["ostree", "admin", f"--sysroot={self.path}", verb, *args], timeout).check()

    def set_url(self, url):
        self.ostree("config", "set", "--group", f'remote "{REMOTE}"', "url", url)

    def entries(self):
        """The boot loader entries, the default first."""
        return bls.entries(self.path)

    def boot_order(self):
        """Checksums in boot order."""
        return [entry.checksum for entry in self.entries()]

    def fsck(self):
        """An outsider's check of all objects and boot loader entries."""
        self.ostree("fsck", "--quiet", timeout=300)
        return self.entries()

    def fill(self, leave=0, where=None):
        """Fills the disk of `where` (default: the sysroot) as `fill` does."""
        return fill(where or self.path, leave)


def fill(folder, leave=0):
    """Leaves `leave` bytes free on the disk of `folder`; remove the returned file to undo it."""
    ballast = Path(folder) / "ballast"
    with open(ballast, "wb") as file:
        while True:
            stat = os.statvfs(folder)
            step = stat.f_bavail * stat.f_frsize - leave
            # a file system cannot give the last bytes: it needs some to account for the others
            while step >= stat.f_frsize:
                try:
                    os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, step)
                    break
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    step //= 2
            else:
                return ballast
