# SPDX-License-Identifier: MIT
"""Mounts and scratch space that vanish with the process that made them.

The test process moves into a mount namespace of its own, once. When it ends, in whatever way, the
kernel drops the namespace, with it the mounts, with them the loop devices (auto-clear). Image files
are unlinked as soon as they are attached. So even `kill -9` leaves nothing but an empty folder, and
the next process that starts removes that.
"""

import atexit
import contextlib
import ctypes
import fcntl
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path

from . import cache
from .run import run, wait_for

_CLONE_NEWNS = 0x00020000
_MS_REC, _MS_SLAVE = 0x4000, 1 << 19
_FITHAW = 0xC0045878
_PREFIX = "azl-test-"
_IN_MEMORY = Path("/dev/shm")
_MEMORY_NEEDED = 4 << 30

_IMAGE_OPTIONS = "loop,noatime,noinit_itable"

_libc = ctypes.CDLL(None, use_errno=True)
_private = False
_rundir = None


def private():
    """Gives this thread, and what it starts, a mount table of its own. Idempotent."""
    global _private
    if _private:
        return
    if os.geteuid() != 0:
        raise PermissionError("mounts need root")
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("mounts.private() belongs in the main thread")
    for rc in (
        _libc.unshare(_CLONE_NEWNS),
        _libc.mount(b"none", b"/", None, _MS_REC | _MS_SLAVE, None),
    ):
        if rc != 0:
            raise OSError(ctypes.get_errno(), "cannot make a private mount namespace")
    _private = True


def inherit():
    """Says that the process that started this one has called private() for both."""
    global _private
    _private = True


def rundir():
    """This process's scratch folder; in memory if there is plenty, for then fsync costs nothing."""
    global _rundir
    if _rundir is None:
        base = _scratch_base()
        with _locked(base):  # else somebody could sweep away a folder that is not locked yet
            _sweep(base)
            path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
            lock = open(path / "owner", "w", encoding="ascii")
            fcntl.flock(lock, fcntl.LOCK_EX)
        _rundir = (path, lock, os.getpid())
        atexit.register(remove_rundir)
    if _rundir[2] != os.getpid():
        raise RuntimeError("a forked child must not use its parent's scratch folder")
    return _rundir[0]


def remove_rundir():
    """Removes the scratch folder at the end of the process."""
    global _rundir
    if _rundir is not None and _rundir[2] == os.getpid():
        shutil.rmtree(_rundir[0], ignore_errors=True)
        _rundir[1].close()
        _rundir = None


@contextlib.contextmanager
def _locked(folder):
    """One at a time; the folder itself is what is locked, so that no lock file stays behind."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        wait_for(lambda: _try_lock(fd), 60, f"the lock of {folder}")
        yield
    finally:
        os.close(fd)


def _try_lock(fd):
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _scratch_base():
    if os.environ.get("AZL_RUN"):
        base = Path(os.environ["AZL_RUN"])
    elif os.path.ismount(_IN_MEMORY) and _memory_available() >= _MEMORY_NEEDED:
        base = _IN_MEMORY
    else:
        base = cache.root() / "run"
    base.mkdir(parents=True, exist_ok=True)
    return base


def _memory_available():
    with open("/proc/meminfo", encoding="ascii") as file:
        for line in file:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return 0


def _sweep(base):
    """Removes the folders of processes that were killed: their lock is free."""
    for path in base.glob(f"{_PREFIX}*"):
        try:
            with open(path / "owner", "rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _detach_loops(path)
                shutil.rmtree(path, ignore_errors=True)
        except FileNotFoundError:  # killed while it was being made
            shutil.rmtree(path, ignore_errors=True)
        except (BlockingIOError, PermissionError):  # it lives; it is another user's
            continue


def _detach_loops(folder):
    """Loop devices that still hold a file below `folder` (killed between attach and mount)."""
    for name, backing in loops():
        if f"/{folder.name}/" in backing:
            run(["losetup", "--detach", name])


def loops():
    """(device, backing file) of all loop devices.

    Of a file that was attached in another mount namespace only the end of the path is right.
    """
    listing = run(["losetup", "--noheadings", "--list", "--output", "NAME,BACK-FILE"]).check().out
    pairs = [tuple(line.split(None, 1)) for line in listing.splitlines()]
    return [pair for pair in pairs if len(pair) == 2]


def mountpoint():
    """A fresh empty folder to mount something on."""
    return Path(tempfile.mkdtemp(prefix="m", dir=rundir()))


@contextlib.contextmanager
def mounted(options, source, target=None, fstype=None):
    """Mounts `source` on `target` (default: a fresh folder), yields the path, unmounts."""
    private()
    own = target is None
    target = mountpoint() if own else Path(target)
    kind = ["-t", fstype] if fstype else []
    run(["mount", *kind, "-o", options, source, target]).check()
    try:
        yield target
    finally:
        unmount(target)
        if own:
            target.rmdir()


def unmount(target):
    """Unmounts what is mounted on `target` and below; a file system left frozen is thawed first."""
    thaw(target)
    for _ in range(50):
        if run(["umount", "-R", target]).rc == 0 or not os.path.ismount(target):
            return
        time.sleep(0.05)
    run(["umount", "-R", "-l", target]).check()
    raise RuntimeError(f"{target} was still in use; unmounted lazily")


def thaw(target):
    """Whoever dies between freeze and thaw of /boot leaves it frozen until the machine is off.

    Then what writes to it waits for ever and cannot be killed, and neither can it be unmounted.
    """
    with contextlib.suppress(OSError):
        fd = os.open(target, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(fd, _FITHAW, 0)
        finally:
            os.close(fd)


@contextlib.contextmanager
def image_copy(path, target=None):
    """Mounts a private, writable copy of the ext4 image `path`; it is gone afterwards."""
    copy = rundir() / f"i{time.monotonic_ns()}.img"
    try:
        run(["cp", "--sparse=always", path, copy], timeout=120).check()
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(mounted(_IMAGE_OPTIONS, copy, target))
            copy.unlink()
            yield folder
    finally:
        copy.unlink(missing_ok=True)


@contextlib.contextmanager
def new_ext4(size, label, target=None):
    """Mounts a fresh ext4 file system of `size` bytes."""
    path = rundir() / f"n{time.monotonic_ns()}.img"
    try:
        make_ext4(path, size, label)
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(mounted(_IMAGE_OPTIONS, path, target))
            path.unlink()
            yield folder
    finally:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def image(path, target=None):
    """Mounts the image file itself, to change it; trims it in the end: copies stay quick."""
    with mounted(_IMAGE_OPTIONS, path, target) as folder:
        yield folder
        run(["fstrim", folder])


def make_ext4(path, size, label):
    """Makes an ext4 image. No blocks are reserved: root meets ENOSPC when the disk is full."""
    with open(path, "wb") as file:
        file.truncate(size)
    lazy = "lazy_itable_init=1,lazy_journal_init=1"  # what is not written stays a hole in the file
    journal = ["-J", "size=8"] if size >= 64 << 20 else []
    run(["mkfs.ext4", "-q", "-F", "-L", label, "-m", "0", *journal, "-E", lazy, path]).check()


def tmpfs(size, target=None):
    """Mounts a tmpfs of `size` bytes."""
    return mounted(f"size={size},mode=755", "tmpfs", target, "tmpfs")
