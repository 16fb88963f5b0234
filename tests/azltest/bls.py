# SPDX-License-Identifier: MIT
"""Play boot loader: which deployment would this disk boot?

Reads what a boot loader with BLS support reads, /boot/loader/entries, and nothing else: file names
mean nothing, the highest `version` is the default.
"""

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One boot loader entry; `deployment` is the folder that its `ostree=` argument leads to."""

    file: Path
    title: str
    version: int
    options: str
    linux: Path
    initrd: Path
    deployment: Path

    @property
    def checksum(self):
        return self.deployment.name.split(".")[0]

    @property
    def stateroot(self):
        return self.deployment.parent.parent.name


def entries(sysroot):
    """All entries, the default first. Raises if one leads to a file that does not exist."""
    sysroot = Path(sysroot)
    found = [_read(sysroot, path) for path in (sysroot / "boot/loader/entries").glob("*.conf")]
    return sorted(found, key=lambda entry: entry.version, reverse=True)


def default(sysroot):
    """The entry that boots by default."""
    found = entries(sysroot)
    if not found:
        raise FileNotFoundError(f"{sysroot}: no boot loader entry")
    return found[0]


def _read(sysroot, path):
    lines = path.read_text(encoding="utf-8").splitlines()
    values = dict(
        line.split(None, 1) for line in lines if line.strip() and not line.startswith("#")
    )
    link = re.search(r"(?:^|\s)ostree=(\S+)", values["options"])
    if not link:
        raise ValueError(f"{path}: no ostree= argument")
    entry = Entry(
        file=path,
        title=values.get("title", ""),
        version=int(values.get("version", 0)),
        options=values["options"],
        linux=sysroot / "boot" / values["linux"].lstrip("/"),
        initrd=sysroot / "boot" / values["initrd"].lstrip("/"),
        deployment=(sysroot / link.group(1).lstrip("/")).resolve(),
    )
    for needed in (entry.linux, entry.initrd, entry.deployment):
        if not needed.exists():
            raise FileNotFoundError(f"{path.name} leads to {needed}, which does not exist")
    return entry
