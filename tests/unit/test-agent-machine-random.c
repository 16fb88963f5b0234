/* SPDX-License-Identifier: MIT */
/* Whatever happens in whatever order, with a clock that jumps: what must hold after every step. */
#include "agent/machine.h"

#include "tests/unit/agent-machine.h"

#define STEPS 10000
#define SEEDS 20

typedef struct Chance {
    uint64_t state;
} Chance;

/* splitmix64: the same numbers everywhere. */
static uint64_t draw(Chance *chance, uint64_t below)
{
    uint64_t x = chance->state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (x ^ (x >> 31)) % below;
}

static bool one_in(Chance *chance, unsigned n)
{
    return draw(chance, n) == 0;
}

/* Turns a fact that is mostly false. */
static void turn(Chance *chance, bool *fact)
{
    if (one_in(chance, *fact ? 4 : 30))
        *fact = !*fact;
}

static char letter(Chance *chance)
{
    return (char)('a' + draw(chance, 6));
}

static void change_host(Chance *chance, Node *node)
{
    HostFacts *host = &node->facts.host;

    if (one_in(chance, 60))
        host->staged = (HostRelease){0};
    if (one_in(chance, 60)) {
        stage(node, letter(chance), true);
        host->staged.timestamp = node->now - (int64_t)draw(chance, DAY);
        host->staged_locked = draw(chance, 2);
        host->staged_foreign = one_in(chance, 4);
    }
    if (one_in(chance, host->pending.checksum[0] ? 5 : 100))
        host->pending = host->pending.checksum[0] ? (HostRelease){0} : release_of('a', NOW - YEAR);
    host->known = true;
    turn(chance, &host->held);
    turn(chance, &host->deny_unreadable);
}

static void change_facts(Chance *chance, Node *node)
{
    MachineFacts *facts = &node->facts;

    change_host(chance, node);
    turn(chance, &facts->owned_elsewhere);
    turn(chance, &facts->held);
    turn(chance, &facts->bootstrapping);
    turn(chance, &facts->extensions_differ);
    turn(chance, &facts->admin_job);
    if (one_in(chance, 10)) {
        facts->clock_trusted = !one_in(chance, 4);
        facts->window_open = draw(chance, 2);
        facts->inhibitors = one_in(chance, 5);
        facts->sessions = one_in(chance, 3);
        facts->uptime = (int64_t)draw(chance, 1000);
    }
    /* As the daemon sees to it: these are to come, or not known. */
    facts->hold_until = draw(chance, 2) ? node->now + 1 + (int64_t)draw(chance, DAY) : 0;
    facts->window_next = draw(chance, 3) ? node->now + 1 + (int64_t)draw(chance, DAY) : 0;
    facts->random = (uint32_t)draw(chance, UINT32_MAX);
}

static void change_policy(Chance *chance, MachinePolicy *policy)
{
    policy->enabled = !one_in(chance, 5);
    policy->strategy = (MachineStrategy)(one_in(chance, 3) ? draw(chance, 3) : STRATEGY_REBOOT);
    policy->check_interval = 60 + (int64_t)draw(chance, DAY);
    policy->check_splay = (int64_t)draw(chance, HOUR);
    policy->soak = draw(chance, 2) ? (int64_t)draw(chance, 7 * DAY) : 0;
    policy->boot_settle = (int64_t)draw(chance, 500);
    policy->retry_max = 60 + (int64_t)draw(chance, 4 * HOUR);
    policy->sessions_wait = (int64_t)draw(chance, 2 * HOUR);
    policy->windows = draw(chance, 2);
    policy->respect_inhibitors = draw(chance, 2);
    policy->clock_required = draw(chance, 2);
}

/* Mostly to the wake-up or a little on; sometimes years, both ways. */
static void turn_clock(Chance *chance, Node *node)
{
    int64_t *now = &node->now;

    if (one_in(chance, 40))
        *now += (int64_t)draw(chance, 20 * (uint64_t)YEAR) - 10 * (int64_t)YEAR;
    else if (one_in(chance, 2) && node->last.wake_at > *now)
        *now = node->last.wake_at;
    else
        *now += (int64_t)draw(chance, 300);
    *now = MAX_OF(*now, (int64_t)1);
}

/* What ends the action that is under way, or a tick. */
static MachineEvent next_event(Chance *chance, Node *node)
{
    static const MachineEventKind done[] = {EVENT_TICK,     EVENT_CHECKED,      EVENT_PULLED,
                                            EVENT_STAGED,   EVENT_HOOKS_PASSED, EVENT_FINALIZED,
                                            EVENT_REBOOTING};
    MachineAction action = node->machine.under_way;
    HostFacts *host = &node->facts.host;
    MachineEvent event = {.kind = EVENT_TICK};

    if (action == ACTION_NONE || one_in(chance, 3))
        return event;
    event.kind = done[action];
    if (one_in(chance, 4))
        event.kind =
            action == ACTION_HOOKS && one_in(chance, 2) ? EVENT_HOOKS_REFUSED : EVENT_FAILED;
    else if (action == ACTION_CHECK && draw(chance, 2))
        event.release = release_of(letter(chance), node->now - (int64_t)draw(chance, 7 * DAY));
    else if (action == ACTION_STAGE) {
        host->staged = node->machine.target;
        host->staged_locked = true;
        host->staged_foreign = false;
    } else if (action == ACTION_FINALIZE)
        host->staged_locked = false;
    return event;
}

/* Waits that a person or a fact ends of which the daemon is told: nothing to wake up for. */
static bool others_end(const Machine *m)
{
    switch (m->wait) {
    case WAIT_ADMIN:
    case WAIT_REBOOT_ELSEWHERE:
    case WAIT_HOLD:
    case WAIT_OWNER:
    case WAIT_DENY_LIST:
    case WAIT_BUSY:
        return true;
    case WAIT_NONE:
        return m->state == MACHINE_STARTING;
    case WAIT_SOAK:
    case WAIT_CLOCK:
    case WAIT_BOOTSTRAP:
    case WAIT_EXTENSIONS:
    case WAIT_WINDOW:
    case WAIT_INHIBITOR:
    case WAIT_SESSIONS:
    case WAIT_HOOKS:
    case WAIT_BACKOFF:
    case WAIT_LOST:
    case _MACHINE_WAIT_MAX:
        break;
    }
    return false;
}

static bool no_initiative(const Node *node)
{
    const MachineFacts *facts = &node->facts;

    return !node->policy.enabled || facts->owned_elsewhere || facts->held || facts->host.held ||
           facts->host.deny_unreadable || facts->admin_job ||
           facts->uptime < node->policy.boot_settle;
}

static bool a_gate_is_closed(const Node *node)
{
    const MachineFacts *facts = &node->facts;
    const MachinePolicy *policy = &node->policy;

    return (policy->clock_required && !facts->clock_trusted) ||
           (policy->soak > 0 && node->now < facts->host.staged.timestamp + policy->soak) ||
           facts->bootstrapping || facts->extensions_differ ||
           (policy->windows && !facts->window_open) ||
           (policy->respect_inhibitors && facts->inhibitors > 0);
}

static void expect_sound(const Node *node, MachineAction before, const MachineEvent *event,
                         unsigned step)
{
    const HostFacts *host = &node->facts.host;
    const Machine *m = &node->machine;
    MachineAction action = node->last.action;
    int64_t wake = node->last.wake_at;
    bool ended = before != ACTION_NONE && m->under_way != before;

#define must(condition) cr_assert(condition, "step %u: %s, %s", step, #condition, state_of(node))
    if (action != ACTION_NONE) {
        must(before == ACTION_NONE || event->kind != EVENT_TICK || before == ACTION_REBOOT);
        must(m->under_way == action);
        must(!no_initiative(node));
    } else
        must(m->under_way == ACTION_NONE || m->under_way == before);
    must(!ended || event->kind != EVENT_TICK || before == ACTION_REBOOT);
    if (action >= ACTION_HOOKS) {
        must(!a_gate_is_closed(node) && node->policy.strategy != STRATEGY_OFF);
        must(host->staged.checksum[0] && !host->staged_foreign);
    }
    if (action == ACTION_FINALIZE)
        must(host->staged_locked);
    if (action == ACTION_REBOOT)
        must(!host->staged_locked && node->policy.strategy == STRATEGY_REBOOT);
    if (action == ACTION_PULL || action == ACTION_STAGE)
        must(m->target.checksum[0] &&
             (node->policy.soak == 0 || node->now >= m->target.timestamp + node->policy.soak));
    must(m->under_way != ACTION_NONE || wake > 0 || others_end(m));
    must(wake == 0 || wake > node->now);
    must(m->since <= node->now);
#undef must
}

static void run(uint64_t seed)
{
    Chance chance = {seed};
    Node node = new_node();
    unsigned actions[ACTION_REBOOT + 1] = {0};

    for (unsigned step = 0; step < STEPS; step++) {
        MachineAction before = node.machine.under_way;
        MachineEvent event = next_event(&chance, &node);

        turn_clock(&chance, &node);
        change_facts(&chance, &node);
        if (one_in(&chance, 100))
            change_policy(&chance, &node.policy);
        actions[happen(&node, event)]++;
        expect_sound(&node, before, &event, step);
    }
    for (MachineAction action = ACTION_CHECK; action <= ACTION_REBOOT; action++)
        cr_expect_gt(actions[action], 3u, "seed %lu: action %d never came about", seed, action);
}

CLAIM(machine_random, no_order_of_events_makes_it_do_what_it_must_not)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run(seed);
}

/* From here on all goes well: how long until it asks for the reboot? */
static int64_t time_to_reboot(Node *node, const char *when)
{
    int64_t waited = 0;

    for (unsigned step = 0; step < 40; step++) {
        if (node->machine.under_way == ACTION_REBOOT)
            return waited;
        if (node->machine.under_way != ACTION_NONE) {
            succeed(node, 'c');
            continue;
        }
        int64_t before = node->now;
        sleep_and_tick(node);
        waited += node->now - before;
    }
    cr_assert(false, "%s: it never reboots, but is %s", when, state_of(node));
    return 0;
}

/* The clock jumps once, after each number of steps, and gates are open. */
CLAIM(machine_random, a_clock_that_jumps_costs_at_most_one_interval)
{
    static const int64_t jumps[] = {-40 * (int64_t)YEAR, -YEAR, -DAY, -HOUR, -1, 1, HOUR, DAY,
                                    10 * (int64_t)YEAR};

    for (size_t i = 0; i < ELEMENTSOF(jumps); i++)
        for (unsigned when = 0; when < 30; when++) {
            char text[64];
            Node node = new_node();

            snprintf(text, sizeof(text), "%ld s after step %u", jumps[i], when);
            tick(&node);
            for (unsigned step = 0; step < when; step++)
                if (step % 3 == 2 && node.machine.under_way != ACTION_NONE)
                    end(&node, EVENT_FAILED);
                else if (node.machine.under_way == ACTION_REBOOT ||
                         (node.machine.under_way == ACTION_NONE && node.last.wake_at > 0))
                    sleep_and_tick(&node);
                else
                    succeed(&node, when % 2 ? 'c' : 'b');
            node.now += jumps[i];
            tick(&node);
            int64_t waited = time_to_reboot(&node, text);
            cr_expect_leq(waited, node.policy.retry_max + node.policy.check_interval + 600,
                          "%s: %ld", text, waited);
        }
}

/* What a random life left behind does not keep a node from updating once all is well. */
CLAIM(machine_random, when_all_is_well_again_it_updates)
{
    for (uint64_t seed = 1; seed <= 200; seed++) {
        Chance chance = {seed};
        Node node = new_node(), well = new_node();
        char text[32];

        for (unsigned step = 0; step < 100 + seed; step++) {
            MachineEvent event = next_event(&chance, &node);

            turn_clock(&chance, &node);
            change_facts(&chance, &node);
            happen(&node, event);
        }
        node.facts = well.facts;
        node.policy = well.policy;
        node.now = MAX_OF(node.now, NOW);
        snprintf(text, sizeof(text), "seed %lu", seed);
        tick(&node);
        int64_t waited = time_to_reboot(&node, text);
        cr_expect_leq(waited, node.policy.retry_max + node.policy.check_interval + 600, "%s: %ld",
                      text, waited);
    }
}
