/* SPDX-License-Identifier: MIT */
/* One step of the state machine under way: what its files share. */
#pragma once

#include "agent/machine.h"

/* Everything that a step is about. */
typedef struct Step {
    Machine *m;
    const MachineFacts *facts;
    const MachinePolicy *policy;
    int64_t now;
    MachineStep result;
} Step;

/* Comes into this state, or stays in it; `until`: when the wait ends, which is when to step again;
 * 0: not known. */
void step_be(Step *s, MachineState state, MachineWait wait, int64_t until);

/* The gates before a reboot, in their order. true: one is closed, and the state says which.
 *
 * What costs others something (hooks, and one day a lock and a drain) comes last, in machine.c, so
 * that nothing is taken that a closed gate would make us give back. */
bool step_gate_is_closed(Step *s);
