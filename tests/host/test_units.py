# SPDX-License-Identifier: MIT
"""What systemd thinks of our units."""

import re

import pytest

from azltest.host import Host
from azltest.os_image import install_tree, os_image

UNITS = ["azl-agentd.service", "azl-update.socket", "azl-update@x.service", "azl-update-reconcile.service"]


@pytest.fixture(scope="module")
def booted(installed):
    with Host(os_image(install_tree())) as host:
        host.boot()
        yield host


def test_systemd_has_nothing_to_say_about_them(booted):
    result = booted.run(["systemd-analyze", "verify", "--man=no", *UNITS], timeout=60).check()
    assert result.out + result.err == ""


@pytest.mark.parametrize("unit, most", [("azl-agentd.service", 1.5), ("azl-update@x.service", 4.5)])
def test_little_is_exposed(booted, unit, most):
    # a sanitized program cannot do without memory that is both written and run; 0.1 each
    out = booted.run(["systemd-analyze", "security", "--no-pager", "--offline=true",
                      f"/usr/lib/systemd/system/{unit.replace('@x', '@')}"], timeout=60).check(0, 1).out
    assert float(re.search(r"exposure level for \S+: ([\d.]+)", out).group(1)) <= most


def test_the_host_is_up_without_a_failed_unit(booted):
    assert booted.system_state() == "running"


def test_the_catalog_explains_our_events(booted):
    booted.run(["journalctl", "--update-catalog"])
    out = booted.run(["journalctl", "-b", "-t", "azl-agentd", "-x", "--no-pager"]).check().out
    assert "The daemon that decides about updates of this system has started." in out
