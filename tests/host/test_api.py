# SPDX-License-Identifier: MIT
"""The daemon's D-Bus interface, with the real bus and the real polkitd."""

import json
import os
import re
import socket
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from azltest.agent import MANAGER, PATH, Agent
from azltest.os_image import install_tree

XML = Path(__file__).resolve().parents[2] / "units/org.azurelinux.Agent1.xml"
JOB = "org.azurelinux.Agent1.Job"


@pytest.fixture
def agent(installed, host):
    agent = Agent(host)
    host.boot()
    return agent


def contract(text, interface):
    """What an introspection says of an interface, in a form that can be compared."""
    (node,) = [i for i in ElementTree.fromstring(text).iter("interface") if i.get("name") == interface]
    found = set()
    for member in node:
        if member.tag == "annotation":
            continue
        arguments = tuple(
            (a.get("name"), a.get("type"), a.get("direction", "out")) for a in member.iter("arg")
        )
        notes = {a.get("name"): a.get("value") for a in member.iter("annotation")}
        emits = notes.get("org.freedesktop.DBus.Property.EmitsChangedSignal", "true")
        found.add((member.tag, member.get("name"), member.get("type"), arguments, emits))
    return found


def introspect(agent, path):
    argv = ["busctl", "introspect", "--xml-interface", "org.azurelinux.Agent1", path]
    return agent.host.run(argv).check().out


def test_the_bus_shows_what_the_contract_says(agent):
    manager = introspect(agent, PATH)
    assert contract(manager, MANAGER) == contract(XML.read_text(encoding="utf-8"), MANAGER)


def test_every_method_and_signal_of_the_contract_is_explained():
    text = XML.read_text(encoding="utf-8")
    for match in re.finditer(r"\n *<(?:method|signal) name=\"(\w+)\"", text):
        assert text[: match.start()].endswith("-->"), match.group(1)


def test_who_is_not_root_reads_everything(agent):
    agent.call("GetStatus", user="nobody")
    agent.call("ListJobs", user="nobody")
    agent.call("GetMetrics", user="nobody")
    agent.call("GetConfig", user="nobody")
    agent.call("History", "a{sv}", "0", user="nobody")
    agent.call("Rollback", "a{sv}", "1", "check", "b", "true", user="nobody")


@pytest.mark.parametrize(
    "call",
    [
        ("Check", "a{sv}", "0"),
        ("Update", "a{sv}", "0"),
        ("Rollback", "a{sv}", "0"),
        ("Finalize", "sa{sv}", "0" * 64, "0"),
        ("Cleanup", "a{sv}", "0"),
        ("Reboot", "a{sv}", "0"),
        ("Hold", "ts", "0", ""),
        ("Unhold",),
        ("Reload",),
    ],
    ids=lambda call: call[0],
)
def test_who_is_not_root_changes_nothing(api, call):
    before = api.status()
    refused = api.call(*call, user="nobody", rc=1)
    assert "protocol.not-authorized" in refused.err and "polkit" in refused.err
    assert "cannot be asked" not in refused.err
    after = api.status()
    assert after["agent"]["jobs"] == [] and after["agent"]["hold"] is None
    assert after["deployments"] == before["deployments"]


@pytest.fixture(scope="module")
def api(os_releases):
    """One host for the tests that change nothing."""
    from azltest.host import Host
    from azltest.os_image import os_image
    from azltest.repo import Offer
    from azltest.web import Nginx

    offer = Offer(os_releases, "1.1.0")
    with Nginx(offer.root) as web, Host(os_image(install_tree()), url=f"{web.url}/repo") as host:
        host.boot()
        yield Agent(host)


def test_polkit_rules_decide(agent):
    rules = agent.host.etc / "polkit-1/rules.d/10-ops.rules"
    rules.write_text(
        "polkit.addRule(function(action, subject) {\n"
        '  if (action.id == "org.azurelinux.agent1.hold" && subject.user == "nobody")\n'
        "    return polkit.Result.YES;\n});\n"
    )
    rules.chmod(0o644)
    agent.host.run(["systemctl", "restart", "polkit.service"]).check()
    agent.call("Hold", "ts", "0", "by nobody", user="nobody")
    assert agent.status()["agent"]["hold"]["reason"] == "by nobody"
    assert "not-authorized" in agent.call("Update", "a{sv}", "0", user="nobody", rc=1).err


def test_root_needs_no_polkit(agent):
    agent.host.run(["systemctl", "stop", "polkit.service"]).check()
    agent.host.run(["systemctl", "mask", "--runtime", "polkit.service"]).check()
    agent.call("Hold", "ts", "0", "no polkit here")
    assert agent.status()["agent"]["hold"]
    assert "polkit cannot be asked" in agent.call("Unhold", user="nobody", rc=1).err


@pytest.mark.parametrize(
    "call, says",
    [
        (("Update", "a{sv}", "1", "allow-downgrade", "b", "true"), "no such option"),
        (("Update", "a{sv}", "1", "to", "b", "true"), "wrong type"),
        (("Update", "a{sv}", "2", "to", "s", "1", "to", "s", "2"), "given twice"),
        (("Update", "a{sv}", "1", "to", "s", "x" * 2000), "too long"),
        (("Update", "s", "x"), "Invalid"),
        (("Finalize", "sa{sv}", "abc", "0"), "64 lower-case"),
        (("CancelJob", "u", "99"), "agent.no-such-job"),
        (("Hold", "ts", "1000", "once"), "agent.time-past"),
        (("NoSuch",), "Unknown method"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else None,
)
def test_a_bad_call_is_told_why(api, call, says):
    assert says in api.call(*call, rc=1).err
    assert api.status()["agent"]["jobs"] == []


class Worker:
    """Speaks to the worker's socket in the guest as some uid."""

    def __init__(self, host):
        leader = host._guest.leader()
        self.root = os.open(f"/proc/{leader}/root", os.O_PATH | os.O_DIRECTORY)

    def ask(self, uid, request):
        """What the worker answers, or the name of the error that connecting ended with."""
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os._exit(self._child(uid, request, write))
        os.close(write)
        with os.fdopen(read, "rb") as answer:
            text = answer.read().decode()
        os.waitpid(child, 0)
        return text

    def _child(self, uid, request, out):
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(30)
                line.connect(f"/proc/self/fd/{self.root}/run/azl/update.sock")
                line.sendall((json.dumps(request) + "\n").encode())
                while chunk := line.recv(65536):
                    os.write(out, chunk)
        except OSError as error:
            os.write(out, type(error).__name__.encode())
        return 0


def test_a_captured_daemon_gets_nothing(api):
    uid = int(api.host.run(["id", "-u", "azl-agent"]).check().out)
    worker = Worker(api.host)
    assert '"result"' in worker.ask(uid, {"v": 1, "op": "status"})
    for op, args in [
        ("kargs", {"append": ["init=/bin/sh"]}),
        ("deny", {"action": "reset"}),
        ("pin", {"target": "booted"}),
        ("deploy", {"checksum": "0" * 64}),
        ("pull", {"refspec": "evil:ref"}),
        ("pull", {"from": "/tmp"}),
        ("pull", {"allow_downgrade": True}),
        ("stage", {"checksum": "0" * 64, "allow_denied": True}),
        ("rollback", {"to": "A"}),
        ("rollback", {"deny": False}),
        ("status", {"sysroot": "/tmp"}),
        ("cleanup", {"rollback": True}),
        ("diff", {}),
    ]:
        assert "protocol.not-authorized" in worker.ask(uid, {"v": 1, "op": op, "args": args}), op
    assert worker.ask(65534, {"v": 1, "op": "status"}) == "PermissionError"


def test_calls_that_vanish_leave_nothing_behind(api):
    for _ in range(3):
        api.host.run(
            ["sh", "-c",
             "for i in $(seq 70); do busctl --timeout=0.01 call org.azurelinux.Agent1 "
             "/org/azurelinux/Agent1 org.azurelinux.Agent1.Manager History 'a{sv}' 0 & done; wait"],
            timeout=120,
        )
    api.wait(lambda: api.status()["agent"]["jobs"] == [], "the end of all jobs")
    assert api.property("State") == "disabled"


def test_properties_are_announced_before_the_job_is_removed(agent):
    """And only those that changed: a listener on the bus sees it all in this order."""
    with agent.listen() as heard:
        agent.call("Update", "a{sv}", "0")
        heard.wait_for("JobRemoved")
    staged = [i for i, (name, body) in enumerate(heard.signals)
              if name == "PropertiesChanged" and "Staged" in str(body)]
    removed = [i for i, (name, _) in enumerate(heard.signals) if name == "JobRemoved"]
    finished = [i for i, (name, _) in enumerate(heard.signals) if name == "Finished"]
    assert staged and staged[0] < finished[0] < removed[0]
    names = [name for name, _ in heard.signals]
    assert names[0] == "JobNew" and "Progress" in names
    owner = [body for name, body in heard.signals if name == "PropertiesChanged" and "Owner" in str(body)]
    assert owner == [], "what did not change is not announced"
