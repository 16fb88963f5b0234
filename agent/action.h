/* SPDX-License-Identifier: MIT */
/* The state machine's actions as jobs, what comes of them as its events, and both as lines in the
 * journal. */
#pragma once

#include <json-c/json.h>

#include "agent/job.h"
#include "agent/machine.h"

/* The job that does it; not for ACTION_NONE. */
const JobKind *action_kind(MachineAction action);

/* What the job is told. Owned by the caller; NULL: nothing. */
json_object *action_options(MachineAction action, const Machine *machine, const HostFacts *host,
                            int64_t hooks_timeout);

/* {"checksum": …}; owned by the caller. */
json_object *action_release_options(const char *checksum);

/* Says that it begins, where that is news. */
void action_log_start(MachineAction action, const HostFacts *host);

/* The event that the end of what is under way is; says in the journal what came of it. */
MachineEvent action_end(const Machine *machine, const HostFacts *host, JobResult result,
                        json_object *said, const Problem *problem);
