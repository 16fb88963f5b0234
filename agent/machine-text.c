/* SPDX-License-Identifier: MIT */
/* What the state machine's states and waits are called, and how they are told to people. */
#include <stdio.h>

#include "agent/machine.h"

static const char *const state_names[_MACHINE_STATE_MAX] = {
    [MACHINE_STARTING] = "starting",
    [MACHINE_SETTLING] = "settling",
    [MACHINE_IDLE] = "idle",
    [MACHINE_CHECKING] = "checking",
    [MACHINE_SOAKING] = "soaking",
    [MACHINE_PULLING] = "pulling",
    [MACHINE_STAGED] = "staged",
    [MACHINE_WAITING] = "waiting",
    [MACHINE_FINALIZING] = "finalizing",
    [MACHINE_REBOOTING] = "rebooting",
    [MACHINE_FAILED] = "failed",
    [MACHINE_HELD] = "held",
    [MACHINE_DISABLED] = "disabled",
};

static const char *const wait_names[_MACHINE_WAIT_MAX] = {
    [WAIT_NONE] = "",
    [WAIT_SOAK] = "soak",
    [WAIT_CLOCK] = "clock",
    [WAIT_BOOTSTRAP] = "bootstrap",
    [WAIT_EXTENSIONS] = "extensions",
    [WAIT_WINDOW] = "window",
    [WAIT_INHIBITOR] = "inhibitor",
    [WAIT_SESSIONS] = "sessions",
    [WAIT_HOOKS] = "hooks",
    [WAIT_REBOOT_ELSEWHERE] = "reboot-elsewhere",
    [WAIT_ADMIN] = "admin",
    [WAIT_BACKOFF] = "backoff",
    [WAIT_LOST] = "lost",
    [WAIT_HOLD] = "hold",
    [WAIT_OWNER] = "owner",
    [WAIT_DENY_LIST] = "deny-list",
    [WAIT_BUSY] = "busy",
};

const char *machine_state_name(MachineState state)
{
    return state_names[state];
}

const char *machine_wait_name(MachineWait wait)
{
    return wait_names[wait];
}

static const char *admin_detail(const MachineFacts *facts)
{
    const HostFacts *host = &facts->host;

    if (host->staged_foreign)
        return "another tool has staged a deployment, which is left to it";
    if (host->staged_denied)
        return "what is staged is denied: `azlctl cleanup --staged` drops it";
    if (host->staged.checksum[0] && host->staged_locked)
        return "the configuration leaves the reboot to an admin: `azlctl finalize`, then "
               "`azlctl reboot`";
    if (host->staged.checksum[0])
        return "an admin reboots: `azlctl reboot`";
    return "what was chosen takes effect at the next reboot, which is an admin's: `azlctl reboot`";
}

/* Those that are always told the same. */
static const char *const details[_MACHINE_WAIT_MAX] = {
    [WAIT_NONE] = "",
    [WAIT_SOAK] = "the release is left to others first ([update] soak)",
    [WAIT_CLOCK] = "the clock is not set yet",
    [WAIT_BOOTSTRAP] = "the node is still being set up",
    [WAIT_WINDOW] = "outside of the maintenance windows",
    [WAIT_HOOKS] = "a pre-reboot hook said no",
    [WAIT_REBOOT_ELSEWHERE] = "another program reboots (/run/reboot-required is there)",
    [WAIT_LOST] = "the release was to be booted several times, and was not; `azlctl status` and "
                  "`azlctl history` say why, `azlctl update` tries again",
    [WAIT_DENY_LIST] = "the deny list cannot be read: `azlctl deny reset`",
    [WAIT_BUSY] = "an admin's job is under way",
};

static void counted(char *buf, unsigned count, const char *one, const char *many)
{
    snprintf(buf, MACHINE_DETAIL_MAX, "%u %s", count, count == 1 ? one : many);
}

static void owner_detail(char *buf, const MachineFacts *facts)
{
    if (facts->owned_elsewhere)
        snprintf(buf, MACHINE_DETAIL_MAX, "updates are not the agent's: %s", facts->owner);
    else
        snprintf(buf, MACHINE_DETAIL_MAX, "automatic updates are switched off ([update] enabled)");
}

char *machine_detail(const Machine *machine, const MachineFacts *facts,
                     char buf[static MACHINE_DETAIL_MAX])
{
    const char *text = details[machine->wait];

    if (machine->wait == WAIT_ADMIN)
        text = admin_detail(facts);
    else if (machine->wait == WAIT_HOOKS && facts->hook[0])
        text = facts->hook;
    else if (machine->wait == WAIT_EXTENSIONS)
        text = facts->extension;
    snprintf(buf, MACHINE_DETAIL_MAX, "%s", text ?: "");

    if (machine->wait == WAIT_INHIBITOR)
        snprintf(buf, MACHINE_DETAIL_MAX,
                 "a lock against the shutdown: %s (`systemd-inhibit --list`)", facts->inhibitor);
    else if (machine->wait == WAIT_SESSIONS)
        counted(buf, facts->sessions, "logged-in user", "logged-in users");
    else if (machine->wait == WAIT_BACKOFF)
        counted(buf, machine_failures(machine), "failure in a row", "failures in a row");
    else if (machine->wait == WAIT_OWNER)
        owner_detail(buf, facts);
    else if (machine->wait == WAIT_HOLD)
        snprintf(buf, MACHINE_DETAIL_MAX, "%s",
                 facts->held ? "updates are held"
                             : "updates are held by the boot loader's environment, since a "
                               "denial could not be written: `azlctl deny reset`");
    return buf;
}
