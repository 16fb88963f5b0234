# SPDX-License-Identifier: MIT
"""Fixtures shared by all integration tests; what they are made of is in `azltest`."""

import os
from pathlib import Path

import pytest

from azltest import mounts
from azltest.faults import FaultServer
from azltest.host import Host
from azltest.os_image import install_tree, os_image, releases
from azltest.repo import Offer, SmallRepo
from azltest.sysroot import Scratch
from azltest.web import Nginx

TESTS = Path(__file__).resolve().parent


def pytest_configure(config):
    # before any test starts a thread or a process: all of them share the private mount table
    if os.geteuid() == 0:
        if hasattr(config, "workerinput"):
            # pytest-xdist may run us beside the main thread; it started us after itself
            mounts.inherit()
        else:
            mounts.private()


def pytest_collection_modifyitems(items):
    # what needs the test OS is left out by --quick; nobody has to remember the marker
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "os_releases" in fixtures or {"host", "os"} & set(item.path.relative_to(TESTS).parts):
            item.add_marker(pytest.mark.host)


def pytest_unconfigure():
    mounts.remove_rundir()


@pytest.fixture(scope="session")
def root():
    """For tests that mount or boot: skipped without root, failed where everything must run."""
    if os.geteuid() != 0:
        if os.environ.get("AZL_TEST_MUST_RUN") == "1":
            pytest.fail("this test needs root, and AZL_TEST_MUST_RUN is set")
        pytest.skip("needs root")


@pytest.fixture(scope="session")
def os_releases(root):
    """The signed releases of the test OS, with the programs under test in them."""
    return releases(install_tree())


@pytest.fixture
def os_offer(root, os_releases):
    """The test OS's repository, offering 1.1.0; `os_offer.offer("1.2.0")` publishes another."""
    return Offer(os_releases, "1.1.0")


@pytest.fixture
def os_web(os_offer):
    """nginx serving `os_offer`."""
    with Nginx(os_offer.root) as web:
        yield web


@pytest.fixture
def host(os_web):
    """A host with 1.0.0 installed and 1.1.0 on offer, still switched off."""
    with Host(os_image(install_tree()), url=f"{os_web.url}/repo") as host:
        yield host


@pytest.fixture(scope="session")
def _small_template():
    return SmallRepo(mounts.mountpoint() / "repo")


@pytest.fixture
def small_repo(root, _small_template):
    """A small repository with the signed releases 1.0.0 and 1.1.0, the test's own to spoil."""
    return _small_template.clone(mounts.mountpoint() / "repo")


@pytest.fixture
def small_web(small_repo):
    """nginx serving `small_repo` at its root."""
    with Nginx(small_repo.path) as web:
        yield web


@pytest.fixture
def faulty_web(small_repo):
    """A server of `small_repo` that fails when told to."""
    with FaultServer(small_repo.path) as web:
        yield web


@pytest.fixture
def scratch(small_repo, small_web):
    """A scratch sysroot on a tmpfs: 1.0.0 deployed, 1.1.0 on offer over HTTP."""
    with Scratch(small_repo, small_web.url) as scratch:
        yield scratch
