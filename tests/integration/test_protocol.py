# SPDX-License-Identifier: MIT
"""azl-update against docs/worker-protocol.md: what it refuses, whom it serves, how it is cancelled."""

import json
import re
import signal
from pathlib import Path

import pytest

from azltest import mounts
from azltest.run import wait_for
from azltest.worker import Worker, call

NOBODY = 65534
AGENT = 61234  # any uid that nobody has; a passwd of our own gives it the name
ERROR_IDS = set(
    re.findall(
        r'"((?:internal|usage|protocol|update|record)\.[a-z-]+)"',
        (Path(__file__).parents[2] / "base/error-id.h").read_text(encoding="utf-8"),
    )
)


def _raw(data, hang_up=False, flags=()):
    with Worker(flags=flags) as worker:
        worker.send(data)
        if hang_up:
            worker.hang_up()
        return worker.end()


def _line(**message):
    return json.dumps(message).encode() + b"\n"


GARBAGE = {
    "not JSON": b"hello\n",
    "an empty line": b"\n",
    "half an object": b'{"v":1,"op":"status"\n',
    "two objects in a line": _line(v=1, op="status").strip() * 2 + b"\n",
    "two lines": _line(v=1, op="status") * 2,
    "a NUL": b'{"v":1,"op":"sta\0tus"}\n',
    "a NUL behind it": b'{"v":1,"op":"status"}\0\n',
    "no UTF-8": b'{"v":1,"op":"status","args":{"stateroot":"\xff\xfe"}}\n',
    "an array": b'["status"]\n',
    "a null": b"null\n",
    "too deep": b'{"v":1,"op":"status","args":' + b"[" * 40 + b"]" * 40 + b"}\n",
    "no version": _line(op="status"),
    "another version": _line(v=2, op="status"),
    "a version that is text": _line(v="1", op="status"),
    "no operation": _line(v=1),
    "an operation that is a number": _line(v=1, op=7),
    "args that are a list": _line(v=1, op="status", args=[]),
    "an unknown member": _line(v=1, op="status", id=1),
    "an unknown argument": _line(v=1, op="status", args={"colour": "red"}),
    "the argument of another operation": _line(v=1, op="status", args={"checksum": "a" * 64}),
    "a number for text": _line(v=1, op="status", args={"sysroot": 1}),
    "text for a number": _line(v=1, op="status", args={"lock_timeout": "1"}),
    "a negative number": _line(v=1, op="status", args={"lock_timeout": -1}),
    "too large a number": _line(v=1, op="status", args={"lock_timeout": 3601}),
    "a fraction": _line(v=1, op="status", args={"lock_timeout": 1.5}),
    "a number for a flag": _line(v=1, op="rollback", args={"check": 1}),
    "text for a list": _line(v=1, op="kargs", args={"append": "quiet"}),
    "a list of numbers": _line(v=1, op="kargs", args={"append": [1]}),
    "too long a text": _line(v=1, op="rollback", args={"reason": "x" * 2000}),
}


@pytest.mark.parametrize("what", GARBAGE)
def test_garbage_is_refused_as_an_invalid_request(what):
    reply = _raw(GARBAGE[what])
    assert (reply.error, reply.rc) == ("protocol.request-invalid", 1), reply
    assert reply.events == []


def test_an_operation_that_does_not_exist_has_an_error_of_its_own():
    reply = _raw(_line(v=1, op="format-disk"))
    assert (reply.error, reply.rc) == ("protocol.unknown-operation", 1)
    assert "format-disk" in reply.detail


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_line_beyond_the_limit_is_refused(end):
    reply = _raw(b'{"v":1,"op":"' + b"a" * (64 << 10) + b'"}' + end)
    assert (reply.error, reply.rc) == ("protocol.request-too-large", 1)


def test_a_line_below_the_limit_is_read_to_its_end():
    reply = _raw(b'{"v":1,"op":"' + b"a" * (60 << 10) + b'"}\n')
    assert reply.error == "protocol.unknown-operation"


@pytest.mark.parametrize("data", [b"", b'{"v":1,"op":"status"}'])
def test_an_input_that_ends_before_a_whole_line_is_no_request(data):
    reply = _raw(data, hang_up=True)
    assert (reply.error, reply.rc) == ("protocol.request-invalid", 1)


@pytest.mark.slow
def test_who_sends_no_whole_line_within_ten_seconds_is_sent_away():
    with Worker() as silent, Worker() as slow:
        slow.send(b'{"v":1,')
        for worker in (silent, slow):
            reply = worker.end(timeout=20)
            assert (reply.error, reply.rc) == ("protocol.request-timeout", 1)


def test_a_caller_that_reads_nothing_and_goes_does_not_keep_the_worker(box):
    worker = Worker(box.path)
    with worker:
        worker.request("status")
        worker._socket.close()
        assert worker.process.wait(10) in (0, 1)


def test_the_worker_knows_its_flags():
    for flag, rc in (("--help", 0), ("--version", 0), ("--nonsense", 2), ("word", 2)):
        with Worker(flags=[flag]) as worker:
            assert worker.process.wait(10) == rc, flag


ERRORS = {
    "nothing staged": ("finalize", {"checksum": "a" * 64}, "update.nothing-staged", 1),
    "no checksum": ("finalize", {}, "protocol.request-invalid", 1),
    "half a checksum": ("verify", {"checksum": "abcdef"}, "protocol.request-invalid", 1),
    "not here": ("deploy", {"checksum": "a" * 64}, "update.not-in-repository", 1),
    "not booted": ("stage", {"checksum": "a" * 64}, "update.not-booted", 1),
    "no reboot": ("reboot", {}, "update.not-booted", 1),
    "no target": ("pin", {}, "protocol.request-invalid", 1),
    "no such target": ("pin", {"target": "9.9.9"}, "update.target-unknown", 1),
    "no such remote": ("check", {"refspec": "nowhere:azl/stable"}, "update.remote-unknown", 1),
    "no such ref": ("check", {"refspec": "azl:azl/nothing"}, "update.ref-unknown", 1),
    "no such version": ("check", {"to": "9.9.9"}, "update.version-unknown", 1),
    "no such stateroot": ("status", {"stateroot": "other"}, "update.no-deployment", 1),
    "a path as stateroot": ("status", {"stateroot": "../azl"}, "update.no-deployment", 1),
    "no rollback": ("rollback", {}, "update.no-rollback", 1),
    "no such action": ("deny", {"action": "forgive"}, "protocol.request-invalid", 1),
    "a bad argument": ("kargs", {"append": ["ostree=/x"]}, "update.kargs-invalid", 1),
    "nothing to diff": ("diff", {"from": "1.0.0", "to": "9.9.9"}, "update.target-unknown", 1),
}


@pytest.mark.parametrize("what", ERRORS)
def test_an_error_has_its_id_its_exit_status_and_changes_nothing(box, what):
    op, args, error_id, rc = ERRORS[what]
    before = box.scratch.boot_order()
    reply = box.worker(op, **args)
    assert (reply.error, reply.rc) == (error_id, rc), reply
    assert reply.error in ERROR_IDS
    assert box.scratch.boot_order() == before


def _pulling(box, web, **args):
    """A worker in the middle of a slow pull."""
    web.fail("/objects/.*filez$", "slow", rate=400)
    worker = Worker(box.path)
    worker.request("pull", deltas=False, **args)
    worker.wait_for_event(lambda event: event.get("phase") == "pull")
    return worker


@pytest.mark.parametrize("how", ["end of input", "SIGTERM", "SIGINT", "a second line"])
def test_a_pull_is_cancelled_by(faulty_box, faulty_web, how):
    with _pulling(faulty_box, faulty_web) as worker:
        if how == "end of input":
            worker.hang_up()
        elif how == "a second line":
            worker.request("status")
        else:
            worker.signal(getattr(signal, how))
        reply = worker.end(timeout=10)
    assert (reply.error, reply.rc) == ("update.cancelled", 1), reply
    assert faulty_box.look()["intent"] is None
    faulty_web.heal()
    faulty_box.ctl("update")
    assert faulty_box.versions() == ["1.1.0", "1.0.0"]


@pytest.mark.parametrize("path", ["/summary$", ".commit$", ".filez$"])
def test_a_cancel_is_heard_while_the_server_hangs(faulty_box, faulty_web, path):
    faulty_web.fail(path, "hang")
    with Worker(faulty_box.path) as worker:
        worker.request("pull", deltas=False)
        wait_for(lambda: any(re.search(path, asked) for asked in faulty_web.log), 10, "the request")
        worker.hang_up()
        reply = worker.end(timeout=8)
    assert (reply.error, reply.rc) == ("update.cancelled", 1)


def test_a_cancelled_wait_for_the_lock_ends_at_once(box):
    with box.locked(), Worker(box.path) as worker:
        worker.request("cleanup")
        worker.wait_for_event(lambda event: event["event"] == "log")
        worker.hang_up()
        reply = worker.end(timeout=5)
    assert reply.error == "update.cancelled"


def test_progress_never_goes_back_and_names_the_phases_in_their_order(faulty_box, faulty_web):
    faulty_web.fail("/objects/", "error", times=1)
    faulty_web.fail("/objects/.*filez$", "slow", times=3, rate=2000)
    reply = faulty_box.worker("pull", deltas=False)
    assert reply.result["objects"] > 0, reply
    seen = [event["done"] for event in reply.progress("pull")]
    assert seen == sorted(seen) and seen[-1] > 0
    for event in reply.progress("pull"):
        assert event["unit"] == "bytes" and event["done"] <= event.get("total", event["done"])
    assert reply.result["bytes"] == seen[-1]


def test_a_stranger_may_ask_for_nothing(root):
    for op in ("status", "check", "pull", "rollback", "deny", "diff", "kargs"):
        reply = call(None, op, peer=NOBODY)
        assert (reply.error, reply.rc) == ("protocol.not-authorized", 3), op


@pytest.fixture
def agent(root, tmp_path):
    """The uid of a user azl-agent, whom only this test process and its children know."""
    passwd = tmp_path / "passwd"
    kept = [
        line
        for line in Path("/etc/passwd").read_text(encoding="utf-8").splitlines()
        if not line.startswith("azl-agent:")
    ]
    passwd.write_text(
        "\n".join([*kept, f"azl-agent:x:{AGENT}:{AGENT}::/:/usr/sbin/nologin", ""]),
        encoding="utf-8",
    )
    passwd.chmod(0o644)
    with mounts.mounted("bind", passwd, "/etc/passwd"):
        yield AGENT


@pytest.mark.parametrize(
    "op",
    [
        "status",
        "check",
        "pull",
        "verify",
        "stage",
        "finalize",
        "rollback",
        "cleanup",
        "history",
        "reboot",
    ],
)
def test_the_agent_may_ask_for(agent, op):
    # it may not name a sysroot, so it meets this machine, which is no ostree host
    assert call(None, op, peer=agent).error == "update.sysroot-missing"


@pytest.mark.parametrize("op", ["deploy", "pin", "kargs", "diff", "deny", "reconcile"])
def test_the_agent_may_not_ask_for(agent, op):
    reply = call(None, op, peer=agent)
    assert (reply.error, reply.rc) == ("protocol.not-authorized", 3)


@pytest.mark.parametrize(
    ("op", "argument", "value"),
    [
        ("status", "sysroot", "/"),
        ("status", "stateroot", "azl"),
        ("check", "refspec", "other:ref"),
        ("check", "allow_downgrade", True),
        ("pull", "refspec", "other:ref"),
        ("pull", "from", "/tmp"),
        ("pull", "allow_downgrade", True),
        ("pull", "allow_denied", True),
        ("stage", "refspec", "other:ref"),
        ("stage", "allow_downgrade", True),
        ("stage", "allow_denied", True),
        ("rollback", "to", "A"),
        ("cleanup", "rollback", True),
        ("verify", "refspec", "other:ref"),
    ],
)
def test_the_agent_may_not_say(agent, op, argument, value):
    reply = call(None, op, peer=agent, **{argument: value})
    assert (reply.error, reply.rc) == ("protocol.not-authorized", 3)
    assert argument in reply.detail


def test_a_worker_whose_caller_died_ends_by_itself(faulty_box, faulty_web):
    with _pulling(faulty_box, faulty_web) as worker:
        worker._socket.close()
        wait_for(lambda: worker.process.poll() is not None, 10, "the end of the worker")
    faulty_web.heal()


def test_the_phases_of_progress_are_those_of_the_contract(box):
    text = (Path(__file__).parents[2] / "docs/worker-protocol.md").read_text(encoding="utf-8")
    documented = re.findall(r"`(\w+)`", re.search(r"Phases: (.*)\.\n", text).group(1))
    pulled = box.worker("pull")
    deployed = box.worker("deploy", checksum=pulled.result["checksum"])
    sent = [e["phase"] for e in pulled.events + deployed.events if e["event"] == "progress"]
    assert list(dict.fromkeys(sent)) == documented
