# SPDX-License-Identifier: MIT
"""The base tree of the test OS: Debian packages as one ostree commit. Slow, so cached."""

from dataclasses import dataclass
from pathlib import Path

from . import cache
from .run import run, say

OS_DIR = Path(__file__).resolve().parent.parent / "os"
_RECIPE = ("packages.txt", "build-base.sh", "kernel.sh", "layout.sh", "root")
_BUILD_LIMIT = 1500


@dataclass(frozen=True)
class Base:
    """What build-base.sh leaves: an archive repository with the ref `base`, and its facts."""

    path: Path
    key: str

    @property
    def repo(self):
        return self.path / "repo"

    @property
    def initramfs(self):
        return self.path / "initramfs.img"

    @property
    def kernel_dir(self):
        """Where kernel and initramfs are in the tree, relative to its root."""
        return (self.path / "kernel-dir").read_text(encoding="ascii").strip()

    @property
    def kernel_size(self):
        return int((self.path / "kernel-size").read_text(encoding="ascii"))

    def packages(self):
        """Name -> version of all Debian packages in the tree."""
        lines = (self.path / "packages.tsv").read_text(encoding="ascii").splitlines()
        return dict(line.split("\t") for line in lines)


def base():
    """The base tree, built now if this recipe has not been built before."""
    key = cache.digest(
        *(OS_DIR / name for name in _RECIPE),
    )
    return Base(cache.entry("os-base", key, _build), key)


def _build(folder):
    say("building the base of the test OS from Debian packages: one to three minutes, only once")
    run([OS_DIR / "build-base.sh", folder], timeout=_BUILD_LIMIT).check()
    say("base of the test OS is built")
