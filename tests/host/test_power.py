# SPDX-License-Identifier: MIT
"""Killed workers and power cuts on a booted host, at random moments.

A cut here is the death of all processes: what they had not written is lost, what the kernel has
cached is not (that needs a virtual machine)."""

import json
import subprocess
import threading
import time

import pytest

from azltest import bls, kill
from azltest.host import Host
from azltest.os_image import install_tree, os_image
from azltest.run import clean_env, kill_group, run, start

KILL_WORKER = (
    'for p in /proc/[0-9]*; do [ "$(cat $p/comm 2>/dev/null)" = azl-update ] && kill -9 "${p#/proc/}"; '
    "done; true"
)


@pytest.fixture
def machine(os_web):
    """Makes hosts with 1.0.0, one at a time, not yet switched on."""
    return lambda: Host(os_image(install_tree()), url=f"{os_web.url}/repo")


def status(host):
    return json.loads(host.run(["azlctl", "status", "--json"]).check().out)


def boots_old_or_new(host, commits):
    """What an outsider sees on the disk of a host that is off or on."""
    assert {entry.checksum for entry in bls.entries(host.sysroot)} <= commits
    run(["ostree", f"--repo={host.sysroot}/ostree/repo", "fsck", "--quiet"], timeout=120).check()


def update_works(host):
    host.run(["azlctl", "update"], timeout=120).check()
    if status(host)["booted"]["version"] != "1.1.0":
        host.reboot()
    after = status(host)
    assert after["booted"]["version"] == "1.1.0"
    assert after["intent"] is None and after["last_failure"] is None


def in_background(host, argv):
    return start([*host.enter(), *argv], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                 env=clean_env())


def kill_workers(machine, commits, name, count):
    chance, seed = kill.chance(name)
    for number in range(count):
        delay = chance.uniform(0, 2.5)
        with machine() as host:
            host.boot()
            process = in_background(host, ["azlctl", "update"])
            try:
                time.sleep(delay)
                host.run(["sh", "-c", KILL_WORKER]).check()
                process.wait(60)
            finally:
                kill_group(process)
            try:
                boots_old_or_new(host, commits)
                update_works(host)
            except AssertionError as error:
                raise AssertionError(f"kill {number} after {delay:.3f} s, {seed}") from error


def test_a_worker_killed_on_a_booted_host_loses_nothing(machine, os_releases):
    kill_workers(machine, set(os_releases.commits.values()), "host", 2)


@pytest.mark.full
@pytest.mark.timeout(900)
def test_a_worker_killed_20_times_on_a_booted_host_loses_nothing(machine, os_releases):
    kill_workers(machine, set(os_releases.commits.values()), "host full", 20)


def cut_power(machine, commits, name, count, prepare, act, longest):
    """`act(host)` begins what the power cut interrupts within `longest` seconds."""
    chance, seed = kill.chance(name)
    for number in range(count):
        delay = chance.uniform(0, longest)
        with machine() as host:
            host.boot()
            prepare(host)
            thread = threading.Thread(target=act, args=(host,), daemon=True)
            thread.start()
            time.sleep(delay)
            host.crash()
            thread.join(30)
            try:
                boots_old_or_new(host, commits)
                host.boot()
                explained(host)
                update_works(host)
            except AssertionError as error:
                raise AssertionError(f"cut {number} after {delay:.3f} s, {seed}") from error


def explained(host):
    """Either the new release runs, or status says what became of it, or it never was chosen."""
    now = status(host)
    history = json.loads(host.run(["azlctl", "history", "--json"]).check().out)["events"]
    chosen = any(event["event"] == "finalize" for event in history)
    assert now["booted"]["version"] == "1.1.0" or now["last_failure"] or not chosen


def nothing(host):
    pass


def update(host):
    host.run(["azlctl", "update"])


def reboot(host):
    host.run(["systemctl", "reboot"])


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "name, prepare, act, longest",
    [("update", nothing, update, 2.5), ("shutdown", update, reboot, 0.7)],
)
def test_a_power_cut_boots_the_old_or_the_new_release(
    machine, os_releases, name, prepare, act, longest
):
    cut_power(machine, set(os_releases.commits.values()), name, 2, prepare, act, longest)


@pytest.mark.full
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    "name, prepare, act, longest",
    [("update", nothing, update, 2.5), ("shutdown", update, reboot, 0.7)],
)
def test_20_power_cuts_boot_the_old_or_the_new_release(
    machine, os_releases, name, prepare, act, longest
):
    cut_power(machine, set(os_releases.commits.values()), f"{name} full", 20, prepare, act, longest)
