# SPDX-License-Identifier: MIT
"""Where releases come from: a directory, a delta file, another ref, an older or newer version."""

import os
import re
import signal
import subprocess

import pytest

from azltest import kill, mounts, programs
from azltest.run import kill_group, run, start, wait_for
from azltest.sysroot import fill

pytestmark = pytest.mark.slow  # together they are; --quick leaves them out


@pytest.fixture
def offline(make_box, three, tmp_path):
    """1.0.0 deployed, the network is dead, 1.2.0 is in the directory `three.path`."""
    return make_box(three, url="http://127.0.0.1:9/")


@pytest.fixture
def delta_file(three, tmp_path):
    """A static-delta file from 1.0.0 to 1.1.0, as for a USB stick."""
    return _delta(three, tmp_path / "update.delta", "1.0.0", "1.1.0")


def _delta(repo, path, old, new):
    ends = [f"--from={repo.commits[old]}", f"--to={repo.commits[new]}"]
    run(
        [
            "ostree",
            f"--repo={repo.path}",
            "static-delta",
            "generate",
            *ends,
            "--inline",
            "--min-fallback-size=0",
            f"--filename={path}",
        ]
    ).check()
    return path


def test_an_update_from_a_directory_needs_no_network(offline, three):
    offline.ctl("update", "--from", three.path)
    assert offline.versions() == ["1.2.0", "1.0.0"]
    assert offline.status()["deployments"][0]["signature"]["state"] == "good"
    assert offline.status()["deployments"][0]["remote"] == "azl"


def test_a_relative_directory_is_meant_from_where_one_stands(offline, three):
    offline.ctl("update", "--from", three.path.name, cwd=three.path.parent)
    assert offline.versions()[0] == "1.2.0"


def test_a_directory_offers_older_releases_too(offline, three):
    offline.ctl("update", "--from", three.path, "--to", "1.1.0")
    assert offline.versions() == ["1.1.0", "1.0.0"]


def test_an_update_from_a_directory_that_changes_nothing_says_so(offline, three):
    offline.ctl("update", "--from", three.path)
    result = offline.ctl("update", "--from", three.path, "--exit-unchanged", rc=77)
    assert "already deployed; nothing to do" in result.err


def test_policy_and_signatures_hold_for_directories(offline, three):
    offline.ctl("deny", "add", three.commits["1.2.0"])
    offline.refused("update.denied", "update", "--from", three.path)
    offline.ctl("deny", "remove", three.commits["1.2.0"])
    three.release("1.3.0", key="wrong")
    offline.refused("update.signature-invalid", "update", "--from", three.path)
    assert offline.versions() == ["1.0.0"]


def test_an_update_from_a_delta_file_needs_no_network(offline, three, delta_file):
    offline.ctl("update", "--from", delta_file)
    assert offline.versions() == ["1.1.0", "1.0.0"]
    assert offline.status()["deployments"][0]["signature"]["state"] == "good"


def test_policy_holds_for_delta_files(offline, three, delta_file):
    offline.ctl("deny", "add", three.commits["1.1.0"])
    offline.refused("update.denied", "update", "--from", delta_file)
    offline.ctl("deny", "remove", three.commits["1.1.0"])
    offline.ctl("update", "--from", three.path)
    offline.refused("update.older", "update", "--from", delta_file)
    assert offline.versions() == ["1.2.0", "1.0.0"]


def _objects(box):
    """All objects of the repository, and what was begun to be written."""
    repo = box.scratch.ostree_repo
    return {path for folder in ("objects", "tmp") for path in (repo / folder).glob("*/*")} - {
        repo / "tmp/cache"
    }


@pytest.mark.parametrize(("key", "what"), [(None, "missing"), ("wrong", "invalid")])
def test_of_a_delta_file_that_is_not_signed_well_nothing_is_written(
    offline, three, tmp_path, key, what
):
    before = _objects(offline)
    three.release("1.3.0", key=key, edit=lambda tree: (tree / "usr/bin/new").write_text("new"))
    bad = _delta(three, tmp_path / "bad.delta", "1.0.0", "1.3.0")
    offline.refused(f"update.signature-{what}", "update", "--from", bad)
    assert offline.versions() == ["1.0.0"] and _objects(offline) == before
    ref = offline.scratch.ostree("rev-parse", f"azl:{three.ref}").out.strip()
    assert ref == three.commits["1.0.0"]


@pytest.mark.parametrize("sizes", [True, False])
def test_a_delta_file_that_does_not_fit_is_refused_before_it_is_written(
    make_box, three, tmp_path, sizes
):
    def big(tree):
        (tree / "usr/share/big").write_bytes(os.urandom(20 << 20))

    box = make_box(three, url="http://127.0.0.1:9/", size=64 << 20)
    three.release("1.3.0", edit=big, sizes=sizes)
    delta = _delta(three, tmp_path / "big.delta", "1.0.0", "1.3.0")
    before = _objects(box)
    ballast = box.scratch.fill(leave=30 << 20)
    said = box.refused("update.no-space-sysroot", "update", "--from", delta, rc=1)
    assert re.search(r"sysroot: 3[67]\.\d+ MiB needed, 2\d\.\d+ MiB free", said), said
    assert _objects(box) == before and box.look()["intent"] is None
    ballast.unlink()
    box.ctl("update", "--from", delta)
    assert box.versions() == ["1.3.0", "1.0.0"]


def test_a_delta_file_is_not_written_without_an_intent_record(offline, delta_file):
    offline.records.mkdir(parents=True)
    before = _objects(offline)
    with mounts.tmpfs(512 << 10, offline.records):
        fill(offline.records)
        offline.refused("update.no-space-var", "update", "--from", delta_file, rc=1)
        assert _objects(offline) == before


def test_a_delta_file_of_what_is_here_already_changes_nothing(offline, delta_file):
    offline.ctl("update", "--from", delta_file)
    result = offline.ctl("update", "--from", delta_file, "--exit-unchanged", rc=77)
    assert "1.1.0 is already deployed" in result.err


def test_a_delta_to_a_release_whose_base_is_not_here_is_refused(offline, three, tmp_path):
    later = _delta(three, tmp_path / "later.delta", "1.1.0", "1.2.0")
    said = offline.ctl("update", "--from", later, rc=1).err
    assert "[update.source-unreadable]" in said or "[update.not-in-repository]" in said, said
    assert offline.versions() == ["1.0.0"]


def _truncate(data):
    return data[: len(data) // 2]


def _corrupt(data):
    return (
        data[: len(data) // 3]
        + bytes(byte ^ 0xFF for byte in data[len(data) // 3 : len(data) // 3 + 64])
        + data[len(data) // 3 + 64 :]
    )


@pytest.mark.parametrize(
    "spoil",
    [
        _truncate,
        _corrupt,
        lambda data: b"",
        lambda data: os.urandom(5000),
        lambda data: b"\0" * len(data),
    ],
    ids=["truncated", "corrupted", "empty", "noise", "zeros"],
)
def test_a_broken_delta_file_is_refused_and_nothing_changes(offline, delta_file, spoil):
    delta_file.write_bytes(spoil(delta_file.read_bytes()))
    result = offline.ctl("update", "--from", delta_file, rc=(1, 3))
    assert "[internal." not in result.err and "[protocol." not in result.err, result.err
    assert offline.versions() == ["1.0.0"]
    assert offline.look()["intent"] is None


@pytest.mark.parametrize("source", ["missing", "folder", "socket"])
def test_what_is_no_source_is_said(offline, tmp_path, source):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "socket")
    offline.refused("update.source-unreadable", "update", "--from", tmp_path / source, rc=1)
    assert offline.versions() == ["1.0.0"]


@pytest.fixture
def two_refs(three_box):
    """azl/stable offers 1.2.0, azl/testing 1.3.0."""
    stable = three_box.repo.commits["1.2.0"]
    three_box.repo.ref = "azl/testing"
    three_box.repo.release("1.3.0")
    three_box.repo.ref = "azl/stable"
    assert stable in three_box.scratch.ostree("remote", "summary", "azl").out
    return three_box


@pytest.mark.parametrize("name", ["azl/testing", "azl:azl/testing"])
def test_a_switch_follows_another_ref_from_then_on(two_refs, name):
    two_refs.ctl("switch", name)
    assert two_refs.versions() == ["1.3.0", "1.0.0"]
    assert two_refs.status()["deployments"][0]["ref"] == "azl/testing"
    assert two_refs.read("update", "--check")["ref"] == "azl/testing"
    assert two_refs.read("update", "--check")["reason"] == "current"


def test_a_switch_to_where_one_is_already_changes_nothing(two_refs):
    two_refs.ctl("update")
    result = two_refs.ctl("switch", "azl/stable", "--exit-unchanged", rc=77)
    assert "nothing to do" in result.err
    assert two_refs.versions() == ["1.2.0", "1.0.0"]


def test_a_switch_back_to_an_older_release_has_to_be_meant(two_refs):
    two_refs.ctl("switch", "azl/testing")
    two_refs.refused("update.older", "switch", "azl/stable")
    two_refs.ctl("switch", "azl/stable", "--allow-downgrade")
    assert two_refs.versions()[0] == "1.2.0"


@pytest.mark.parametrize(
    ("name", "error_id"),
    [("nowhere:azl/stable", "update.remote-unknown"), ("azl:azl/nothing", "update.ref-unknown")],
)
def test_a_switch_to_nowhere_changes_nothing(box, name, error_id):
    box.refused(error_id, "switch", name, rc=1)
    assert box.versions() == ["1.0.0"]
    assert box.status()["deployments"][0]["ref"] == "azl/stable"


@pytest.mark.parametrize("name", ["", ":", "azl:", "a b", "-x", "azl:../x"])
def test_a_ref_that_cannot_be_one_is_no_internal_error(box, name):
    result = box.ctl("switch", "--", name, rc=(1, 2))
    assert "[internal." not in result.err, result.err


def test_to_takes_a_version_or_a_commit_older_or_newer(three_box):
    three_box.ctl("update", "--to", "1.1.0")
    assert three_box.versions() == ["1.1.0", "1.0.0"]
    three_box.ctl("update", "--to", three_box.repo.commits["1.2.0"])
    assert three_box.versions() == ["1.2.0", "1.1.0"]
    three_box.refused("update.older", "update", "--to", "1.0.0")
    three_box.ctl("update", "--to", "1.0.0", "--allow-downgrade")
    assert three_box.versions() == ["1.0.0", "1.2.0"]


@pytest.mark.parametrize("target", ["9.9.9", "f" * 64])
def test_to_what_the_server_does_not_have_is_said(box, target):
    box.refused("update.version-unknown", "update", "--to", target, rc=1)
    assert box.versions() == ["1.0.0"]


def test_download_only_brings_it_here_and_leaves_the_boot_order_alone(box):
    result = box.ctl("update", "--download-only")
    assert "1.1.0 is on this machine" in result.err
    assert box.versions() == ["1.0.0"]
    box.scratch.set_url("http://127.0.0.1:9/")
    reply = box.worker("deploy", checksum=box.repo.commits["1.1.0"])
    assert reply.error is None and box.versions() == ["1.1.0", "1.0.0"]


def test_a_download_survives_a_clean_up(box):
    box.ctl("update", "--download-only")
    box.ctl("cleanup")
    assert box.worker("deploy", checksum=box.repo.commits["1.1.0"]).error is None


def test_no_deltas_fetches_objects_one_by_one(box):
    box.ctl("update", "--no-deltas")
    uris = [request.uri for request in box.web.requests()]
    assert any(uri.endswith(".filez") for uri in uris) and not any(
        "/deltas/" in uri for uri in uris
    )
    assert box.versions()[0] == "1.1.0"


@pytest.fixture
def own_run(tmp_path):
    """A folder, and the command prefix for whose program it is /run: others share the real one."""
    folder = tmp_path / "run"
    folder.mkdir()
    script = 'mount --bind "$0" /run && exec "$@"'
    return folder, ["unshare", "--mount", "sh", "-c", script, folder]


def test_an_update_leaves_nothing_behind_in_run(box, own_run):
    folder, prefix = own_run
    box.ctl("update", prefix=prefix)
    box.refused("update.version-unknown", "update", "--to", "9.9.9", rc=1, prefix=prefix)
    assert not list(folder.iterdir())


def test_what_a_killed_worker_left_in_run_goes_with_the_next(faulty_box, faulty_web, own_run):
    folder, prefix = own_run
    faulty_web.fail("/summary$", "hang")
    command = [*prefix, programs.azlctl(), "--sysroot", faulty_box.path, "update"]
    process = start(command, stderr=subprocess.DEVNULL, env=programs.environment())
    try:
        wait_for(lambda: "/summary" in faulty_web.log, 20, "a request for the summary")
        [left] = folder.iterdir()
        [worker] = kill.workers(process.pid)
        os.kill(worker, signal.SIGKILL)
        process.wait(10)
    finally:
        kill_group(process)
    assert (left / "config").exists()
    faulty_web.heal()
    faulty_box.ctl("update", "--check", prefix=prefix)
    assert not left.exists() and not list(folder.iterdir())
