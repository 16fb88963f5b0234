# SPDX-License-Identifier: MIT
"""The booted-host harness itself, with nothing but ostree's own command line in the guest."""

from azltest import bls


def test_staged_update_boots_after_a_reboot(host, os_releases, capsys):
    old, new = os_releases.commits["1.0.0"], os_releases.commits["1.1.0"]
    first = host.boot()
    assert host.booted_checksum() == old
    assert host.system_state() == "running"

    upgrade = host.run(["ostree", "admin", "upgrade", "--stage"]).check()
    # Debian's ostree starts this through a .path unit, and a reboot can overtake that
    host.run(["systemctl", "start", "ostree-finalize-staged.service"]).check()
    assert bls.default(host.sysroot).checksum == old, "a staged update is written at shutdown, not before"
    down = host.reboot()

    assert host.booted_checksum() == new, host.journal("-u", "ostree-finalize-staged.service")
    assert [entry.checksum for entry in bls.entries(host.sysroot)] == [new, old]
    assert host.run(["sh", "-c", ". /usr/lib/os-release; echo $VERSION_ID"]).check().out == "1.1.0\n"
    off = host.poweroff()
    with capsys.disabled():
        second = host.boots[1][1]
        print(f"\n    boot {first:.2f} s, upgrade {upgrade.seconds:.2f} s, down {down:.2f} s, "
              f"boot {second:.2f} s, off {off:.2f} s")
