/* SPDX-License-Identifier: MIT */
/* A hold is the agent's; what azlctl does without it has to ask. */
#pragma once

#include "base/problem.h"

/* 0: updates are not held, or there is no agent to say so; or a negative errno with
 * ERROR_AGENT_HELD. */
int hold_check(Problem *p);
