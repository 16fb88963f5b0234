# SPDX-License-Identifier: MIT
"""Settings that a rollback would take back are told before it does."""

import os

import pytest


class Etc:
    """/etc of the two deployments; `warned()` is what the status says of their settings."""

    def __init__(self, box):
        self.box = box
        self.now, self.back = (
            box.path / f"ostree/deploy/azl/deploy/{checksum}.0"
            for checksum in box.scratch.boot_order()
        )

    def put(self, path, text="[update]\nsoak = 1d\n", deployment=None):
        file = (deployment or self.now) / "etc" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def warned(self):
        before = "a rollback to 1.0.0 brings back other settings: "
        found = [
            w["detail"] for w in self.box.status()["warnings"] if w["id"] == "status.config-differs"
        ]
        assert len(found) <= 1 and all(detail.startswith(before) for detail in found), found
        return found[0].removeprefix(before) if found else None


@pytest.fixture
def etc(box):
    """1.1.0 runs, 1.0.0 is the fallback; settings of all kinds were there before the update."""
    (checksum,) = box.scratch.boot_order()
    old = box.path / f"ostree/deploy/azl/deploy/{checksum}.0/etc"
    for name in (
        "azl/azl-agent.conf",
        "azl/azl-agent.conf.d/50-site.conf",
        "flatcar/update.conf",
        "azl/hooks/pre-reboot.d/10-drain",
        "ostree/remotes.d/other.conf",
    ):
        (old / name).parent.mkdir(parents=True, exist_ok=True)
        (old / name).write_text("the same\n")
    os.symlink("/dev/null", old / "azl/hooks/pre-reboot.d/20-off")
    box.ctl("update")
    return Etc(box)


def test_an_update_changes_no_settings(etc):
    assert (etc.now / "etc/azl/hooks/pre-reboot.d/10-drain").read_text() == "the same\n"
    assert etc.warned() is None


SETTINGS = (
    "azl/azl-agent.conf",
    "azl/azl-agent.conf.d/50-site.conf",
    "azl/azl-agent.conf.d/90-new.conf",
    "azl/hooks/pre-reboot.d/10-drain",
    "azl/hooks/pre-check.d/10-new",
    "flatcar/update.conf",
    "ostree/remotes.d/other.conf",
)


def test_a_setting_that_was_made_since_is_named(etc):
    for name in SETTINGS:
        file = etc.put(name)
        assert etc.warned() == f"/etc/{name}"
        file.unlink()
        (etc.back / "etc" / name).unlink(missing_ok=True)
    assert etc.warned() is None, "both are without"
    etc.put(SETTINGS[0])
    assert "brings back other settings" in " ".join(etc.box.ctl("status").out.split())


def test_contents_count_and_not_times(etc):
    file = etc.now / "etc/azl/azl-agent.conf"
    os.utime(file, (1, 1))
    assert etc.warned() is None
    info = file.stat()
    file.write_text("THE SAME\n")
    os.utime(file, ns=(info.st_atime_ns, info.st_mtime_ns))
    os.utime(etc.back / "etc/azl/azl-agent.conf", ns=(info.st_atime_ns, info.st_mtime_ns))
    assert etc.warned() == "/etc/azl/azl-agent.conf", "the size and the time are the same"


def test_links_and_the_right_to_run_count(etc):
    hooks = etc.now / "etc/azl/hooks/pre-reboot.d"
    (hooks / "10-drain").chmod(0o755)
    assert etc.warned() == "/etc/azl/hooks/pre-reboot.d/10-drain"
    (hooks / "20-off").unlink()
    os.symlink("/usr/bin/true", hooks / "20-off")
    assert etc.warned() == ", ".join(
        f"/etc/azl/hooks/pre-reboot.d/{name}" for name in ("10-drain", "20-off")
    )


def test_what_a_rollback_removes_counts_too(etc):
    etc.put("azl/azl-agent.conf.d/10-old.conf", deployment=etc.back)
    assert etc.warned() == "/etc/azl/azl-agent.conf.d/10-old.conf"


def test_other_files_and_hidden_ones_are_no_settings(etc):
    etc.put("hosts")
    etc.put("azl/something.else")
    etc.put("azl/azl-agent.conf.d/.90-new.conf.swp")
    assert etc.warned() is None


def test_five_are_named_and_the_rest_is_counted(etc):
    for number in range(7):
        etc.put(f"azl/azl-agent.conf.d/9{number}.conf")
    names = [f"/etc/azl/azl-agent.conf.d/9{number}.conf" for number in range(5)]
    assert etc.warned() == ", ".join(names) + " and 2 more"


def test_the_defaults_of_a_release_are_no_settings(etc):
    name = "ostree/remotes.d/vendor.conf"
    for deployment, text in ((etc.now, "new\n"), (etc.back, "old\n")):
        etc.put(name, text, deployment)
        default = deployment / "usr/etc" / name
        default.parent.mkdir(parents=True, exist_ok=True)
        default.write_text(text)
    assert etc.warned() is None
    etc.put(name, "an admin's\n")
    assert etc.warned() == f"/etc/{name}"
    for deployment in (etc.now, etc.back):
        (deployment / "usr/etc" / name).unlink()


def test_odd_files_neither_stop_it_nor_lead_it_astray(etc):
    folder = etc.now / "etc/azl/azl-agent.conf.d"
    os.mkfifo(folder / "a-fifo.conf")
    os.symlink("/", folder / "a-link")
    etc.put("azl/azl-agent.conf.d/esc\x1b[31m.conf")
    for deployment, text in ((etc.now, "x"), (etc.back, "y")):
        etc.put("azl/azl-agent.conf.d/large.conf", text * (2 << 20), deployment)
    deep = etc.now / "etc/azl/hooks/1/2/3/4/5/6/7"
    deep.mkdir(parents=True)
    (deep / "file").write_text("too deep")
    warned = etc.warned()
    assert "a-fifo.conf" in warned and "a-link" in warned and "\x1b" not in warned
    assert "large" not in warned and "deep" not in warned


def test_after_two_hundred_files_it_is_enough(etc):
    for number in range(300):
        etc.put(f"azl/azl-agent.conf.d/{number:03}.conf")
    assert etc.warned().endswith(" and 194 more"), "one file came first"
