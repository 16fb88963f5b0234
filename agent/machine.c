/* SPDX-License-Identifier: MIT */
#include "agent/machine.h"

#include <stdio.h>
#include <string.h>

#include "agent/machine-step.h"
#include "base/macro.h"

#define RETRY_FIRST  60 /* the back-off starts here, and doubles */
#define HOOKS_RETRY  300
#define REBOOT_RETRY 600
#define COMING_MAX   3 /* a release that did not boot so often is left to people */

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

void step_be(Step *s, MachineState state, MachineWait wait, int64_t until)
{
    Machine *m = s->m;

    if (m->state != state || m->wait != wait || m->since == 0)
        m->since = s->now;
    m->state = state;
    m->wait = wait;
    m->until = until;
    s->result.wake_at = until;
}

static void start(Step *s, MachineState state, MachineAction action)
{
    step_be(s, state, WAIT_NONE, 0);
    s->m->under_way = action;
    s->m->reboot_retry = 0;
    s->result.action = action;
    /* A kill in the middle must not make it an admin's. */
    if (action == ACTION_FINALIZE)
        copy_checksum(s->m->finalized, s->facts->host.staged.checksum);
}

/* interval plus a random part of the splay, so that a fleet that was started at once spreads. */
static int64_t next_check_time(const Step *s)
{
    int64_t splay = s->policy->check_splay;

    return s->now + s->policy->check_interval + (splay > 0 ? s->facts->random % (splay + 1) : 0);
}

/* 1, 2, 4 … minutes up to the cap, of which a random half. */
static int64_t retry_time(const Step *s, const MachineRetry *retry)
{
    unsigned doublings = MIN_OF(retry->failures > 0 ? retry->failures - 1 : 0, 20u);
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
    m->bringing.at = within(m->bringing.at, s->now, MAX_OF(s->policy->retry_max, (int64_t)2));
    m->coming.at = within(m->coming.at, s->now, MAX_OF(s->policy->retry_max, (int64_t)2));
    m->applying.at = within(m->applying.at, s->now, MAX_OF(s->policy->retry_max, (int64_t)2));
    m->reboot_retry = within(m->reboot_retry, s->now, REBOOT_RETRY);
    m->hooks_retry = within(m->hooks_retry, s->now, HOOKS_RETRY);
    m->sessions_since = within(m->sessions_since, s->now, 0);
    m->last_check = within(m->last_check, s->now, 0);
    m->since = within(m->since, s->now, 0);
}

static void take_offer(Step *s, const HostRelease *offer)
{
    Machine *m = s->m;
    bool is_news = strcmp(offer->checksum, m->target.checksum) != 0;

    m->last_check = s->now;
    m->next_check = next_check_time(s);
    /* What could not be fetched or staged is not fetched more often because the server answers. */
    if (is_news || !is_release(offer) || m->bringing.failed == ACTION_CHECK)
        m->bringing = (MachineRetry){0};
    if (is_news)
        m->pulled = false;
    m->brought[0] = '\0'; /* if it is not there, somebody has dropped it */
    m->target = *offer;
}

static void forget_offer(Machine *m)
{
    m->target = (HostRelease){0};
    m->pulled = false;
}

static void take_failure(Step *s)
{
    Machine *m = s->m;
    bool bringing =
        m->under_way == ACTION_CHECK || m->under_way == ACTION_PULL || m->under_way == ACTION_STAGE;
    MachineRetry *retry = bringing ? &m->bringing : &m->applying;

    if (m->under_way == ACTION_FINALIZE && s->facts->host.staged_locked)
        m->finalized[0] = '\0';
    retry->failures++;
    retry->failed = m->under_way;
    retry->at = retry_time(s, retry);
}

/* The end of what is under way. */
static void take_end(Step *s, const MachineEvent *event)
{
    Machine *m = s->m;
    const char *staged = s->facts->host.staged.checksum;

    switch (event->kind) {
    case EVENT_TICK:
    case EVENT_REBOOTING:
        break;
    case EVENT_CHECKED:
        take_offer(s, &event->release);
        break;
    case EVENT_PULLED:
        m->pulled = true;
        break;
    case EVENT_STAGED:
        m->bringing = m->applying = (MachineRetry){0};
        m->pulled = false;
        copy_checksum(m->brought, m->target.checksum);
        break;
    case EVENT_HOOKS_PASSED:
        copy_checksum(m->hooks_passed, staged);
        break;
    case EVENT_HOOKS_REFUSED:
        m->hooks_retry = s->now + HOOKS_RETRY;
        break;
    case EVENT_FINALIZED:
        m->applying = (MachineRetry){0};
        copy_checksum(m->finalized, staged);
        break;
    case EVENT_FAILED:
        take_failure(s);
        break;
    }
    m->under_way = ACTION_NONE;
}

static void take_event(Step *s, const MachineEvent *event)
{
    Machine *m = s->m;

    if (event->kind == EVENT_REBOOTING && m->under_way == ACTION_REBOOT)
        m->reboot_retry = s->now + REBOOT_RETRY;
    else if (event->kind == EVENT_TICK) {
        /* A reboot that was asked for and does not come is asked for again. */
        if (m->under_way == ACTION_REBOOT && m->reboot_retry > 0 && s->now >= m->reboot_retry)
            m->under_way = ACTION_NONE;
    } else if (m->under_way != ACTION_NONE)
        take_end(s, event);
}

static bool backs_off(const Step *s, const MachineRetry *retry)
{
    return retry->failures > 0 && s->now < retry->at;
}

/* true: every gate is open, but not at this moment: what is to be done failed, or a hook said no.
 */
static bool must_wait(Step *s)
{
    const Machine *m = s->m;

    if (backs_off(s, &m->applying))
        step_be(s, MACHINE_FAILED, WAIT_BACKOFF, m->applying.at);
    else if (!is_same(&s->facts->host.staged, m->hooks_passed) && s->now < m->hooks_retry)
        step_be(s, MACHINE_WAITING, WAIT_HOOKS, m->hooks_retry);
    else
        return false;
    return true;
}

/* Asks the hooks, then goes on. */
static void start_after_hooks(Step *s, MachineState state, MachineAction action)
{
    if (is_same(&s->facts->host.staged, s->m->hooks_passed))
        start(s, state, action);
    else
        start(s, MACHINE_STAGED, ACTION_HOOKS);
}

/* What is staged and open: somebody has to reboot. */
static void decide_unlocked(Step *s)
{
    bool ours = is_same(&s->facts->host.staged, s->m->finalized);

    if (s->policy->strategy == STRATEGY_EXTERNAL && ours)
        step_be(s, MACHINE_WAITING, WAIT_REBOOT_ELSEWHERE, 0);
    else if (s->policy->strategy != STRATEGY_REBOOT || (!ours && !s->policy->windows))
        /* An admin who just typed `azlctl update` reboots when they like; a window is a promise. */
        step_be(s, MACHINE_WAITING, WAIT_ADMIN, 0);
    else if (!step_gate_is_closed(s) && !must_wait(s))
        start_after_hooks(s, MACHINE_REBOOTING, ACTION_REBOOT);
}

/* When the target may be brought in. */
static int64_t target_ripe(const Step *s)
{
    return s->policy->soak > 0 ? s->m->target.timestamp + s->policy->soak : 0;
}

/* The target was to be booted before, and was not: not again at once, and not for ever. */
static bool was_lost(const Step *s)
{
    const Machine *m = s->m;

    return is_same(&m->target, m->lost) &&
           (backs_off(s, &m->coming) || m->coming.failures >= COMING_MAX);
}

/* Is there something to bring in? Not what is staged already, nor what we have just staged, even if
 * it cannot be seen. */
static bool wants_target(const Step *s)
{
    const HostRelease *target = &s->m->target;

    return is_release(target) && !is_same(target, s->facts->host.staged.checksum) &&
           !is_same(target, s->m->brought) && !was_lost(s);
}

/* Starts what brings something in, if it is time. Not only when nothing is known: what soaks, or
 * could not be brought in, or waited for a hold to end, may have been replaced meanwhile. */
static bool bring(Step *s)
{
    const Machine *m = s->m;
    bool failed_since = m->bringing.failures > 0 && m->last_check < m->bringing.at;

    if (backs_off(s, &m->bringing))
        return false;
    if (s->now >= m->next_check || failed_since)
        start(s, MACHINE_CHECKING, ACTION_CHECK);
    else if (wants_target(s) && s->now >= target_ripe(s))
        start(s, MACHINE_PULLING, m->pulled ? ACTION_STAGE : ACTION_PULL);
    else
        return false;
    return true;
}

/* Nothing was to be brought in; it is looked at again then. */
static void wake_to_bring(Step *s)
{
    const Machine *m = s->m;
    int64_t then = m->next_check, *wake = &s->result.wake_at;

    if (backs_off(s, &m->bringing))
        then = m->bringing.at;
    else if (wants_target(s))
        then = MIN_OF(then, target_ripe(s));
    else if (was_lost(s) && backs_off(s, &m->coming))
        then = MIN_OF(then, m->coming.at);
    *wake = *wake > 0 ? MIN_OF(*wake, then) : then;
}

/* While what is staged waits, something newer may come, and then takes its place. */
static void decide_locked(Step *s)
{
    bool off = s->policy->strategy == STRATEGY_OFF;

    if (off)
        step_be(s, MACHINE_STAGED, WAIT_ADMIN, 0);
    if (!off && !step_gate_is_closed(s) && !must_wait(s))
        start_after_hooks(s, MACHINE_FINALIZING, ACTION_FINALIZE);
    else if (!bring(s))
        wake_to_bring(s);
}

static void decide_staged(Step *s)
{
    if (s->facts->host.staged_foreign)
        step_be(s, MACHINE_WAITING, WAIT_ADMIN, 0);
    else if (s->facts->host.staged_denied) {
        /* It is never rebooted into; something else may take its place. */
        step_be(s, MACHINE_WAITING, WAIT_ADMIN, 0);
        if (!bring(s))
            wake_to_bring(s);
    } else if (s->facts->host.staged_locked)
        decide_locked(s);
    else
        decide_unlocked(s);
}

/* Nothing is staged. */
static void decide_idle(Step *s)
{
    const Machine *m = s->m;

    if (bring(s))
        return;
    if (backs_off(s, &m->bringing))
        step_be(s, MACHINE_FAILED, WAIT_BACKOFF, m->bringing.at);
    else if (was_lost(s) && m->coming.failures >= COMING_MAX)
        step_be(s, MACHINE_FAILED, WAIT_LOST, 0);
    else if (was_lost(s))
        step_be(s, MACHINE_FAILED, WAIT_BACKOFF, m->coming.at);
    else if (wants_target(s))
        step_be(s, MACHINE_SOAKING, WAIT_SOAK, target_ripe(s));
    else
        step_be(s, MACHINE_IDLE, WAIT_NONE, 0);
    wake_to_bring(s);
}

/* What we unlocked is no longer staged: it has come, or it was lost. */
static void judge_finalized(Step *s)
{
    const HostFacts *host = &s->facts->host;
    Machine *m = s->m;

    if (is_same(&host->booted, m->finalized) || is_same(&host->pending, m->finalized)) {
        m->coming = (MachineRetry){0};
        m->lost[0] = '\0';
    } else {
        if (strcmp(m->lost, m->finalized) != 0)
            m->coming = (MachineRetry){0};
        copy_checksum(m->lost, m->finalized);
        m->coming.failures++;
        m->coming.failed = ACTION_REBOOT;
        m->coming.at = retry_time(s, &m->coming);
    }
    m->finalized[0] = '\0';
}

/* What the source offered has come in, or was overtaken. */
static void forget_target(Step *s)
{
    const HostFacts *host = &s->facts->host;
    Machine *m = s->m;

    /* What is staged stays wanted: a reboot may drop it. */
    if (is_same(&host->booted, m->target.checksum) || is_same(&host->pending, m->target.checksum))
        forget_offer(m);
    if (m->finalized[0] && !is_same(&host->staged, m->finalized))
        judge_finalized(s);
    if (!is_same(&host->staged, m->hooks_passed))
        m->hooks_passed[0] = '\0';
    if (!is_release(&host->staged))
        m->applying = (MachineRetry){0};
    if (!is_release(&host->staged) || s->facts->sessions == 0)
        m->sessions_since = 0;
}

static void decide(Step *s)
{
    const MachineFacts *facts = s->facts;
    const HostFacts *host = &facts->host;
    int64_t settled = s->policy->boot_settle - facts->uptime;

    if (!host->known)
        step_be(s, MACHINE_STARTING, WAIT_NONE, 0);
    else if (facts->owned_elsewhere || !s->policy->enabled)
        step_be(s, MACHINE_DISABLED, WAIT_OWNER, 0);
    else if (facts->held)
        step_be(s, MACHINE_HELD, WAIT_HOLD, facts->hold_until);
    else if (host->held || host->deny_unreadable)
        step_be(s, MACHINE_HELD, host->held ? WAIT_HOLD : WAIT_DENY_LIST, 0);
    else if (facts->admin_job)
        step_be(s, is_release(&host->staged) ? MACHINE_WAITING : MACHINE_IDLE, WAIT_BUSY, 0);
    else if (settled > 0)
        step_be(s, MACHINE_SETTLING, WAIT_NONE, s->now + settled);
    else if (is_release(&host->staged))
        decide_staged(s);
    else if (is_release(&host->pending))
        step_be(s, MACHINE_WAITING, WAIT_ADMIN, 0);
    else
        decide_idle(s);
}

unsigned machine_failures(const Machine *machine)
{
    unsigned here = MAX_OF(machine->bringing.failures, machine->applying.failures);

    return MAX_OF(here, machine->coming.failures);
}

MachineStep machine_step(Machine *machine, const MachineEvent *event, const MachineFacts *facts,
                         const MachinePolicy *policy, int64_t now)
{
    Step s = {.m = machine, .facts = facts, .policy = policy, .now = now};

    mistrust_times(&s);
    take_event(&s, event);
    if (machine->under_way != ACTION_NONE) {
        /* Its end is an event; only a reboot that was asked for has none. */
        s.result.wake_at = machine->reboot_retry;
        return s.result;
    }
    if (facts->host.known)
        forget_target(&s);
    decide(&s);
    return s.result;
}
