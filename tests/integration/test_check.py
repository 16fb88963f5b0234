# SPDX-License-Identifier: MIT
"""`azlctl update --check` costs two requests and writes nothing."""

import pytest


def _watched(box, *args, rc=0):
    """What it says, and the requests it makes; the sysroot must be as it was before."""
    before = box.fingerprint()
    box.web.forget()
    result = box.read("update", "--check", *args, rc=rc)
    assert box.fingerprint() == before, "a check wrote to the sysroot"
    return result, [request.uri for request in box.web.requests()]


def test_a_check_that_finds_something_newer(box):
    check, requests = _watched(box)
    assert (check["schema"], check["update"], check["reason"]) == ("azl.check/1", True, "newer")
    assert (check["deployed"]["version"], check["target"]["version"]) == ("1.0.0", "1.1.0")
    assert check["target"]["checksum"] == box.repo.commits["1.1.0"]
    assert check["target"]["timestamp"] == "2026-01-02T00:00:00Z"
    assert (check["remote"], check["ref"]) == ("azl", "azl/stable")
    assert 1 <= len(requests) <= 2 and "/summary" in requests, requests


def test_a_check_that_finds_nothing(updated):
    check, requests = _watched(updated)
    assert (check["update"], check["reason"], check["detail"]) == (False, "current", None)
    assert 1 <= len(requests) <= 2, requests


def test_a_check_that_finds_something_denied(updated):
    updated.ctl("rollback")
    check, requests = _watched(updated)
    assert (check["update"], check["reason"]) == (False, "denied")
    assert len(requests) <= 2, requests


def test_a_check_that_finds_something_older(updated):
    updated.repo.serve("1.0.0")
    updated.ctl("cleanup", "--rollback")
    check, requests = _watched(updated)
    assert (check["update"], check["reason"]) == (False, "older")
    assert "2026-01-01" in check["detail"] and len(requests) <= 2
    assert _watched(updated, "--allow-downgrade")[0]["reason"] == "newer"


def test_a_check_without_a_summary_reads_the_ref_and_its_commit(box):
    (box.repo.path / "summary").unlink()
    (box.repo.path / "summary.sig").unlink()
    check, requests = _watched(box)
    assert (check["reason"], check["target"]["version"]) == ("newer", "1.1.0")
    assert not [uri for uri in requests if uri.endswith((".filez", ".dirtree"))]


def test_a_check_for_an_older_version_looks_among_the_ancestors(three_box):
    check, _ = _watched(three_box, "--to", "1.1.0")
    assert (check["update"], check["target"]["version"]) == (True, "1.1.0")
    check, requests = _watched(three_box, "--to", "1.2.0")
    assert check["target"]["version"] == "1.2.0" and len(requests) <= 2


def test_a_check_after_a_pull_and_a_deployment_of_the_same_says_so(box):
    box.ctl("update", "--download-only")
    assert _watched(box)[0]["reason"] == "newer"
    box.ctl("update")
    assert _watched(box)[0]["reason"] == "current"


@pytest.mark.parametrize("reason", ["newer", "current"])
def test_exit_unchanged_tells_scripts_whether_there_is_something(updated, reason):
    if reason == "newer":
        updated.repo.release("1.2.0")
    rc = 77 if reason == "current" else 0
    assert updated.read("update", "--check", "--exit-unchanged", rc=rc)["reason"] == reason
    updated.ctl("update", "--check")


def test_an_update_that_finds_nothing_makes_two_requests_and_writes_nothing(updated):
    before = updated.fingerprint()
    updated.web.forget()
    result = updated.ctl("update")
    assert "nothing to do" in result.err
    assert len(updated.web.requests()) <= 2
    assert updated.fingerprint() == before
    updated.ctl("update", "--exit-unchanged", rc=77)
