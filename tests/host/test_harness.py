# SPDX-License-Identifier: MIT
"""The booted-host harness itself, with nothing but ostree's own command line in the guest."""

import signal
import subprocess
from pathlib import Path

import pytest

from azltest import bls, mounts
from azltest.host import BootFailed, Host
from azltest.os_image import install_tree, os_image
from azltest.run import clean_env, kill_group, start, wait_for

_FINALIZE = "ostree-finalize-staged.service"
_STAGE = ["sh", "-ec", f"ostree admin upgrade --stage; systemctl start {_FINALIZE}"]


def test_a_staged_update_boots_after_a_reboot(host, os_releases, capsys):
    old, new = os_releases.commits["1.0.0"], os_releases.commits["1.1.0"]
    first = host.boot()
    assert host.booted_checksum() == old
    assert host.system_state() == "running"

    # Debian's ostree starts the finalize unit through a .path unit, which a reboot can overtake
    upgrade = host.run(_STAGE).check()
    assert bls.default(host.sysroot).checksum == old, "the update is written at shutdown"
    down = host.reboot()

    assert host.booted_checksum() == new, host.journal("-u", _FINALIZE)
    assert [entry.checksum for entry in bls.entries(host.sysroot)] == [new, old]
    assert 'VERSION_ID="1.1.0"' in host.run(["cat", "/etc/os-release"]).check().out
    assert "ostree=/ostree/boot." in host.run(["cat", "/proc/cmdline"]).out
    off = host.poweroff()
    with capsys.disabled():
        second = host.boots[1][1]
        print(
            f"\n    boot {first:.2f} s, upgrade {upgrade.seconds:.2f} s, down {down:.2f} s, "
            f"boot {second:.2f} s, off {off:.2f} s"
        )


def test_a_power_cut_loses_a_staged_update_and_the_host_still_boots(host, os_releases):
    host.boot()
    host.run(_STAGE).check()
    host.crash()
    assert not host.running
    host.boot()
    assert host.booted_checksum() == os_releases.commits["1.0.0"]
    assert len(host.boots) == 2
    listing = host.run(["journalctl", "--list-boots", "--no-pager"]).check().out
    assert len(listing.splitlines()[1:]) == 2, listing


def test_a_power_cut_between_freeze_and_thaw_leaves_nothing_frozen(host):
    host.boot()
    host.run(["fsfreeze", "--freeze", "/boot"]).check()
    writer = start([*host.enter(), "touch", "/boot/waits"], env=clean_env())
    try:
        host.crash()
        writer.wait(5)
    finally:
        kill_group(writer)
    host.boot()
    host.run(["touch", "/boot/does-not-wait"], timeout=10).check()


def test_a_reboot_that_the_guest_asks_for_is_followed(host):
    host.boot()
    running = host.run(["sh", "-c", "systemctl reboot; sleep 60"], timeout=30)
    assert not running.timed_out, "a command must not outlive its guest, nor hold its shutdown up"
    assert host.follow() is True
    assert host.system_state() == "running"
    host.run(["systemctl", "poweroff"])
    assert host.follow() is False and not host.running


def test_the_journal_of_all_boots_can_be_read_from_outside(host):
    host.boot()
    host.run(["logger", "--tag=test", "said in the first boot"]).check()
    host.poweroff()
    host.boot()
    assert "said in the first boot" in host.journal("-b", "-1", "-t", "test")
    assert "said in the first boot" not in host.journal("-b", "0", "-t", "test")


def test_usr_is_read_only_and_etc_and_bound_folders_are_not(os_web, tmp_path):
    url = f"{os_web.url}/repo"
    with Host(os_image(install_tree()), url, binds={tmp_path: "/run/here"}) as host:
        host.boot()
        assert "Read-only" in host.run(["touch", "/usr/x"]).err
        host.run(["touch", "/etc/x", "/run/here/x"]).check()
        assert (tmp_path / "x").exists() and host.path("/etc/x").exists()


def test_another_boot_loader_entry_can_be_chosen(host, os_releases):
    host.boot()
    host.run(_STAGE).check()
    host.poweroff()
    host.boot(choose=lambda entries: entries[1])
    assert host.booted_checksum() == os_releases.commits["1.0.0"]


def test_a_guest_that_does_not_come_up_is_reported_and_removed(host):
    unit = host.etc / "systemd/system/hang.service"
    unit.write_text("[Service]\nType=oneshot\nExecStart=sleep 1000\nTimeoutStartSec=infinity\n")
    wants = host.etc / "systemd/system/multi-user.target.wants/hang.service"
    wants.symlink_to("/etc/systemd/system/hang.service")
    with pytest.raises(BootFailed, match="hang.service"):
        host.boot(timeout=3)
    assert not host.running


_KILLED = """
import sys, time
sys.path.insert(0, {tests!r})
from azltest import mounts
from azltest.host import Host
from azltest.os_image import install_tree, os_image
mounts.private()
with Host(os_image(install_tree())) as host:
    host.boot()
    print(host.sysroot, flush=True)
    time.sleep(60)
"""


def test_a_killed_harness_leaves_no_guest_behind(root, os_releases):
    os_image(install_tree())  # build it here if need be: below the time is limited
    tests = str(Path(__file__).resolve().parent.parent)
    victim = subprocess.Popen(
        ["/usr/bin/python3", "-c", _KILLED.format(tests=tests)], stdout=subprocess.PIPE, text=True
    )
    try:
        sysroot = victim.stdout.readline().strip()
        assert sysroot and _processes_naming(sysroot)
    finally:
        victim.send_signal(signal.SIGKILL)
        victim.wait(10)
    wait_for(lambda: not _processes_naming(sysroot), 5, "the guest's end")
    name = f"/{Path(sysroot).parent.name}/"
    backing = lambda: "".join(file for _, file in mounts.loops())  # noqa: E731
    wait_for(lambda: name not in backing(), 5, "detaching of its disks")


def _processes_naming(text):
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if text.encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            continue
    return found
