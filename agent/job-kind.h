/* SPDX-License-Identifier: MIT */
/* The kinds of jobs there are, and which requests each is made of. */
#pragma once

#include "agent/job.h"

extern const JobKind job_check, job_pull, job_stage, job_finalize, job_update, job_rollback,
    job_rollback_check, job_cleanup, job_reboot, job_history, job_hooks, job_lock;
