# SPDX-License-Identifier: MIT
"""Repositories on offer to hosts: views of the test OS, and small ones made in an instant."""

import contextlib
import os
import random
import tempfile
from pathlib import Path

from . import keys, mounts
from .run import run


class Offer:
    """A folder for a web server in which `repo` leads to one of several views of a repository.

    `Offer(releases, "1.1.0")`: `releases.view(version)` gives the folders. Changing the offer is
    one atomic rename, as if the vendor had published a release.
    """

    def __init__(self, releases, version):
        self._releases = releases
        self.root = Path(mounts.mountpoint())
        self.offer(version)

    @property
    def path(self):
        """The link itself: the repository as it is on offer now."""
        return self.root / "repo"

    def offer(self, version):
        self.show(self._releases.view(version))

    def show(self, folder):
        """Offers any repository folder."""
        new = self.root / "repo.new"
        os.symlink(Path(folder).resolve(), new)
        os.rename(new, self.path)


_SMALL_REF = "azl/stable"
_KERNEL = "usr/lib/modules/6.1.0-test"
_FOLDERS = "boot dev proc run sys sysroot var usr/bin usr/etc/small usr/share/small".split()
_LINKS = {"bin": "usr/bin", "lib": "usr/lib", "ostree": "sysroot/ostree", "tmp": "sysroot/tmp"}
_COMMIT = ("--generate-sizes", "--bootable", "--no-xattrs", "--canonical-permissions")
_EPOCH = 1767225600  # 2026-01-01; each release is a day younger than the one before


class SmallRepo:
    """An archive repository with signed releases of a tiny OS, made in an instant.

    Release 1.0.0 has `files` files below /usr; each later one changes about a tenth of them. All
    have sizes, `azl.packages` and `azl.boot-size` like the real ones, and there are static deltas
    between neighbours. `serve(version)` makes the version the newest on offer; `path` is the folder
    to serve.
    """

    def __init__(
        self,
        path,
        files=30,
        versions=("1.0.0", "1.1.0"),
        key="good",
        file_size=512,
        boot_size=64 << 10,
        deltas=True,
    ):
        self.path = Path(path)
        self.ref = _SMALL_REF
        self.commits = {}
        self._files, self._file_size, self._boot_size = files, file_size, boot_size
        self._deltas = deltas
        run(["ostree", "init", f"--repo={self.path}", "--mode=archive"]).check()
        with signing(key) as sign:
            for version in versions:
                self._release(version, sign)
            self._summary(sign)

    def release(self, version, key="good", timestamp=None, edit=None, metadata=(), sizes=True):
        """Publishes one more release, signed by `key` ("good", "wrong" or None).

        `edit(tree)` may change the tree before it is committed; `metadata`: more commit options.
        Without `sizes` it does not say how large it is, and there is no static delta to it.
        """
        with signing(key) as sign:
            self._release(version, sign, timestamp, edit, metadata, sizes)
            self._summary(sign)
        return self.commits[version]

    def clone(self, path):
        """A copy of its own to spoil, quicker than making another."""
        copy = SmallRepo.__new__(SmallRepo)
        copy.__dict__.update(self.__dict__, path=Path(path), commits=dict(self.commits))
        run(["cp", "-a", self.path, copy.path]).check()
        return copy

    def serve(self, version, key="good"):
        """Makes an already committed release the newest one on offer."""
        head = self.path / "refs/heads" / self.ref
        head.write_text(self.commits[version] + "\n", encoding="ascii")
        with signing(key) as sign:
            self._summary(sign)

    def publish_as(self, ref, version, key="good"):
        """Offers an already committed release under another ref, too.

        Clients take it only if it is bound to that: `release(…, metadata=["--bind-ref=REF"])`.
        """
        commit = self.commits[version]
        self._ostree("refs", f"--create={ref}", commit)
        with signing(key) as sign:
            self._summary(sign)

    def strip_signatures(self, version):
        """Takes the release's signature away, as a careless mirror does."""
        commit = self.commits[version]
        (self.path / "objects" / commit[:2] / f"{commit[2:]}.commitmeta").unlink()

    def object(self, checksum, kind):
        """Path of an object, to corrupt it; `kind`: commit, dirtree, dirmeta, filez."""
        return self.path / "objects" / checksum[:2] / f"{checksum[2:]}.{kind}"

    def _release(self, version, sign, timestamp=None, edit=None, metadata=(), sizes=True):
        number = len(self.commits)
        with tempfile.TemporaryDirectory(prefix="tree", dir=mounts.rundir()) as folder:
            tree = Path(folder)
            tree.chmod(0o755)
            self._write_tree(tree, version, number)
            if edit:
                edit(tree)
            when = _EPOCH + number * 86400 if timestamp is None else timestamp
            packages = [("azl-agent", version), ("kernel", "6.1.0"), ("libsmall", f"1.{number}")]
            rows = ", ".join(f"('{name}', '{value}')" for name, value in packages)
            options = [
                f"--branch={self.ref}",
                f"--subject=release {version}",
                f"--timestamp=@{when}",
                f"--add-metadata-string=version={version}",
                f"--add-metadata=azl.packages=@a(ss) [{rows}]",
                f"--add-metadata=azl.boot-size=uint64 {2 * self._boot_size}",
                *metadata,
            ]
            how = [option for option in _COMMIT if sizes or option != "--generate-sizes"]
            before = list(self.commits.values())
            commit = self._ostree("commit", f"--tree=dir={tree}", *how, *options, *sign)
            self.commits[version] = commit.out.strip()
        if before and self._deltas and sizes:
            ends = (f"--from={before[-1]}", f"--to={self.commits[version]}")
            self._ostree("static-delta", "generate", *ends, "--max-chunk-size=4")

    def _summary(self, sign):
        self._ostree("summary", "--update", *sign)

    def _ostree(self, *args):
        return run(["ostree", f"--repo={self.path}", *args], timeout=120).check()

    def _write_tree(self, tree, version, number):
        for folder in (_KERNEL, *_FOLDERS):
            (tree / folder).mkdir(parents=True, exist_ok=True)
        for name, target in _LINKS.items():
            os.symlink(target, tree / name)
        (tree / _KERNEL / "vmlinuz").write_bytes(_bytes("kernel", self._boot_size))
        # every second release has an initramfs of its own: both kinds of boot change are met
        initramfs = _bytes(f"initramfs {number // 2}", self._boot_size)
        (tree / _KERNEL / "initramfs.img").write_bytes(initramfs)
        identity = f'ID=small\nVERSION_ID={version}\nPRETTY_NAME="Small OS {version}"\n'
        (tree / "usr/lib/os-release").write_text(identity, encoding="ascii")
        (tree / "usr/etc/small/defaults.conf").write_text(f"release={version}\n", encoding="ascii")
        (tree / "usr/etc/small/constant.conf").write_text("constant=yes\n", encoding="ascii")
        for index in range(self._files):
            folder = tree / f"usr/share/small/{index // 100:03}"
            folder.mkdir(exist_ok=True)
            revision = number if index % 10 == number % 10 else 0
            content = _bytes(f"{index} {revision}", self._file_size)
            (folder / f"file-{index:05}").write_bytes(content)


@contextlib.contextmanager
def signing(key):
    """The ostree options that sign with the key of that name; none for None."""
    if key is None:
        yield []
        return
    with {"good": keys.good, "wrong": keys.wrong}[key]().signing_home() as options:
        yield options


def _bytes(seed, size):
    return random.Random(seed).randbytes(size)
