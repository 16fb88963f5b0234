/* SPDX-License-Identifier: MIT */
/* Jobs over a fake worker, and a record of all that the watcher was told. */
#pragma once

#include "agent/job-kind.h"
#include "agent/job.h"
#include "tests/unit/agent-worker.h"

#define ADMIN ((uid_t)0)
#define USER  ((uid_t)1000)

/* What became of one job. */
typedef struct Outcome {
    unsigned ends;
    JobResult result;
    json_object *said;
    Problem problem;
} Outcome;

typedef struct Office {
    Worker worker;
    Jobs *jobs;
    char record[8192]; /* "+1:pull 1:running 1:settled 1:done" */
} Office;

static void note(Office *office, const char *format, ...) _printf_(2, 3);

static void note(Office *office, const char *format, ...)
{
    size_t length = strlen(office->record);
    va_list ap;

    va_start(ap, format);
    vsnprintf(office->record + length, sizeof(office->record) - length, format, ap);
    va_end(ap);
}

static void on_job_added(Job *job, void *userdata)
{
    cr_expect_eq(job_owner(job), userdata);
    note(userdata, "+%u:%s ", job->id, job->kind->name);
}

static void on_job_changed(Job *job, void *userdata)
{
    note(userdata, "%u:%s ", job->id, job_state_name(job->state));
}

static void on_job_progress(Job *job, void *userdata)
{
    const JobProgress *p = &job->progress;

    note(userdata, "%u:%s=%lu/%lu%s ", job->id, p->phase, p->done, p->total, p->unit);
}

static void on_job_log(Job *job, const char *level, const char *message, void *userdata)
{
    note(userdata, "%u:%s=%s ", job->id, level, message);
}

static void on_job_settled(Job *job, json_object *status, void *userdata)
{
    note(userdata, "%u:%s ", job->id, status ? "settled" : "unsettled");
}

static void on_job_removed(Job *job, JobResult result, json_object *said, const Problem *problem,
                           void *userdata)
{
    cr_expect_eq(result == JOB_DONE, !problem);
    cr_expect_null(jobs_find(job->jobs, job->id));
    note(userdata, "%u:%s ", job->id, job_result_name(result));
}

static inline void office_open(Office *office)
{
    static const LinkLimits limits = {.idle_ms = 300, .cancel_ms = 300};
    const JobWatcher watcher = {on_job_added,   on_job_changed, on_job_progress, on_job_log,
                                on_job_settled, on_job_removed, office};

    *office = (Office){0};
    worker_open(&office->worker);
    cr_assert_geq(jobs_new(office->worker.loop, office->worker.path, &watcher, &office->jobs), 0);
    jobs_set_limits(office->jobs, &limits, &limits);
}

static inline void office_clear(Office *office)
{
    jobs_free(office->jobs);
    worker_clear(&office->worker);
}

static void on_job_end(Job *job, JobResult result, json_object *said, const Problem *problem,
                       void *userdata)
{
    Outcome *outcome = userdata;

    outcome->ends++;
    outcome->result = result;
    outcome->said = json_object_get(said);
    if (problem)
        problem_copy(&outcome->problem, problem);
}

static inline void outcome_clear(Outcome *outcome)
{
    json_object_put(outcome->said);
    problem_clear(&outcome->problem);
}

/* A new job of this caller; `options` as JSON, or NULL. */
static inline Job *add_job(Office *office, const JobKind *kind, const char *options, uid_t caller,
                           Outcome *outcome)
{
    _cleanup_failure_ Failure f = {0};
    Job *job = NULL;

    int r = jobs_add(office->jobs, kind, options ? json_tokener_parse(options) : NULL, caller,
                     outcome ? on_job_end : NULL, outcome, &job, &f);
    cr_assert_eq(r, 0, "%s", f.detail);
    return job;
}

/* Until no job is left. */
static inline void office_until_idle(Office *office)
{
    worker_until(&office->worker, jobs_count(office->jobs) == 0);
    worker_settle(&office->worker);
}

/* Until the worker has been asked for this. */
static inline void office_until_asked(Office *office, const char *op)
{
    worker_until(&office->worker, strstr(worker_heard(&office->worker), op));
}

#define expect_record(office, expected)                                                            \
    cr_expect_str_eq((office)->record, expected, "it is: %s", (office)->record)
#define expect_heard(office, expected)                                                             \
    cr_expect_str_eq(worker_heard(&(office)->worker), expected, "it is: %s",                       \
                     worker_heard(&(office)->worker))

#define _cleanup_office_  __attribute__((cleanup(office_clear)))
#define _cleanup_outcome_ __attribute__((cleanup(outcome_clear)))
