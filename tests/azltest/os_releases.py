# SPDX-License-Identifier: MIT
"""Signed releases of the test OS in an archive repository: the base tree plus what differs.

    repo/            archive repository; refs `release/VERSION` keep all releases
    views/VERSION/   what a server offers while VERSION is the newest: ref `azl/stable` and a signed
                     summary; objects and deltas are links into repo/
    releases.json    version -> checksum
"""

import calendar
import contextlib
import json
import os
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from . import cache, compose, keys, overlay
from .os_base import base as os_base
from .run import run, say

REF = "azl/stable"
VERSIONS = tuple(release.version for release in overlay.RELEASES)
DELTAS = (("1.0.0", "1.1.0"), ("1.1.0", "1.2.0"), ("1.0.0", "1.2.0"))
_CHUNK_MIB = 4  # a delta part is held in memory while it is applied: small parts bound it
_CODE = [Path(__file__).with_name(name) for name in ("os_releases.py", "overlay.py", "compose.py")]


@dataclass(frozen=True)
class Releases:
    """The built releases. `view(version)` is a folder to serve; nothing in it may be written to."""

    path: Path
    key: str

    @property
    def repo(self):
        return self.path / "repo"

    @property
    def commits(self):
        """Version -> commit checksum."""
        return json.loads((self.path / "releases.json").read_text(encoding="ascii"))

    def view(self, version):
        if version not in VERSIONS:
            raise KeyError(f"no release {version}; there are {', '.join(VERSIONS)}")
        return self.path / "views" / version


def releases(install=None):
    """The releases, each with the install tree `install` (`make install DESTDIR=`) in it."""
    base = os_base()
    key = cache.digest(
        base.key, *_CODE, Path(install) if install else "no install tree", keys.good().fingerprint
    )
    return Releases(cache.entry("os-releases", key, lambda path: build(path, base, install)), key)


def build(folder, base, install):
    """Fills the empty `folder`. The same base and install tree give the same commits."""
    began = time.monotonic()
    say("making the releases of the test OS")
    repo = folder / "repo"
    # objects are never written again once they are there: links do, and cost nothing
    run(["cp", "-al", base.repo, repo], timeout=120).check()
    commits = {}
    with contextlib.ExitStack() as stack:
        work = stack.enter_context(tempfile.TemporaryDirectory(prefix="work", dir=folder))
        sign = stack.enter_context(keys.good().signing_home())
        agent = Path(work) / "install"
        agent.mkdir()
        overlay.write_install(agent, install, base)
        for release in overlay.RELEASES:
            own = Path(work) / release.version
            own.mkdir()
            commits[release.version] = _commit(repo, release, base, agent, own, sign)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda pair: _delta(repo, commits[pair[0]], commits[pair[1]]), DELTAS))
        for version, checksum in commits.items():
            make_view(folder / "views" / version, repo, {REF: checksum}, sign)
    (folder / "releases.json").write_text(json.dumps(commits), encoding="ascii")
    say(f"releases {', '.join(commits)} made in {time.monotonic() - began:.1f} s")


def _commit(repo, release, base, agent, own, sign):
    packages = _packages(release, base)
    boot_size = overlay.write_release(own, release, base, packages)
    checksum = compose.compose(
        repo,
        compose.Commit(
            ref=REF,
            version=release.version,
            timestamp=calendar.timegm(time.strptime(release.date, "%Y-%m-%d")),
            base_ref="base",
            overlays=[own, agent],
            metadata={
                "ostree.linux": ("s", Path(base.kernel_dir).name),
                "azl.packages": ("a(ss)", packages),
                "azl.boot-size": ("t", boot_size),
                "azl.kargs": ("as", list(release.kargs)),
            },
        ),
    )
    key_id, home = (option.split("=", 1)[1] for option in sign)
    run(["ostree", f"--repo={repo}", "gpg-sign", f"--gpg-homedir={home}", checksum, key_id]).check()
    run(
        ["ostree", f"--repo={repo}", "refs", f"--create=release/{release.version}", checksum]
    ).check()
    return checksum


def _packages(release, base):
    packages = base.packages()
    packages["azl-agent"] = release.version
    packages.update(release.packages)
    return sorted((name, version) for name, version in packages.items() if version is not None)


def _delta(repo, old, new):
    run(
        ["ostree", f"--repo={repo}", "static-delta", "generate"]
        + [f"--from={old}", f"--to={new}", f"--max-chunk-size={_CHUNK_MIB}"],
        timeout=300,
    ).check()


def make_view(view, repo, refs, sign):
    """Makes a folder that serves `repo` with exactly `refs`, and a summary signed with `sign`.

    Only links, so it costs nothing; but what is written below objects/ lands in `repo`.
    """
    view.parent.mkdir(parents=True, exist_ok=True)
    run(["ostree", "init", f"--repo={view}", "--mode=archive"]).check()
    for name in ("objects", "deltas"):
        if (repo / name).is_dir():
            shutil.rmtree(view / name, ignore_errors=True)
            os.symlink(os.path.relpath(repo / name, view), view / name)
    for ref, checksum in refs.items():
        path = view / "refs/heads" / ref
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{checksum}\n", encoding="ascii")
    run(["ostree", f"--repo={view}", "summary", "--update", *sign]).check()
