# SPDX-License-Identifier: MIT
"""Two releases, A and B: update, roll back, undo."""

import pytest


def test_the_story_of_an_update_that_is_rolled_back_and_taken_again(box):
    box.ctl("update")
    assert box.versions() == ["1.1.0", "1.0.0"]
    assert any(request.uri.startswith("/deltas/") for request in box.web.requests())

    box.ctl("rollback")
    assert box.versions() == ["1.0.0", "1.1.0"]
    assert box.denied() == [box.repo.commits["1.1.0"]]

    said = box.refused("update.denied", "update")
    assert "1.1.0" in said and "denied by the rollback" in said
    assert box.versions() == ["1.0.0", "1.1.0"]

    box.ctl("rollback")
    assert box.versions() == ["1.1.0", "1.0.0"]
    assert box.denied() == []


def test_a_third_rollback_denies_again(updated):
    for _ in range(3):
        updated.ctl("rollback")
    assert updated.versions() == ["1.0.0", "1.1.0"]
    assert updated.denied() == [updated.repo.commits["1.1.0"]]


def test_an_update_keeps_the_release_it_leaves_as_the_only_fallback(three_box):
    three_box.ctl("update", "--to", "1.1.0")
    three_box.ctl("update")
    assert three_box.versions() == ["1.2.0", "1.1.0"]
    assert three_box.status()["rollback"]["version"] == "1.1.0"


def test_rollback_with_no_deny_leaves_the_deny_list_alone(updated):
    updated.ctl("rollback", "--no-deny")
    assert updated.versions() == ["1.0.0", "1.1.0"]
    assert updated.denied() == []
    updated.ctl("update")
    assert updated.versions()[0] == "1.1.0"


def test_an_undo_leaves_the_deny_entry_of_somebody_else(updated):
    updated.ctl("deny", "add", "1.1.0", "--reason", "recalled")
    updated.ctl("rollback", "--no-deny")
    plan = updated.read("rollback", "--check")
    assert plan["kind"] == "undo" and plan["deny"] == {"added": [], "removed": []}
    updated.ctl("rollback")
    assert [entry["source"] for entry in updated.read("deny", "list")["entries"]] == ["admin"]


def test_the_reason_of_a_rollback_is_kept_and_told(updated):
    updated.ctl("rollback", "--reason", "the network is gone")
    assert updated.read("deny", "list")["entries"][0]["reason"] == "the network is gone"
    assert updated.read("history")["events"][-1]["reason"] == "the network is gone"
    assert "the network is gone" in updated.refused("update.denied", "update")


@pytest.mark.parametrize("selector", ["1.0.0", "rollback", "A", "1", "checksum", "prefix"])
def test_rollback_to_takes_every_kind_of_selector(updated, selector):
    checksum = updated.repo.commits["1.0.0"]
    updated.ctl(
        "rollback", "--to", {"checksum": checksum, "prefix": checksum[:8]}.get(selector, selector)
    )
    assert updated.versions() == ["1.0.0", "1.1.0"]


@pytest.mark.parametrize(
    ("selector", "error_id"),
    [
        ("0", "update.no-rollback"),
        ("2.0.0", "update.target-unknown"),
        ("ffffff", "update.target-unknown"),
        ("staged", "update.target-unknown"),
        ("7", "update.target-unknown"),
        ("", "update.target-unknown"),
    ],
)
def test_rollback_to_what_is_not_there_or_boots_next_already_is_refused(
    updated, selector, error_id
):
    reply = updated.worker("rollback", to=selector)
    assert (reply.error, reply.rc) == (error_id, 1)
    assert updated.versions() == ["1.1.0", "1.0.0"]


def test_a_rollback_without_anything_to_fall_back_to_is_refused(box):
    box.refused("update.no-rollback", "rollback", rc=1)
    assert box.versions() == ["1.0.0"]


def test_rollback_keep_etc_takes_the_edits_along_and_plain_rollback_leaves_them(updated):
    def etc(name):
        return updated.scratch.entries()[0].deployment / "etc" / name

    etc("edited.conf").write_text("edited in 1.1.0\n")
    plan = updated.read("rollback", "--check")
    assert plan["etc"]["added"] == ["edited.conf"] and plan["etc"]["total"] == 1
    updated.ctl("rollback", "--keep-etc")
    assert updated.versions()[:2] == ["1.0.0", "1.1.0"]
    assert etc("edited.conf").read_text() == "edited in 1.1.0\n"
    assert updated.denied() == [updated.repo.commits["1.1.0"]]

    etc("left-behind.conf").write_text("edited in 1.0.0\n")
    assert "left-behind.conf" in updated.read("rollback", "--check")["etc"]["added"]
    updated.ctl("rollback")
    assert updated.versions()[0] == "1.1.0" and not etc("left-behind.conf").exists()
    assert updated.denied() == []


def test_rollback_check_changes_nothing_and_says_what_the_rollback_then_does(updated):
    before = updated.fingerprint()
    plan = updated.read("rollback", "--check", "--reason", "just looking")
    assert updated.fingerprint() == before
    assert plan["done"] is False

    done = updated.read("rollback", "--reason", "for real")
    assert done["done"] is True
    assert {**plan, "done": True} == done
    assert (done["from"]["version"], done["to"]["version"]) == ("1.1.0", "1.0.0")
    assert [release["version"] for release in done["deny"]["added"]] == ["1.1.0"]


def test_a_fresh_sysroot_is_not_touched_by_what_only_looks(box):
    before = box.fingerprint()
    for command in (["status"], ["update", "--check"], ["deny", "list"], ["history"], ["kargs"]):
        box.ctl(*command)
    box.refused("update.no-rollback", "rollback", "--check", rc=1)
    assert box.fingerprint() == before


def test_pinned_deployments_survive_updates_rollbacks_and_clean_ups(three_box):
    three_box.ctl("pin", "1.0.0")
    three_box.ctl("update", "--to", "1.1.0")
    three_box.ctl("update")
    assert three_box.versions() == ["1.2.0", "1.1.0", "1.0.0"]
    three_box.ctl("rollback")
    three_box.ctl("cleanup", "--rollback")
    assert three_box.versions() == ["1.1.0", "1.0.0"]
    three_box.refused("update.in-use", "cleanup", "--rollback")
    assert three_box.versions() == ["1.1.0", "1.0.0"]


def test_an_unpinned_deployment_goes_with_the_next_update(three_box):
    three_box.ctl("pin", "1.0.0")
    three_box.ctl("update", "--to", "1.1.0")
    three_box.ctl("unpin", "1.0.0")
    three_box.ctl("update")
    assert three_box.versions() == ["1.2.0", "1.1.0"]


def test_slot_letters_alternate_and_each_release_keeps_its_own(three_box):
    def slots():
        return {d["version"]: d["slot"] for d in three_box.status()["deployments"]}

    assert slots() == {"1.0.0": "A"}
    three_box.ctl("update", "--to", "1.1.0")
    assert slots() == {"1.1.0": "B", "1.0.0": "A"}
    three_box.ctl("update")
    assert slots() == {"1.2.0": "A", "1.1.0": "B"}
    three_box.ctl("rollback")
    assert slots() == {"1.2.0": "A", "1.1.0": "B"}


def test_a_letter_that_another_tool_copied_does_not_count(updated):
    updated.scratch.pull_local("1.1.0")
    old = updated.status()["deployments"][0]
    # `ostree admin deploy` copies the origin, and with it our group, to what it deploys
    updated.scratch.ostree_admin(
        "deploy", "--os=azl", f"azl:{updated.repo.ref}", "--karg-append=extra"
    )
    new = updated.status()["deployments"][0]
    assert new["checksum"] == old["checksum"] and new["serial"] != old["serial"]
    assert new["slot"] != updated.status()["rollback"]["slot"]


def test_what_ostree_admin_takes_away_is_seen(updated):
    updated.scratch.ostree_admin("undeploy", "0")
    status = updated.look()
    assert status["next_boot"]["version"] == "1.0.0" and status["rollback"] is None


def test_whatever_changes_something_is_in_the_history_with_who_asked(three_box):
    box = three_box
    box.ctl("update", "--to", "1.1.0")
    for words in (
        ["pin", "1.0.0"],
        ["pin", "1.0.0"],  # is pinned already: no event
        ["unpin", "1.0.0"],
        ["kargs", "--append", "quiet"],
        ["kargs"],
        ["deny", "add", "9.9.9", "--reason", "recalled"],
        ["deny", "remove", "9.9.9"],
        ["deny", "reset"],  # it can be read: no event
        ["deny", "list"],
        ["cleanup", "--rollback"],
        ["cleanup"],  # there is nothing left: no event
    ):
        box.ctl(*words)
    (box.records / "deny.json").write_bytes(b"garbage")
    box.ctl("deny", "reset")

    events = box.read("history")["events"]
    assert [event["event"] for event in events] == [
        "deploy",
        "pin",
        "unpin",
        "kargs",
        "deny-add",
        "deny-remove",
        "cleanup",
        "deny-reset",
    ]
    assert {event["by"] for event in events} == {"root"}
    assert events[1]["to"]["version"] == "1.0.0"
    assert (events[4]["to"]["version"], events[4]["reason"]) == ("9.9.9", "recalled")
    assert [release["version"] for release in events[6]["dropped"]] == ["1.1.0"]
    assert events[7]["reset"]["aside"] == "deny.json.corrupt"
    text = box.ctl("history").out
    assert "9.9.9: recalled" in text and "dropped 1.1.0" in text
