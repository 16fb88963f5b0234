# SPDX-License-Identifier: MIT
"""What an admin relies on when something else goes wrong: a failure changes nothing, nothing stands in
the way of a rollback, and nobody's denial is lost."""

import contextlib
import json
import re
import shutil
import threading
import zlib

import pytest

from azltest.repo import signing
from azltest.run import run, wait_for


@contextlib.contextmanager
def read_only(folder):
    run(["mount", "--bind", folder, folder]).check()
    try:
        run(["mount", "-o", "remount,bind,ro", folder]).check()
        yield
    finally:
        run(["umount", folder]).check()


def test_a_rollback_that_fails_denies_nothing(updated):
    fallback = updated.scratch.entries()[1].deployment
    origin = fallback.with_name(fallback.name + ".origin")
    origin.write_text(re.sub(r"refspec=.*\n", "", origin.read_text()))
    updated.refused("update.no-origin", "rollback", "--keep-etc", rc=1)
    assert updated.denied() == [] and updated.versions() == ["1.1.0", "1.0.0"]


def test_a_rollback_that_cannot_be_written_takes_its_denial_back(updated):
    with read_only(updated.path / "boot"):
        updated.ctl("rollback", rc=1)
    assert updated.denied() == [] and updated.versions() == ["1.1.0", "1.0.0"]


def test_an_undo_that_cannot_be_written_keeps_the_denial(updated):
    updated.ctl("rollback")
    with read_only(updated.path / "boot"):
        updated.ctl("rollback", rc=1)
    assert updated.versions() == ["1.0.0", "1.1.0"]
    assert updated.denied() == [updated.repo.commits["1.1.0"]]


def test_what_an_admin_denied_outlives_a_rollback_and_its_undo(updated):
    updated.ctl("deny", "add", "1.1.0", "--reason", "recalled")
    updated.ctl("rollback")
    updated.ctl("rollback")
    entries = updated.read("deny", "list")["entries"]
    assert [(entry["source"], entry["reason"]) for entry in entries] == [("admin", "recalled")]


def test_a_download_does_not_stand_in_the_way_of_a_rollback(faulty_box, faulty_web):
    faulty_box.ctl("update")
    faulty_box.repo.release("1.2.0")
    faulty_web.fail(r"\.filez|/deltas/", "hang")
    pull = threading.Thread(
        target=lambda: faulty_box.worker("pull", stall_timeout=20, retries=0), daemon=True
    )
    pull.start()
    record = faulty_box.records / "intent.json"
    wait_for(lambda: record.exists() and "pulling" in record.read_text(), 20, "the download")
    faulty_box.ctl("rollback", "--lock-timeout", "5")
    assert faulty_box.versions() == ["1.0.0", "1.1.0"]
    assert pull.is_alive(), "the download had already ended"
    faulty_web.heal()
    pull.join(60)
    assert not pull.is_alive()


@pytest.fixture
def delta(box, tmp_path):
    """Makes a self-contained delta file from 1.0.0 to a commit."""

    def make(commit):
        path = tmp_path / "delta"
        ends = (f"--from={box.repo.commits['1.0.0']}", f"--to={commit}")
        how = ("--inline", "--min-fallback-size=0", f"--filename={path}")
        repo = f"--repo={box.repo.path}"
        run(["ostree", repo, "static-delta", "generate", *ends, *how]).check()
        return path

    return make


def test_a_release_for_another_ref_is_refused_from_a_file_as_well(box, delta):
    with signing("good") as sign:
        command = [
            "ostree", f"--repo={box.repo.path}", "commit", "--orphan", "--bind-ref=azl/other",
            "--timestamp=@1770000000", "--add-metadata-string=version=9.0.0", "--generate-sizes",
            f"--tree=ref={box.repo.commits['1.1.0']}", *sign,
        ]  # fmt: skip
        commit = run(command).check().out.strip()
    box.refused("update.ref-mismatch", "update", "--from", delta(commit))
    assert box.versions() == ["1.0.0"]


def test_a_file_with_another_release_than_the_wanted_one_is_refused(box, delta):
    file = delta(box.repo.commits["1.1.0"])
    box.refused("update.version-unknown", "update", "--from", file, "--to", "7.7.7", rc=1)
    assert box.versions() == ["1.0.0"]
    box.ctl("update", "--from", file, "--to", "1.1.0")


def test_a_signature_that_was_renewed_arrives_for_what_is_here_already(updated):
    commit = updated.repo.commits["1.1.0"]
    updated.ctl("rollback", "--no-deny")
    updated.path.joinpath(
        "ostree/repo/objects", commit[:2], f"{commit[2:]}.commitmeta"
    ).unlink()
    assert updated.worker("pull", checksum=commit).result["signature"]["state"] == "good"
    assert not updated.worker("verify", checksum=commit).error


def test_a_rollback_stays_in_its_own_stateroot(updated):
    updated.scratch.ostree_admin("os-init", "other")
    updated.scratch.ostree_admin(
        "deploy", "--os=other", "--not-as-default", "--retain", updated.repo.commits["1.0.0"]
    )
    places = {d["stateroot"]: str(d["index"]) for d in updated.status()["deployments"]}
    updated.refused("update.no-rollback", "rollback", "--to", places["other"], rc=1)
    assert updated.denied() == []


@pytest.mark.parametrize("name", ["version", "checksum"])
def test_a_release_that_is_deployed_twice_can_be_denied(box, name):
    box.ctl("kargs", "--append", "quiet")
    commit = box.repo.commits["1.0.0"]
    box.ctl("deny", "add", "1.0.0" if name == "version" else commit)
    assert box.denied() == [commit]


def test_a_disk_that_does_not_run_is_not_blamed_for_its_next_boot(updated):
    intent = {
        "schema": "azl.intent/1", "operation": "finalize", "phase": "finalizing",
        "checksum": updated.repo.commits["1.1.0"], "version": "1.1.0",
        "boot": "0" * 36, "at": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    (updated.records / "intent.json").write_text(json.dumps(intent))
    assert updated.status()["last_failure"] is None


@pytest.mark.parametrize("status", [408, 429])
def test_a_server_that_says_later_is_asked_again(faulty_box, faulty_web, status):
    faulty_web.fail(r"\.filez", "error", times=3, status=status)
    faulty_box.ctl("update", "--no-deltas")
    assert faulty_box.versions()[0] == "1.1.0"


def _tamper(repo, commit, path):
    """Replaces the content of a file in an archive repository, and leaves its name as it was."""
    listing = run(["ostree", f"--repo={repo.path}", "ls", "-C", commit, path]).check().out
    file = repo.object(listing.split()[4], "filez")
    raw = file.read_bytes()
    head = 8 + int.from_bytes(raw[:4], "big")
    body = zlib.decompress(raw[head:], -15)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    file.write_bytes(raw[:head] + packer.compress(b"EVIL".ljust(len(body))) + packer.flush())


def test_content_that_was_changed_on_a_stick_is_refused(make_box, small_repo):
    box = make_box(url="http://127.0.0.1:9/")
    _tamper(small_repo, small_repo.commits["1.1.0"], "/usr/etc/small/defaults.conf")
    box.refused("update.object-corrupt", "update", "--from", small_repo.path, rc=1)
    assert box.versions() == ["1.0.0"]


def test_a_denied_commit_does_not_come_back_under_another_name(make_box, small_repo):
    box = make_box(url="http://127.0.0.1:9/")
    denied, name = small_repo.commits["1.1.0"], "ab" * 32
    box.ctl("deny", "add", denied)
    for kind in ("commit", "commitmeta"):
        copy = small_repo.object(name, kind)
        copy.parent.mkdir(exist_ok=True)
        shutil.copy(small_repo.object(denied, kind), copy)
    (small_repo.path / "refs/heads" / small_repo.ref).write_text(name + "\n", encoding="ascii")
    for summary in ("summary", "summary.sig"):
        (small_repo.path / summary).unlink()
    assert box.worker("pull", **{"from": str(small_repo.path)}).error == "update.object-corrupt"
    assert box.versions() == ["1.0.0"]


def test_a_deny_list_behind_a_link_is_no_empty_one(updated):
    updated.ctl("rollback")
    real = updated.records.with_name("azl.real")
    updated.records.rename(real)
    updated.records.symlink_to(real.name)
    assert updated.status()["deny_list"]["state"] == "unreadable"
    updated.refused("update.deny-list-unreadable", "update")
    updated.records.unlink()
    real.rename(updated.records)


def test_a_pinned_fallback_keeps_a_cleanup_from_beginning(updated):
    updated.ctl("pin", "rollback")
    updated.refused("update.in-use", "cleanup", "--rollback")
    assert updated.versions() == ["1.1.0", "1.0.0"]
