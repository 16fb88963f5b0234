# SPDX-License-Identifier: MIT
"""After every operation ostree's own tools see what `azlctl status --json` says."""

import copy
import json
from pathlib import Path

import jsonschema
import pytest

from azltest import outsider
from azltest.run import CommandFailed

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs/schema/status.json").read_text(encoding="utf-8")
)

# What is done to a sysroot with 1.1.0 first and 1.0.0 as the fallback, and the exit status.
OPERATIONS = {
    "update": (["update"], 0),
    "update-to-older": (["update", "--to", "1.0.0", "--allow-downgrade"], 0),
    "download-only": (["update", "--download-only"], 0),
    "rollback": (["rollback"], 0),
    "rollback-to": (["rollback", "--to", "A", "--no-deny"], 0),
    "keep-etc": (["rollback", "--keep-etc"], 0),
    "switch-back": (["switch", "azl/stable"], 0),
    "switch-to-nothing": (["switch", "azl/nothing"], 1),
    "pin": (["pin", "A"], 0),
    "unpin": (["unpin", "A"], 0),
    "kargs": (["kargs", "--append", "quiet"], 0),
    "deny-add": (["deny", "add", "1.1.0"], 0),
    "deny-remove-nothing": (["deny", "remove", "1.1.0"], 1),
    "deny-reset": (["deny", "reset"], 0),
    "finalize-nothing": (["finalize"], 1),
    "reboot-elsewhere": (["reboot"], 1),
    "cleanup": (["cleanup"], 0),
    "cleanup-all": (["cleanup", "--staged", "--rollback"], 0),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_ostree_sees_what_azlctl_says_after(updated, name):
    command, rc = OPERATIONS[name]
    updated.ctl(*command, rc=rc)
    updated.look()


def test_a_second_release_of_another_tool_is_seen_as_it_is(updated):
    updated.repo.release("1.2.0")
    updated.scratch.ostree_admin("upgrade", "--os=azl")
    status = updated.look()
    assert [d["version"] for d in status["deployments"]] == ["1.2.0", "1.1.0"]
    assert [d["foreign"] for d in status["deployments"]] == [True, False]


@pytest.mark.parametrize("harm", ["object", "kernel"])
def test_the_outsider_finds_what_is_broken(updated, harm):
    updated.outsider = False
    if harm == "object":
        victim = next((updated.scratch.ostree_repo / "objects").glob("*/*.dirtree"))
        victim.write_bytes(victim.read_bytes() + b"x")
    else:
        updated.scratch.entries()[0].linux.unlink()
    with pytest.raises((CommandFailed, FileNotFoundError)):
        outsider.check(updated.path)


@pytest.mark.parametrize(
    "change",
    [
        lambda status: status.pop("booted"),
        lambda status: status.update(extra=1),
        lambda status: status.update(schema="azl.status/2"),
        lambda status: status["deployments"][0].update(checksum="abc"),
        lambda status: status["deployments"][0].update(slot="C"),
        lambda status: status["pending"].update(role="rollback"),
        lambda status: status["next_boot"].pop("reason"),
        lambda status: status["space"]["boot"].update(free=-1),
        lambda status: status["deny_list"].update(state="fine"),
        lambda status: status.update(warnings=["text"]),
    ],
)
def test_the_schema_refuses_what_is_no_status(updated, change):
    status = updated.status()
    jsonschema.validate(status, SCHEMA)
    spoiled = copy.deepcopy(status)
    change(spoiled)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(spoiled, SCHEMA)
