# SPDX-License-Identifier: MIT
"""Fixtures of the tests that run the real programs on scratch sysroots."""

import contextlib

import pytest

from azltest import box as boxes
from azltest import mounts
from azltest.repo import SmallRepo
from azltest.web import Nginx


@pytest.fixture
def make_box(root, small_repo):
    """Makes boxes with options of their own: `make_box(size=64 << 20)`. In the end an outsider looks.

    Updates come from the folder of `small_repo`, or from the server `web`.
    """
    made = []
    with contextlib.ExitStack() as stack:

        def make(repo=small_repo, **options):
            made.append(boxes.make(stack, repo, **options))
            return made[-1]

        yield make
        for box in made:
            if box.outsider:
                box.look()


@pytest.fixture
def box(make_box, small_web):
    """1.0.0 deployed, 1.1.0 on offer over HTTP."""
    return make_box(web=small_web)


@pytest.fixture
def updated(box):
    """The same after `azlctl update`: 1.1.0 boots next, 1.0.0 is the fallback."""
    box.ctl("update")
    return box


@pytest.fixture
def faulty_box(make_box, faulty_web):
    """1.0.0 deployed, 1.1.0 on offer by a server that fails when told to."""
    return make_box(web=faulty_web)


@pytest.fixture(scope="session")
def _three_template():
    return SmallRepo(mounts.mountpoint() / "repo", versions=("1.0.0", "1.1.0", "1.2.0"))


@pytest.fixture
def three(root, _three_template):
    """A repository with 1.0.0, 1.1.0 and 1.2.0, the last one being the newest on offer."""
    return _three_template.clone(mounts.mountpoint() / "repo")


@pytest.fixture
def three_box(make_box, three):
    """1.0.0 deployed, 1.2.0 on offer over HTTP."""
    with Nginx(three.path) as web:
        yield make_box(three, web=web)
