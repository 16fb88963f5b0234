# SPDX-License-Identifier: MIT
"""The daemon on a booted host, with nobody logged in: real systemd, bus, workers, reboots."""

import json
import re
from pathlib import Path

import pytest

from azltest.agent import Agent


@pytest.fixture
def agent(installed, host):
    """A host whose daemon takes initiative: `agent.configure(…)`, then `agent.host.boot()`."""
    return Agent(host)


def test_an_unattended_host_updates_and_reboots_by_itself(agent, os_releases):
    agent.configure("[update]", "enabled = yes", "boot-settle = 0")
    agent.host.boot()
    assert agent.host.follow(timeout=60), "it powered off instead of rebooting"
    assert agent.host.booted_checksum() == os_releases.commits["1.1.0"]
    agent.wait_state("idle")
    assert agent.host.system_state() == "running"
    journal = agent.host.journal("-t", "azl-agentd")
    assert "On offer: 1.1.0" in journal and "Rebooting into 1.1.0" in journal


def test_outside_of_its_windows_it_only_stages(agent):
    agent.configure(
        "[update]", "enabled = yes", "boot-settle = 0",
        "[window never-now]", f"days = {agent.another_day()}", "start = 02:00", "length = 1h",
    )
    agent.host.boot()
    agent.wait_state("waiting")
    status = agent.status()
    assert status["agent"]["wait"]["reason"] == "window" and status["agent"]["wait"]["until"]
    assert status["staged"]["locked"], "nothing but the window's opening may unlock it"
    agent.host.reboot()
    assert agent.status()["booted"]["version"] == "1.0.0", "a locked update is not taken"
    agent.wait_state("waiting")
    assert agent.status()["staged"]["version"] == "1.1.0", "it was staged again"


def test_a_window_that_opens_is_used(agent, os_releases):
    agent.configure(
        "[update]", "enabled = yes", "boot-settle = 0",
        "[window now]", "days = daily", "start = 00:00", "length = 1d", "spread = 0",
    )
    agent.host.boot()
    assert agent.host.follow(timeout=60)
    assert agent.host.booted_checksum() == os_releases.commits["1.1.0"]


def test_a_hook_says_no_and_is_asked_again(agent):
    agent.configure("[update]", "enabled = yes", "boot-settle = 0")
    hook = agent.host.etc / "azl/hooks/pre-reboot.d/10-busy"
    hook.parent.mkdir(parents=True)
    hook.write_text("#!/bin/sh\necho not while $AZL_VERSION is tested\nexit 1\n")
    hook.chmod(0o755)
    agent.host.boot()
    agent.wait_state("waiting")
    wait = agent.status()["agent"]["wait"]
    assert wait["reason"] == "hooks" and "not while 1.1.0 is tested" in wait["detail"]
    assert agent.status()["staged"]["locked"]
    assert "10-busy exited with 1: not while 1.1.0 is tested" in agent.host.journal("-t", "azl-agentd")


def test_an_inhibitor_holds_the_reboot_up(agent):
    agent.configure("[update]", "enabled = yes", "boot-settle = 0")
    unit = agent.host.etc / "systemd/system/busy.service"
    unit.write_text(
        "[Service]\nExecStart=systemd-inhibit --what=shutdown --who=etcd --why=compacting sleep 600\n"
        "[Install]\nWantedBy=multi-user.target\n"
    )
    wants = agent.host.etc / "systemd/system/multi-user.target.wants"
    wants.mkdir(exist_ok=True)
    (wants / "busy.service").symlink_to("../busy.service")
    agent.host.boot()
    agent.wait_state("waiting")
    wait = agent.status()["agent"]["wait"]
    assert wait["reason"] == "inhibitor" and "etcd: compacting" in wait["detail"]


def test_an_extension_that_does_not_fit_the_new_release_holds_it_up(agent, os_releases):
    agent.configure("[update]", "enabled = yes", "boot-settle = 0", "[clock]", "required = no")
    tree = agent.host.var / "lib/extensions/tool/usr/lib/extension-release.d"
    tree.mkdir(parents=True)
    file = tree / "extension-release.tool"
    file.write_text("ID=azl-test\nVERSION_ID=1.0.0\n", encoding="ascii")
    agent.host.boot()
    agent.wait_state("waiting")
    wait = agent.status()["agent"]["wait"]
    assert wait["reason"] == "extensions"
    assert wait["detail"] == "the extension tool is for VERSION_ID=1.0.0, the release is 1.1.0"
    assert agent.status()["staged"]["locked"]
    file.write_text("ID=_any\n", encoding="ascii")
    agent.host.run(["systemctl", "reload", "azl-agentd"])
    assert agent.host.follow(timeout=60)
    assert agent.host.booted_checksum() == os_releases.commits["1.1.0"]


def test_a_hold_locks_what_is_open_and_survives_a_reboot(agent):
    agent.host.boot()
    agent.call("Update", "a{sv}", "0")
    agent.wait(lambda: agent.status()["next_boot"]["reason"] == "staged", "an unlocked update")
    assert (agent.host.run(["cat", "/run/reboot-required"]).rc) == 0
    agent.call("Hold", "ts", "0", "the auditors are here")
    agent.wait(lambda: agent.status()["staged"]["locked"], "the lock")
    assert agent.host.run(["test", "-e", "/run/reboot-required"]).rc != 0
    agent.host.reboot()
    status = agent.status()
    assert status["booted"]["version"] == "1.0.0" and not status["staged"]
    assert status["agent"]["hold"]["reason"] == "the auditors are here"
    refused = agent.call("Update", "a{sv}", "0", rc=1)
    assert "AgentHeld" in refused.err or "agent.held" in refused.err
    agent.call("Unhold")
    assert agent.status()["agent"]["hold"] is None


def test_updates_that_are_not_ours_are_left_alone(agent):
    agent.configure("[update]", "enabled = yes", "boot-settle = 0")
    conf = agent.host.etc / "flatcar/update.conf"
    conf.parent.mkdir()
    conf.write_text("SERVER=disabled\n")
    agent.host.boot()
    agent.wait_state("disabled")
    assert agent.status()["agent"]["owner"] == "/etc/flatcar/update.conf"


def test_a_bad_configuration_leaves_the_last_good_one_in_force(agent):
    agent.host.boot()
    agent.configure("[update]", "enabled = perhaps")
    agent.host.run(["systemctl", "reload", "azl-agentd"]).check()
    error = agent.status()["agent"]["config_error"]
    assert "90-test.conf:2" in error
    assert agent.status()["agent"]["state"] == "disabled"
    agent.configure("[update]", "enabled = no")
    agent.host.run(["systemctl", "reload", "azl-agentd"]).check()
    assert agent.status()["agent"]["config_error"] is None


def test_settings_that_a_rollback_would_take_back_are_told_as_they_are_made(agent):
    def warned():
        warnings = agent.status()["warnings"]
        return [w["detail"] for w in warnings if w["id"] == "status.config-differs"]

    automatic = ("[update]", "enabled = yes", "boot-settle = 0", "[clock]", "required = no")
    agent.configure(*automatic)
    agent.host.boot()
    assert agent.host.follow(timeout=60)
    agent.wait_state("idle")
    assert agent.status()["rollback"]["version"] == "1.0.0" and warned() == []
    agent.configure(*automatic, "[reboot]", "sessions-wait = 1h")
    agent.wait(warned, "the warning")
    assert warned() == [
        "a rollback to 1.0.0 brings back other settings: /etc/azl/azl-agent.conf.d/90-test.conf"
    ]
    agent.configure(*automatic)
    agent.wait(lambda: not warned(), "the end of the warning")


def test_what_other_tools_do_is_seen(agent):
    agent.host.boot()
    assert agent.status()["staged"] is None
    agent.host.run(["ostree", "admin", "upgrade", "--stage"], timeout=120).check()
    agent.wait(lambda: (agent.status()["staged"] or {}).get("foreign"), "the foreign deployment")


def test_an_idle_host_is_left_alone(agent):
    agent.host.boot()
    agent.status()
    before = agent.host.journal("-t", "azl-update")
    agent.host.run(["sleep", "5"])
    assert agent.host.journal("-t", "azl-update") == before
    accepted = agent.host.run(["systemctl", "show", "-P", "NAccepted", "azl-update.socket"]).out
    agent.host.run(["sleep", "3"])
    for _ in range(20):
        agent.status()
    again = agent.host.run(["systemctl", "show", "-P", "NAccepted", "azl-update.socket"]).out
    assert accepted == again, "a status costs no worker while nothing has changed"


def test_the_metrics_are_what_prometheus_reads(agent):
    agent.host.boot()
    agent.status()
    text = json.loads(agent.call("GetMetrics").out)["data"][0]
    assert text == agent.host.run(["cat", "/run/azl-agent/metrics.prom"]).check().out
    assert 'azl_state{state="disabled"} 1' in text


def test_every_metric_is_documented(agent):
    agent.host.boot()
    text = json.loads(agent.call("GetMetrics").out)["data"][0]
    told = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    page = (Path(__file__).resolve().parents[2] / "docs/metrics.md").read_text(encoding="utf-8")
    assert told == set(re.findall(r"^\| `(azl_\w+)`", page, re.MULTILINE))


UPDATE1 = ("com.coreos.update1", "/com/coreos/update1", "com.coreos.update1.Manager")


def update1(agent, method="GetStatus", user=None, rc=0):
    """A call of update_engine's interface, as locksmithd makes it."""
    prefix = ["setpriv", f"--reuid={user}", "--clear-groups"] if user else []
    argv = ["busctl", "call", "--json=short", *UPDATE1, method]
    return agent.host.run([*prefix, *argv]).check(rc)


def update1_word(agent):
    last_checked, progress, word, version, size = json.loads(update1(agent).out)["data"]
    assert isinstance(last_checked, int) and 0 <= progress <= 1 and isinstance(size, int)
    return word.removeprefix("UPDATE_STATUS_"), version


def test_who_waits_for_update_engine_is_served(agent):
    agent.host.boot()
    agent.wait_state("disabled")
    assert update1_word(agent) == ("IDLE", "0.0.0.0")
    assert update1(agent, "AttemptUpdate", user="nobody", rc=1)
    update1(agent, "AttemptUpdate")
    agent.wait(lambda: update1_word(agent) == ("FINALIZING", "1.1.0"), "a locked update")
    agent.call("Finalize", "sa{sv}", agent.status()["staged"]["checksum"], "0")
    agent.wait(lambda: update1_word(agent) == ("UPDATED_NEED_REBOOT", "1.1.0"), "the word to reboot")
    update1(agent, "ResetStatus")
    agent.wait(lambda: update1_word(agent)[0] == "IDLE", "nothing to reboot for")
    assert agent.status()["staged"] is None


def test_with_an_outside_rebooter_every_gate_comes_first(agent, os_releases):
    agent.configure(
        "[update]", "enabled = yes", "boot-settle = 0",
        "[reboot]", "strategy = external",
    )
    agent.host.boot()
    agent.wait(lambda: update1_word(agent)[0] == "UPDATED_NEED_REBOOT", "the word to reboot")
    status = agent.status()
    assert status["agent"]["wait"]["reason"] == "reboot-elsewhere"
    assert not status["staged"]["locked"]
    assert agent.host.run(["cat", "/run/reboot-required.pkgs"]).check().out == "azl-agent\n"
    agent.host.reboot()
    assert agent.host.booted_checksum() == os_releases.commits["1.1.0"]
    assert agent.host.run(["test", "-e", "/run/reboot-required"]).rc != 0


def test_a_server_that_is_away_is_told_and_the_recovery_too(agent, os_web):
    agent.configure("[update]", "enabled = yes", "boot-settle = 0", "retry-max = 1min",
                    "[reboot]", "strategy = off")
    agent.host.boot()
    agent.wait_state("staged")
    agent.host.run(["sh", "-c", "ostree config set 'remote \"azl\".url' http://127.0.0.1:1/"])
    agent.call("Update", "a{sv}", "0")
    agent.wait(lambda: agent.status()["agent"]["last_error"], "the error")
    error = agent.status()["agent"]["last_error"]
    assert error["id"] == "update.server-unreachable" and error["job"] == "update"
    agent.host.run(["sh", "-c", f"ostree config set 'remote \"azl\".url' {os_web.url}/repo"])
    agent.call("Update", "a{sv}", "0")
    agent.wait(lambda: agent.status()["agent"]["last_error"] is None, "the recovery")
    assert "update works again" in agent.host.journal("-t", "azl-agentd")


def test_metrics_go_where_node_exporter_looks(agent):
    agent.configure("[metrics]", "textfile = /var/lib/azl-agent/azl.prom")
    agent.host.boot()
    agent.status()
    assert "azl_agent_info" in agent.host.run(["cat", "/var/lib/azl-agent/azl.prom"]).check().out


def test_a_rollback_through_the_agent_works_on_a_full_disk(agent, os_releases):
    agent.host.boot()
    agent.host.run(["azlctl", "update"], timeout=120).check()
    agent.host.reboot()
    agent.host.run(["sh", "-c", "cat /dev/zero >/var/fill; sync; true"], timeout=120)
    assert "agentd cannot be reached" not in agent.host.run(["azlctl", "status"]).check().err
    said = agent.host.run(["azlctl", "rollback", "--reason", "full"], timeout=120).check()
    assert "working without it" not in said.err
    agent.host.reboot()
    assert agent.host.booted_checksum() == os_releases.commits["1.0.0"]


def test_the_agent_works_where_var_was_wiped(agent):
    agent.host.boot()
    agent.host.run(["rm", "-rf", "/var/lib/azl"]).check()
    assert agent.status()["booted"]["version"] == "1.0.0"
    agent.host.run(["azlctl", "update"], timeout=120).check()
    assert agent.status()["staged"]["version"] == "1.1.0"


def test_a_hold_is_respected_by_what_the_worker_does_for_root_alone(agent):
    agent.host.boot()
    agent.call("Hold", "ts", "0", "freeze")
    for command in (["switch", "azl:azl/stable"], ["kargs", "--append", "foo=1"],
                    ["update", "--allow-downgrade"], ["update"]):
        refused = agent.host.run(["azlctl", *command], timeout=60).check(3)
        assert "agent.held" in refused.err and "freeze" in refused.err
    assert agent.status()["staged"] is None
    agent.host.run(["azlctl", "kargs"]).check()


def test_what_was_an_admins_update_is_so_again_after_a_hold(agent):
    agent.configure("[update]", "enabled = yes", "boot-settle = 0", "[reboot]", "strategy = off")
    agent.host.boot()
    agent.wait(lambda: agent.status()["staged"], "the agent's update")
    agent.host.run(["azlctl", "finalize"], timeout=60).check()
    agent.call("Hold", "ts", "0", "x")
    agent.wait(lambda: agent.status()["staged"]["locked"], "the lock")
    agent.call("Unhold")
    agent.wait(lambda: not agent.status()["staged"]["locked"], "the admin's update, open again")
    assert agent.status()["agent"]["wait"]["reason"] == "admin"


def test_what_is_denied_is_never_rebooted_into(agent):
    agent.configure("[update]", "enabled = yes", "boot-settle = 0", "[reboot]", "strategy = off")
    agent.host.boot()
    agent.wait_state("staged")
    agent.host.run(["azlctl", "deny", "add", "1.1.0"]).check()
    agent.configure("[update]", "enabled = yes", "boot-settle = 0")
    agent.host.run(["systemctl", "reload", "azl-agentd"]).check()
    agent.wait(lambda: "denied" in (agent.status()["agent"]["wait"] or {}).get("detail", ""), "the wait")
    agent.host.run(["sleep", "3"])
    assert agent.status()["staged"]["locked"] and agent.status()["booted"]["version"] == "1.0.0"


def test_an_owner_who_comes_late_is_seen(agent):
    agent.configure("[update]", "enabled = yes", "boot-settle = 0", "[reboot]", "strategy = off")
    agent.host.boot()
    agent.wait_state("staged")
    agent.host.run(["sh", "-c", "mkdir -p /etc/flatcar; echo SERVER=disabled >/etc/flatcar/update.conf"])
    agent.call("Check", "a{sv}", "0")  # anything that wakes it
    agent.wait_state("disabled")
    assert agent.property("Owner") == "/etc/flatcar/update.conf"


def test_a_hold_and_its_end_do_not_make_an_admins_update_the_agents(agent):
    agent.host.boot()
    agent.host.run(["azlctl", "update"], timeout=120).check()
    agent.configure("[update]", "enabled = yes", "boot-settle = 0")
    agent.host.run(["systemctl", "reload", "azl-agentd"]).check()
    agent.wait(lambda: agent.property("WaitReason") == "admin", "the admin's turn")
    agent.call("Hold", "ts", "0", "x")
    agent.wait(lambda: agent.status()["staged"]["locked"], "the lock")
    agent.call("Unhold")
    agent.wait(lambda: not agent.status()["staged"]["locked"], "the update, open again")
    agent.host.run(["sleep", "3"])
    assert agent.property("WaitReason") == "admin" and len(agent.host.boots) == 1
