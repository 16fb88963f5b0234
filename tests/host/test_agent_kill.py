# SPDX-License-Identifier: MIT
"""The daemon dies at any moment of an unattended update, and nothing is lost."""

import contextlib
import random
import time

import pytest

from azltest.agent import Agent
from azltest.host import Host
from azltest.os_image import install_tree, os_image
from azltest.repo import Offer
from azltest.run import say
from azltest.web import Nginx

LONGEST = 3.0  # an update takes about this long on a quiet machine


@pytest.fixture
def machine(installed, os_releases):
    """Makes hosts, each with a fresh disk, that update by themselves but leave the reboot to us."""
    offer = Offer(os_releases, "1.1.0")
    with Nginx(offer.root) as web:
        yield lambda: Host(os_image(install_tree()), url=f"{web.url}/repo")


def main_pid(host):
    return host.run(["systemctl", "show", "-P", "MainPID", "azl-agentd"]).check().out.strip()


def kill_the_daemon(agent):
    """Kills it and waits for the next one."""
    before = main_pid(agent.host)
    # not a shell's own `kill`: that shell would be ours, outside of the guest
    agent.host.run(["/bin/kill", "-KILL", before]).check()
    agent.wait(lambda: main_pid(agent.host) not in ("0", before), "another daemon")


def known_target(agent):
    status = agent.status()
    for release in (status["agent"]["target"], status["staged"]):
        if release:
            return release["version"]
    return None


def one_life(host, after, commits):
    """Kills it once, `after` seconds into its life; returns the state it was in."""
    agent = Agent(host)
    agent.configure("[update]", "enabled = yes", "boot-settle = 0", "[reboot]", "strategy = off")
    host.boot()
    time.sleep(after)
    state = agent.property("State")
    offered = "On offer" in host.journal("-t", "azl-agentd")
    kill_the_daemon(agent)
    if offered:
        agent.wait(lambda: known_target(agent) == "1.1.0", "what it had been about", timeout=10)
    agent.wait_state("staged", timeout=60)
    assert agent.status()["staged"]["checksum"] == commits["1.1.0"]
    host.run(["azlctl", "finalize"], timeout=60).check()
    host.reboot()
    assert host.booted_checksum() == commits["1.1.0"]
    host.run(["ostree", "fsck", "--quiet"], timeout=120).check()
    return state


def one_life_to_the_reboot(host, after, commits):
    """The same where the agent reboots by itself: hooks, finalizing and rebooting are met, too."""
    agent = Agent(host)
    agent.configure("[update]", "enabled = yes", "boot-settle = 0")
    host.boot()
    time.sleep(after)
    state = "down"
    with contextlib.suppress(ProcessLookupError, AssertionError):  # it may be on its way down
        state = agent.property("State")
        kill_the_daemon(agent)
    assert host.follow(timeout=90), "it powered off"
    assert host.booted_checksum() == commits["1.1.0"]
    host.run(["ostree", "fsck", "--quiet"], timeout=120).check()
    agent.wait_state("idle")
    return state


def kill_at_random_moments(machine, commits, name, times, live=one_life):
    dice = random.Random(name)
    states = []
    for number in range(times):
        with machine() as host:
            after = dice.uniform(0, LONGEST)
            try:
                states.append(live(host, after, commits))
            except AssertionError as error:
                raise AssertionError(f"kill {number} of {name}, after {after:.3f} s: {error}") from error
    say(f"killed in: {', '.join(f'{s} {states.count(s)}' for s in sorted(set(states)))}")


@pytest.mark.timeout(600)
def test_a_daemon_killed_in_an_update_goes_on_with_it(machine, os_releases):
    kill_at_random_moments(machine, os_releases.commits, "short", 2)
    kill_at_random_moments(
        machine, os_releases.commits, "short reboot", 2, one_life_to_the_reboot
    )


@pytest.mark.full
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("live", [one_life, one_life_to_the_reboot], ids=["stage", "reboot"])
def test_a_daemon_killed_at_100_random_moments_goes_on(machine, os_releases, live):
    kill_at_random_moments(machine, os_releases.commits, f"full {live.__name__}", 50, live)
