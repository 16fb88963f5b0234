# SPDX-License-Identifier: MIT
"""What differs between the releases of the test OS, as folders to lay over the base tree.

Everything is computed from names and revision numbers, so that a release has the same checksum
wherever it is built. A file that a release "removes" is simply not in that release's overlay.
"""

import os
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

from .run import clean_env, run

EPOCH = 1767225600  # 2026-01-01
_DATA = Path("usr/share/azl-os")


@dataclass(frozen=True)
class Release:
    """One release; all counts are against 1.0.0."""

    version: str
    date: str  # ISO date of the commit, midnight UTC
    kargs: tuple  # default kernel arguments, written to usr/lib/azl/kargs.d
    changed: int = 0  # of the 64 data files, how many have new contents
    added: int = 0
    removed: int = 0
    large: int = 0  # files of 1 MiB that compress badly
    initramfs: bool = False  # has it an initramfs (and so a boot checksum) of its own?
    packages: tuple = ()  # (name, version) that differ from the base; version None: not installed


RELEASES = (
    Release("1.0.0", "2026-01-01", kargs=("rw", "console=ttyS0")),
    Release(
        "1.1.0",
        "2026-02-01",
        kargs=("rw", "console=ttyS0"),
        changed=24,
        added=12,
        removed=8,
        packages=(("containerd", "1.6.20~ds1-1+azl1.1"), ("azl-extras", "1.1"), ("less", None)),
    ),
    Release(
        "1.2.0",
        "2026-03-01",
        kargs=("rw", "console=ttyS0,115200", "panic=30"),
        changed=40,
        added=20,
        removed=8,
        large=7,
        initramfs=True,
        packages=(
            ("containerd", "1.6.20~ds1-1+azl1.2"),
            ("runc", "1.1.5+azl1.2"),
            ("azl-extras", "1.2"),
        ),
    ),
)


def write_release(folder, release, base, packages):
    """Fills `folder` with what `release` lays over the base; returns what it needs in /boot."""
    _write_data(folder, release)
    _write_identity(folder, release, packages)
    _write_etc(folder, release)
    initramfs = base.initramfs.read_bytes()
    if release.initramfs:
        initramfs = _extend_initramfs(folder, release, base, initramfs)
    _normalise(folder)
    return base.kernel_size + len(initramfs)


def _put(folder, name, content, mode=0o644):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(mode)


def _noise(name, revision, size):
    """Bytes that compress about as badly as programs do: half random, half repeated."""
    rng = random.Random(f"{name}:{revision}")
    return b"".join(rng.randbytes(128) + b"azl-test" * 16 for _ in range(size // 256))


def _write_data(folder, release):
    for number in range(release.removed, 64 + release.added):
        name = _DATA / f"module-{number:03}"
        revised = release.removed <= number < release.removed + release.changed
        revision = release.version if revised else "1.0.0"
        _put(folder, name, _noise(name, revision, 2048 + number * 256))
    for number in range(release.large):
        name = _DATA / f"large-{number}"
        _put(folder, name, _noise(name, release.version, 1 << 20))
    # not only contents: a mode and a link that change show in a diff too
    mode = 0o644 if release.version == "1.0.0" else 0o755
    _put(folder, _DATA / "helper", "#!/bin/sh\nexit 0\n", mode)
    os.symlink(f"module-{release.removed:03}", folder / _DATA / "first-module")


def _write_identity(folder, release, packages):
    version = release.version
    os_release = {
        "NAME": "AZL test OS",
        "ID": "azl-test",
        "ID_LIKE": "debian",
        "VERSION": version,
        "VERSION_ID": version,
        "PRETTY_NAME": f"AZL test OS {version}",
        "IMAGE_VERSION": version,
    }
    _put(folder, "usr/lib/os-release", "".join(f'{k}="{v}"\n' for k, v in os_release.items()))
    _put(
        folder, "usr/lib/azl/kargs.d/10-release.conf", "".join(f"{arg}\n" for arg in release.kargs)
    )
    _put(folder, _DATA / "packages.tsv", "".join(f"{n}\t{v}\n" for n, v in packages))


def _write_etc(folder, release):
    """Defaults in /usr/etc: one changes with each release, one comes, one goes."""
    _put(folder, "usr/etc/azl-os/defaults.conf", f"# a default\nrelease={release.version}\n")
    _put(folder, "usr/etc/azl-os/constant.conf", "# the same in all releases\nconstant=yes\n")
    if release.version == "1.0.0":
        _put(folder, "usr/etc/azl-os/old.conf", "# only in 1.0.0\n")
    else:
        _put(folder, "usr/etc/azl-os/new.conf", "# since 1.1.0\n")


def _extend_initramfs(folder, release, base, initramfs):
    """An initramfs may be several archives in a row: with one more it still boots."""
    padded = initramfs + b"\0" * (-len(initramfs) % 4) + _cpio("etc/azl-release", release.version)
    _put(folder, f"{base.kernel_dir}/initramfs.img", padded)
    return padded


def _cpio(name, text):
    """An archive of one file in the kernel's "newc" format."""
    out = b""
    for ino, (path, mode, data) in enumerate(
        ((name, 0o100644, text.encode()), ("TRAILER!!!", 0, b""))
    ):
        path = path.encode() + b"\0"
        fields = (ino, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
        head = b"070701" + b"".join(b"%08x" % value for value in fields) + path
        out += head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4)
    return out


def write_install(folder, install, base):
    """Fills `folder` with an install tree (`make install DESTDIR=`) in the shape of a release.

    Units are enabled by the tree's presets (without any: all of them, as systemd does) and users
    made by its sysusers files now, at build time: /usr is read-only later and the bus wants its
    users when it starts.
    """
    if install is None or not Path(install).is_dir():
        return
    shutil.copytree(install, folder, symlinks=True, dirs_exist_ok=True)
    for top in ("bin", "sbin", "lib"):  # the base is usr-merged
        if (folder / top).is_dir():
            shutil.copytree(folder / top, folder / "usr" / top, symlinks=True, dirs_exist_ok=True)
            shutil.rmtree(folder / top)
    shutil.rmtree(folder / "var", ignore_errors=True)
    etc = folder / "etc"
    etc.mkdir(exist_ok=True)
    _enable_units(folder)
    _add_users(folder, base)
    (folder / "usr").mkdir(exist_ok=True)
    etc.rename(folder / "usr/etc")
    _normalise(folder)


def _enable_units(folder):
    units = folder / "usr/lib/systemd/system"
    names = sorted(p.name for p in units.iterdir() if p.is_file()) if units.is_dir() else []
    if names:
        run(
            ["systemctl", f"--root={folder}", "--preset-mode=enable-only", "preset", *names]
        ).check()


def _add_users(folder, base):
    if not list(folder.glob("usr/lib/sysusers.d/*.conf")):
        return
    files = ("passwd", "group", "shadow", "gshadow")
    for name in files:
        content = (
            run(["ostree", f"--repo={base.repo}", "cat", "base", f"/usr/etc/{name}"]).check().out
        )
        _put(folder, f"etc/{name}", content)
    env = clean_env(SOURCE_DATE_EPOCH=str(EPOCH))  # dates the new entries of /etc/shadow
    run(["systemd-sysusers", f"--root={folder}"], env=env).check()
    for name in ("shadow", "gshadow"):
        os.chmod(folder / "etc" / name, 0o600)
    for name in [".pwd.lock", *(f"{name}-" for name in files)]:
        (folder / "etc" / name).unlink(missing_ok=True)


def _normalise(folder):
    """Folders get the mode they have in the base whatever the umask; everything belongs to root."""
    for path, _, names in os.walk(folder):
        os.chmod(path, 0o755)
        for name in [".", *names]:
            os.lchown(os.path.join(path, name), 0, 0)
