/* SPDX-License-Identifier: MIT */
/* Which job goes first, and what the others wait for: job_waiting() of job.h, too. */
#pragma once

#include "agent/job.h"

/* May this queued job begin now? */
bool job_may_start(const Job *job);
