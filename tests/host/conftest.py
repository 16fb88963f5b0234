# SPDX-License-Identifier: MIT
"""Fixtures of the tests on a booted host."""

import pytest

from azltest.os_image import install_tree


@pytest.fixture(scope="session")
def installed(root):
    """The host has our programs: without them such a test would show nothing."""
    if not install_tree():
        pytest.fail("no install tree: run this through ./dev test, or set AZL_INSTALL")


@pytest.fixture
def booted(installed, host):
    """A host that runs 1.0.0, with 1.1.0 on offer."""
    host.boot()
    return host
