/* SPDX-License-Identifier: MIT */
/* The daemon's own part of azl.status/1: the member "agent". */
#pragma once

#include "agent/agent.h"

/* The worker's status with our part, as text. Owned by the caller; NULL: out of memory. */
char *report_status(Agent *agent, json_object *status);
