# SPDX-License-Identifier: MIT
"""A freshly installed host, ready to be copied: disk images with release 1.0.0 deployed.

`root.img` (ext4, label `root`) is the sysroot, `boot.img` (ext4, label `boot`) is its /boot. The
images are sparse and small in contents, so a private copy costs a fraction of a second, and a full
disk is a real ENOSPC. Pulling the base is the slow part; it is cached on its own, for the install
tree changes often and the base hardly ever.
"""

import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import cache, keys, mounts
from .os_base import base as os_base
from .os_releases import REF, releases
from .run import run, say

OS = "azl"  # the stateroot
REMOTE = "azl"
FIRST = "1.0.0"
KARGS = ("root=LABEL=root", "rw", "console=ttyS0")

_ROOT_SIZE = 3 << 30
_BOOT_SIZE = 256 << 20
_CODE = Path(__file__)
_NOWHERE = "http://127.0.0.1:9/"  # the discard port: a host that was given no server finds none


@dataclass(frozen=True)
class OsImage:
    """An installed host in two images, and the releases it can be updated to."""

    path: Path
    releases: object

    @property
    def root(self):
        return self.path / "root.img"

    @property
    def boot(self):
        return self.path / "boot.img"

    @contextmanager
    def copy(self):
        """Mounts private copies of both images; yields the sysroot. All is gone afterwards."""
        with mounts.image_copy(self.root) as sysroot:
            with mounts.image_copy(self.boot, sysroot / "boot"):
                yield sysroot


def os_image(install=None):
    """The installed host; the programs of the install tree are in it and in all releases."""
    built = releases(install)
    key = cache.digest(built.key, _CODE)
    return OsImage(cache.entry("os-image", key, lambda path: _build(path, built)), built)


def set_remote_url(sysroot, url):
    """Tells the host where its updates come from."""
    repo = Path(sysroot) / "ostree/repo"
    run(
        ["ostree", f"--repo={repo}", "config", "set", "--group", f'remote "{REMOTE}"', "url", url]
    ).check()


def _build(folder, built):
    say("installing release 1.0.0 into disk images")
    empty = _empty_sysroot()
    for name in ("root.img", "boot.img"):
        run(["cp", "--sparse=always", empty / name, folder / name], timeout=120).check()
    with mounts.image(folder / "root.img") as sysroot:
        with mounts.image(folder / "boot.img", sysroot / "boot"):
            _deploy(sysroot, built)


def _deploy(sysroot, built):
    repo = f"--repo={sysroot}/ostree/repo"
    commit = built.commits[FIRST]
    run(
        ["ostree", repo, "pull-local", f"--remote={REMOTE}", "--gpg-verify", built.repo, commit],
        120,
    ).check()
    run(["ostree", repo, "refs", f"--create={REMOTE}:{REF}", commit]).check()
    run(["ostree", repo, "refs", "--delete", "base"]).check()
    kargs = [f"--karg={arg}" for arg in KARGS]
    deploy = ["ostree", "admin", f"--sysroot={sysroot}", "deploy", f"--os={OS}"]
    run([*deploy, *kargs, f"{REMOTE}:{REF}"], 120).check()


def _empty_sysroot():
    """Images whose repository already holds the base tree's objects, but no deployment."""
    base = os_base()
    key = cache.digest(base.key, keys.good().fingerprint, _CODE)
    return cache.entry("os-sysroot", key, lambda path: _build_empty(path, base))


def _build_empty(folder, base):
    say("making a sysroot with the base tree in its repository")
    mounts.make_ext4(folder / "root.img", _ROOT_SIZE, "root")
    mounts.make_ext4(folder / "boot.img", _BOOT_SIZE, "boot")
    with mounts.image(folder / "root.img") as sysroot:
        shutil.rmtree(sysroot / "lost+found")
        (sysroot / "boot").mkdir()
        with mounts.image(folder / "boot.img", sysroot / "boot"):
            init_sysroot(sysroot, OS, REMOTE, _NOWHERE, keys.good().public)
            repo = f"--repo={sysroot}/ostree/repo"
            run(["ostree", repo, "pull-local", base.repo, "base"], 300).check()


def init_sysroot(sysroot, stateroot, remote, url, trusted=None):
    """An empty sysroot with a stateroot and a remote that trusts the public key `trusted`."""
    repo = f"--repo={sysroot}/ostree/repo"
    run(["ostree", "admin", "init-fs", sysroot]).check()
    run(["ostree", repo, "config", "set", "sysroot.bootloader", "none"]).check()
    run(["ostree", "admin", f"--sysroot={sysroot}", "os-init", stateroot]).check()
    verify = ["--no-gpg-verify"]
    if trusted:
        verify = [f"--gpg-import={trusted}", "--set=gpg-verify=true"]
    run(["ostree", repo, "remote", "add", *verify, remote, url, REF]).check()
