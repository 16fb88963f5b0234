# SPDX-License-Identifier: MIT
"""azlctl through azl-agentd: jobs followed, detached from and cancelled, and life without the daemon."""

import contextlib
import json
import re
import signal
import subprocess
import time
from pathlib import Path

import jsonschema
import pytest

from azltest.faults import FaultServer
from azltest.host import Host
from azltest.os_image import install_tree, os_image
from azltest.run import clean_env, kill_group, start, wait_for

SCHEMAS = Path(__file__).resolve().parents[2] / "docs/schema"
NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
NAME = "org.azurelinux.Agent1"
UNREACHABLE = "azl-agentd cannot be reached ("


@pytest.fixture
def slow(os_offer):
    """A host whose server hangs on what an update fetches, and that server."""
    with FaultServer(os_offer.root) as web:
        with Host(os_image(install_tree()), url=f"{web.url}/repo") as host:
            web.fail("/(objects|deltas)/", "hang")
            host.boot()
            yield host, web


def azl(host, *argv, rc=0, **kwargs):
    """azlctl in the guest; its exit status is checked, and that nobody went around the daemon."""
    result = host.run(["azlctl", *argv], timeout=120, **kwargs).check(rc)
    assert UNREACHABLE not in result.err, result.err
    return result


def status(host):
    answer = json.loads(azl(host, "status", "--json").out)
    jsonschema.validate(answer, json.loads((SCHEMAS / "status.json").read_text(encoding="utf-8")))
    return answer


def jobs(host):
    answer = json.loads(azl(host, "jobs", "--json").out)
    jsonschema.validate(answer, json.loads((SCHEMAS / "jobs.json").read_text(encoding="utf-8")))
    return answer["jobs"]


class Background:
    """A program in the guest whose lines can be waited for while it runs."""

    def __init__(self, host, *argv):
        # in a shell that tells its number: a signal has to reach it, not the way into the guest
        command = [*host.enter(), "sh", "-c", 'echo "$$" >&2; exec "$@"', "sh", *argv]
        self._host = host
        self._process = start(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=clean_env(),
            text=True,
        )
        self._pid = self._process.stderr.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        kill_group(self._process)
        self._process.stdout.close()
        self._process.stderr.close()

    def signal(self, number):
        # by a path: `kill` alone is a word of the shell that has stayed outside, where the number is
        # somebody else's
        self._host.run(["/bin/kill", f"-{int(number)}", self._pid]).check()

    def end(self, timeout=30):
        """(status, standard output, standard error)"""
        out, err = self._process.communicate(timeout=timeout)
        return self._process.returncode, out, err


@contextlib.contextmanager
def signals(host):
    """The daemon's signals while the block runs: a list that is full once it has ended."""
    seen = []
    monitor = ["busctl", "monitor", "--json=short", f"--match=type='signal',sender='{NAME}'"]
    with Background(host, *monitor) as watching:
        time.sleep(0.5)  # until it watches
        yield seen
        time.sleep(0.2)
        watching.signal(signal.SIGTERM)
        _, out, _ = watching.end()
    seen += [json.loads(line) for line in out.splitlines() if line.startswith("{")]


def members(seen, path=None):
    return [m["member"] for m in seen if path is None or m["path"] == path]


def without_daemon(host):
    host.run(["systemctl", "mask", "--runtime", "--now", "azl-agentd"]).check()


def test_an_update_is_one_job_that_the_bus_sees(booted, os_releases):
    with signals(booted) as seen:
        said = azl(booted, "update").err
    assert "Updating 1.0.0 \u2192 1.1.0 from azl:azl/stable" in said
    assert "1.1.0 is staged (" in said and "`azlctl reboot`" in said
    assert members(seen).count("JobNew") == members(seen).count("JobRemoved") == 1
    removed = next(m for m in seen if m["member"] == "JobRemoved")["payload"]["data"]
    assert removed[2] == "done"
    of_job = members(seen, removed[1])
    assert of_job[-1] == "Finished" and "Progress" in of_job and "Log" in of_job
    finished = next(m for m in seen if m["member"] == "Finished")["payload"]["data"]
    result = json.loads(finished[0])
    assert result["end"] == "ready" and result["pulled"]["version"] == "1.1.0"
    assert finished[1:] == ["", ""]

    assert "is in place already" in azl(booted, "update").err
    azl(booted, "update", "--exit-unchanged", rc=77)
    booted.reboot()
    after = status(booted)
    assert after["booted"]["checksum"] == os_releases.commits["1.1.0"]

    plan = json.loads(azl(booted, "rollback", "--check", "--json").out)
    assert plan["to"]["version"] == "1.0.0" and not plan["done"]
    assert "1.0.0 boots next" in azl(booted, "rollback", "--reason", "bad").err
    booted.reboot()
    back = status(booted)
    assert back["booted"]["version"] == "1.0.0" and back["agent"]["owner"] == "agent"
    refused = azl(booted, "update", rc=3).err
    assert "update.denied" in refused and "bad" in refused and refused.count("\n") == 1
    events = json.loads(azl(booted, "history", "--limit", "3", "--json").out)["events"]
    assert len(events) == 3 and "rollback" in [e["event"] for e in events]


def test_download_only_then_finalize_and_reboot(booted):
    azl(booted, "update", "--download-only")
    assert status(booted)["staged"]["locked"]
    azl(booted, "finalize", "0" * 64, rc=1)
    result = booted.run(["azlctl", "finalize", "--reboot"], timeout=120)
    assert UNREACHABLE not in result.err
    assert booted.follow() is True
    assert status(booted)["booted"]["version"] == "1.1.0"


def test_a_job_is_left_alone_and_found_again(slow):
    host, web = slow
    said = azl(host, "update", "--no-wait").out
    number = re.fullmatch(r"job (\d+) runs; follow it with `azlctl monitor \1`\n", said).group(1)
    assert [(j["id"], j["kind"], j["caller"]) for j in jobs(host)] == [(int(number), "update", 0)]
    assert f"job {number} is running: update" in azl(host, "status").out

    with Background(host, "azlctl", "monitor", number) as watching:
        time.sleep(0.5)
        watching.signal(signal.SIGINT)
        rc, _, err = watching.end()
    assert rc == 1 and f"Job {number} goes on" in err
    assert [j["state"] for j in jobs(host)] == ["running"]

    with Background(host, "azlctl", "monitor", number) as watching:
        time.sleep(0.5)
        azl(host, "cancel", number)
        rc, _, err = watching.end()
    assert rc == 1 and "update.cancelled" in err
    assert jobs(host) == []
    assert "agent.no-such-job" in azl(host, "monitor", number, rc=1).err
    assert "agent.no-such-job" in azl(host, "cancel", number, rc=1).err


def test_who_comes_late_sees_the_end_of_the_job(slow):
    host, web = slow
    web.heal()
    web.fail("/(objects|deltas)/", "slow", rate=200_000)
    number = azl(host, "update", "--no-wait").out.split()[1]
    with Background(host, "azlctl", "monitor", number) as watching:
        rc, _, err = watching.end(120)
    assert rc == 0 and f"Job {number} is done" in err, err
    assert status(host)["staged"]["version"] == "1.1.0"


def test_ctrl_c_cancels_the_job_and_waits_for_its_end(slow):
    host, _ = slow
    with Background(host, "azlctl", "update") as update:
        wait_for(lambda: jobs(host), 10, "a job")
        time.sleep(0.5)
        update.signal(signal.SIGINT)
        rc, _, err = update.end()
    assert rc == 1 and "update.cancelled" in err
    assert jobs(host) == [] and status(host)["staged"] is None


def test_a_job_that_waits_says_for_what(slow):
    host, _ = slow
    number = azl(host, "update", "--no-wait").out.split()[1]
    with Background(host, "azlctl", "cleanup") as cleanup:
        wait_for(lambda: len(jobs(host)) == 2, 10, "a second job")
        assert jobs(host)[1]["waiting"] == f"waiting for job {number}: update"
        time.sleep(0.3)
        azl(host, "cancel", number)
        rc, _, err = cleanup.end()
    assert rc == 0 and err.count(f"waiting for job {number}: update") == 1


def test_a_daemon_that_dies_ends_the_waiting(slow):
    host, _ = slow
    with Background(host, "azlctl", "update") as update:
        wait_for(lambda: jobs(host), 10, "a job")
        time.sleep(0.5)
        host.run(["systemctl", "kill", "-s", "KILL", "azl-agentd"]).check()
        rc, _, err = update.end()
    assert rc == 1 and "agent.lost" in err and "`azlctl status`" in err


def test_monitor_tells_all_that_happens(booted):
    with Background(booted, "azlctl", "monitor") as monitor:
        time.sleep(0.5)
        azl(booted, "hold", "--reason", "audit")
        azl(booted, "unhold")
        azl(booted, "update", "--check")
        booted.run(["systemctl", "restart", "azl-agentd"]).check()
        time.sleep(0.5)
        azl(booted, "update", "--check")
        monitor.signal(signal.SIGINT)
        rc, out, _ = monitor.end()
    assert rc == 0
    lines = [line[10:] for line in out.splitlines()]
    assert any(line.startswith("disabled: ") for line in lines), out
    assert "updates are held: audit" in lines and "updates are not held any more" in lines, out
    assert sum(line.endswith(": check") for line in lines) == 2, out
    assert sum(line.endswith(": check: done") for line in lines) == 2, out
    assert "azl-agentd has ended" in lines and "azl-agentd has started" in lines


def test_a_hold_is_seen_and_ends(booted):
    assert "(in 2 days)" in azl(booted, "hold", "--until", "2d", "--reason", "audit").err
    held = status(booted)["agent"]
    assert held["hold"]["reason"] == "audit" and held["hold"]["until"]
    shown = azl(booted, "status").out
    assert re.search(r"^Updates     held until .*: audit \(`azlctl unhold`\)$", shown, re.M), shown
    assert "agent.held" in azl(booted, "update", rc=3).err
    booted.reboot()
    assert status(booted)["agent"]["hold"]["reason"] == "audit"
    azl(booted, "unhold")
    assert status(booted)["agent"]["hold"] is None
    azl(booted, "update")
    assert "agent.time-past" in azl(booted, "hold", "--until", "2020-01-01 00:00", rc=2).err
    assert "usage.invalid" in azl(booted, "hold", "--until", "soon", rc=2).err


def test_root_works_without_the_daemon_and_is_told_so(booted):
    without_daemon(booted)
    shown = booted.run(["azlctl", "status"]).check()
    assert shown.err == (
        "azl-agentd cannot be reached (Unit azl-agentd.service is masked.); working without it\n"
    )
    assert "Updates     azl-agentd does not run\n" in shown.out
    update = booted.run(["azlctl", "update"], timeout=120).check()
    assert update.err.count(UNREACHABLE) == 1 and "1.1.0 is staged" in update.err
    assert json.loads(booted.run(["azlctl", "status", "--json"]).check().out)["staged"]
    booted.run(["azlctl", "rollback"], timeout=120).check()
    for words in (["hold"], ["jobs"], ["monitor"], ["metrics"], ["update", "--no-wait"]):
        refused = booted.run(["azlctl", *words]).check(1).err
        assert "agent.not-running" in refused and "working without" not in refused


def test_a_stopped_daemon_is_started_by_the_call(booted):
    booted.run(["systemctl", "stop", "azl-agentd"]).check()
    assert status(booted)["agent"]["state"]


def test_a_daemon_that_hangs_keeps_nobody_waiting(booted):
    booted.run(["systemctl", "kill", "-s", "STOP", "azl-agentd"]).check()
    began = time.monotonic()
    shown = booted.run(["azlctl", "status"]).check()
    assert UNREACHABLE in shown.err and "Running" in shown.out
    assert time.monotonic() - began < 10
    booted.run(["systemctl", "kill", "-s", "CONT", "azl-agentd"]).check()


def test_azl_direct_goes_around_the_daemon_silently(booted):
    direct = {"AZL_DIRECT": "1"}
    with signals(booted) as seen:
        said = booted.run(["azlctl", "update"], timeout=120, env=direct).check()
        answer = booted.run(["azlctl", "status", "--json"], env=direct).check()
    assert "JobNew" not in members(seen) and UNREACHABLE not in said.err + answer.err
    assert "agent" not in json.loads(answer.out)
    refused = booted.run(["azlctl", "hold"], env=direct).check(1).err
    assert "agent.not-running" in refused and "AZL_DIRECT" in refused


def test_what_is_roots_alone_goes_to_the_worker(booted):
    with signals(booted) as seen:
        azl(booted, "pin", "booted")
        azl(booted, "kargs")
        azl(booted, "deny", "add", "9.9.9")
        azl(booted, "--lock-timeout", "5", "update", "--check")
        azl(booted, "--sysroot", "/", "update", "--check")
    assert "JobNew" not in members(seen)


def test_who_is_not_root_reads_everything_and_changes_nothing(booted):
    azl(booted, "update", "--download-only")
    before = status(booted)
    for words in (
        ["status"],
        ["status", "--json"],
        ["history"],
        ["jobs"],
        ["metrics"],
        ["config", "show"],
        ["rollback", "--check"],
    ):
        assert booted.run([*NOBODY, "azlctl", *words]).check().out, words
    for words in (
        ["update"],
        ["rollback"],
        ["finalize"],
        ["cleanup", "--staged"],
        ["hold"],
        ["unhold"],
        ["reboot"],
        ["update", "--check"],
        ["update", "--no-wait"],
    ):
        refused = booted.run([*NOBODY, "azlctl", *words]).check(3).err
        assert "protocol.not-authorized" in refused and "polkit" in refused, words
    for words in (["pin", "booted"], ["kargs", "--append", "x"], ["rollback", "--to", "booted"]):
        assert "usage.not-root" in booted.run([*NOBODY, "azlctl", *words]).check(1).err
    after = status(booted)
    assert after["staged"] == before["staged"] and after["deny_list"] == before["deny_list"]
    assert after["agent"]["hold"] is None and after["agent"]["jobs"] == []

    without_daemon(booted)
    assert "Running" in booted.run([*NOBODY, "azlctl", "status"]).check().out
    refused = booted.run([*NOBODY, "azlctl", "update"]).check(1).err
    assert "agent.not-running" in refused


def test_polkit_may_let_somebody_in(booted):
    rule = (
        "polkit.addRule(function(action, subject) {"
        ' if (action.id == "org.azurelinux.agent1.update" && subject.user == "nobody")'
        " return polkit.Result.YES; });"
    )
    booted.path("/etc/polkit-1/rules.d").mkdir(parents=True, exist_ok=True)
    booted.path("/etc/polkit-1/rules.d/10-nobody.rules").write_text(rule, encoding="utf-8")
    booted.run(["systemctl", "restart", "polkit"]).check()
    booted.run([*NOBODY, "azlctl", "update"], timeout=120).check()
    assert status(booted)["staged"]["version"] == "1.1.0"
    booted.run([*NOBODY, "azlctl", "rollback"]).check(3)


def test_the_configuration_is_shown_and_checked(booted):
    shown = json.loads(azl(booted, "config", "show", "--json").out)
    jsonschema.validate(shown, json.loads((SCHEMAS / "config.json").read_text(encoding="utf-8")))
    assert "enabled = no" in azl(booted, "config", "show").out
    assert azl(booted, "config", "check").out == ""
    folder = booted.path("/etc/azl/azl-agent.conf.d")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "50-bad.conf").write_text("[update]\nenbled = yes\nsoak = soon\n", encoding="utf-8")
    lines = azl(booted, "config", "check", rc=1).out.splitlines()
    assert [line.split(": ")[0] for line in lines] == [
        "/etc/azl/azl-agent.conf.d/50-bad.conf:2",
        "/etc/azl/azl-agent.conf.d/50-bad.conf:3",
    ]
    booted.run(["systemctl", "reload", "azl-agentd"])
    wait_for(lambda: status(booted)["agent"]["config_error"], 10, "the error in the status")
    assert "! the configuration is not valid: /etc/azl/azl-agent.conf.d/50-bad.conf:2" in (
        azl(booted, "status").out
    )
    (folder / "50-bad.conf").unlink()
    assert "azl_agent_info" in azl(booted, "metrics").out
