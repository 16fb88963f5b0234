/* SPDX-License-Identifier: MIT */
/* An update as the chain of worker operations that it is: status, check, pull, then stage and
 * finalize on the system that runs, or deploy on a sysroot that is not booted. For azl-agentd it is
 * one job, which does the same. */
#pragma once

#include "agent/ctl/ctl.h"

typedef struct UpdateRun {
    const char *refspec; /* borrowed; NULL: where the deployment came from */
    char *from;          /* absolute; owned; NULL: the server */
    bool switching;      /* another ref is wanted, even if it holds the same commit */
    /* What the operations said; each owned; NULL: not asked. */
    json_object *status, *check, *pulled, *staged;
} UpdateRun;

typedef enum UpdateEnd {
    UPDATE_UNCHANGED, /* what is wanted boots next already */
    UPDATE_PULLED,    /* it is in the repository, no more was asked for */
    UPDATE_LOCKED,    /* staged, waits for `finalize` */
    UPDATE_READY,     /* staged and unlocked, or deployed: a reboot brings it */
} UpdateEnd;

/* Runs the chain as the command line wants it. *ret_end says how far it went.
 * 0, or a negative errno with *p filled: ERROR_DENIED and ERROR_OLDER from `check`, and whatever
 * the operations answer. */
int update_run(Ctl *ctl, UpdateRun *run, UpdateEnd *ret_end, Problem *p);

/* Asks the server only. A denied or older release is an answer here, not an error. */
int update_check(Ctl *ctl, UpdateRun *run, Problem *p);

/* What the daemon's job `update` is asked with. Owned by the caller. */
json_object *update_job_arguments(const Arguments *args);

/* The release that the run is about, as far as the operations told. Borrowed; may be NULL. */
json_object *update_target(const UpdateRun *run);

void update_run_clear(UpdateRun *run);

#define _cleanup_update_run_ _cleanup_(update_run_clear)
