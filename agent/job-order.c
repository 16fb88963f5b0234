/* SPDX-License-Identifier: MIT */
#include "agent/job-order.h"

#include <stdio.h>

/* What a job that changes something waits for: the one that runs, else the one before it. */
static const Job *before(const Job *job)
{
    const Job *last = NULL;

    for (const Job *other = jobs_first(job->jobs); other; other = other->later) {
        if (other == job || !other->kind->changes)
            continue;
        if (other->state != JOB_QUEUED)
            return other;
        if (other->kind->urgent > job->kind->urgent ||
            (other->kind->urgent == job->kind->urgent && other->id < job->id))
            last = other;
    }
    return last;
}

static unsigned readers(const Jobs *jobs)
{
    unsigned count = 0;

    for (const Job *job = jobs_first(jobs); job; job = job->later)
        count += !job->kind->changes && job->state != JOB_QUEUED;
    return count;
}

bool job_may_start(const Job *job)
{
    bool goes_first = job->caller == 0 || job->caller == JOB_AGENT;

    if (job->kind->changes)
        return !before(job);
    return goes_first || readers(job->jobs) < JOBS_AT_ONCE_MAX;
}

char *job_waiting(const Job *job, char buf[static JOB_WAITING_MAX])
{
    const Job *other = job->state == JOB_QUEUED && job->kind->changes ? before(job) : NULL;

    buf[0] = '\0';
    if (other)
        snprintf(buf, JOB_WAITING_MAX, "waiting for job %u: %s", other->id, other->kind->name);
    return buf;
}
