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
    if (host->staged.checksum[0] && host->staged_locked)
        return "the configuration leaves the reboot to an admin: `azlctl finalize`, then "
               "`azlctl reboot`";
    if (host->staged.checksum[0])
        return "an admin reboots: `azlctl reboot`";
    return "what was chosen takes effect at the next reboot, which is an admin's: `azlctl reboot`";
}

char *machine_detail(const Machine *machine, const MachineFacts *facts,
                     char buf[static MACHINE_DETAIL_MAX])
{
#define SAY(...) snprintf(buf, MACHINE_DETAIL_MAX, __VA_ARGS__)
    buf[0] = '\0';
    switch (machine->wait) {
    case WAIT_NONE:
        break;
    case WAIT_SOAK:
        SAY("the release is left to others first ([update] soak)");
        break;
    case WAIT_CLOCK:
        SAY("the clock is not set yet");
        break;
    case WAIT_BOOTSTRAP:
        SAY("the node is still being set up");
        break;
    case WAIT_EXTENSIONS:
        SAY("the extension %s does not fit the new release", facts->extension);
        break;
    case WAIT_WINDOW:
        SAY("outside of the maintenance windows");
        break;
    case WAIT_INHIBITOR:
        SAY("%s", facts->inhibitor);
        break;
    case WAIT_SESSIONS:
        SAY("%u logged-in %s", facts->sessions, facts->sessions == 1 ? "user" : "users");
        break;
    case WAIT_HOOKS:
        SAY("a pre-reboot hook said no");
        break;
    case WAIT_REBOOT_ELSEWHERE:
        SAY("another program reboots (/run/reboot-required is there)");
        break;
    case WAIT_ADMIN:
        SAY("%s", admin_detail(facts));
        break;
    case WAIT_BACKOFF:
        SAY("%u %s in a row", machine_failures(machine),
            machine_failures(machine) == 1 ? "failure" : "failures");
        break;
    case WAIT_HOLD:
        SAY("updates are held");
        break;
    case WAIT_OWNER:
        if (facts->owned_elsewhere)
            SAY("updates are not the agent's: %s", facts->owner);
        else
            SAY("automatic updates are switched off ([update] enabled)");
        break;
    case WAIT_DENY_LIST:
        SAY("the deny list cannot be read: `azlctl deny reset`");
        break;
    case WAIT_BUSY:
        SAY("an admin's job is under way");
        break;
    case _MACHINE_WAIT_MAX:
        break;
    }
    return buf;
#undef SAY
}
