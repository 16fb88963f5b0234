/* SPDX-License-Identifier: MIT */
#include "agent/machine.h"

#include <stdio.h>
#include <string.h>

#include "base/macro.h"

#define RETRY_FIRST  60 /* the back-off starts here, and doubles */
#define LOOK_AGAIN   60 /* for what nobody tells us of: sessions, inhibitors, a marker file */
#define HOOKS_RETRY  300
#define REBOOT_RETRY 600

/* Everything that a step is about. */
typedef struct Step {
    Machine *m;
    const MachineFacts *facts;
    const MachinePolicy *policy;
    int64_t now;
    MachineStep result;
} Step;

static bool is_release(const HostRelease *release)
{
    return release->checksum[0] != '\0';
}

static bool is_same(const HostRelease *release, const char *checksum)
{
    return is_release(release) && strcmp(release->checksum, checksum) == 0;
}

static void copy_checksum(char to[static HOST_CHECKSUM_MAX], const char *from)
{
    snprintf(to, HOST_CHECKSUM_MAX, "%s", from);
}

static void be(Step *s, MachineState state, MachineWait wait, int64_t until)
{
    Machine *m = s->m;

    if (m->state != state || m->wait != wait)
        m->since = s->now;
    m->state = state;
    m->wait = wait;
    m->until = until;
    s->result.wake_at = until;
}

static void look_again(Step *s)
{
    s->result.wake_at = s->now + LOOK_AGAIN;
}

static void start(Step *s, MachineState state, MachineAction action)
{
    be(s, state, WAIT_NONE, 0);
    s->m->under_way = action;
    s->result.action = action;
    if (action == ACTION_REBOOT)
        s->m->retry_at = s->now + REBOOT_RETRY;
}

/* interval plus a random part of the splay, so that a fleet that was started at once spreads. */
static int64_t next_check_time(const Step *s)
{
    int64_t splay = s->policy->check_splay;

    return s->now + s->policy->check_interval + (splay > 0 ? s->facts->random % (splay + 1) : 0);
}

/* 1, 2, 4 … minutes up to the cap, of which a random half. */
static int64_t retry_time(const Step *s)
{
    unsigned doublings = MIN_OF(s->m->failures > 0 ? s->m->failures - 1 : 0, 20u);
    int64_t wait = MIN_OF((int64_t)RETRY_FIRST << doublings, s->policy->retry_max);

    wait = MAX_OF(wait, (int64_t)2);
    return s->now + wait / 2 + s->facts->random % (wait - wait / 2 + 1);
}

/* A time to come that is farther away than it can be was made by another clock. */
static int64_t within(int64_t time, int64_t now, int64_t longest)
{
    return time > now + longest ? now + longest : time;
}

static void mistrust_times(Step *s)
{
    Machine *m = s->m;

    m->next_check =
        within(m->next_check, s->now, s->policy->check_interval + s->policy->check_splay);
    m->retry_at = within(m->retry_at, s->now, MAX_OF(s->policy->retry_max, (int64_t)REBOOT_RETRY));
    m->hooks_retry = within(m->hooks_retry, s->now, HOOKS_RETRY);
    m->sessions_since = within(m->sessions_since, s->now, 0);
    m->last_check = within(m->last_check, s->now, 0);
    m->since = within(m->since, s->now, 0);
}

static void take_offer(Step *s, const HostRelease *offer)
{
    Machine *m = s->m;

    m->last_check = s->now;
    m->next_check = next_check_time(s);
    m->failures = 0;
    if (!is_same(offer, m->target.checksum))
        m->pulled = false;
    m->target = *offer;
}

static void take_failure(Step *s)
{
    s->m->failures++;
    s->m->failed = s->m->under_way;
    s->m->retry_at = retry_time(s);
}

static void take_event(Step *s, const MachineEvent *event)
{
    Machine *m = s->m;
    const char *staged = s->facts->host.staged.checksum;

    switch (event->kind) {
    case EVENT_TICK:
        /* A reboot that does not come is tried again. */
        if (m->under_way == ACTION_REBOOT && s->now >= m->retry_at)
            m->under_way = ACTION_NONE;
        return;
    case EVENT_REBOOTING:
        return; /* and is under way until it has happened */
    case EVENT_CHECKED:
        take_offer(s, &event->release);
        break;
    case EVENT_PULLED:
        m->pulled = true;
        break;
    case EVENT_STAGED:
        m->failures = 0;
        m->pulled = false;
        break;
    case EVENT_HOOKS_PASSED:
        copy_checksum(m->hooks_passed, staged);
        break;
    case EVENT_HOOKS_REFUSED:
        m->hooks_retry = s->now + HOOKS_RETRY;
        break;
    case EVENT_FINALIZED:
        m->failures = 0;
        copy_checksum(m->finalized, staged);
        break;
    case EVENT_FAILED:
        take_failure(s);
        break;
    }
    m->under_way = ACTION_NONE;
}

/* true: people hold up the reboot, and not yet too long. */
static bool sessions_hold(Step *s)
{
    Machine *m = s->m;

    if (s->facts->sessions == 0 || s->policy->sessions_wait == 0) {
        m->sessions_since = 0;
        return false;
    }
    if (m->sessions_since == 0)
        m->sessions_since = s->now;
    return s->now < m->sessions_since + s->policy->sessions_wait;
}

/* The gates before a reboot, in their order. true: one is closed, and the state says which.
 *
 * What costs others something (hooks, and one day a lock and a drain) comes last, so that nothing
 * is taken that a closed gate would make us give back. */
static bool gate_is_closed(Step *s)
{
    const MachineFacts *facts = s->facts;
    const MachinePolicy *policy = s->policy;
    int64_t ripe = facts->host.staged.timestamp + policy->soak;

    if (facts->clock_absurd || (policy->clock_required && !facts->clock_trusted))
        be(s, MACHINE_WAITING, WAIT_CLOCK, 0);
    else if (policy->soak > 0 && s->now < ripe)
        be(s, MACHINE_WAITING, WAIT_SOAK, ripe);
    else if (facts->bootstrapping)
        be(s, MACHINE_WAITING, WAIT_BOOTSTRAP, 0);
    else if (facts->extensions_differ)
        be(s, MACHINE_WAITING, WAIT_EXTENSIONS, 0);
    else if (policy->windows && !facts->window_open)
        be(s, MACHINE_WAITING, WAIT_WINDOW, facts->window_next);
    else if (policy->respect_inhibitors && facts->inhibitors > 0)
        be(s, MACHINE_WAITING, WAIT_INHIBITOR, 0);
    else if (sessions_hold(s))
        be(s, MACHINE_WAITING, WAIT_SESSIONS, s->m->sessions_since + policy->sessions_wait);
    else
        return false;
    if (s->m->wait != WAIT_SOAK && s->m->wait != WAIT_WINDOW)
        look_again(s);
    return true;
}

/* Failures to bring something in do not hold up what is here already, nor the other way round. */
static bool backs_off(const Step *s, bool bringing)
{
    const Machine *m = s->m;
    bool was_bringing =
        m->failed == ACTION_CHECK || m->failed == ACTION_PULL || m->failed == ACTION_STAGE;

    return m->failures > 0 && s->now < m->retry_at && was_bringing == bringing;
}

/* What is staged and open: somebody has to reboot. */
static void decide_unlocked(Step *s)
{
    bool ours = is_same(&s->facts->host.staged, s->m->finalized);

    if (s->policy->strategy == STRATEGY_EXTERNAL && ours)
        be(s, MACHINE_WAITING, WAIT_REBOOT_ELSEWHERE, 0);
    else if (s->policy->strategy != STRATEGY_REBOOT || (!ours && !s->policy->windows))
        /* An admin who just typed `azlctl update` reboots when they like; a window is a promise. */
        be(s, MACHINE_WAITING, WAIT_ADMIN, 0);
    else if (backs_off(s, false))
        be(s, MACHINE_FAILED, WAIT_BACKOFF, s->m->retry_at);
    else if (!gate_is_closed(s))
        start(s, MACHINE_REBOOTING, ACTION_REBOOT);
}

static void decide_target(Step *s)
{
    const Machine *m = s->m;
    int64_t ripe = m->target.timestamp + s->policy->soak;
    bool soaking = s->policy->soak > 0 && s->now < ripe;

    /* Not only the soak's end: what soaks may be replaced meanwhile. */
    if (soaking && s->now >= m->next_check)
        start(s, MACHINE_CHECKING, ACTION_CHECK);
    else if (soaking) {
        be(s, MACHINE_SOAKING, WAIT_SOAK, ripe);
        s->result.wake_at = MIN_OF(ripe, m->next_check);
    } else
        start(s, MACHINE_PULLING, m->pulled ? ACTION_STAGE : ACTION_PULL);
}

/* While what is staged waits, something newer may come, and then takes its place. true: it does. */
static bool prefers_newer(Step *s)
{
    const Machine *m = s->m;

    if (backs_off(s, true))
        return false;
    if (is_release(&m->target) && !is_same(&s->facts->host.staged, m->target.checksum))
        decide_target(s);
    else if (s->now >= m->next_check)
        start(s, MACHINE_CHECKING, ACTION_CHECK);
    else
        return false;
    return true;
}

static void wake_for_check(Step *s)
{
    int64_t check = MAX_OF(s->m->next_check, backs_off(s, true) ? s->m->retry_at : 0),
            *wake = &s->result.wake_at;

    *wake = *wake > 0 ? MIN_OF(*wake, check) : check;
}

static void decide_locked(Step *s)
{
    const char *staged = s->facts->host.staged.checksum;
    Machine *m = s->m;

    if (s->policy->strategy == STRATEGY_OFF || gate_is_closed(s)) {
        if (prefers_newer(s))
            return;
        if (s->policy->strategy == STRATEGY_OFF)
            be(s, MACHINE_STAGED, WAIT_ADMIN, 0);
        wake_for_check(s);
    } else if (backs_off(s, false))
        be(s, MACHINE_FAILED, WAIT_BACKOFF, m->retry_at);
    else if (strcmp(staged, m->hooks_passed) == 0)
        start(s, MACHINE_FINALIZING, ACTION_FINALIZE);
    else if (s->now < m->hooks_retry)
        be(s, MACHINE_WAITING, WAIT_HOOKS, m->hooks_retry);
    else
        start(s, MACHINE_STAGED, ACTION_HOOKS);
}

static void decide_staged(Step *s)
{
    if (s->facts->host.staged_foreign)
        be(s, MACHINE_WAITING, WAIT_ADMIN, 0);
    else if (s->facts->host.staged_locked)
        decide_locked(s);
    else
        decide_unlocked(s);
}

/* Nothing is staged. */
static void decide_idle(Step *s)
{
    const Machine *m = s->m;
    int64_t settled = s->policy->boot_settle - s->facts->uptime;

    if (settled > 0)
        be(s, MACHINE_SETTLING, WAIT_NONE, s->now + settled);
    else if (m->failures > 0 && s->now < m->retry_at)
        be(s, MACHINE_FAILED, WAIT_BACKOFF, m->retry_at);
    else if (m->failures > 0)
        /* The server may offer something else by now. */
        start(s, MACHINE_CHECKING, ACTION_CHECK);
    else if (is_release(&m->target))
        decide_target(s);
    else if (s->now >= m->next_check)
        start(s, MACHINE_CHECKING, ACTION_CHECK);
    else {
        be(s, MACHINE_IDLE, WAIT_NONE, 0);
        s->result.wake_at = m->next_check;
    }
}

/* What the source offered has come in, or was overtaken. */
static void forget_target(Step *s)
{
    const HostFacts *host = &s->facts->host;
    Machine *m = s->m;

    /* What is staged stays wanted: a reboot may drop it. */
    if (is_same(&host->booted, m->target.checksum) || is_same(&host->pending, m->target.checksum)) {
        m->target = (HostRelease){0};
        m->pulled = false;
    }
    if (!is_same(&host->staged, m->finalized))
        m->finalized[0] = '\0';
    if (!is_same(&host->staged, m->hooks_passed))
        m->hooks_passed[0] = '\0';
    if (!is_release(&host->staged))
        m->sessions_since = 0;
}

static void decide(Step *s)
{
    const MachineFacts *facts = s->facts;
    const HostFacts *host = &facts->host;

    if (!host->known)
        be(s, MACHINE_STARTING, WAIT_NONE, 0);
    else if (facts->owned_elsewhere || !s->policy->enabled)
        be(s, MACHINE_DISABLED, WAIT_OWNER, 0);
    else if (facts->held)
        be(s, MACHINE_HELD, WAIT_HOLD, facts->hold_until);
    else if (host->held || host->deny_unreadable)
        be(s, MACHINE_HELD, host->held ? WAIT_HOLD : WAIT_DENY_LIST, 0);
    else if (facts->admin_job)
        be(s, s->m->state, WAIT_BUSY, 0);
    else if (is_release(&host->staged))
        decide_staged(s);
    else if (is_release(&host->pending))
        be(s, MACHINE_WAITING, WAIT_ADMIN, 0);
    else
        decide_idle(s);
}

MachineStep machine_step(Machine *machine, const MachineEvent *event, const MachineFacts *facts,
                         const MachinePolicy *policy, int64_t now)
{
    Step s = {.m = machine, .facts = facts, .policy = policy, .now = now};

    mistrust_times(&s);
    take_event(&s, event);
    if (machine->under_way != ACTION_NONE) {
        /* Its end is an event; only a reboot has none. */
        s.result.wake_at = machine->under_way == ACTION_REBOOT ? machine->retry_at : 0;
        return s.result;
    }
    if (facts->host.known)
        forget_target(&s);
    decide(&s);
    return s.result;
}
