/* SPDX-License-Identifier: MIT */
#include "agent/machine.h"

#include "tests/unit/agent-machine.h"

/* One thing that stands in the way of a node, and what the node is like until it goes away. */
typedef struct Obstacle {
    const char *state;
    void (*put)(Node *node);
    void (*take)(Node *node);
    int64_t until; /* from NOW; 0: not known */
} Obstacle;

#define SET(name, what)                                                                            \
    static void name(Node *n)                                                                      \
    {                                                                                              \
        what;                                                                                      \
    }

SET(host_unknown, n->facts.host.known = false)
SET(host_known, n->facts.host.known = true)
SET(owned, n->facts.owned_elsewhere = true)
SET(not_owned, n->facts.owned_elsewhere = false)
SET(switch_off, n->policy.enabled = false)
SET(switch_on, n->policy.enabled = true)
SET(hold, n->facts.held = true; n->facts.hold_until = NOW + 500)
SET(unhold, n->facts.held = false; n->facts.hold_until = 0)
SET(grub_hold, n->facts.host.held = true)
SET(grub_unhold, n->facts.host.held = false)
SET(break_deny, n->facts.host.deny_unreadable = true)
SET(mend_deny, n->facts.host.deny_unreadable = false)
SET(admin_comes, n->facts.admin_job = true)
SET(admin_goes, n->facts.admin_job = false)
SET(just_booted, n->policy.boot_settle = 300; n->facts.uptime = 100)
SET(booted_long_ago, n->facts.uptime = 300)
SET(lose_clock, n->facts.clock_trusted = false)
SET(trust_clock, n->facts.clock_trusted = true)
SET(start_soak, n->policy.soak = DAY + 100)
SET(end_soak, n->now = NOW + 100)
SET(bootstrap, n->facts.bootstrapping = true)
SET(end_bootstrap, n->facts.bootstrapping = false)
SET(break_extension, n->facts.extensions_differ = true)
SET(mend_extension, n->facts.extensions_differ = false)
SET(close_window, n->policy.windows = true; n->facts.window_open = false;
    n->facts.window_next = NOW + 700)
SET(open_window, n->facts.window_open = true)
SET(inhibit, n->facts.inhibitors = 1)
SET(end_inhibit, n->facts.inhibitors = 0)
SET(log_in, n->facts.sessions = 2)
SET(log_out, n->facts.sessions = 0)

/* Whatever is staged or not. */
static const Obstacle always[] = {
    {"starting", host_unknown, host_known, 0},       {"disabled(owner)", owned, not_owned, 0},
    {"disabled(owner)", switch_off, switch_on, 0},   {"held(hold)", hold, unhold, 500},
    {"held(hold)", grub_hold, grub_unhold, 0},       {"held(deny-list)", break_deny, mend_deny, 0},
    {"settling", just_booted, booted_long_ago, 200},
};

/* In the order in which they are asked. */
static const Obstacle gates[] = {
    {"waiting(clock)", lose_clock, trust_clock, 0},
    {"waiting(soak)", start_soak, end_soak, 100},
    {"waiting(bootstrap)", bootstrap, end_bootstrap, 0},
    {"waiting(extensions)", break_extension, mend_extension, 0},
    {"waiting(window)", close_window, open_window, 700},
    {"waiting(inhibitor)", inhibit, end_inhibit, 0},
    {"waiting(sessions)", log_in, log_out, HOUR},
};

/* The obstacle alone keeps this node from doing what it would do. */
static void expect_held_up(Node *node, const Obstacle *obstacle, MachineAction after)
{
    obstacle->put(node);
    cr_expect_eq(tick(node), ACTION_NONE, "%s", obstacle->state);
    expect_state(node, obstacle->state);
    cr_expect_eq(node->machine.until, obstacle->until ? NOW + obstacle->until : 0, "%s: %ld",
                 obstacle->state, node->machine.until);
    int64_t since = node->machine.since;
    node->now++;
    cr_expect_eq(tick(node), ACTION_NONE);
    cr_expect_eq(node->machine.since, since, "%s seems to be new", obstacle->state);

    obstacle->take(node);
    cr_expect_eq(tick(node), after, "after %s: %s", obstacle->state, state_of(node));
}

CLAIM(machine, what_forbids_all_initiative_is_named_and_left)
{
    for (size_t i = 0; i < ELEMENTSOF(always); i++) {
        Node idle = new_node(), locked = node_with_staged(true), open = node_with_staged(false);

        expect_held_up(&idle, &always[i], ACTION_CHECK);
        expect_held_up(&locked, &always[i], ACTION_HOOKS);
        expect_held_up(&open, &always[i], ACTION_HOOKS);
    }
}

CLAIM(machine, it_wakes_when_a_hold_or_the_settling_ends)
{
    Node held = new_node(), settling = new_node();

    hold(&held);
    just_booted(&settling);
    tick(&held);
    tick(&settling);
    cr_expect_eq(held.last.wake_at, NOW + 500);
    cr_expect_eq(settling.last.wake_at, NOW + 200);
}

CLAIM(machine, an_admins_job_goes_first)
{
    Node idle = new_node(), staged = node_with_staged(true), held = new_node();

    admin_comes(&idle);
    admin_comes(&staged);
    cr_expect_eq(tick(&idle), ACTION_NONE);
    expect_state(&idle, "idle(busy)");
    cr_expect_eq(tick(&staged), ACTION_NONE);
    expect_state(&staged, "waiting(busy)");

    /* What it was before is not what it is. */
    hold(&held);
    tick(&held);
    unhold(&held);
    admin_comes(&held);
    tick(&held);
    expect_state(&held, "idle(busy)");
    admin_goes(&held);
    cr_expect_eq(tick(&held), ACTION_CHECK);
}

CLAIM(machine, every_gate_closes_before_the_hooks_and_again_before_the_reboot)
{
    for (size_t i = 0; i < ELEMENTSOF(gates); i++) {
        Node locked = node_with_staged(true), open = node_with_staged(false);

        expect_held_up(&locked, &gates[i], ACTION_HOOKS);
        expect_held_up(&open, &gates[i], ACTION_HOOKS);
    }
}

CLAIM(machine, the_first_closed_gate_is_the_one_that_is_named)
{
    for (size_t i = 0; i < ELEMENTSOF(gates); i++) {
        Node node = node_with_staged(true);

        for (size_t k = i; k < ELEMENTSOF(gates); k++)
            gates[k].put(&node);
        tick(&node);
        expect_state(&node, gates[i].state);
    }
}

CLAIM(machine, a_closed_gate_is_looked_at_again_also_where_nobody_tells)
{
    for (size_t i = 0; i < ELEMENTSOF(gates); i++) {
        Node open = node_with_staged(false);
        bool told = gates[i].put == start_soak || gates[i].put == close_window;

        gates[i].put(&open);
        tick(&open);
        cr_expect_eq(open.last.wake_at, told ? open.machine.until : NOW + 60, "%s: %ld",
                     gates[i].state, open.last.wake_at);
    }

    /* A window of which nobody knows when it opens. */
    Node node = node_with_staged(false);
    close_window(&node);
    node.facts.window_next = 0;
    tick(&node);
    cr_expect_eq(node.last.wake_at, NOW + 60);
}

CLAIM(machine, with_open_gates_it_asks_hooks_finalizes_and_reboots)
{
    Node node = node_with_staged(true);

    cr_expect_eq(tick(&node), ACTION_HOOKS);
    cr_expect_eq(succeed(&node, 0), ACTION_FINALIZE);
    expect_state(&node, "finalizing");
    cr_expect_eq(succeed(&node, 0), ACTION_REBOOT);
    expect_state(&node, "rebooting");
    cr_expect_eq(succeed(&node, 0), ACTION_NONE);
    expect_state(&node, "rebooting");
}

/* A gate that closes later stops what comes next, and the hooks are asked anew after that. */
CLAIM(machine, a_gate_that_closes_during_hooks_or_finalize_counts)
{
    for (size_t i = 0; i < ELEMENTSOF(gates); i++) {
        Node node = node_with_staged(true);

        tick(&node);
        gates[i].put(&node);
        cr_expect_eq(succeed(&node, 0), ACTION_NONE, "%s", gates[i].state);
        expect_state(&node, gates[i].state);
        gates[i].take(&node);
        cr_expect_eq(tick(&node), ACTION_HOOKS, "%s", gates[i].state);
        cr_expect_eq(succeed(&node, 0), ACTION_FINALIZE);

        node.now = NOW;
        gates[i].put(&node);
        cr_expect_eq(succeed(&node, 0), ACTION_NONE, "%s", gates[i].state);
        expect_state(&node, gates[i].state);
        gates[i].take(&node);
        cr_expect_eq(tick(&node), ACTION_HOOKS, "%s", gates[i].state);
        cr_expect_eq(succeed(&node, 0), ACTION_REBOOT);
    }
}

CLAIM(machine, hooks_that_refuse_are_asked_again_after_five_minutes)
{
    Node node = node_with_staged(true);

    tick(&node);
    cr_expect_eq(end(&node, EVENT_HOOKS_REFUSED), ACTION_NONE);
    expect_state(&node, "waiting(hooks)");
    cr_expect_eq(node.machine.until, NOW + 300);
    cr_expect_eq(machine_failures(&node.machine), 0);
    cr_expect_eq(sleep_and_tick(&node), ACTION_HOOKS);
    cr_expect_eq(node.now, NOW + 300);
    cr_expect_eq(succeed(&node, 0), ACTION_FINALIZE);
}

CLAIM(machine, gates_that_are_not_wanted_are_open)
{
    Node node = node_with_staged(true);

    node.policy.clock_required = false;
    node.policy.respect_inhibitors = false;
    node.policy.sessions_wait = 0;
    lose_clock(&node);
    inhibit(&node);
    log_in(&node);
    node.facts.window_open = false;
    cr_expect_eq(tick(&node), ACTION_HOOKS);
}

CLAIM(machine, people_hold_up_a_reboot_for_a_while_only)
{
    Node node = node_with_staged(false);

    log_in(&node);
    tick(&node);
    node.now = NOW + HOUR - 1;
    cr_expect_eq(tick(&node), ACTION_NONE);
    cr_expect_eq(node.machine.until, NOW + HOUR);
    node.now = NOW + HOUR;
    cr_expect_eq(tick(&node), ACTION_HOOKS);
}

CLAIM(machine, people_who_went_while_the_window_was_closed_start_anew)
{
    Node node = node_with_staged(false);

    log_in(&node);
    tick(&node);
    close_window(&node);
    log_out(&node);
    tick(&node);
    open_window(&node);
    log_in(&node);
    node.now = NOW + DAY;
    cr_expect_eq(tick(&node), ACTION_NONE);
    expect_state(&node, "waiting(sessions)");
    cr_expect_eq(node.machine.until, NOW + DAY + HOUR);
}

/* What becomes of what is staged. */
static const struct {
    MachineStrategy strategy;
    bool windows, locked, ours, foreign;
    MachineAction action;
    const char *state;
} rows[] = {
    {STRATEGY_REBOOT, false, true, true, false, ACTION_HOOKS, "staged"},
    {STRATEGY_REBOOT, false, false, true, false, ACTION_HOOKS, "staged"},
    {STRATEGY_REBOOT, false, false, false, false, ACTION_NONE, "waiting(admin)"},
    {STRATEGY_REBOOT, true, false, false, false, ACTION_HOOKS, "staged"},
    {STRATEGY_EXTERNAL, false, true, true, false, ACTION_HOOKS, "staged"},
    {STRATEGY_EXTERNAL, true, false, true, false, ACTION_NONE, "waiting(reboot-elsewhere)"},
    {STRATEGY_EXTERNAL, true, false, false, false, ACTION_NONE, "waiting(admin)"},
    {STRATEGY_OFF, true, true, true, false, ACTION_NONE, "staged(admin)"},
    {STRATEGY_OFF, true, false, true, false, ACTION_NONE, "waiting(admin)"},
    {STRATEGY_REBOOT, true, true, true, true, ACTION_NONE, "waiting(admin)"},
    {STRATEGY_REBOOT, true, false, false, true, ACTION_NONE, "waiting(admin)"},
};

CLAIM(machine, the_strategy_says_who_goes_on_with_what_is_staged)
{
    for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
        Node node = node_with_staged(false);

        node.policy.strategy = rows[i].strategy;
        node.policy.windows = rows[i].windows;
        node.facts.host.staged_locked = rows[i].locked;
        node.facts.host.staged_foreign = rows[i].foreign;
        if (!rows[i].ours)
            node.machine.finalized[0] = '\0';
        cr_expect_eq(tick(&node), rows[i].action, "row %zu", i);
        cr_expect_str_eq(state_of(&node), rows[i].state, "row %zu: %s", i, state_of(&node));
    }
}

CLAIM(machine, a_rollback_that_was_chosen_waits_for_the_admin)
{
    Node node = new_node();

    node.facts.host.pending = release_of('a', NOW - YEAR);
    cr_expect_eq(tick(&node), ACTION_NONE);
    expect_state(&node, "waiting(admin)");
    cr_expect_eq(node.last.wake_at, 0);
}

CLAIM(machine, every_state_and_wait_has_a_name_and_waits_a_text_for_people)
{
    char text[MACHINE_DETAIL_MAX];
    Node node = new_node();

    strcpy(node.facts.inhibitor, "backup: it runs");
    strcpy(node.facts.extension, "the extension x is for another release");
    for (unsigned i = 0; i < _MACHINE_STATE_MAX; i++)
        for (unsigned k = 0; k < i; k++)
            cr_expect_str_neq(machine_state_name(i), machine_state_name(k));
    for (unsigned i = 0; i < _MACHINE_WAIT_MAX; i++) {
        node.machine.wait = i;
        cr_expect_eq(machine_detail(&node.machine, &node.facts, text), text);
        cr_expect_eq(text[0] == '\0', i == WAIT_NONE, "%s: %s", machine_wait_name(i), text);
        for (unsigned k = 0; k < i; k++)
            cr_expect_str_neq(machine_wait_name(i), machine_wait_name(k));
    }
}
