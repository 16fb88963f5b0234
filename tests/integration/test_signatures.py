# SPDX-License-Identifier: MIT
"""Nothing is deployed whose signature was not checked by this agent itself."""

import tempfile

import pytest

from azltest import keys
from azltest.run import run
from azltest.worker import Worker


def _unchanged(box):
    assert box.versions() == ["1.0.0"]
    status = box.look()
    assert status["staged"] is None and status["intent"] is None


def _config(box, key, value):
    box.scratch.ostree("config", "set", "--group", 'remote "azl"', key, value)


@pytest.mark.parametrize(
    ("key", "error_id"), [(None, "update.signature-missing"), ("wrong", "update.signature-invalid")]
)
def test_a_release_without_a_good_signature_is_refused(box, key, error_id):
    box.repo.release("1.2.0", key=key)
    box.refused(error_id, "update")
    _unchanged(box)
    assert not any(request.uri.endswith(".filez") for request in box.web.requests())


def test_a_release_whose_signature_a_mirror_lost_is_refused(box):
    box.repo.strip_signatures("1.1.0")
    box.refused("update.signature-missing", "update")
    _unchanged(box)


def test_a_release_that_bears_the_signature_of_another_is_refused(box):
    new, old = (
        box.repo.object(box.repo.commits[version], "commitmeta") for version in ("1.1.0", "1.0.0")
    )
    new.write_bytes(old.read_bytes())
    box.refused("update.signature-invalid", "update")
    _unchanged(box)


def test_a_tampered_signature_is_refused(box):
    signature = box.repo.object(box.repo.commits["1.1.0"], "commitmeta")
    data = bytearray(signature.read_bytes())
    data[len(data) // 2 + 20] ^= 0xFF
    signature.write_bytes(data)
    result = box.ctl("update", rc=3)
    assert "[update.signature-" in result.err
    _unchanged(box)


@pytest.fixture
def gpg_home():
    """A folder with a short name: gpg-agent's socket in it must fit into 108 bytes."""
    with tempfile.TemporaryDirectory(prefix="azl-gpg-", dir="/tmp") as home:
        yield home


def test_a_key_that_has_expired_is_refused(make_box, small_repo, gpg_home, tmp_path):
    home = gpg_home
    gpg = [
        "gpg",
        "--homedir",
        home,
        "--batch",
        "--quiet",
        "--passphrase",
        "",
        "--faked-system-time",
        "20200101T000000",
    ]
    try:
        run(
            [
                *gpg,
                "--quick-generate-key",
                "expired <expired@azl.invalid>",
                "ed25519",
                "sign",
                "2020-02-01",
            ]
        ).check()
        run([*gpg, "--output", tmp_path / "public.gpg", "--export"]).check()
        # ostree gives gpg no other clock: gpg signs, and the signature is put where ostree keeps it
        commit = small_repo.commits["1.1.0"]
        small_repo.strip_signatures("1.1.0")
        run(
            [
                *gpg,
                "--output",
                tmp_path / "sig",
                "--detach-sign",
                small_repo.object(commit, "commit"),
            ]
        ).check()
    finally:
        run(["gpgconf", "--homedir", home, "--kill", "all"])
    _attach(small_repo, commit, (tmp_path / "sig").read_bytes())
    box = make_box()
    box.scratch.ostree("remote", "gpg-import", "-k", tmp_path / "public.gpg", "azl")
    said = box.refused("update.signature-invalid", "update")
    assert "expired" in said
    assert box.versions() == ["1.0.0"]


def _attach(repo, commit, signature):
    """Writes the commit's detached metadata with this one signature."""
    import gi

    gi.require_version("OSTree", "1.0")
    from gi.repository import GLib

    value = GLib.Variant("a{sv}", {"ostree.gpgsigs": GLib.Variant("aay", [signature])})
    repo.object(commit, "commitmeta").write_bytes(value.get_data_as_bytes().get_data())


@pytest.mark.parametrize(
    "command", [["update"], ["update", "--check"], ["switch", "azl:azl/stable"]]
)
def test_a_remote_without_verification_is_refused(box, command):
    _config(box, "gpg-verify", "false")
    said = box.refused("update.remote-unverified", *command)
    assert "azl-allow-unsigned=true" in said
    assert box.web.requests() == []
    _unchanged(box)


def test_a_remote_that_says_so_may_be_unsigned_and_the_verdict_says_so(box):
    box.repo.release("1.2.0", key=None)
    _config(box, "gpg-verify", "false")
    _config(box, "azl-allow-unsigned", "true")
    box.ctl("update")
    assert box.versions() == ["1.2.0", "1.0.0"]
    assert box.status()["deployments"][0]["signature"]["state"] == "unsigned-allowed"


def test_allowing_unsigned_does_not_switch_verification_off(box):
    box.repo.release("1.2.0", key=None)
    _config(box, "azl-allow-unsigned", "true")
    box.refused("update.signature-missing", "update")
    _unchanged(box)


def test_what_somebody_else_pulled_unverified_is_refused_right_before_it_would_be_deployed(box):
    commit = box.repo.release("1.2.0", key="wrong")
    box.scratch.pull_local("1.2.0")
    reply = box.worker("deploy", checksum=commit)
    assert (reply.error, reply.rc) == ("update.signature-invalid", 3)
    assert box.worker("verify", checksum=commit).error == "update.signature-invalid"
    _unchanged(box)


def test_a_ref_that_somebody_moved_to_an_unsigned_commit_does_not_spare_the_check(box):
    box.repo.release("1.2.0", key=None)
    box.scratch.pull_local("1.2.0")
    box.refused("update.signature-missing", "update")
    _unchanged(box)


def test_a_key_that_lost_our_trust_between_pull_and_deploy_is_noticed(box):
    pulled = box.worker("pull")
    assert pulled.result["signature"]["state"] == "good"
    (box.scratch.ostree_repo / "azl.trustedkeys.gpg").write_bytes(keys.wrong().public.read_bytes())
    reply = box.worker("deploy", checksum=pulled.result["checksum"])
    assert (reply.error, reply.rc) == ("update.signature-invalid", 3)
    _unchanged(box)


def test_the_verdict_is_stored_with_the_deployment_and_not_made_again(updated):
    signature = updated.status()["deployments"][0]["signature"]
    assert (signature["state"], signature["engine"]) == ("good", "gpg")
    assert signature["key"] == keys.good().fingerprint and "good@azl.invalid" in signature["signer"]
    (updated.scratch.ostree_repo / "azl.trustedkeys.gpg").unlink()
    assert updated.status()["deployments"][0]["signature"] == signature


def test_verify_answers_for_what_is_here(updated):
    with Worker(updated.path) as worker:
        reply = worker.call("verify", checksum=updated.repo.commits["1.1.0"])
    assert reply.result["signature"]["state"] == "good"


def test_a_signature_engine_that_this_libostree_lacks_is_named(box):
    _config(box, "sign-verify", "dilithium")
    said = box.refused("update.signature-invalid", "update")
    assert "dilithium" in said
    _unchanged(box)
