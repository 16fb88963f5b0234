# SPDX-License-Identifier: MIT
"""The programs under test, as `make install DESTDIR=` left them in $AZL_INSTALL.

They run with critical warnings of GLib being fatal, and what a sanitizer says is a failure even
where the program itself ended well.
"""

import os
import re
from pathlib import Path

from .run import CommandFailed, clean_env, run

_SUPPRESSIONS = Path(__file__).resolve().parent / "lsan.supp"
_BAD_WORDS = re.compile(r"ERROR: \w+Sanitizer|runtime error:|GLib.*-(CRITICAL|WARNING)")


def _install():
    folder = os.environ.get("AZL_INSTALL")
    if not folder:
        raise RuntimeError(
            "AZL_INSTALL does not name what `make install DESTDIR=` made: use `./dev test`"
        )
    return Path(folder)


def azlctl():
    """Path of azlctl."""
    return _install() / "usr/bin/azlctl"


def libexec():
    """The folder with azl-update."""
    return _install() / "usr/libexec/azl"


def environment(**extra):
    """What the programs run in: a root login's environment, and our own workers."""
    ours = {
        "AZL_LIBEXEC_DIR": str(libexec()),
        "G_DEBUG": "fatal-criticals",
        # whole stacks through libraries without frame pointers, or no suppression would match
        "ASAN_OPTIONS": "fast_unwind_on_malloc=0",
        "LSAN_OPTIONS": f"suppressions={_SUPPRESSIONS}:print_suppressions=0",
    }
    return clean_env(**(ours | extra))


def complaint(text):
    """What a sanitizer or GLib complains about first in a program's stderr; None: nothing."""
    found = _BAD_WORDS.search(text)
    return found.group() if found else None


def run_azlctl(*args, rc=0, timeout=60, env=None, cwd=None, prefix=()):
    """Runs azlctl; another exit status than `rc` (one, or several) is an error that shows all.

    `prefix`: what starts it, setpriv or strace.
    """
    allowed = rc if isinstance(rc, tuple) else (rc,)
    result = run([*prefix, azlctl(), *args], timeout, env=environment(**(env or {})), cwd=cwd)
    result.check(*allowed)
    if complaint(result.err):
        raise CommandFailed(result, complaint(result.err))
    return result
