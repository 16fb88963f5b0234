# SPDX-License-Identifier: MIT
"""The agent on a booted host: real systemd, real staging, real reboots. The most telling tests are run
twice: azlctl asks the daemon, or starts the worker itself."""

import json
import os

import pytest

from azltest import bls


@pytest.fixture
def direct(monkeypatch):
    """azlctl does without the daemon in this test."""
    monkeypatch.setenv("AZL_DIRECT", "1")


@pytest.fixture(params=["daemon", "direct"])
def both(request):
    """For a test that is run through the daemon, and without it."""
    if request.param == "direct":
        request.getfixturevalue("direct")


def azl(host, *argv, rc=0):
    """azlctl in the guest; its exit status is checked."""
    env = {"AZL_DIRECT": os.environ.get("AZL_DIRECT", "0")}
    result = host.run(["azlctl", *argv], timeout=120, env=env)
    return result.check(*(rc if isinstance(rc, tuple) else (rc,)))


def status(host):
    return json.loads(azl(host, "status", "--json").out)


def agrees_with_ostree(host):
    """What an outsider says of the same disk."""
    ours = status(host)
    lines = host.run(["ostree", "admin", "status"]).check().out.splitlines()
    theirs = [line.split()[1 if line.startswith("  ") else 2].split(".")[0] for line in lines
              if line[2:].startswith("azl ")]
    assert [d["checksum"] for d in ours["deployments"]] == theirs
    assert ours["booted"]["checksum"] == host.booted_checksum()
    host.run(["ostree", "fsck", "--quiet"], timeout=120).check()
    return ours


def test_an_update_is_staged_booted_rolled_back_denied_and_undone(both, booted, os_releases):
    old, new = os_releases.commits["1.0.0"], os_releases.commits["1.1.0"]

    azl(booted, "update")
    staged = agrees_with_ostree(booted)
    assert staged["staged"]["checksum"] == new and not staged["staged"]["locked"]
    assert staged["next_boot"]["reason"] == "staged"
    assert staged["staged"]["signature"]["state"] == "good"
    assert bls.default(booted.sysroot).checksum == old, "nothing is written before the shutdown"

    booted.reboot()
    updated = agrees_with_ostree(booted)
    assert updated["booted"]["version"] == "1.1.0" and updated["rollback"]["version"] == "1.0.0"
    assert updated["intent"] is None and updated["last_failure"] is None
    assert {updated["booted"]["slot"], updated["rollback"]["slot"]} == {"A", "B"}

    plan = json.loads(azl(booted, "rollback", "--json", "--reason", "bad").out)
    assert plan["kind"] == "rollback" and plan["reboot_needed"]
    assert status(booted)["next_boot"]["reason"] == "pending"
    booted.reboot()
    back = agrees_with_ostree(booted)
    assert back["booted"]["checksum"] == old and back["rollback"]["denied"]

    refused = azl(booted, "update", rc=3)
    assert "update.denied" in refused.err and "bad" in refused.err
    assert status(booted)["staged"] is None

    assert json.loads(azl(booted, "rollback", "--json").out)["kind"] == "undo"
    booted.reboot()
    undone = agrees_with_ostree(booted)
    assert undone["booted"]["checksum"] == new and undone["deny_list"]["entries"] == 0


def test_a_rollback_before_its_reboot_is_taken_back(booted, os_releases):
    azl(booted, "update")
    booted.reboot()
    azl(booted, "rollback")
    taken_back = json.loads(azl(booted, "rollback", "--json").out)
    assert taken_back["kind"] == "undo" and not taken_back["reboot_needed"]
    after = agrees_with_ostree(booted)
    assert after["next_boot"]["checksum"] == os_releases.commits["1.1.0"]
    assert after["deny_list"]["entries"] == 0


def test_a_rollback_that_denied_nothing_can_be_undone_too(booted):
    azl(booted, "update")
    booted.reboot()
    azl(booted, "rollback", "--no-deny")
    booted.reboot()
    assert json.loads(azl(booted, "rollback", "--json").out)["kind"] == "undo"
    assert agrees_with_ostree(booted)["deny_list"]["entries"] == 0


def test_a_rollback_with_nothing_behind_takes_back_what_is_staged(both, booted, os_releases):
    azl(booted, "update")
    plan = json.loads(azl(booted, "rollback", "--json").out)
    assert plan["kind"] == "cancel"
    assert plan["drops_staged"]["checksum"] == os_releases.commits["1.1.0"]
    after = agrees_with_ostree(booted)
    assert after["staged"] is None and after["deny_list"]["entries"] == 1
    azl(booted, "update", rc=3)
    booted.reboot()
    assert agrees_with_ostree(booted)["booted"]["version"] == "1.0.0"


def test_a_rollback_goes_behind_what_runs_even_if_an_update_is_staged(booted, os_offer, os_releases):
    azl(booted, "update")
    booted.reboot()
    os_offer.offer("1.2.0")
    azl(booted, "update")
    plan = json.loads(azl(booted, "rollback", "--json").out)
    assert (plan["from"]["version"], plan["to"]["version"]) == ("1.1.0", "1.0.0")
    assert plan["drops_staged"]["version"] == "1.2.0"
    booted.reboot()
    after = agrees_with_ostree(booted)
    assert after["booted"]["version"] == "1.0.0" and after["rollback"]["version"] == "1.1.0"


def test_denying_what_is_staged_locks_it(booted):
    azl(booted, "update")
    said = azl(booted, "deny", "add", "1.1.0").err
    assert "1.1.0 is staged; it has been locked, so that a reboot does not take it" in said
    after = status(booted)
    assert after["staged"]["locked"] and after["staged"]["denied"]
    assert after["next_boot"]["version"] == "1.0.0"
    assert booted.run(["test", "-e", "/run/reboot-required"]).rc != 0
    azl(booted, "reboot")
    assert booted.follow() and status(booted)["booted"]["version"] == "1.0.0"


def test_asking_for_what_runs_tells_what_is_staged_instead(booted):
    azl(booted, "update")
    up = booted.run(["cat", "/proc/sys/kernel/random/boot_id"]).out
    said = azl(booted, "update", "--to", "1.0.0", "--reboot").err
    assert "1.0.0 runs already, but 1.1.0 is staged and boots next" in said
    assert "azlctl cleanup --staged" in said and "Rebooting" not in said
    check = json.loads(azl(booted, "update", "--check", "--to", "1.0.0", "--json").out)
    assert check["reason"] == "current" and "1.1.0 is staged and boots next" in check["detail"]
    assert booted.run(["cat", "/proc/sys/kernel/random/boot_id"]).out == up
    assert status(booted)["next_boot"]["version"] == "1.1.0"


def test_what_is_only_downloaded_waits_for_finalize(both, booted):
    azl(booted, "update", "--download-only")
    locked = agrees_with_ostree(booted)
    assert locked["staged"]["locked"] and locked["next_boot"]["reason"] == "booted"
    azl(booted, "finalize", "0" * 64, rc=1)
    assert status(booted)["staged"]["locked"], "another checksum unlocks nothing"
    azl(booted, "finalize")
    assert status(booted)["next_boot"]["reason"] == "staged"
    booted.reboot()
    assert agrees_with_ostree(booted)["booted"]["version"] == "1.1.0"


def test_a_reboot_drops_what_is_locked_and_status_says_why(booted):
    azl(booted, "update", "--download-only")
    booted.reboot()
    after = agrees_with_ostree(booted)
    assert after["booted"]["version"] == "1.0.0" and after["staged"] is None
    assert "locked" in after["last_failure"]["reason"]
    azl(booted, "update")
    booted.reboot()
    assert status(booted)["last_failure"] is None


def test_a_failed_finalization_is_explained_after_the_reboot(booted):
    azl(booted, "update")
    # A file where the new release has a directory cannot be merged, and libostree gives up.
    booted.run(["sh", "-c", "rm -rf /etc/systemd && echo > /etc/systemd"]).check()
    booted.reboot()
    after = status(booted)
    assert after["booted"]["version"] == "1.0.0"
    assert after["last_failure"]["version"] == "1.1.0"
    assert "systemd" in after["last_failure"]["reason"], after["last_failure"]


def test_a_power_cut_before_the_shutdown_is_explained(booted):
    azl(booted, "update")
    booted.crash()
    booted.boot()
    after = agrees_with_ostree(booted)
    assert after["booted"]["version"] == "1.0.0"
    assert after["last_failure"]["version"] == "1.1.0"
    azl(booted, "update")
    booted.reboot()
    assert agrees_with_ostree(booted)["booted"]["version"] == "1.1.0"


def test_a_boot_by_hand_into_the_fallback_is_seen(booted):
    azl(booted, "update")
    booted.poweroff()
    booted.boot(choose=lambda entries: entries[1])
    after = agrees_with_ostree(booted)
    assert after["booted"]["version"] == "1.0.0"
    assert after["next_boot"]["version"] == "1.1.0" and after["next_boot"]["reason"] == "pending"
    assert after["last_failure"]["version"] == "1.1.0"


def test_edits_in_etc_stay_behind_or_are_taken_along(both, booted):
    azl(booted, "update")
    booted.reboot()
    booted.run(["sh", "-c", "echo mine > /etc/mine.conf"]).check()
    plan = json.loads(azl(booted, "rollback", "--check", "--json").out)
    assert plan["etc"]["added"] == ["mine.conf"] and not plan["done"]
    azl(booted, "rollback", "--keep-etc")
    booted.reboot()
    after = agrees_with_ostree(booted)
    assert after["booted"]["version"] == "1.0.0"
    assert booted.run(["cat", "/etc/mine.conf"]).check().out == "mine\n"


def test_new_default_kernel_arguments_arrive_and_local_ones_stay(booted, os_offer):
    azl(booted, "kargs", "--append", "azl.local=1")
    booted.reboot()
    os_offer.offer("1.2.0")
    azl(booted, "update")
    booted.reboot()
    options = bls.default(booted.sysroot).options.split()
    assert "panic=30" in options and "console=ttyS0,115200" in options and "azl.local=1" in options
    assert "console=ttyS0" not in options
    assert agrees_with_ostree(booted)["booted"]["version"] == "1.2.0"


def test_azlctl_reboots_into_the_update(booted):
    running = booted.run(["azlctl", "update", "--reboot"], timeout=120)
    assert "agent.lost" not in running.err
    assert not running.timed_out
    assert booted.follow() is True
    assert agrees_with_ostree(booted)["booted"]["version"] == "1.1.0"


FOLDER = "/sysroot/ostree/deploy/azl/deploy"


def test_a_failed_update_leaves_what_is_staged_open(booted, os_offer):
    azl(booted, "update")
    os_offer.offer("1.2.0")
    booted.run(["chattr", "+i", FOLDER]).check()
    azl(booted, "update", rc=1)
    booted.run(["chattr", "-i", FOLDER]).check()
    after = status(booted)
    assert after["staged"]["version"] == "1.1.0" and not after["staged"]["locked"]
    assert after["intent"]["phase"] == "finalizing" and after["intent"]["version"] == "1.1.0"
    booted.reboot()
    assert agrees_with_ostree(booted)["booted"]["version"] == "1.1.0"


def test_a_failed_change_opens_nothing_that_is_locked(booted):
    azl(booted, "update", "--download-only")
    assert "update.staged-other" in azl(booted, "kargs", "--append", "quiet", rc=1).err
    booted.run(["chattr", "+i", FOLDER]).check()
    azl(booted, "rollback", "--to", "booted", "--keep-etc", rc=(0, 1))
    booted.run(["chattr", "-i", FOLDER]).check()
    after = status(booted)
    assert after["staged"] is None or after["staged"]["locked"]


def test_an_update_waits_until_a_rollback_has_rebooted(booted, os_offer):
    azl(booted, "update")
    booted.reboot()
    azl(booted, "rollback")
    os_offer.offer("1.2.0")
    assert "update.rollback-waits" in azl(booted, "update", rc=3).err
    booted.reboot()
    azl(booted, "update")
    after = agrees_with_ostree(booted)
    assert after["staged"]["version"] == "1.2.0" and after["booted"]["version"] == "1.0.0"


def test_without_a_bus_update_and_rollback_still_work(booted):
    booted.run(["systemctl", "stop", "dbus.socket", "dbus.service"]).check()
    azl(booted, "update")
    assert status(booted)["next_boot"]["reason"] == "staged"
    azl(booted, "rollback")
    assert status(booted)["staged"] is None


def test_another_tools_staged_deployment_is_respected(both, booted, os_offer):
    booted.run(["ostree", "admin", "upgrade", "--stage"]).check()
    foreign = status(booted)
    assert foreign["staged"]["foreign"]
    os_offer.offer("1.2.0")
    assert "update.foreign-staged" in azl(booted, "update", rc=3).err
    assert status(booted)["staged"]["version"] == "1.1.0"
    azl(booted, "cleanup", "--staged")
    azl(booted, "update")
    assert agrees_with_ostree(booted)["staged"]["version"] == "1.2.0"


def test_the_objects_of_replaced_releases_do_not_pile_up(booted, os_offer, os_releases):
    azl(booted, "update")
    booted.reboot()
    os_offer.offer("1.2.0")
    azl(booted, "update")
    booted.reboot()
    gone = os_releases.commits["1.0.0"]
    os_offer.offer("1.1.0")
    azl(booted, "update", "--allow-downgrade")  # any update that fetches something: here 1.1.0 is there
    azl(booted, "cleanup")
    commits = booted.run(["ostree", "refs", "--list"]).check().out
    assert gone not in commits
    assert booted.run(["ostree", "show", gone]).rc != 0


def test_a_read_only_sysroot_stays_so_for_everybody_else(booted):
    # /tmp is below /sysroot here, and units with a /dev of their own need one that can be written
    read_only = (
        "mount -t tmpfs tmpfs /tmp && for d in /sysroot /boot; do mount -o bind,remount,ro $d; done"
    )
    booted.run(["sh", "-c", read_only]).check()
    azl(booted, "update")
    assert booted.run(["touch", "/sysroot/x"]).rc != 0
    booted.reboot()
    booted.run(["sh", "-c", read_only]).check()
    azl(booted, "rollback")
    assert booted.run(["touch", "/sysroot/x"]).rc != 0
    booted.reboot()
    assert agrees_with_ostree(booted)["booted"]["version"] == "1.0.0"
