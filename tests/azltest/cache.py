# SPDX-License-Identifier: MIT
"""Things that are slow to make, made once.

An entry is a folder named after what it is and a hash of all it is made from. It is built under a
temporary name and renamed when complete, so a build that is killed leaves nothing that looks whole.
Builders of the same thing wait for each other. Users hold a shared lock on their entry for as long
as the process lives, so that tidying up never takes away what somebody works with.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from pathlib import Path

from .run import run, say

_BUILD_LIMIT = 1800  # seconds to wait for somebody else's build
_KEEP = 4  # entries of a kind that stay besides those in use

_held = {}  # path of an entry -> descriptor holding our shared lock, until the process ends


def root():
    """The cache folder: $AZL_CACHE, or the user's cache."""
    if os.environ.get("AZL_CACHE"):
        path = Path(os.environ["AZL_CACHE"])
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
        path = Path(base) / "azl-agent"
    path.mkdir(parents=True, exist_ok=True)
    return path.resolve()


def digest(*parts):
    """Hash over strings and over files and folders given as Path: names, types, modes, contents."""
    sha = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            _digest_path(sha, part, part)
        else:
            sha.update(f"s{part}\0".encode())
    return sha.hexdigest()[:16]


def _digest_path(sha, path, top):
    name = path.relative_to(top)
    if path.is_symlink():
        sha.update(f"l{name}\0{os.readlink(path)}\0".encode())
    elif path.is_dir():
        sha.update(f"d{name}\0{path.stat().st_mode:o}\0".encode())
        for child in sorted(path.iterdir()):
            if child.name != "__pycache__":
                _digest_path(sha, child, top)
    elif path.exists():
        data = path.read_bytes()
        sha.update(f"f{name}\0{path.stat().st_mode:o}\0{len(data)}\0".encode())
        sha.update(data)
    else:
        sha.update(f"-{name}\0".encode())


def entry(kind, key, build):
    """Path of the cached `kind` for `key`; `build(folder)` fills a new one when there is none."""
    path = root() / f"{kind}-{key}"
    if not _hold(path):
        with _lock(kind):
            if not _hold(path):
                _make(kind, path, build)
                _hold(path)
                _tidy(kind)
    os.utime(path)
    return path


def _make(kind, path, build):
    for stale in root().glob(f".new-{kind}-*"):
        shutil.rmtree(stale)
    temporary = Path(tempfile.mkdtemp(prefix=f".new-{kind}-", dir=root()))
    temporary.chmod(0o755)
    try:
        build(temporary)
        (temporary / ".users").touch()
        run(["sync", "--file-system", temporary], timeout=300).check()
        os.rename(temporary, path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _hold(path):
    """Takes our shared lock on an entry; False if there is no such entry (any more)."""
    if path in _held:
        return True
    try:
        fd = os.open(path / ".users", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    fcntl.flock(fd, fcntl.LOCK_SH)
    if not path.exists():  # tidied away between open and lock
        os.close(fd)
        return False
    _held[path] = fd
    return True


def _tidy(kind):
    entries = sorted(root().glob(f"{kind}-*"), key=lambda p: p.stat().st_mtime, reverse=True)
    for path in entries[_KEEP:]:
        if not (path / ".users").exists():
            continue
        with open(path / ".users", "rb") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            doomed = root() / f".new-{kind}-old-{path.name}"
            os.rename(path, doomed)
        shutil.rmtree(doomed)


@contextlib.contextmanager
def _lock(kind):
    """One builder of a kind at a time; says so when it has to wait, and for how long at most."""
    with open(root() / f".{kind}.lock", "w", encoding="ascii") as file:
        deadline = time.monotonic() + _BUILD_LIMIT
        told = False
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{kind} is still being built by somebody else") from None
                if not told:
                    say(f"waiting for another process that builds '{kind}'")
                    told = True
                time.sleep(0.2)
        yield
