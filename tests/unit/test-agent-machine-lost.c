/* SPDX-License-Identifier: MIT */
/* What was unlocked and did not boot. */
#include "tests/unit/agent-machine.h"

/* From an offer to the reboot into it. */
static void go_to_reboot(Node *node)
{
    static const MachineEventKind ends[] = {
        [ACTION_CHECK] = EVENT_CHECKED,      [ACTION_PULL] = EVENT_PULLED,
        [ACTION_STAGE] = EVENT_STAGED,       [ACTION_HOOKS] = EVENT_HOOKS_PASSED,
        [ACTION_FINALIZE] = EVENT_FINALIZED,
    };

    for (int i = 0; i < 20 && node->last.action != ACTION_REBOOT; i++) {
        MachineAction action = node->last.action;

        cr_assert_neq(action, ACTION_NONE);
        if (action == ACTION_STAGE) {
            node->facts.host.staged = node->machine.target;
            node->facts.host.staged_locked = true;
        } else if (action == ACTION_FINALIZE)
            node->facts.host.staged_locked = false;
        if (action == ACTION_CHECK)
            offer(node, 'c', NOW - DAY);
        else
            end(node, ends[action]);
    }
    cr_assert_eq(node->last.action, ACTION_REBOOT);
}

/* The next boot: what was staged is gone, and the old release runs; only what is stored is known.
 */
static void boot_the_old_one(Node *node)
{
    Machine stored = {.target = node->machine.target,
                      .coming = node->machine.coming,
                      .last_check = node->machine.last_check,
                      .next_check = node->machine.next_check};

    memcpy(stored.finalized, node->machine.finalized, sizeof(stored.finalized));
    memcpy(stored.lost, node->machine.lost, sizeof(stored.lost));
    node->machine = stored;
    node->facts.host.staged = (HostRelease){0};
    node->facts.host.staged_locked = false;
    tick(node);
}

CLAIM(machine, a_release_that_never_boots_is_not_rebooted_into_for_ever)
{
    Node node = new_node();

    node.policy.check_interval = 7 * DAY;
    tick(&node);
    for (unsigned reboots = 1; reboots <= 3; reboots++) {
        go_to_reboot(&node);
        boot_the_old_one(&node);
        cr_expect_eq(node.machine.coming.failures, reboots);
        cr_expect_eq(node.last.action, ACTION_NONE, "not at once");
        if (reboots == 3)
            break;
        expect_state(&node, "failed(backoff)");
        sleep_and_tick(&node);
        cr_assert_neq(node.last.action, ACTION_NONE, "but again");
    }
    expect_state(&node, "failed(lost)");
    node.now += DAY;
    tick(&node);
    expect_state(&node, "failed(lost)");
    /* Another release is another matter. */
    node.now = NOW + 8 * DAY;
    cr_expect_eq(tick(&node), ACTION_CHECK);
    cr_expect_eq(offer(&node, 'd', NOW), ACTION_PULL);
}

CLAIM(machine, a_release_that_boots_at_last_is_forgiven)
{
    Node node = new_node();

    tick(&node);
    go_to_reboot(&node);
    boot_the_old_one(&node);
    sleep_and_tick(&node);
    go_to_reboot(&node);
    node.facts.host.booted = node.facts.host.staged;
    boot_the_old_one(&node);
    cr_expect_eq(node.machine.coming.failures, 0);
    cr_expect_eq(node.machine.lost[0], '\0');
}

CLAIM(machine, a_daemon_killed_while_it_finalizes_knows_that_it_was_its_own_update)
{
    Node node = new_node();

    tick(&node);
    offer(&node, 'c', NOW - DAY);
    end(&node, EVENT_PULLED);
    node.facts.host.staged = release_of('c', NOW - DAY);
    node.facts.host.staged_locked = true;
    end(&node, EVENT_STAGED);
    cr_assert_eq(end(&node, EVENT_HOOKS_PASSED), ACTION_FINALIZE);

    Machine stored = {0};
    memcpy(stored.finalized, node.machine.finalized, sizeof(stored.finalized));
    node.machine = stored;
    node.facts.host.staged_locked = false; /* the worker went on */
    cr_expect_eq(tick(&node), ACTION_HOOKS, "it goes on by itself");
}
