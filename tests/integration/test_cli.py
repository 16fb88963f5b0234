# SPDX-License-Identifier: MIT
"""azlctl as people and scripts meet it: help, mistakes, exit statuses, JSON, terminals, signals."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from pathlib import Path

import pytest

from azltest import programs
from azltest.run import kill_group, start, wait_for

VERBS = [
    "status",
    "diff",
    "history",
    "update",
    "rollback",
    "switch",
    "finalize",
    "reboot",
    "pin",
    "unpin",
    "cleanup",
    "kargs",
    "deny",
]
READING = {
    "status": "azl.status/1",
    "diff": "azl.diff/1",
    "history": "azl.history/1",
    "deny list": "azl.deny/1",
    "update --check": "azl.check/1",
    "kargs": None,
    "rollback --check": None,
}


def _azlctl(*args, rc=0, **options):
    return programs.run_azlctl(*args, rc=rc, **options)


def test_help_lists_every_verb_on_the_output():
    result = _azlctl("--help")
    assert result.err == ""
    for verb in VERBS:
        assert re.search(rf"^ +{verb}\b", result.out, re.M), verb
    assert _azlctl("-h").out == result.out == _azlctl("help").out


@pytest.mark.parametrize("words", [["update"], ["deny"], ["deny", "add"]])
def test_help_is_a_verb_too(words):
    assert _azlctl("help", *words).out == _azlctl(*words, "--help").out
    assert "[usage.invalid]" in _azlctl("help", "xyzzy", rc=2).err


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_that_shows_its_options(verb):
    text = _azlctl(verb, "--help").out
    assert f"azlctl {verb}" in text
    options = {
        "update": ["--check", "--download-only", "--to", "--from", "--reboot", "--allow-downgrade"],
        "rollback": ["--check", "--to", "--reason", "--no-deny", "--keep-etc", "--reboot"],
        "kargs": ["--append", "--delete", "--replace"],
    }
    for option in options.get(verb, []):
        assert option in text


def test_version_is_one_line():
    assert re.fullmatch(r"azl-agent \d+\.\d+\.\d+\n", _azlctl("--version").out)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["stauts"], "status"),
        (["rolback"], "rollback"),
        (["updat"], "update"),
        (["deny", "lst"], "deny list"),
        (["update", "--chekc"], "--check"),
        (["rollback", "--reasn=x"], "--reason"),
    ],
)
def test_a_typing_mistake_is_answered_with_what_was_meant(words, hint):
    result = _azlctl(*words, rc=2)
    assert f'did you mean "{hint}"?' in result.err or f"did you mean {hint}?" in result.err
    assert "[usage.invalid]" in result.err and result.out == ""


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["xyzzy"],
        ["--xyzzy", "status"],
        ["status", "word"],
        ["switch"],
        ["switch", "a", "b"],
        ["pin"],
        ["deny"],
        ["deny", "add"],
        ["update", "--to"],
        ["update", "--to", "--check"],
        ["update", "--to="],
        ["update", "--check=yes"],
        ["pin", "A", "--json"],
        ["history", "--limit", "x"],
        ["history", "--limit", "-1"],
        ["history", "--limit", "0"],
        ["status", "--lock-timeout", "99999999999999999999"],
        ["diff", "1", "2", "3"],
    ],
)
def test_what_is_no_command_exits_with_2_before_anything_is_looked_at(words):
    result = _azlctl("--sysroot", "/nowhere", *words, rc=2)
    assert result.err.startswith("azlctl: ") and "[usage.invalid]" in result.err
    assert result.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (["xyzzy"], "azlctl --help"),
        (["pin"], "azlctl pin --help"),
        (["update", "--xyzzy"], "azlctl update --help"),
        (["deny"], "azlctl deny --help"),
        (["deny", "xyzzy"], "azlctl deny --help"),
        (["deny", "add"], "azlctl deny add --help"),
        (["update", "--json", "--sysroot", "/"], "azlctl update --help"),
    ],
)
def test_a_usage_error_names_the_help_of_its_verb(root, words, where):
    assert f"; see `{where}` [usage.invalid]" in _azlctl(*words, rc=2).err
    _azlctl(*where.split()[1:])


@pytest.mark.parametrize(
    "words",
    [
        ["update", "--check", "--reboot"],
        ["update", "--check", "--from", "/"],
        ["update", "--download-only", "--reboot"],
        ["update", "--json"],
        ["rollback", "--check", "--reboot"],
    ],
)
def test_options_that_do_not_go_together_exit_with_2(root, words):
    assert "[usage.invalid]" in _azlctl(*words, rc=2).err


def test_exit_statuses_are_those_of_the_manual(updated):
    updated.ctl("status", rc=0)
    updated.ctl("pin", "9.9.9", rc=1)
    updated.ctl("update", "--exit-unchanged", rc=77)
    updated.ctl("rollback", rc=0)
    updated.ctl("update", rc=3)
    with updated.locked():
        updated.ctl("rollback", "--lock-timeout", "0", rc=4)


@pytest.mark.parametrize("command", READING)
def test_everything_that_reads_speaks_json_on_the_output_alone(updated, command):
    result = updated.ctl(*command.split(), "--json")
    answer = json.loads(result.out)
    assert isinstance(answer, dict) and answer
    if READING[command]:
        assert answer["schema"] == READING[command]
    plain = updated.ctl(*command.split())
    assert plain.out and not plain.out.startswith("{")


@pytest.mark.parametrize(
    "words",
    [
        ["deny", "remove", "9.9.9"],
        ["status", "--sysroot", "/nowhere"],
        ["kargs", "--delete", "nothing"],
    ],
)
def test_errors_are_json_as_well_where_it_was_asked_for(updated, words):
    result = updated.ctl(*words, "--json", rc=1)
    error = json.loads(result.out)["error"]
    assert f"[{error['id']}]" in result.err


def test_an_error_is_one_line_with_what_happened_the_next_step_and_the_id(updated):
    result = updated.ctl("pin", "9.9.9", rc=1)
    assert result.err == (
        "azlctl: there is no such deployment or release: '9.9.9'; `azlctl status` lists what is "
        "there [update.target-unknown]\n"
    )


@pytest.mark.parametrize("env", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_pipe_gets_no_escape_sequence_and_no_progress_bar(box, env):
    for command in (["status"], ["update"], ["rollback"], ["history"], ["diff"]):
        result = box.ctl(*command, env=env)
        assert (
            "\x1b" not in result.out + result.err and "\r" not in result.out + result.err
        ), command


def _on_terminal(*args, env=None, columns=100):
    """Runs azlctl on a terminal of its own; returns all that it wrote there."""
    master, slave = pty.openpty()
    try:
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process = start(
            [programs.azlctl(), *args],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=programs.environment(**{"TERM": "xterm-256color", **(env or {})}),
        )
        os.close(slave)
        slave = -1
        text, deadline = b"", time.monotonic() + 30
        while time.monotonic() < deadline:
            if not select.select([master], [], [], 0.2)[0]:
                continue
            try:
                data = os.read(master, 65536)
            except OSError:  # the last one has hung up
                break
            text += data
        assert process.wait(10) == 0, text.decode()
        return text.decode()
    finally:
        os.close(master)
        if slave >= 0:
            os.close(slave)


def test_a_terminal_gets_colour_unless_it_is_not_wanted(updated):
    assert "\x1b[" in _on_terminal("--sysroot", updated.path, "status")
    assert "\x1b" not in _on_terminal("--sysroot", updated.path, "status", env={"NO_COLOR": "1"})
    assert "\x1b" not in _on_terminal("--sysroot", updated.path, "status", "--json")


def test_a_terminal_gets_a_progress_bar_that_is_gone_in_the_end(faulty_box, faulty_web):
    faulty_web.fail(r"\.filez$", "slow", rate=2000)
    text = _on_terminal("--sysroot", faulty_box.path, "update", "--no-deltas")
    assert "\r" in text.replace("\r\n", "\n") and "%" in text
    assert "1.1.0 is deployed" in text.splitlines()[-1]


def test_what_cannot_be_written_is_a_failure(updated):
    with open("/dev/full", "w", encoding="ascii") as full:
        process = start(
            [programs.azlctl(), "--sysroot", updated.path, "status"],
            stdout=full,
            stderr=full,
            env=programs.environment(),
        )
        assert process.wait(20) == 1


@pytest.mark.parametrize("disposition", ["default", "ignore"])
@pytest.mark.parametrize("words", [["help"], ["status"], ["rollback"]])
def test_a_reader_who_has_seen_enough_is_no_failure(updated, words, disposition):
    ours, theirs = os.pipe()
    os.close(ours)
    process = start(
        ["env", f"--{disposition}-signal=PIPE", programs.azlctl(), "--sysroot", updated.path]
        + words,
        stdout=theirs,
        stderr=theirs if words == ["rollback"] else subprocess.PIPE,
        text=True,
        env=programs.environment(),
    )
    os.close(theirs)
    err = process.communicate(timeout=30)[1]
    assert process.returncode == 0 and not err, err
    assert updated.versions()[0] == ("1.0.0" if words == ["rollback"] else "1.1.0")


def test_a_sysroot_with_a_strange_name_is_shown_safely(box):
    result = box.ctl("pin", "evil\x1b[2J\nname", rc=1)
    assert "\x1b" not in result.err and result.err.count("\n") == 1


def _worker_of(process):
    """The pid of azl-update that azlctl has started, or None."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    pids = children.read_text(encoding="ascii").split() if children.exists() else []
    return int(pids[0]) if pids else None


def _hanging_update(box, web):
    """azlctl in the middle of an update from a server that hangs; and its worker's pid."""
    web.fail(r"\.filez$", "hang")
    process = start(
        [programs.azlctl(), "--sysroot", box.path, "update", "--no-deltas"],
        stderr=subprocess.PIPE,
        text=True,
        env=programs.environment(),
    )
    wait_for(
        lambda: any(path.endswith(".filez") for path in web.log), 20, "a request for an object"
    )
    return process, _worker_of(process)


def _gone(pid):
    return not Path(f"/proc/{pid}/exe").exists()


def test_a_killed_azlctl_takes_its_worker_along(faulty_box, faulty_web):
    process, worker = _hanging_update(faulty_box, faulty_web)
    assert worker and not _gone(worker)
    process.kill()
    process.wait(5)
    wait_for(lambda: _gone(worker), 10, "the end of the worker")
    process.stderr.close()
    faulty_web.heal()
    assert faulty_box.look()["intent"] is None
    faulty_box.ctl("update")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_cancels_with_one_line_and_exit_status_1(faulty_box, faulty_web, number):
    process, worker = _hanging_update(faulty_box, faulty_web)
    try:
        process.send_signal(number)
        err = process.communicate(timeout=10)[1]
    finally:
        kill_group(process)
    assert process.returncode == 1 and "[update.cancelled]" in err
    wait_for(lambda: _gone(worker), 10, "the end of the worker")
    assert faulty_box.versions() == ["1.0.0"]


def test_a_worker_that_is_killed_is_told_and_can_be_repeated(faulty_box, faulty_web):
    process, worker = _hanging_update(faulty_box, faulty_web)
    try:
        os.kill(worker, signal.SIGKILL)
        err = process.communicate(timeout=10)[1]
    finally:
        kill_group(process)
    assert process.returncode == 1 and "[protocol.worker-died]" in err and "Killed" in err
    faulty_web.heal()
    faulty_box.look()
    faulty_box.ctl("update")
    assert faulty_box.versions() == ["1.1.0", "1.0.0"]


def test_a_missing_worker_is_told(box, tmp_path):
    result = box.ctl("status", rc=1, env={"AZL_LIBEXEC_DIR": str(tmp_path)})
    assert "[protocol.worker-missing]" in result.err and str(tmp_path) in result.err
