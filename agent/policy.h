/* SPDX-License-Identifier: MIT */
/* From the configuration to what the state machine and the windows work with. */
#pragma once

#include "agent/config.h"
#include "agent/machine.h"
#include "agent/window.h"

typedef struct Policy {
    MachinePolicy machine;
    Windows windows;
} Policy;

/* 0, or a negative errno with ERROR_WINDOW_INVALID or ERROR_CONFIG_INVALID; *ret is untouched
 * then. */
int policy_read(const Config *config, Policy *ret, Failure *f);

/* What holds when no valid configuration was ever read: nothing happens without a person. */
extern const Policy policy_without_configuration;
