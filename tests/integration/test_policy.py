# SPDX-License-Identifier: MIT
"""What is not taken although it is on offer: older, denied, held; and damaged deny lists."""

import json

import pytest

DAMAGE = {
    "truncated": b'{"schema": "azl.deny/1", "entries": [',
    "empty": b"",
    "zeros": b"\0" * 512,
    "another schema": b'{"schema": "azl.deny/9", "entries": []}',
    "no list": b'{"schema": "azl.deny/1", "entries": {}}',
    "an entry that denies nothing": b'{"schema": "azl.deny/1", "entries": [{"reason": "?"}]}',
}


def test_an_older_release_is_refused_and_taken_when_meant(updated):
    updated.repo.serve("1.0.0")
    updated.ctl("rollback", "--no-deny")
    updated.ctl("rollback", "--no-deny")
    said = updated.refused("update.older", "update")
    assert "2026-01-01" in said and "2026-01-02" in said and "--allow-downgrade" in said
    assert updated.read("update", "--check")["reason"] == "older"
    updated.ctl("update", "--allow-downgrade")
    assert updated.versions()[0] == "1.0.0"


def test_a_newer_version_number_with_an_older_date_is_older(box):
    box.repo.release("9.0.0", timestamp=1700000000)
    box.refused("update.older", "update")
    assert box.versions() == ["1.0.0"]


@pytest.mark.parametrize("target", ["1.1.0", "checksum"])
def test_what_was_denied_before_it_came_is_refused(box, target):
    checksum = box.repo.commits["1.1.0"]
    box.ctl("deny", "add", checksum if target == "checksum" else target, "--reason", "recalled")
    assert "recalled" in box.refused("update.denied", "update")
    check = box.read("update", "--check")
    assert (check["update"], check["reason"]) == (False, "denied") and "recalled" in check["detail"]
    assert not any(request.uri.endswith(".filez") for request in box.web.requests())

    box.ctl("deny", "remove", checksum if target == "checksum" else target)
    box.ctl("update")
    assert box.versions()[0] == "1.1.0"


def test_what_nothing_here_knows_is_denied_with_a_notice(box):
    result = box.ctl("deny", "add", "1.2.1")
    assert "nothing on this machine has that version" in result.err
    assert box.read("deny", "list")["entries"][0]["version"] == "1.2.1"
    assert len(box.read("deny", "add", "20261231")["warnings"]) == 1
    for known in ("1.0.0", "a" * 64):
        assert "nothing on this machine" not in box.ctl("deny", "add", known).err


def test_what_is_in_the_repository_is_denied_by_its_checksum(box):
    checksum = box.repo.commits["1.1.0"]
    box.refused("update.target-unknown", "deny", "add", f"{checksum[:12]}", rc=1)
    box.ctl("update", "--download-only")
    for word in ("1.1.0", checksum[:12], checksum[:12].upper(), checksum):
        assert "nothing on this machine" not in box.ctl("deny", "add", word).err
        (entry,) = box.read("deny", "list")["entries"]
        assert (entry["checksum"], entry["version"]) == (checksum, "1.1.0"), word
        assert entry["ref"] == "azl:azl/stable"
        box.ctl("deny", "remove", checksum)


@pytest.mark.parametrize("word", ["", " ", "1.1.0 ", "1.1.0\n", "1\x7f", "\u200b1", "1" * 129])
def test_what_can_be_no_version_is_not_denied(box, word):
    box.refused("update.target-invalid", "deny", "add", "--", word, rc=2)
    assert box.read("deny", "list")["entries"] == []


def test_denying_what_boots_next_says_that_it_still_does(updated):
    def warned():
        return [
            w["detail"] for w in updated.status()["warnings"] if w["id"] == "status.denied-next"
        ]

    assert "no update brings it" in updated.ctl("deny", "add", "1.0.0").err
    assert warned() == []
    said = updated.ctl("deny", "add", "1.1.0").err
    assert "1.1.0 is denied and still boots next" in said and "azlctl rollback" in said
    assert "no update brings it" not in said
    assert warned() == updated.read("deny", "add", "1.1.0")["warnings"] != []
    assert "still boots next" in updated.ctl("status").out
    updated.ctl("deny", "remove", "1.0.0")
    updated.ctl("rollback", "--no-deny")
    assert warned() == []


def _release_in_two_refs(repo):
    commit = repo.release("1.2.0", metadata=["--bind-ref=azl/testing"])
    repo.publish_as("azl/testing", "1.2.0")
    return commit


def test_a_version_is_denied_only_within_its_ref(box):
    _release_in_two_refs(box.repo)
    box.ctl("deny", "add", "1.2.0")
    box.refused("update.denied", "update")
    box.ctl("switch", "azl:azl/testing")
    assert box.versions()[0] == "1.2.0"


def test_a_checksum_is_denied_in_every_ref(box):
    box.ctl("deny", "add", _release_in_two_refs(box.repo))
    box.refused("update.denied", "switch", "azl:azl/testing")
    assert box.versions() == ["1.0.0"]


def test_a_release_that_was_made_for_another_ref_is_refused(box):
    box.repo.publish_as("azl/testing", "1.1.0")
    assert "azl/testing" in box.refused("update.ref-mismatch", "switch", "azl:azl/testing")
    assert box.versions() == ["1.0.0"]


def test_a_rebuilt_release_of_a_denied_version_is_denied_too(updated):
    updated.ctl("rollback")
    updated.repo.release("1.1.0")
    updated.refused("update.denied", "update")
    updated.repo.release("1.1.1")
    updated.ctl("update")
    assert updated.versions()[0] == "1.1.1"


def test_removing_what_is_not_denied_is_an_error(box):
    assert "`azlctl deny list`" in box.refused("update.not-denied", "deny", "remove", "1.1.0", rc=1)


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_deny_list_stops_updates_but_neither_status_nor_rollback(updated, damage):
    (updated.records / "deny.json").write_bytes(DAMAGE[damage])
    updated.refused("update.deny-list-unreadable", "update")
    updated.refused("update.deny-list-unreadable", "update", "--check")
    status = updated.look()
    assert status["deny_list"]["state"] == "unreadable"
    assert "update.deny-list-unreadable" in [warning["id"] for warning in status["warnings"]]
    assert "deny reset" in updated.ctl("status").out
    assert updated.read("deny", "list")["state"] == "unreadable"

    done = updated.read("rollback")
    assert updated.versions() == ["1.0.0", "1.1.0"]
    assert done["deny"]["added"] == [] and done["warnings"]
    assert (updated.records / "deny.json").read_bytes() == DAMAGE[
        damage
    ], "kept for the reset to keep aside"


def test_a_reset_keeps_the_damaged_list_aside_and_goes_on_with_the_one_before(updated):
    updated.ctl("deny", "add", "a" * 64)
    updated.ctl("deny", "add", "b" * 64)
    (updated.records / "deny.json").write_bytes(b"garbage")
    done = updated.ctl("deny", "reset", "--json")
    answer = json.loads(done.out)
    assert answer["reset"] == {"aside": "deny.json.corrupt", "from": "deny.json.1", "entries": 1}
    assert "deny.json.1, the list before the last change, took the place" in done.err
    assert "with 1 entry; compare it with /var/lib/azl/deny.json.corrupt" in done.err
    assert (updated.records / "deny.json.corrupt").read_bytes() == b"garbage"
    assert updated.denied() == ["a" * 64]
    updated.ctl("update")


def test_a_reset_without_an_older_list_begins_an_empty_one(box):
    box.ctl("deny", "add", "a" * 64)
    (box.records / "deny.json").write_bytes(b"garbage")
    said = box.ctl("deny", "reset").err
    assert "an empty list took the place" in said and "deny.json.corrupt" in said
    assert box.denied() == []
    box.ctl("update")


def test_a_reset_of_a_list_that_is_fine_changes_nothing(box):
    box.ctl("deny", "add", "a" * 64)
    before = box.fingerprint()
    assert box.read("deny", "reset")["reset"] is None
    assert box.fingerprint() == before


@pytest.mark.parametrize("action", [["add", "1.1.0"], ["remove", "1.1.0"]])
def test_a_damaged_list_is_not_written_over(box, action):
    box.ctl("deny", "add", "a" * 64)
    (box.records / "deny.json").write_bytes(b"garbage")
    box.refused("update.deny-list-unreadable", "deny", *action)
    assert (box.records / "deny.json").read_bytes() == b"garbage"


@pytest.mark.parametrize(
    "name", ["deny.json", "intent.json", "last-failure.json", "space.json", "history.jsonl"]
)
def test_a_record_that_somebody_made_a_link_is_not_followed(updated, name, tmp_path):
    bait = tmp_path / "bait"
    bait.write_text('{"schema": "azl.deny/1", "entries": []}')
    (updated.records / name).unlink(missing_ok=True)
    (updated.records / name).symlink_to(bait)
    updated.ctl("status")
    updated.ctl("rollback")
    assert bait.read_text() == '{"schema": "azl.deny/1", "entries": []}'


@pytest.mark.parametrize(
    "name", ["intent.json", "last-failure.json", "space.json", "history.jsonl"]
)
def test_other_damaged_records_stop_nothing(box, name):
    box.ctl("deny", "add", "a" * 64)
    (box.records / name).write_bytes(b"\xff garbage\n")
    box.look()
    box.ctl("update")
    box.ctl("rollback")
    assert box.versions() == ["1.0.0", "1.1.0"]
    assert [event["event"] for event in box.read("history")["events"]][-2:] == [
        "deploy",
        "rollback",
    ]


def test_a_damaged_intent_is_told_and_kept_aside(box):
    box.ctl("deny", "add", "a" * 64)
    (box.records / "intent.json").write_bytes(b"garbage")
    assert "record.corrupt" in [warning["id"] for warning in box.status()["warnings"]]
    box.ctl("update")
    assert (box.records / "intent.json.corrupt").read_bytes() == b"garbage"
    assert box.status()["warnings"] == []


def test_a_hold_in_grubenv_stops_updates_until_the_reset(box):
    grub = box.path / "boot/grub"
    grub.mkdir()
    header = b"# GRUB Environment Block\nazl_hold=rolled back without a deny entry\n"
    (grub / "grubenv").write_bytes(header + b"#" * (1024 - len(header)))
    assert "rolled back without" in box.refused("update.held", "update")
    assert box.status()["held"] == {"reason": "rolled back without a deny entry"}
    box.ctl("deny", "reset")
    assert len((grub / "grubenv").read_bytes()) == 1024
    box.ctl("update")


def test_the_deny_list_says_who_when_and_why(updated):
    updated.ctl("deny", "add", "1.1.0", "--reason", "breaks the disk")
    (entry,) = json.loads(updated.ctl("deny", "list", "--json").out)["entries"]
    assert entry["checksum"] == updated.repo.commits["1.1.0"] and entry["version"] == "1.1.0"
    assert (entry["source"], entry["reason"], entry["ref"]) == (
        "admin",
        "breaks the disk",
        "azl:azl/stable",
    )
    assert "breaks the disk" in updated.ctl("deny", "list").out
