# SPDX-License-Identifier: MIT
"""Servers that fail in every way: said clearly, nothing changed, and the next update succeeds."""

import pytest

from azltest.web import Nginx, free_port

pytestmark = pytest.mark.slow  # together they are; --quick leaves them out

SUMMARY = r"/summary(\.sig)?$"


def _unchanged(box):
    assert box.versions() == ["1.0.0"]
    status = box.look()
    assert status["intent"] is None and len(status["deployments"]) == 1


def _heals(box, web):
    web.heal()
    box.ctl("update")
    assert box.versions() == ["1.1.0", "1.0.0"]


def test_an_unknown_ref_is_named(box):
    said = box.refused("update.ref-unknown", "switch", "azl:azl/nothing", rc=1)
    assert "azl:azl/nothing" in said
    _unchanged(box)


def test_an_unreachable_server_is_said_quickly(box):
    box.scratch.set_url(f"http://127.0.0.1:{free_port()}")
    for command in (["update"], ["update", "--check"]):
        said = box.refused("update.server-unreachable", *command, rc=1, timeout=20)
        assert "Connection refused" in said or "connect" in said.lower()
    _unchanged(box)
    box.scratch.set_url(box.web.url)
    box.ctl("update")


def test_a_name_that_does_not_resolve_is_an_unreachable_server(box):
    box.scratch.set_url("http://updates.invalid/repo")
    box.refused("update.server-unreachable", "update", rc=1)
    _unchanged(box)


def test_no_repository_at_the_url_is_not_an_internal_error(box, tmp_path):
    (tmp_path / "index.html").write_text("It works!")
    with Nginx(tmp_path) as other:
        box.scratch.set_url(other.url)
        result = box.ctl("update", rc=1)
    assert "[update." in result.err
    _unchanged(box)


@pytest.mark.parametrize("kind", ["hang", "stall"])
def test_a_server_that_stops_in_the_middle_is_given_up(faulty_box, faulty_web, kind):
    faulty_web.fail(r"\.filez$", kind)
    reply = faulty_box.worker("pull", deltas=False, retries=0, stall_timeout=1)
    assert (reply.error, reply.rc) == ("update.server-stalled", 1)
    assert "1 s" in reply.detail
    _unchanged(faulty_box)
    _heals(faulty_box, faulty_web)


def test_a_stalled_transfer_goes_on_where_it_stopped(faulty_box, faulty_web):
    faulty_web.fail(r"\.filez$", "hang", times=1)
    reply = faulty_box.worker("pull", deltas=False, retries=2, stall_timeout=1)
    assert reply.result["attempts"] == 2, reply
    fetched = [path for path in faulty_web.log if path.endswith(".filez")]
    assert (
        len(fetched) - len(set(fetched)) <= 8
    ), "what was fetched before the stall was fetched again"


@pytest.mark.parametrize("path", [SUMMARY, r"\.commit$"])
def test_a_server_that_hangs_before_the_pull_is_given_up_too(faulty_box, faulty_web, path):
    faulty_web.fail(path, "hang")
    reply = faulty_box.worker("pull", retries=0, stall_timeout=1)
    assert (reply.error, reply.rc) == ("update.server-stalled", 1)
    _unchanged(faulty_box)
    _heals(faulty_box, faulty_web)


def test_a_server_that_hangs_at_the_start_of_the_pull_is_given_up_too(faulty_box, faulty_web):
    faulty_web.fail("/config$", "hang", spare=1)  # the first is asked for with the commit
    reply = faulty_box.worker("pull", retries=0, stall_timeout=1)
    assert (reply.error, reply.rc) == ("update.server-stalled", 1)
    _unchanged(faulty_box)
    _heals(faulty_box, faulty_web)


@pytest.mark.parametrize("kind", ["truncate", "corrupt", "close", "error"])
def test_objects_that_arrive_broken_are_refused_and_nothing_changes(faulty_box, faulty_web, kind):
    faulty_web.fail(r"\.filez$", kind)
    reply = faulty_box.worker("pull", deltas=False, retries=0)
    expected = {
        "corrupt": {"update.object-corrupt"},
        "truncate": {"update.object-corrupt", "update.server-unreachable"},
    }
    assert reply.error in expected.get(kind, {"update.server-unreachable"}), reply
    _unchanged(faulty_box)
    _heals(faulty_box, faulty_web)


@pytest.mark.parametrize("kind", ["truncate", "corrupt", "error"])
@pytest.mark.parametrize("path", [r"\.commit$", SUMMARY])
def test_metadata_that_arrives_broken_is_refused_and_nothing_changes(
    faulty_box, faulty_web, path, kind
):
    faulty_web.fail(path, kind)
    reply = faulty_box.worker("pull", retries=0)
    assert reply.error not in (None, "internal.unexpected"), reply
    _unchanged(faulty_box)
    _heals(faulty_box, faulty_web)


@pytest.mark.parametrize("kind", ["truncate", "corrupt", "error", "close"])
def test_a_broken_static_delta_falls_back_to_single_objects(faulty_box, faulty_web, kind):
    faulty_web.fail(r"/deltas/.*/\d+$", kind)
    reply = faulty_box.worker("pull", retries=1)
    assert reply.error is None, reply
    assert reply.result["delta"] is False and reply.result["objects"] > 0
    assert "fetching single objects" in reply.log()
    faulty_box.ctl("update")
    assert faulty_box.versions() == ["1.1.0", "1.0.0"]


def test_a_delta_that_is_announced_and_missing_is_no_obstacle(faulty_box, faulty_web):
    faulty_web.fail("/deltas/", "error", status=404)
    faulty_box.ctl("update")
    assert faulty_box.versions() == ["1.1.0", "1.0.0"]


def test_a_server_error_that_passes_is_tried_again(faulty_box, faulty_web):
    faulty_web.fail(r"\.filez$", "error", times=2, status=503)
    reply = faulty_box.worker("pull", deltas=False, retries=3)
    assert reply.error is None, reply


def test_retries_have_an_end_and_are_told(faulty_box, faulty_web):
    faulty_web.fail(r"\.filez$", "error", status=500)
    reply = faulty_box.worker("pull", deltas=False, retries=1)
    assert (reply.error, reply.rc) == ("update.server-unreachable", 1)
    assert "attempt 1 of 2" in reply.log() and "attempt 2" not in reply.log()


def test_a_no_of_the_server_is_not_asked_for_again(faulty_box, faulty_web):
    faulty_web.fail(r"\.filez$", "error", status=403)
    reply = faulty_box.worker("pull", deltas=False, retries=5)
    assert reply.error == "update.server-unreachable" and "403" in reply.detail
    assert "trying again" not in reply.log()
    _unchanged(faulty_box)


def test_an_object_that_is_missing_on_the_server_is_said(faulty_box, faulty_web):
    faulty_web.fail(r"\.filez$", "error", status=404)
    reply = faulty_box.worker("pull", deltas=False, retries=0)
    assert reply.error not in (None, "internal.unexpected", "update.ref-unknown"), reply
    _unchanged(faulty_box)
    _heals(faulty_box, faulty_web)


def test_no_summary_at_all_is_fine(faulty_box, faulty_web):
    faulty_web.fail(SUMMARY, "error", status=404)
    check = faulty_box.read("update", "--check")
    assert (check["reason"], check["target"]["version"]) == ("newer", "1.1.0")
    faulty_box.ctl("update")
    assert faulty_box.versions() == ["1.1.0", "1.0.0"]


def test_no_summary_and_no_such_ref_is_an_unknown_ref(faulty_box, faulty_web):
    faulty_web.fail(SUMMARY, "error", status=404)
    faulty_box.refused("update.ref-unknown", "switch", "azl:azl/nothing", rc=1)
    _unchanged(faulty_box)


def test_a_release_that_is_published_between_check_and_pull_does_not_confuse(box):
    check = box.worker("check").result
    box.repo.release("1.2.0")
    reply = box.worker("pull", checksum=check["target"]["checksum"])
    assert reply.result["version"] == "1.1.0"
    box.ctl("update")
    assert box.versions()[0] == "1.2.0"
