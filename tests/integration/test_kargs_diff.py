# SPDX-License-Identifier: MIT
"""Kernel arguments, of the release and of this host; and what differs between two releases."""

import pytest

HOST = ["root=LABEL=root", "rw", "console=ttyS0"]


def _boots_with(box):
    """The arguments of the default boot entry, without libostree's own."""
    options = box.scratch.entries()[0].options.split()
    return [option for option in options if not option.startswith("ostree=")]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (["--append", "quiet"], [*HOST, "quiet"]),
        (["--append", "quiet", "--append", "panic=5"], [*HOST, "quiet", "panic=5"]),
        (["--append=console=tty0"], [*HOST, "console=tty0"]),
        (["--delete", "rw"], ["root=LABEL=root", "console=ttyS0"]),
        (["--delete", "console=ttyS0"], ["root=LABEL=root", "rw"]),
        (["--replace", "console=ttyS1"], ["root=LABEL=root", "rw", "console=ttyS1"]),
        (["--delete", "rw", "--append", "ro"], ["root=LABEL=root", "console=ttyS0", "ro"]),
    ],
)
def test_arguments_are_appended_deleted_and_replaced(box, change, expected):
    planned = box.read("kargs", *change, "--check")
    assert sorted(planned["kargs"]) == sorted(expected) and _boots_with(box) == HOST
    box.ctl("kargs", *change)
    assert sorted(_boots_with(box)) == sorted(expected)
    assert sorted(box.ctl("kargs").out.split()) == sorted(expected)
    assert box.versions() == [
        "1.0.0",
        "1.0.0",
    ], "the deployment with the old arguments is the fallback"


def test_changed_arguments_can_be_rolled_back_and_deny_nothing(box):
    box.ctl("kargs", "--append", "quiet")
    box.ctl("rollback")
    assert _boots_with(box) == HOST
    assert box.denied() == []


@pytest.mark.parametrize(
    "change",
    [
        ["--delete", "nothing"],
        ["--delete", "console=tty9"],
        ["--replace", "nothing=1"],
        ["--append", "ostree=/x"],
        ["--append", "a\nb"],
        ["--append", "=x"],
    ],
)
def test_a_change_that_cannot_be_made_changes_nothing(box, change):
    before = box.fingerprint()
    box.refused("update.kargs-invalid", "kargs", *change, "--check", rc=1)
    assert box.fingerprint() == before
    box.refused("update.kargs-invalid", "kargs", *change, rc=1)
    assert box.scratch.boot_order() == [box.repo.commits["1.0.0"]]


def test_an_update_inherits_what_was_set_on_this_host(box):
    box.ctl("kargs", "--append", "mine=1")
    box.ctl("update")
    assert _boots_with(box) == [*HOST, "mine=1"]


def _defaults(*arguments):
    def edit(tree):
        folder = tree / "usr/lib/azl/kargs.d"
        folder.mkdir(parents=True)
        (folder / "10-os.conf").write_text(
            "# the release's\n" + "".join(f"{a}\n" for a in arguments)
        )
        (folder / "README").write_text("not=mine\n")

    return edit


def test_defaults_change_with_the_release_and_local_arguments_stay(box):
    box.repo.release("1.2.0", edit=_defaults("panic=5", "loglevel=3"))
    box.ctl("update")
    assert _boots_with(box) == [*HOST, "panic=5", "loglevel=3"]

    box.ctl("kargs", "--append", "mine=1", "--delete", "loglevel=3")
    box.repo.release("1.3.0", edit=_defaults("panic=30", "loglevel=3"))
    box.ctl("update")
    # loglevel=3 was taken away here, and is no new default
    assert _boots_with(box) == [*HOST, "mine=1", "panic=30"]

    box.ctl("rollback")
    assert _boots_with(box) == [*HOST, "panic=5", "mine=1"]


def test_a_release_without_defaults_takes_those_of_the_one_before_away(box):
    box.repo.release("1.2.0", edit=_defaults("panic=5"))
    box.ctl("update")
    box.repo.release("1.3.0")
    box.ctl("update")
    assert _boots_with(box) == HOST


def test_diff_shows_files_etc_and_packages(updated):
    (updated.scratch.entries()[0].deployment / "etc/mine.conf").write_text("mine\n")
    diff = updated.read("diff", "1.0.0", "1.1.0")
    assert (diff["from"]["version"], diff["to"]["version"]) == ("1.0.0", "1.1.0")
    assert "usr/etc/small/defaults.conf" in diff["files"]["modified"]
    assert "usr/etc/small/constant.conf" not in diff["files"]["modified"]
    listed = sum(len(diff["files"][kind]) for kind in ("added", "removed", "modified"))
    assert diff["files"]["total"] == listed > 1
    assert {"name": "libsmall", "from": "1.0", "to": "1.1"} in diff["packages"]["changed"]
    assert {p["name"] for p in diff["packages"]["changed"]} == {"azl-agent", "libsmall"}


def test_diff_goes_both_ways(box):
    box.repo.release("1.2.0", edit=lambda tree: (tree / "usr/bin/tool").write_text("new\n"))
    box.ctl("update")
    forth, back = box.read("diff", "1.0.0", "1.2.0"), box.read("diff", "1.2.0", "1.0.0")
    assert "usr/bin/tool" in forth["files"]["added"] and "usr/bin/tool" in back["files"]["removed"]
    assert forth["files"]["modified"] == back["files"]["modified"]


def test_diff_defaults_to_what_boots_next_and_the_fallback(updated):
    diff = updated.read("diff")
    assert (diff["from"]["version"], diff["to"]["version"]) == ("1.1.0", "1.0.0")
    text = updated.ctl("diff").out
    assert "libsmall 1.1" in text and "~ usr/etc/small/defaults.conf" in text


def test_diff_takes_commits_that_are_only_in_the_repository(three_box):
    three_box.ctl("update", "--download-only")
    diff = three_box.read("diff", "1.0.0", three_box.repo.commits["1.2.0"])
    assert diff["to"]["version"] == "1.2.0"


def test_diff_of_a_release_with_itself_is_empty(updated):
    diff = updated.read("diff", "1.0.0", "1.0.0")
    assert diff["files"]["total"] == 0 and diff["packages"]["changed"] == []
    for words in (["1.0.0", "1.0.0"], ["1.0.0", updated.repo.commits["1.0.0"]]):
        assert "the same release" in updated.ctl("diff", *words).out
    assert "the same release" not in updated.ctl("diff").out


def test_diff_of_releases_that_list_no_packages_says_so(box):
    plain = box.repo.ref
    box.scratch.ostree(
        "commit",
        f"--branch={plain}-plain",
        f"--tree=ref={box.repo.commits['1.0.0']}",
        "--add-metadata-string=version=plain",
        "--subject=plain",
    )
    commit = box.scratch.ostree("rev-parse", f"{plain}-plain").out.strip()
    assert box.read("diff", "1.0.0", commit)["packages"] is None


@pytest.mark.parametrize("words", [["9.9.9"], ["1.0.0", "9.9.9"], ["f" * 64, "1.0.0"]])
def test_diff_of_what_is_not_here_is_said(box, words):
    result = box.ctl("diff", *words, rc=1)
    assert "[update.target-unknown]" in result.err or "[update.not-in-repository]" in result.err
