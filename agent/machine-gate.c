/* SPDX-License-Identifier: MIT */
/* The gates between a staged release and the reboot into it. */
#include "agent/machine-step.h"

#define LOOK_AGAIN 60 /* for what nobody tells us of: sessions, inhibitors, a marker file */

/* true: people hold up the reboot, and not yet too long. */
static bool sessions_hold(Step *s)
{
    Machine *m = s->m;

    if (s->facts->sessions == 0 || s->policy->sessions_wait == 0)
        return false;
    if (m->sessions_since == 0)
        m->sessions_since = s->now;
    return s->now < m->sessions_since + s->policy->sessions_wait;
}

bool step_gate_is_closed(Step *s)
{
    const MachineFacts *facts = s->facts;
    const MachinePolicy *policy = s->policy;
    int64_t ripe = facts->host.staged.timestamp + policy->soak;

    if (facts->clock_absurd || (policy->clock_required && !facts->clock_trusted))
        step_be(s, MACHINE_WAITING, WAIT_CLOCK, 0);
    else if (policy->soak > 0 && s->now < ripe)
        step_be(s, MACHINE_WAITING, WAIT_SOAK, ripe);
    else if (facts->bootstrapping)
        step_be(s, MACHINE_WAITING, WAIT_BOOTSTRAP, 0);
    else if (facts->extensions_differ)
        step_be(s, MACHINE_WAITING, WAIT_EXTENSIONS, 0);
    else if (policy->windows && !facts->window_open)
        step_be(s, MACHINE_WAITING, WAIT_WINDOW, facts->window_next);
    else if (policy->respect_inhibitors && facts->inhibitors > 0)
        step_be(s, MACHINE_WAITING, WAIT_INHIBITOR, 0);
    else if (sessions_hold(s))
        step_be(s, MACHINE_WAITING, WAIT_SESSIONS, s->m->sessions_since + policy->sessions_wait);
    else
        return false;
    /* When a soak is over or a window opens is known, mostly. */
    if (s->m->until == 0 || s->m->wait == WAIT_SESSIONS)
        s->result.wake_at = s->now + LOOK_AGAIN;
    /* What the hooks said was about another moment. */
    s->m->hooks_passed[0] = '\0';
    return true;
}
