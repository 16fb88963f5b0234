/* SPDX-License-Identifier: MIT */
/* The daemon's own part of azl.status/1: the member "agent". */
#pragma once

#include "agent/agent.h"

/* The worker's status (consumed by it: our part is added) with our part, as text. Borrowed until
 * the next call; NULL: out of memory. */
const char *report_make(Agent *agent, json_object *status);

/* The same, if it was made a moment ago and nothing has changed since; else NULL. Who asks a
 * thousand times a second costs next to nothing then. */
const char *report_recent(const Agent *agent);

/* Something has changed. */
void report_forget(Agent *agent);
