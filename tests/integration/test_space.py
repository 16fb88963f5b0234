# SPDX-License-Identifier: MIT
"""Full disks: refused before anything large is fetched, and a rollback works all the same."""

import os
import re

import pytest

from azltest import mounts
from azltest.run import wait_for
from azltest.sysroot import fill
from azltest.web import Nginx
from azltest.worker import Worker

pytestmark = pytest.mark.slow  # together they are; --quick leaves them out


def _content(web):
    """Requests for content: single files, and parts of static deltas."""
    return [r.uri for r in web.requests() if re.search(r"\.filez$|/deltas/.*/\d+$", r.uri)]


def _free(box):
    stat = os.statvfs(box.path)
    return stat.f_bavail * stat.f_frsize


def _unchanged(box, *versions):
    assert box.versions() == list(versions)
    assert box.look()["intent"] is None


def test_a_full_sysroot_is_noticed_before_content_is_fetched(make_box, small_web):
    box = make_box(web=small_web, size=64 << 20)
    ballast = box.scratch.fill(leave=8 << 20)
    said = box.refused("update.no-space-sysroot", "update", rc=1)
    assert "sysroot: " in said and "needed" in said and "free" in said
    assert _content(small_web) == []
    _unchanged(box, "1.0.0")
    assert "status.low-space" not in [w["id"] for w in box.status()["warnings"]]

    ballast.unlink()
    box.ctl("update")
    assert box.versions() == ["1.1.0", "1.0.0"]


def test_a_full_boot_is_noticed_before_content_is_fetched(make_box, small_web):
    box = make_box(web=small_web, boot_size=4 << 20)
    ballast = box.scratch.fill(where=box.scratch.boot, leave=100 << 10)
    said = box.refused("update.no-space-boot", "update", rc=1)
    assert "/boot: 384 KiB needed" in said, said
    assert _content(small_web) == []
    _unchanged(box, "1.0.0")
    assert "status.low-space" in [w["id"] for w in box.status()["warnings"]]

    ballast.unlink()
    box.ctl("update")
    assert box.versions() == ["1.1.0", "1.0.0"]


def test_what_was_pulled_while_there_was_space_is_not_deployed_without_it(make_box, three):
    with Nginx(three.path) as web:
        box = make_box(three, web=web, boot_size=4 << 20)
        pulled = box.worker("pull").result
        box.scratch.fill(where=box.scratch.boot, leave=100 << 10)
        reply = box.worker("deploy", checksum=pulled["checksum"])
        assert (reply.error, reply.rc) == ("update.no-space-boot", 1)
        _unchanged(box, "1.0.0")


def test_the_message_names_what_could_go_and_what_stays(make_box, three):
    with Nginx(three.path) as web:
        box = make_box(three, web=web, size=64 << 20)
        box.ctl("pin", "1.0.0")
        box.ctl("update", "--to", "1.1.0")
        box.ctl("update")
        box.repo.release("1.3.0")
        box.scratch.fill(leave=8 << 20)
        said = box.refused("update.no-space-sysroot", "update", rc=1)
        assert "1.1.0 is the fallback and stays" in said
        assert f"1.0.0 is pinned and could go (`azlctl unpin {three.commits['1.0.0'][:12]}`" in said
        assert "1.2.0" not in said.replace("1.2.0 →", "")
        _unchanged(box, "1.2.0", "1.1.0", "1.0.0")


def _big(tree):
    (tree / "usr/share/big").write_bytes(os.urandom(30 << 20))


def test_after_enospc_in_the_middle_nothing_is_fetched_again_until_space_grew(
    make_box, small_repo, small_web
):
    small_repo.release("1.2.0", edit=_big, sizes=False)
    box = make_box(web=small_web, fs="ext4", size=64 << 20)
    ballast = box.scratch.fill(leave=24 << 20)
    box.refused("update.no-space-sysroot", "update", rc=1)
    assert _content(small_web) != [], "it was to run out of space in the middle"
    _unchanged(box, "1.0.0")

    small_web.forget()
    for _ in range(2):
        said = box.refused("update.no-space-since", "update", rc=1)
        assert "free then" in said
    assert _content(small_web) == []

    ballast.unlink()
    box.ctl("update")
    assert box.versions() == ["1.2.0", "1.0.0"]


def _many(tree):
    for i in range(20):
        (tree / f"usr/share/part{i}").write_bytes(os.urandom(1 << 20))


def test_an_interrupted_download_goes_on_where_only_the_rest_still_fits(
    make_box, small_repo, faulty_web
):
    small_repo.release("1.2.0", edit=_many)
    box = make_box(web=faulty_web, size=96 << 20)
    faulty_web.fail(r"\.filez$", "slow", rate=1 << 20)
    before = _free(box)
    with Worker(box.path) as worker:
        worker.request("pull", deltas=False)
        wait_for(lambda: before - _free(box) > 8 << 20, 60, "some of the content")
        worker.hang_up()
        assert worker.end().error == "update.cancelled"
    faulty_web.heal()

    got = before - _free(box)
    assert got > 4 << 20, "what was fetched is kept"
    # Enough for the rest and the deployment, not for all of it once more; 3 % are libostree's.
    ballast = box.scratch.fill(leave=(20 << 20) - got + (22 << 20))
    faulty_web.log.clear()
    pulled = box.worker("pull", deltas=False)
    assert pulled.error is None, pulled.detail
    assert pulled.result["bytes"] < (20 << 20) - got + (2 << 20), "the rest is all that was fetched"
    ballast.unlink()


@pytest.mark.parametrize("fs", ["ext4", "tmpfs"])
@pytest.mark.parametrize("full", ["sysroot", "boot", "both"])
def test_a_rollback_works_on_a_full_disk(make_box, small_web, full, fs):
    box = make_box(web=small_web, fs=fs, size=48 << 20, boot_size=4 << 20)
    box.ctl("update")
    for place in (box.path, box.scratch.boot):
        if full == "both" or (full == "boot") == (place == box.scratch.boot):
            fill(place)
    box.ctl("rollback", "--reason", "the disk is full")
    assert box.versions() == ["1.0.0", "1.1.0"]
    assert box.denied() == [box.repo.commits["1.1.0"]]
    box.look()
    box.ctl("rollback")
    assert box.versions() == ["1.1.0", "1.0.0"] and box.denied() == []


@pytest.fixture
def full_var(make_box, small_web):
    """1.1.0 deployed, the records on a full file system of their own, without a reserve."""
    box = make_box(web=small_web)
    grub = box.scratch.boot / "grub"
    grub.mkdir()
    (grub / "grubenv").write_bytes(b"# GRUB Environment Block\n".ljust(1024, b"#"))
    box.ctl("update")
    with mounts.tmpfs(512 << 10, box.records):
        fill(box.records)
        yield box


def test_records_that_cannot_be_written_refuse_updates(full_var):
    full_var.repo.release("1.2.0")
    full_var.web.forget()
    full_var.refused("update.no-space-var", "update", rc=1)
    assert _content(full_var.web) == []
    assert full_var.versions() == ["1.1.0", "1.0.0"]


def test_a_rollback_that_cannot_record_its_denial_happens_and_holds_updates(full_var):
    done = full_var.read("rollback")
    assert full_var.versions() == ["1.0.0", "1.1.0"]
    assert done["held"] is True and done["deny"]["added"] == [] and done["warnings"]
    assert full_var.repo.commits["1.1.0"][:12] in full_var.status()["held"]["reason"]
    (full_var.records / "ballast").unlink()
    full_var.refused("update.held", "update")


def test_the_reserve_lets_a_rollback_record_its_denial(make_box, small_web):
    box = make_box(web=small_web)
    box.records.mkdir(parents=True)
    with mounts.tmpfs(512 << 10, box.records):
        box.ctl("update")
        fill(box.records)
        done = box.read("rollback")
        assert [release["version"] for release in done["deny"]["added"]] == ["1.1.0"]
        assert done["warnings"] == [] and box.denied() == [box.repo.commits["1.1.0"]]


def test_a_clean_up_frees_what_nothing_refers_to(three_box):
    three_box.ctl("update", "--to", "1.1.0")
    three_box.ctl("update")
    objects = len(list((three_box.scratch.ostree_repo / "objects").glob("*/*")))
    three_box.scratch.pull_local("1.0.0")
    three_box.scratch.pull_local("1.2.0")
    freed = three_box.read("cleanup")
    assert freed["objects"] > 0 and freed["freed"] > 0 and freed["dropped"] == []
    assert len(list((three_box.scratch.ostree_repo / "objects").glob("*/*"))) == objects
    assert three_box.versions() == ["1.2.0", "1.1.0"]
