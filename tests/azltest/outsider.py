# SPDX-License-Identifier: MIT
"""An outsider's look at a sysroot: do ostree's own tools see what azlctl says?"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import jsonschema

from . import bls, programs
from .run import run

_SCHEMA = Path(__file__).resolve().parents[2] / "docs/schema/status.json"
_HEAD = re.compile(
    r"(?P<booted>\*)? +(?P<stateroot>\S+) (?P<checksum>[0-9a-f]{64})\.(?P<serial>\d+)"
    r"(?: \((?P<note>[a-z]+)\))?"
)


@dataclass
class Seen:
    """A deployment as `ostree admin status` shows it."""

    stateroot: str
    checksum: str
    serial: int
    booted: bool
    staged: bool
    version: str | None = None
    refspec: str | None = None
    pinned: bool = False


def look(sysroot):
    """The deployments that `ostree admin status` lists."""
    seen = []
    for line in run(["ostree", "admin", f"--sysroot={sysroot}", "status"]).check().out.splitlines():
        head = _HEAD.fullmatch(line)
        if head:
            seen.append(
                Seen(
                    head["stateroot"],
                    head["checksum"],
                    int(head["serial"]),
                    head["booted"] is not None,
                    head["note"] == "staged",
                )
            )
            continue
        key, _, value = line.strip().partition(": ")
        if key == "Version":
            seen[-1].version = value
        elif key == "origin refspec":
            seen[-1].refspec = value
        elif key == "Pinned":
            seen[-1].pinned = value == "yes"
    return seen


def _said(deployment):
    """The same of azlctl's words."""
    refspec = (
        f"{deployment['remote']}:{deployment['ref']}" if deployment["remote"] else deployment["ref"]
    )
    return Seen(
        deployment["stateroot"],
        deployment["checksum"],
        deployment["serial"],
        deployment["booted"],
        deployment["staged"],
        deployment["version"],
        refspec,
        deployment["pinned"],
    )


def check(sysroot):
    """Compares `azlctl status --json`, its schema, `ostree admin status` and the boot entries, and
    runs `ostree fsck`.

    Returns the status, so that a test can go on with it.
    """
    status = json.loads(programs.run_azlctl("--sysroot", sysroot, "status", "--json").out)
    jsonschema.validate(status, json.loads(_SCHEMA.read_text(encoding="utf-8")))
    assert [_said(d) for d in status["deployments"]] == look(sysroot)

    written = [d for d in status["deployments"] if not d["staged"]]
    assert [d["checksum"] for d in written] == [entry.checksum for entry in bls.entries(sysroot)]
    assert status["next_boot"]["checksum"] == bls.default(sysroot).checksum
    for role in ("pending", "rollback"):
        assert status[role] is None or status[role] in status["deployments"]
    run(["ostree", f"--repo={sysroot}/ostree/repo", "fsck", "--quiet"], timeout=300).check()
    return status
