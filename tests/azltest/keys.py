# SPDX-License-Identifier: MIT
"""Throw-away GPG keys: `good`, which test hosts trust, and `wrong`, which nobody trusts.

Made once and cached; worthless outside tests. gpg starts an agent per home folder: `signing_home()`
gives every user a short-lived copy and ends the agent with it, so that none is left running.
"""

import contextlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import cache, mounts
from .run import run

_VERSION = "2"  # change it to have new keys made


@dataclass(frozen=True)
class Key:
    """A key pair in a GNUPGHOME of its own; `public` is what a remote's keyring imports."""

    fingerprint: str
    home: Path
    public: Path

    @contextlib.contextmanager
    def signing_home(self):
        """A private copy of the key's GNUPGHOME; yields the ostree options that sign with it."""
        with tempfile.TemporaryDirectory(prefix="gpg", dir=_short_folder()) as folder:
            home = Path(folder) / "h"
            shutil.copytree(self.home, home, ignore=shutil.ignore_patterns("S.*"))
            try:
                yield [f"--gpg-sign={self.fingerprint}", f"--gpg-homedir={home}"]
            finally:
                _end_agent(home)


def good():
    """The key that signs releases and that test hosts trust."""
    return _key("good")


def wrong():
    """A well-formed key that no test host trusts."""
    return _key("wrong")


def _key(name):
    folder = cache.entry(
        f"key-{name}", cache.digest(_VERSION, name), lambda path: _make(path, name)
    )
    fingerprint = (folder / "fingerprint").read_text(encoding="ascii").strip()
    return Key(fingerprint, folder / "home", folder / "public.gpg")


def _make(folder, name):
    with tempfile.TemporaryDirectory(prefix="gpg", dir=_short_folder()) as short:
        home = Path(short) / "h"
        home.mkdir(mode=0o700)
        gpg = ["gpg", "--homedir", home, "--batch", "--quiet"]
        try:
            user = f"AZL test key, throw-away <{name}@azl.invalid>"
            run(
                [*gpg, "--passphrase", "", "--quick-generate-key", user, "ed25519", "sign", "never"]
            ).check()
            listing = run([*gpg, "--with-colons", "--list-secret-keys"]).check().out
            run([*gpg, "--output", folder / "public.gpg", "--export"]).check()
        finally:
            _end_agent(home)
        shutil.copytree(home, folder / "home", ignore=shutil.ignore_patterns("S.*"))
    lines = (line.split(":") for line in listing.splitlines())
    fingerprint = next(fields[9] for fields in lines if fields[0] == "fpr")
    (folder / "fingerprint").write_text(f"{fingerprint}\n", encoding="ascii")


def _short_folder():
    """Where a GNUPGHOME can be: the path of the agent's socket must stay below 108 characters.

    If we are killed, the next start removes our scratch folder, and the agent ends when it misses it.
    """
    folder = mounts.rundir()
    return folder if len(str(folder)) < 70 else "/tmp"


def _end_agent(home):
    run(["gpgconf", "--homedir", home, "--kill", "all"], timeout=20)
