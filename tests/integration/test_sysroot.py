# SPDX-License-Identifier: MIT
"""Sysroots that are read-only, locked, empty, shared, or none at all; and who may touch them."""

import os
import threading

import pytest

from azltest import mounts
from azltest.programs import run_azlctl
from azltest.run import run

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


def test_a_read_only_sysroot_can_be_looked_at_but_not_changed(updated):
    run(["mount", "-o", "remount,ro", updated.path]).check()
    before = updated.fingerprint()
    updated.look()
    assert updated.read("rollback", "--check")["kind"] == "rollback"
    for command in (["rollback"], ["cleanup"], ["kargs", "--append", "quiet"], ["pin", "A"]):
        updated.refused("update.sysroot-read-only", *command, rc=1)
    assert updated.fingerprint() == before
    run(["mount", "-o", "remount,rw", updated.path]).check()
    updated.ctl("rollback")


def test_an_update_of_a_read_only_sysroot_is_refused(box):
    run(["mount", "-o", "remount,ro", box.path]).check()
    box.refused("update.sysroot-read-only", "update", rc=1)
    assert box.versions() == ["1.0.0"]
    run(["mount", "-o", "remount,rw", box.path]).check()
    box.ctl("update")


@pytest.mark.parametrize(
    "command", [["status"], ["update"], ["rollback"], ["history"], ["deny", "list"]]
)
def test_what_is_no_sysroot_is_said(tmp_path, root, command):
    for folder in (tmp_path, tmp_path / "nothing"):
        said = run_azlctl("--sysroot", folder, *command, rc=1).err
        assert "[update.sysroot-missing]" in said and str(folder) in said


def test_a_sysroot_without_a_deployment_is_said(make_box):
    box = make_box(deploy=None)
    box.outsider = False
    for command in (["status"], ["update"], ["rollback"]):
        box.refused("update.no-deployment", *command, rc=1)


def test_a_damaged_sysroot_is_said(updated):
    updated.outsider = False
    config = updated.scratch.ostree_repo / "config"
    config.write_text("[core]\nrepo_version=99\nmode=bare\n")
    updated.refused("update.sysroot-damaged", "status", rc=1)
    updated.refused("update.sysroot-damaged", "rollback", rc=1)


@pytest.mark.parametrize("command", [["update"], ["rollback"], ["cleanup"]])
def test_a_lock_that_somebody_holds_is_waited_for_with_a_word_and_a_limit(updated, command):
    updated.repo.release("1.2.0")
    with updated.locked():
        result = updated.ctl(*command, "--lock-timeout", "1", rc=4)
    assert "waiting up to 1 s for another program" in result.err
    assert "[update.busy]" in result.err
    assert updated.versions() == ["1.1.0", "1.0.0"]


def test_a_lock_that_is_released_in_time_only_delays(updated):
    with updated.locked() as release:
        timer = threading.Timer(0.5, release)
        timer.start()
        result = updated.ctl("rollback", "--lock-timeout", "20")
        timer.join()
    assert "waiting up to 20 s" in result.err
    assert updated.versions() == ["1.0.0", "1.1.0"]


def test_looking_does_not_wait_for_the_lock(updated):
    with updated.locked():
        for command in (
            ["status"],
            ["update", "--check"],
            ["rollback", "--check"],
            ["kargs"],
            ["history"],
            ["deny", "list"],
            ["diff"],
        ):
            assert "waiting" not in updated.ctl(*command, "--lock-timeout", "0").err


@pytest.fixture
def for_all(updated, monkeypatch):
    """A sysroot, and programs, to which anybody may walk: a clone below /root keeps others out."""
    programs = mounts.mountpoint() / "programs"
    run(["cp", "-a", os.environ["AZL_INSTALL"], programs]).check()
    for folder in (programs.parent, programs):
        folder.chmod(0o755)
    monkeypatch.setenv("AZL_INSTALL", str(programs))
    os.chmod(mounts.rundir(), 0o711)
    yield updated
    os.chmod(mounts.rundir(), 0o700)


@pytest.mark.parametrize(
    "command",
    [
        ["update"],
        ["rollback"],
        ["switch", "azl/stable"],
        ["pin", "A"],
        ["unpin", "A"],
        ["cleanup"],
        ["kargs", "--append", "quiet"],
        ["finalize"],
        ["reboot"],
        ["deny", "add", "1.1.0"],
        ["deny", "remove", "1.1.0"],
        ["deny", "reset"],
    ],
)
def test_who_is_not_root_changes_nothing(for_all, command):
    said = for_all.refused("usage.not-root", *command, rc=1, prefix=NOBODY)
    assert f"azlctl {command[0]}" in said and "sudo" in said


def test_who_is_not_root_may_look(for_all):
    mine = for_all.status()
    theirs = for_all.ctl("status", "--json", prefix=NOBODY)
    assert '"schema": "azl.status/1"' in theirs.out and mine["next_boot"]["checksum"] in theirs.out
    assert "1.1.0" in for_all.ctl("status", prefix=NOBODY).out
    for_all.ctl("rollback", "--check", prefix=NOBODY)


def test_what_only_root_may_read_is_said_and_is_no_damage(for_all):
    (for_all.path / "ostree/deploy").chmod(0o700)
    for_all.refused("usage.not-root", "status", rc=1, prefix=NOBODY)


@pytest.fixture
def shared(box):
    """A disk with a second operating system in a stateroot of its own."""
    box.scratch.ostree_admin("os-init", "other")
    box.scratch.ostree_admin("deploy", "--os=other", f"azl:{box.repo.ref}")
    return box


def _of(status, stateroot):
    return [d["version"] for d in status["deployments"] if d["stateroot"] == stateroot]


def test_another_stateroot_is_shown_and_respected(shared):
    before = _of(shared.look(), "other")
    assert before == ["1.0.0"]
    reply = shared.worker("pull", stateroot="azl")
    reply = shared.worker("deploy", stateroot="azl", checksum=reply.result["checksum"])
    assert reply.error is None, reply
    shared.worker("rollback", stateroot="azl")
    shared.worker("cleanup", stateroot="azl", rollback=True)
    status = shared.worker("status", stateroot="azl").result
    assert _of(status, "other") == before
    assert all(
        d["role"] == "other" and d["slot"] is None
        for d in status["deployments"]
        if d["stateroot"] == "other"
    )
    shared.outsider = False  # it looks at the stateroot that boots next, which is by now one of two
    shared.scratch.fsck()


def test_a_rollback_never_crosses_into_another_stateroot(shared):
    for stateroot in ("azl", "other"):
        reply = shared.worker("rollback", stateroot=stateroot)
        assert reply.error == "update.no-rollback", reply


def test_a_foreign_deployment_is_shown_as_such_until_ours_takes_its_place(box):
    assert box.status()["deployments"][0]["foreign"] is True
    assert "made by another tool" in box.ctl("status").out
    box.ctl("update")
    status = box.status()
    assert [d["foreign"] for d in status["deployments"]] == [False, True]
