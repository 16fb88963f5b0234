/* SPDX-License-Identifier: MIT */
/* The state machine over time: intervals, soaks, back-offs, and what comes meanwhile. */
#include "agent/machine.h"

#include "tests/unit/agent-machine.h"

CLAIM(machine, it_checks_at_once_then_after_the_interval_and_a_part_of_the_splay)
{
    static const uint32_t random[] = {0, 600, 601, 12345, UINT32_MAX};

    for (size_t i = 0; i < ELEMENTSOF(random); i++) {
        Node node = new_node();

        node.facts.random = random[i];
        cr_expect_eq(tick(&node), ACTION_CHECK);
        expect_state(&node, "checking");
        cr_expect_eq(nothing_on_offer(&node), ACTION_NONE);
        expect_state(&node, "idle");
        cr_expect_eq(node.last.wake_at, NOW + HOUR + random[i] % 601);
        cr_expect_eq(node.machine.last_check, NOW);
        cr_expect_eq(sleep_and_tick(&node), ACTION_CHECK);
    }
}

CLAIM(machine, from_nothing_known_to_the_reboot_in_seven_steps)
{
    static const MachineAction way[] = {ACTION_CHECK, ACTION_PULL,     ACTION_STAGE,
                                        ACTION_HOOKS, ACTION_FINALIZE, ACTION_REBOOT};
    Node node = new_node();

    tick(&node);
    for (size_t i = 0; i < ELEMENTSOF(way); i++) {
        cr_assert_eq(node.last.action, way[i], "step %zu: %s", i, state_of(&node));
        succeed(&node, 'c');
    }
    expect_state(&node, "rebooting");
}

CLAIM(machine, a_release_soaks_from_its_timestamp_and_is_looked_after_meanwhile)
{
    Node node = new_node();

    node.policy.soak = 3 * HOUR;
    tick(&node);
    cr_expect_eq(offer(&node, 'c', NOW - HOUR), ACTION_NONE);
    expect_state(&node, "soaking(soak)");
    cr_expect_eq(node.machine.until, NOW + 2 * HOUR);
    cr_expect_eq(node.last.wake_at, NOW + HOUR);
    cr_expect_eq(sleep_and_tick(&node), ACTION_CHECK);

    /* One that is newer soaks for itself. */
    cr_expect_eq(offer(&node, 'd', NOW), ACTION_NONE);
    cr_expect_eq(node.machine.until, NOW + 3 * HOUR);
    node.now = NOW + 2 * HOUR - 1;
    cr_expect_eq(tick(&node), ACTION_NONE);
    node.now = NOW + 3 * HOUR - 1;
    cr_expect_eq(tick(&node), ACTION_CHECK);
    node.now = NOW + 3 * HOUR;
    cr_expect_eq(offer(&node, 'd', NOW), ACTION_PULL);
}

CLAIM(machine, a_release_that_is_taken_back_is_forgotten)
{
    Node node = new_node();

    node.policy.soak = 3 * HOUR;
    tick(&node);
    offer(&node, 'c', NOW);
    cr_expect_eq(sleep_and_tick(&node), ACTION_CHECK);
    nothing_on_offer(&node);
    expect_state(&node, "idle");
}

CLAIM(machine, what_was_known_long_ago_is_asked_for_again_before_it_is_fetched)
{
    Node node = new_node();

    tick(&node);
    offer(&node, 'c', NOW - DAY);
    cr_expect_eq(node.last.action, ACTION_PULL);
    node.facts.held = true;
    end(&node, EVENT_PULLED);
    expect_state(&node, "held(hold)");
    node.facts.held = false;
    node.now = NOW + 21 * DAY;
    cr_expect_eq(tick(&node), ACTION_CHECK);
    cr_expect_eq(offer(&node, 'd', NOW - HOUR), ACTION_PULL, "what was pulled was another release");
}

CLAIM(machine, what_came_in_by_other_hands_is_no_target_any_more)
{
    Node node = new_node();

    tick(&node);
    offer(&node, 'c', NOW - DAY);
    node.facts.host.booted = release_of('c', NOW - DAY);
    end(&node, EVENT_FAILED);
    node.now = node.last.wake_at;
    tick(&node);
    nothing_on_offer(&node);
    expect_state(&node, "idle");
    cr_expect_eq(machine_failures(&node.machine), 0);
}

/* Even where the status could not be read after it. */
CLAIM(machine, what_was_staged_is_not_staged_again_and_again)
{
    Node node = new_node();

    tick(&node);
    offer(&node, 'c', NOW - DAY);
    end(&node, EVENT_PULLED);
    cr_expect_eq(end(&node, EVENT_STAGED), ACTION_NONE);
    expect_state(&node, "idle");
    cr_expect_eq(sleep_and_tick(&node), ACTION_CHECK);
}

/* Fails `action` each time it is wanted, all else succeeds; how long it takes until it is wanted
 * again after the nth failure. */
static int64_t pause_after(MachineAction action, unsigned n, uint32_t random)
{
    Node node = new_node();
    int64_t failed_at = 0;
    unsigned failures = 0;

    node.facts.random = random;
    node.policy.check_interval = 7 * DAY;
    tick(&node);
    for (int step = 0; step < 1000; step++) {
        if (node.last.action == action && failures == n)
            return node.now - failed_at;
        if (node.last.action == action) {
            failures++;
            failed_at = node.now;
            cr_assert_eq(end(&node, EVENT_FAILED), ACTION_NONE, "at once");
            expect_state(&node, "failed(backoff)");
            cr_expect_eq(machine_failures(&node.machine), failures);
        } else if (node.last.action != ACTION_NONE)
            succeed(&node, 'c');
        else
            sleep_and_tick(&node);
    }
    cr_assert(false, "it was never tried again");
    return 0;
}

CLAIM(machine, each_failure_doubles_the_pause_up_to_the_cap)
{
    static const MachineAction actions[] = {ACTION_CHECK, ACTION_PULL,     ACTION_STAGE,
                                            ACTION_HOOKS, ACTION_FINALIZE, ACTION_REBOOT};
    static const int64_t pauses[] = {60, 120, 240, 480, 960, 1920, 3840, 7680, 14400, 14400, 14400};

    for (size_t i = 0; i < ELEMENTSOF(actions); i++)
        for (unsigned n = 0; n < ELEMENTSOF(pauses); n++) {
            int64_t half = pauses[n] / 2;

            cr_expect_eq(pause_after(actions[i], n + 1, 0), half, "%d: %u", actions[i], n);
            cr_expect_eq(pause_after(actions[i], n + 1, (uint32_t)half), pauses[n], "%d: %u",
                         actions[i], n);
            cr_expect_eq(pause_after(actions[i], n + 1, (uint32_t)half + 1), half);
        }
}

CLAIM(machine, a_million_failures_or_no_cap_do_not_overflow)
{
    Node node = new_node();

    node.machine.bringing = (MachineRetry){.failures = 1000000, .failed = ACTION_CHECK};
    tick(&node);
    end(&node, EVENT_FAILED);
    cr_expect(node.last.wake_at > NOW && node.last.wake_at <= NOW + 4 * HOUR);

    node.policy.retry_max = 0;
    node.now = node.last.wake_at;
    tick(&node);
    end(&node, EVENT_FAILED);
    cr_expect_gt(node.last.wake_at, node.now, "it would not rest at all");
}

CLAIM(machine, another_release_starts_without_the_failures_of_the_one_before)
{
    Node node = new_node();

    tick(&node);
    offer(&node, 'c', NOW - DAY);
    end(&node, EVENT_FAILED);
    cr_expect_eq(sleep_and_tick(&node), ACTION_CHECK);
    cr_expect_eq(offer(&node, 'c', NOW - DAY), ACTION_PULL);
    cr_expect_eq(machine_failures(&node.machine), 1);
    end(&node, EVENT_FAILED);
    sleep_and_tick(&node);
    cr_expect_eq(offer(&node, 'd', NOW - DAY), ACTION_PULL);
    cr_expect_eq(machine_failures(&node.machine), 0);
}

CLAIM(machine, a_server_that_is_away_does_not_keep_what_is_staged_from_being_finalized)
{
    Node node = node_with_staged(true);

    node.machine.bringing = (MachineRetry){3, ACTION_PULL, NOW + HOUR};
    cr_expect_eq(tick(&node), ACTION_HOOKS);
    cr_expect_eq(succeed(&node, 0), ACTION_FINALIZE);
}

CLAIM(machine, what_cannot_be_finalized_is_replaced_by_what_is_newer)
{
    static const MachineAction bad[] = {ACTION_HOOKS, ACTION_FINALIZE};

    for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
        Node node = node_with_staged(true);
        unsigned tries = 0;

        for (tick(&node); node.last.action != ACTION_CHECK; tries++) {
            cr_assert_lt(tries, 20u, "it never looks for anything newer");
            while (node.last.action != bad[i])
                succeed(&node, 0);
            end(&node, EVENT_FAILED);
            while (node.last.action == ACTION_NONE)
                sleep_and_tick(&node);
        }
        cr_expect_eq(offer(&node, 'd', NOW), ACTION_PULL);
        cr_expect_eq(succeed(&node, 0), ACTION_STAGE);
        cr_expect_eq(succeed(&node, 0), ACTION_HOOKS, "that the old one failed is of no account");
    }
}

CLAIM(machine, what_was_dropped_and_is_staged_anew_starts_without_failures)
{
    Node node = node_with_staged(true);

    node.machine.applying = (MachineRetry){9, ACTION_FINALIZE, NOW + 4 * HOUR};
    tick(&node);
    expect_state(&node, "failed(backoff)");
    node.facts.host.staged = (HostRelease){0};
    tick(&node);
    expect_state(&node, "idle");
    stage(&node, 'c', true);
    cr_expect_eq(tick(&node), ACTION_HOOKS);
}

CLAIM(machine, while_hooks_refuse_something_newer_may_come)
{
    Node node = node_with_staged(true);
    unsigned refusals = 0;

    for (tick(&node); node.last.action == ACTION_HOOKS; refusals++) {
        cr_assert_lt(refusals, 13u);
        if (end(&node, EVENT_HOOKS_REFUSED) == ACTION_NONE)
            sleep_and_tick(&node);
    }
    cr_expect_eq(node.last.action, ACTION_CHECK);
}

CLAIM(machine, what_is_newer_takes_the_place_of_what_waits)
{
    Node node = node_with_staged(true);

    node.policy.windows = true;
    node.facts.window_open = false;
    node.facts.window_next = NOW + DAY;
    tick(&node);
    expect_state(&node, "waiting(window)");
    cr_expect_eq(node.last.wake_at, NOW + HOUR);
    cr_expect_eq(sleep_and_tick(&node), ACTION_CHECK);
    cr_expect_eq(offer(&node, 'd', NOW), ACTION_PULL);
    cr_expect_eq(succeed(&node, 0), ACTION_STAGE);
    cr_expect_eq(succeed(&node, 0), ACTION_NONE);
    expect_state(&node, "waiting(window)");
    cr_expect_eq(node.facts.host.staged.checksum[0], 'd');
}

CLAIM(machine, what_soaks_does_not_hide_what_is_staged_nor_make_it_miss_its_window)
{
    Node node = node_with_staged(true);

    node.policy.soak = 7200;
    node.policy.windows = true;
    node.facts.window_open = false;
    node.facts.window_next = NOW + HOUR + 60;
    tick(&node);
    cr_expect_eq(sleep_and_tick(&node), ACTION_CHECK);
    cr_expect_eq(offer(&node, 'd', node.now), ACTION_NONE);
    expect_state(&node, "waiting(window)");
    cr_expect_eq(node.last.wake_at, NOW + HOUR + 60);
    node.facts.window_open = true;
    cr_expect_eq(sleep_and_tick(&node), ACTION_HOOKS);
}

CLAIM(machine, what_was_taken_from_the_server_is_not_fetched_for_ever_while_something_waits)
{
    Node node = node_with_staged(true);

    node.policy.strategy = STRATEGY_OFF;
    node.machine.target = release_of('d', NOW - DAY);
    cr_expect_eq(tick(&node), ACTION_PULL);
    end(&node, EVENT_FAILED);
    expect_state(&node, "staged(admin)");
    cr_expect_eq(sleep_and_tick(&node), ACTION_CHECK);
    cr_expect_eq(nothing_on_offer(&node), ACTION_NONE);
    cr_expect_eq(machine_failures(&node.machine), 0);
}

CLAIM(machine, a_reboot_that_does_not_come_is_asked_for_again_after_ten_minutes)
{
    Node node = node_with_staged(false);

    tick(&node);
    cr_expect_eq(succeed(&node, 0), ACTION_REBOOT);
    /* The request itself may take its time: its end is an event. */
    node.now = NOW + HOUR;
    cr_expect_eq(tick(&node), ACTION_NONE);
    cr_expect_eq(succeed(&node, 0), ACTION_NONE);
    cr_expect_eq(node.last.wake_at, NOW + HOUR + 600);
    node.now = NOW + HOUR + 599;
    cr_expect_eq(tick(&node), ACTION_NONE);
    cr_expect_eq(sleep_and_tick(&node), ACTION_REBOOT);
    expect_state(&node, "rebooting");

    /* The clock is set back meanwhile. */
    succeed(&node, 0);
    node.now = NOW - YEAR;
    tick(&node);
    cr_expect_eq(node.last.wake_at, NOW - YEAR + 600);
    node.facts.inhibitors = 1;
    cr_expect_eq(sleep_and_tick(&node), ACTION_NONE);
    expect_state(&node, "waiting(inhibitor)");
}

CLAIM(machine, an_end_of_nothing_is_nothing)
{
    for (MachineEventKind kind = EVENT_PULLED; kind <= EVENT_FAILED; kind++) {
        Node node = node_with_staged(true);

        node.policy.strategy = STRATEGY_OFF;
        cr_expect_eq(end(&node, kind), ACTION_NONE);
        expect_state(&node, "staged(admin)");
        cr_expect_eq(machine_failures(&node.machine), 0);
        cr_expect(!node.machine.finalized[0] && !node.machine.hooks_passed[0]);
    }
}
