# SPDX-License-Identifier: MIT
"""The test OS: are its releases what the tests of the agent take them for?"""

import re
import tempfile
from pathlib import Path

import pytest

from azltest import cache, os_base, os_factory
from azltest import os_releases as recipe
from azltest.host import Host
from azltest.os_image import VERSIONS
from azltest.run import run

PRESET = "enable azl-fake.service\ndisable *\n"
UNIT = """\
[Unit]
Description=fake
[Service]
Type=oneshot
RemainAfterExit=yes
User=azl-fake
ExecStart=/usr/bin/azl-fake
[Install]
WantedBy=multi-user.target
"""


def ostree(built, *args):
    return run(["ostree", f"--repo={built.repo}", *args]).check().out


def show(built, version, key):
    return ostree(built, "show", f"--print-metadata-key={key}", f"release/{version}").strip()


def test_every_release_says_what_the_agent_reads(os_releases):
    stamps = []
    for version in VERSIONS:
        assert show(os_releases, version, "version") == f"'{version}'"
        packages = show(os_releases, version, "azl.packages")
        assert f"('azl-agent', '{version}')" in packages and "('runc', " in packages
        assert show(os_releases, version, "azl.boot-size").startswith("uint64 ")
        assert "'rw'" in show(os_releases, version, "azl.kargs")
        stamps.append(
            ostree(os_releases, "show", f"release/{version}").split("Date:")[1].split()[0]
        )
        sizes = ostree(os_releases, "show", "--print-sizes", f"release/{version}")
        needed, total = re.search(r"objects \(needed/total\): (\d+)/(\d+)", sizes).groups()
        assert int(needed) == 0 and int(total) > 5000, sizes
    assert stamps == ["2026-01-01", "2026-02-01", "2026-03-01"]
    assert show(os_releases, "1.0.0", "azl.packages") != show(os_releases, "1.1.0", "azl.packages")


def test_the_recorded_boot_size_is_the_size_of_kernel_and_initramfs(os_releases):
    kernel_dir = os_base.base().kernel_dir
    for version in VERSIONS:
        listing = ostree(os_releases, "ls", f"release/{version}", f"/{kernel_dir}").splitlines()
        in_boot = [line for line in listing if line.endswith(("/vmlinuz", "/initramfs.img"))]
        sizes = [int(line.split()[3]) for line in in_boot]
        recorded = int(show(os_releases, version, "azl.boot-size").split()[1])
        # `ostree show` swaps the bytes of numbers: it takes them all for big-endian
        assert int.from_bytes(recorded.to_bytes(8, "big"), "little") == sum(sizes)


def test_releases_differ_in_files_etc_and_kernel_arguments(os_releases):
    first = ostree(os_releases, "diff", "release/1.0.0", "release/1.1.0").splitlines()
    changed = {mark: [line for line in first if line.startswith(mark)] for mark in "MAD"}
    assert len(changed["M"]) > 20 and len(changed["A"]) >= 12 and len(changed["D"]) >= 8
    assert "M    /usr/etc/azl-os/defaults.conf" in first and "M    /usr/lib/os-release" in first
    assert not [line for line in first if "initramfs" in line], "1.1.0 boots the kernel of 1.0.0"
    second = ostree(os_releases, "diff", "release/1.1.0", "release/1.2.0")
    assert "initramfs.img" in second and "/usr/lib/azl/kargs" in second
    assert "panic=30" in ostree(
        os_releases, "cat", "release/1.2.0", "/usr/lib/azl/kargs.d/10-release.conf"
    )


def test_every_view_offers_its_release_signed_and_with_deltas(os_releases):
    commits = os_releases.commits
    deltas = ostree(os_releases, "static-delta", "list").split()
    assert sorted(deltas) == sorted(f"{commits[a]}-{commits[b]}" for a, b in recipe.DELTAS)
    for version in VERSIONS:
        view = os_releases.view(version)
        assert (view / "refs/heads/azl/stable").read_text().strip() == commits[version]
        summary = run(["ostree", f"--repo={view}", "summary", "--view"]).check().out
        assert commits[version] in summary
        assert (view / "summary.sig").stat().st_size > 0
    with pytest.raises(KeyError, match="no release 9.9"):
        os_releases.view("9.9")


def test_the_same_recipe_gives_the_same_commits(root):
    cached = recipe.releases(None).commits
    # beside the base, for objects are linked from there
    with tempfile.TemporaryDirectory(prefix=".again-", dir=cache.root()) as folder:
        recipe.build(Path(folder), os_base.base(), None)
        assert recipe.Releases(Path(folder), "again").commits == cached


@pytest.fixture
def fake_install(tmp_path):
    """What `make install` of a program with a unit, a user and a default in /etc leaves."""
    files = {
        "usr/bin/azl-fake": "#!/bin/sh\nid -un >/run/azl-fake-ran 2>/dev/null || id -un\n",
        "usr/lib/systemd/system/azl-fake.service": UNIT,
        "usr/lib/systemd/system/azl-idle.service": UNIT.replace("azl-fake\n", "true\n"),
        "usr/lib/systemd/system-preset/80-azl.preset": PRESET,
        "usr/lib/sysusers.d/azl-fake.conf": "u azl-fake - 'fake'\n",
        "etc/azl/fake.conf": "fake=yes\n",
        "lib/udev/rules.d/99-azl-fake.rules": "# not merged yet\n",
    }
    for name, content in files.items():
        path = tmp_path / "install" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (tmp_path / "install/usr/bin/azl-fake").chmod(0o755)
    return tmp_path / "install"


def test_an_install_tree_is_in_the_booted_system_with_its_units_and_users(root, fake_install):
    image = os_factory.os_image(fake_install)
    with Host(image) as host:
        host.boot()
        assert host.system_state() == "running"
        assert host.run(["cat", "/etc/azl/fake.conf"]).check().out == "fake=yes\n"
        active = ["systemctl", "is-active", "azl-fake.service", "azl-idle.service"]
        assert host.run(active).out.split() == ["active", "inactive"]
        assert "azl-fake" in host.journal("-u", "azl-fake.service", "-o", "cat")
        assert host.run(["ls", "/lib/udev/rules.d/99-azl-fake.rules"]).rc == 0
