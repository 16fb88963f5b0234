# SPDX-License-Identifier: MIT
"""The room rules notice what they are there for: each breach turns its rule red."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOMS = Path(__file__).resolve().parent.parent / "rooms"
SPDX = "/* SPDX-License-Identifier: MIT */\n"
OWN, SYSTEM, LIBRARIES, SIZE, LICENCE = range(1, 6)  # the points, in the order they are printed

# Rule, file, what it says.
BREACHES = {
    "own-other-room": (OWN, "agent/ctl/x.c", SPDX + '#include "update/a.h"\n'),
    "own-parent-room": (OWN, "agent/ctl/x.c", SPDX + '#include "agent/a.h"\n'),
    "own-base-needs-nobody": (OWN, "base/x.c", SPDX + '#include "update/a.h"\n'),
    "own-not-from-the-top": (OWN, "update/x.c", SPDX + '#include "a.h"\n'),
    "own-test-of-another-room": (OWN, "tests/unit/test-base-x.c", SPDX + '#include "update/a.h"\n'),
    "own-spaced-out": (OWN, "base/x.c", SPDX + '  #  include   "update/a.h"\n'),
    "glib-in-base": (SYSTEM, "base/x.c", SPDX + "#include <glib.h>\n"),
    "gio-in-ctl": (SYSTEM, "agent/ctl/x.c", SPDX + "#include <gio/gio.h>\n"),
    "ostree-in-ctl": (SYSTEM, "agent/ctl/x.c", SPDX + "#include <ostree.h>\n"),
    "curl-in-update": (SYSTEM, "update/x.c", SPDX + "#include <curl/curl.h>\n"),
    "expat-in-agent": (SYSTEM, "agent/x.c", SPDX + "#include <expat.h>\n"),
    "seccomp-in-base": (SYSTEM, "base/x.c", SPDX + "#include <seccomp.h>\n"),
    "systemd-in-update": (SYSTEM, "update/x.c", SPDX + "#include <systemd/sd-bus.h>\n"),
    "systemd-in-base": (SYSTEM, "base/x.c", SPDX + "#include <systemd/sd-daemon.h>\n"),
    "long-file": (SIZE, "base/x.c", SPDX + "int x;\n" * 700),
    "long-function": (SIZE, "base/x.c", SPDX + "int f(void)\n{\n" + "    f();\n" * 78 + "}\n"),
    "long-python": (
        SIZE,
        "tests/x.py",
        "# SPDX-License-Identifier: MIT\ndef f():\n" + "    f()\n" * 80,
    ),
    "long-shell": (
        SIZE,
        "tests/x.sh",
        "# SPDX-License-Identifier: MIT\nf() {\n" + "    f\n" * 79 + "}\n",
    ),
    "no-licence": (LICENCE, "base/x.c", "int x;\n"),
    "no-licence-in-a-script": (LICENCE, "tests/x", "#!/bin/sh\ntrue\n"),
}

# What looks alike and is allowed.
ALLOWED = {
    "own-header": (
        "update/x.c",
        SPDX + '#include "update/a.h"\n#include "base/a.h"\n#include <ostree.h>\n',
    ),
    "systemd-through-base": (
        "agent/x.c",
        SPDX + '#include "base/systemd/a.h"\n#include <systemd/sd-bus.h>\n',
    ),
    "kernel-seccomp": ("base/x.c", SPDX + "#include <linux/seccomp.h>\n"),
    "test-of-the-room": (
        "tests/unit/test-update-x.c",
        SPDX + '#include "update/a.h"\n#include <glib.h>\n',
    ),
    "test-of-ctl": (
        "tests/unit/test-ctl-x.c",
        SPDX + '#include "agent/ctl/a.h"\n#include "tests/unit/a.h"\n',
    ),
    "long-with-a-reason": (
        "base/x.c",
        SPDX + "/* Long: one table, and nothing to split. */\n" + "int x;\n" * 700,
    ),
    "exactly-80": ("base/x.c", SPDX + "int f(void)\n{\n" + "    f();\n" * 77 + "}\n"),
    "build-folder": ("build/x.c", "int x;\n"),
}


# Each is a copy of `true`, which links nothing but libc.
PROGRAMS = (
    "agent/azl-agentd",
    "agent/ctl/azlctl",
    "update/azl-update",
    "boot/azl-boot",
    "node/azl-node",
    "sandbox/azl-sandbox",
    "fleet/azl-fleet",
)


@pytest.fixture
def tree(tmp_path):
    """A tree with a header in every room, and programs that link what they may."""
    for room in (
        "base",
        "base/systemd",
        "agent",
        "agent/ctl",
        "update",
        "boot",
        "node",
        "sandbox",
        "fleet",
        "tests/unit",
    ):
        (tmp_path / room).mkdir(parents=True, exist_ok=True)
        (tmp_path / room / "a.h").write_text(SPDX + "#pragma once\n", encoding="utf-8")
    for path in PROGRAMS:
        shutil.copy(shutil.which("true"), tmp_path / path)
    return tmp_path


def red(tree):
    """The points that are not ok, and the whole output."""
    result = subprocess.run(
        [ROOMS, "--top", tree], cwd=tree, capture_output=True, text=True, timeout=60
    )
    assert result.stdout.startswith("1..5\n"), result.stderr
    points = [
        int(line.split()[2]) for line in result.stdout.splitlines() if line.startswith("not ok")
    ]
    assert result.returncode == (1 if points else 0)
    return points, result.stdout


def put(tree, path, text):
    (tree / path).parent.mkdir(parents=True, exist_ok=True)
    (tree / path).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_turns_exactly_its_rule_red(tree, name):
    rule, path, text = BREACHES[name]
    put(tree, path, text)
    points, output = red(tree)
    assert points == [rule], output
    assert path in output


@pytest.mark.parametrize("name", ALLOWED)
def test_what_is_allowed_stays_green(tree, name):
    put(tree, *ALLOWED[name])
    points, output = red(tree)
    assert not points, output


def test_a_program_that_links_another_rooms_library_is_named(tree):
    shutil.copy(shutil.which("ostree"), tree / "agent/ctl/azlctl")
    points, output = red(tree)
    assert points == [LIBRARIES]
    assert "agent/ctl/azlctl links libostree-1.so.1" in output


def test_a_program_that_was_not_built_is_named(tree):
    (tree / "update/azl-update").unlink()
    points, output = red(tree)
    assert points == [LIBRARIES]
    assert "update/azl-update was not built" in output
