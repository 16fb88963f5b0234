# SPDX-License-Identifier: MIT
"""Who may do nothing may not keep others from doing something, either."""

import contextlib
import os
import signal
import struct
import time

import pytest

from azltest import dbus
from azltest.agent import MANAGER, NAME, PATH, Agent

NOBODY = 65534


@pytest.fixture
def agent(installed, host):
    host.boot()
    agent = Agent(host)
    agent.status()
    return agent


@contextlib.contextmanager
def in_child(host, work):
    """Runs `work(path of the bus)` as nobody in a child that is gone afterwards."""
    root = os.open(f"/proc/{host._guest.leader()}/root", os.O_PATH | os.O_DIRECTORY)
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            work(f"/proc/self/fd/{root}/run/dbus/system_bus_socket")
        except OSError:
            pass
        finally:
            os._exit(0)
    os.close(root)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def pid(agent):
    return agent.host.run(["systemctl", "show", "-P", "MainPID", "azl-agentd"]).check().out.strip()


def flood(member, body_signature="", body=b"", seconds=4, connections=8):
    def work(path):
        lines = [dbus.Bus(path) for _ in range(connections)]
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for line in lines:
                line.send(NAME, PATH, MANAGER, member, body_signature, body, flags=dbus.NO_REPLY)

    return work


def is_answered(agent):
    """The bus itself refuses what comes faster than the daemon reads: then root asks again."""
    argv = ["busctl", "call", "--timeout=30", NAME, PATH, MANAGER, "GetStatus"]
    result = agent.host.run(argv, timeout=60)
    assert result.rc == 0 or "full message queue" in result.err, result.err
    return result.rc == 0


EMPTY_OPTIONS = struct.pack("<I", 0) + b"\0" * 4  # a{sv} without a member, padded to its entries


@pytest.mark.parametrize(
    "member, body_signature, body",
    [
        ("GetStatus", "", b""),
        ("Update", "a{sv}", EMPTY_OPTIONS),
        ("History", "a{sv}", EMPTY_OPTIONS),
        ("NoSuchMethod", "s", dbus.string("x" * 1000)),
        ("Hold", "ts", struct.pack("<Q", 0) + dbus.string("y" * 100_000)),
    ],
    ids=["reads", "refused", "jobs", "unknown", "large"],
)
def test_root_is_answered_in_a_flood(agent, member, body_signature, body):
    before = pid(agent)
    with in_child(agent.host, flood(member, body_signature, body)):
        end = time.monotonic() + 4
        answers = 0
        while time.monotonic() < end or (answers == 0 and time.monotonic() < end + 20):
            answers += is_answered(agent)
    assert answers > 0
    agent.wait(lambda: is_answered(agent), "the end of the queue")
    assert pid(agent) == before, "the daemon was restarted"
    agent.wait(lambda: agent.status()["agent"]["jobs"] == [], "the end of the flood's jobs")
    agent.call("Hold", "ts", "0", "root still may")
    assert agent.status()["agent"]["hold"]


def test_a_message_that_lies_about_itself_ends_its_own_connection_only(agent):
    def work(path):
        for body_signature, body in [("a{sv}", b"\xff" * 64), ("s", b"\xff\xff\xff\x7f"), ("v", b"\x01")]:
            with contextlib.suppress(OSError):
                dbus.Bus(path).call(NAME, PATH, MANAGER, "Update", body_signature, body)

    before = pid(agent)
    with in_child(agent.host, work):
        time.sleep(1)
    assert pid(agent) == before and agent.status()["agent"]["state"] == "disabled"
