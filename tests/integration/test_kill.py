# SPDX-License-Identifier: MIT
"""The worker may be killed at any moment of an update: the old system boots or the new one, and the
next update finishes.

`ostree fsck` takes a commit that a killed pull has left half there for what it is marked as, partial,
and checks all that is there; a commit without that mark has to be complete.
"""

import contextlib
import time

import pytest

from azltest import bls, kill, mounts
from azltest import box as boxes
from azltest.repo import SmallRepo
from azltest.run import run
from azltest.web import Nginx

VERSIONS = ("1.0.0", "1.1.0")
WAYS = (("update",), ("update", "--no-deltas"))


@pytest.fixture(scope="module")
def large():
    """2,000 files, a tenth of which an update changes."""
    return SmallRepo(mounts.mountpoint() / "repo", files=2000)


@pytest.fixture(scope="module")
def web(large):
    with Nginx(large.path) as web:
        yield web


@pytest.fixture
def fresh(root, large, web):
    """Makes boxes with 1.0.0, one at a time."""

    @contextlib.contextmanager
    def make():
        with contextlib.ExitStack() as stack:
            yield boxes.make(stack, large, web)

    return make


def duration(fresh, way):
    """Seconds that an undisturbed update takes."""
    with fresh() as box:
        began = time.monotonic()
        box.ctl(*way)
        return time.monotonic() - began


def boots_old_or_new(box):
    """Every boot entry leads to files that exist (bls.entries() looks), and to a release we know."""
    entries = bls.entries(box.path)
    assert entries and {e.checksum for e in entries} <= set(box.repo.commits.values())
    run(["ostree", f"--repo={box.path}/ostree/repo", "fsck", "--quiet"], timeout=60).check()
    assert box.status()["next_boot"]["checksum"] == entries[0].checksum


def finishes(box):
    box.ctl("update")
    assert box.versions()[0] == "1.1.0"
    assert box.look()["intent"] is None


def kill_workers(fresh, group, count):
    chance, seed = kill.chance(f"worker {group}")
    met = 0
    lengths = [duration(fresh, way) for way in WAYS]
    for number in range(count):
        which = chance.randrange(len(WAYS))
        delay = chance.uniform(0, lengths[which])
        with fresh() as box:
            arguments = ["--sysroot", box.path, *WAYS[which]]
            _, killed = kill.azlctl_with_dying_worker(arguments, delay)
            met += killed
            try:
                boots_old_or_new(box)
                finishes(box)
            except AssertionError as error:
                raise AssertionError(f"kill {number} after {delay:.3f} s, {seed}") from error
    assert met > count / 2, f"only {met} of {count} kills met a worker, {seed}"


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("group", range(2))
def test_a_worker_killed_at_some_random_moments_loses_nothing(fresh, group):
    kill_workers(fresh, group, 6)


@pytest.mark.full
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("group", range(8))
def test_a_worker_killed_at_200_random_moments_loses_nothing(fresh, group):
    kill_workers(fresh, f"full {group}", 25)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_killed_azlctl_takes_its_worker_along_and_loses_nothing(fresh):
    chance, seed = kill.chance("azlctl")
    length = duration(fresh, WAYS[1])
    for number in range(4):
        delay = chance.uniform(0, length)
        with fresh() as box:
            kill.orphan_workers(["--sysroot", box.path, *WAYS[1]], delay)
            try:
                boots_old_or_new(box)
                finishes(box)
            except AssertionError as error:
                raise AssertionError(f"kill {number} after {delay:.3f} s, {seed}") from error


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_rollback_killed_at_any_moment_can_be_done_again(fresh):
    chance, seed = kill.chance("rollback")
    with fresh() as box:
        box.ctl("update")
        began = time.monotonic()
        box.ctl("rollback")
        length = time.monotonic() - began
        box.ctl("rollback")
        for number in range(8):
            delay = chance.uniform(0, length)
            kill.azlctl_with_dying_worker(["--sysroot", box.path, "rollback"], delay)
            try:
                boots_old_or_new(box)
                box.ctl("rollback", "--to", "1.0.0", rc=(0, 1))
                assert box.versions()[0] == "1.0.0"
                box.ctl("rollback", "--to", "1.1.0")
                assert box.versions()[0] == "1.1.0"
                box.look()
            except AssertionError as error:
                raise AssertionError(f"kill {number} after {delay:.3f} s, {seed}") from error
