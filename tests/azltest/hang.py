# SPDX-License-Identifier: MIT
"""Make azl-update hang inside the libraries that it uses, to see whether it is still ended."""

from pathlib import Path

from . import mounts, programs
from .run import run, wait_for

_SOURCE = Path(__file__).resolve().parent / "hang.c"
_DEAF = "#!/bin/sh\nexec sleep 60\n"


def in_libostree(folder, times):
    """Environment in which the next `times` pulls of a release never return."""
    library, count = mounts.rundir() / "hang.so", folder / "hang"
    if not library.exists():
        command = ["gcc", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, _SOURCE]
        run([*command, "-ldl"]).check()
    count.write_bytes(b"." * times)
    sanitizer = programs.environment()["ASAN_OPTIONS"]
    return {
        "LD_PRELOAD": str(library),
        "ASAN_OPTIONS": f"{sanitizer}:verify_asan_link_order=0",
        "AZL_HANG": str(count),
    }


def in_gpg(folder):
    """Command prefix for a program for which gpg never answers."""
    deaf = folder / "gpg"
    deaf.write_text(_DEAF)
    deaf.chmod(0o755)
    return ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /usr/bin/gpg && exec "$@"', deaf]


def wait(folder):
    """Returns when a pull has begun to hang that is to hang once."""
    wait_for(lambda: (folder / "hang").stat().st_size == 0, 20, "the hang")
