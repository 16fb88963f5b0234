/* SPDX-License-Identifier: MIT */
/* A node for the state machine: what it knows, what it wants done, and a clock that we turn. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "agent/machine.h"
#include "tests/unit/leak.h"

#define NOW  INT64_C(1800000000)
#define HOUR 3600
#define DAY  (24 * HOUR)
#define YEAR (365 * DAY)

typedef struct Node {
    Machine machine;
    MachineFacts facts;
    MachinePolicy policy;
    MachineStep last;
    int64_t now;
} Node;

static inline HostRelease release_of(char letter, int64_t timestamp)
{
    HostRelease release = {.timestamp = timestamp};

    memset(release.checksum, letter, HOST_CHECKSUM_MAX - 1);
    snprintf(release.version, sizeof(release.version), "%c", letter);
    return release;
}

/* Runs release "b" since long, has never checked; every gate is open. */
static inline Node new_node(void)
{
    return (Node){
        .now = NOW,
        .facts = {.host = {.known = true, .booted = release_of('b', NOW - YEAR)},
                  .uptime = DAY,
                  .clock_trusted = true,
                  .window_open = true},
        .policy = {.enabled = true,
                   .strategy = STRATEGY_REBOOT,
                   .check_interval = HOUR,
                   .check_splay = 600,
                   .retry_max = 4 * HOUR,
                   .sessions_wait = HOUR,
                   .respect_inhibitors = true,
                   .clock_required = true},
    };
}

static inline void stage(Node *node, char letter, bool locked)
{
    node->facts.host.staged = release_of(letter, NOW - DAY);
    node->facts.host.staged_locked = locked;
}

/* A node that waits with "c" staged: locked, or unlocked by the agent itself. Checked just now. */
static inline Node node_with_staged(bool locked)
{
    Node node = new_node();

    stage(&node, 'c', locked);
    node.machine.last_check = NOW;
    node.machine.next_check = NOW + HOUR;
    if (!locked)
        strcpy(node.machine.finalized, node.facts.host.staged.checksum);
    return node;
}

static inline MachineAction happen(Node *node, MachineEvent event)
{
    node->last = machine_step(&node->machine, &event, &node->facts, &node->policy, node->now);
    return node->last.action;
}

static inline MachineAction tick(Node *node)
{
    return happen(node, (MachineEvent){.kind = EVENT_TICK});
}

static inline MachineAction end(Node *node, MachineEventKind kind)
{
    return happen(node, (MachineEvent){.kind = kind});
}

static inline MachineAction offer(Node *node, char letter, int64_t timestamp)
{
    return happen(node,
                  (MachineEvent){.kind = EVENT_CHECKED, .release = release_of(letter, timestamp)});
}

static inline MachineAction nothing_on_offer(Node *node)
{
    return end(node, EVENT_CHECKED);
}

/* Time goes to the wake-up that the machine asked for. */
static inline MachineAction sleep_and_tick(Node *node)
{
    cr_assert_gt(node->last.wake_at, node->now, "it does not want to be woken");
    node->now = node->last.wake_at;
    return tick(node);
}

/* What ends an action well, and what the host is like then. */
static inline MachineAction succeed(Node *node, char offered)
{
    HostFacts *host = &node->facts.host;

    switch (node->machine.under_way) {
    case ACTION_NONE:
        break;
    case ACTION_CHECK:
        return offer(node, offered, NOW - DAY);
    case ACTION_PULL:
        return end(node, EVENT_PULLED);
    case ACTION_STAGE:
        host->staged = node->machine.target;
        host->staged_locked = true;
        return end(node, EVENT_STAGED);
    case ACTION_HOOKS:
        return end(node, EVENT_HOOKS_PASSED);
    case ACTION_FINALIZE:
        host->staged_locked = false;
        return end(node, EVENT_FINALIZED);
    case ACTION_REBOOT:
        return end(node, EVENT_REBOOTING);
    }
    return tick(node);
}

/* "waiting(window)", "idle". */
static inline const char *state_of(const Node *node)
{
    static char text[64];
    const char *wait = machine_wait_name(node->machine.wait);

    snprintf(text, sizeof(text), wait[0] ? "%s(%s)" : "%s%s",
             machine_state_name(node->machine.state), wait);
    return text;
}

#define expect_state(node, expected)                                                               \
    cr_expect_str_eq(state_of(node), expected, "it is %s, not %s", state_of(node), expected)
