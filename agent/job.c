/* SPDX-License-Identifier: MIT */
#include "agent/job.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/job-order.h"
#include "base/json.h"
#include "base/text.h"
#include "base/wire.h"

static const LinkLimits settle_limits = {.idle_ms = 30 * 1000, .cancel_ms = 30 * 1000};

struct Jobs {
    sd_event *loop;
    const char *socket;
    JobWatcher watcher;
    const LinkLimits *request_limits, *settle_limits;
    Job *first;
    unsigned last_id;
    bool stopping;
    sd_event_source *dispatch; /* enabled while there may be something to start or to end */
};

const char *job_state_name(JobState state)
{
    static const char *const names[_JOB_STATE_MAX] = {
        [JOB_QUEUED] = "queued", [JOB_RUNNING] = "running", [JOB_CANCELLING] = "cancelling"};

    return names[state];
}

const char *job_result_name(JobResult result)
{
    static const char *const names[_JOB_RESULT_MAX] = {
        [JOB_DONE] = "done", [JOB_FAILED] = "failed", [JOB_CANCELLED] = "cancelled"};

    return names[result];
}

static Job *job_free(Job *job)
{
    json_object_put(job->options);
    json_object_put(job->parts);
    json_object_put(job->said);
    problem_clear(&job->problem);
    link_free(job->link);
    free(job);
    return NULL;
}

static void wake(Jobs *jobs)
{
    sd_event_source_set_enabled(jobs->dispatch, SD_EVENT_ONESHOT);
}

void *job_owner(const Job *job)
{
    return job->jobs->watcher.userdata;
}

Job *jobs_first(const Jobs *jobs)
{
    return jobs->first;
}

Job *jobs_find(const Jobs *jobs, unsigned id)
{
    for (Job *job = jobs->first; job; job = job->later)
        if (job->id == id)
            return job;
    return NULL;
}

unsigned jobs_count(const Jobs *jobs)
{
    unsigned count = 0;

    for (Job *job = jobs->first; job; job = job->later)
        count++;
    return count;
}

bool jobs_change_something(const Jobs *jobs)
{
    for (Job *job = jobs->first; job; job = job->later)
        if (job->kind->changes)
            return true;
    return false;
}

static void unlink_job(Job *job)
{
    Job **at = &job->jobs->first;

    while (*at != job)
        at = &(*at)->later;
    *at = job->later;
}

/* Everybody is told, then it is gone. */
static void finish(Job *job)
{
    Jobs *jobs = job->jobs;
    const Problem *problem = job->result == JOB_DONE ? NULL : &job->problem;

    unlink_job(job);
    if (job->ended)
        job->ended(job, job->result, job->said, problem, job->userdata);
    jobs->watcher.removed(job, job->result, job->said, problem, jobs->watcher.userdata);
    job_free(job);
    wake(jobs);
}

static void on_settle_event(json_object *event, void *userdata) {}

static void on_settled(json_object *status, const Problem *problem, void *userdata)
{
    Job *job = userdata;
    const JobWatcher *watcher = &job->jobs->watcher;
    _cleanup_link_ Link *link = TAKE_PTR(job->link);

    watcher->settled(job, status, watcher->userdata);
    finish(job);
}

/* Reads the status again, so that what is announced as done can be seen. */
static int settle(Job *job)
{
    static const LinkHandler handler = {.event = on_settle_event, .ended = on_settled};
    _cleanup_json_ json_object *request = wire_request("status", NULL);

    return link_start(job->jobs->loop, job->jobs->socket, request, job->jobs->settle_limits,
                      &handler, job, &job->link, NULL);
}

static void end(Job *job, JobResult result, json_object *said, const Problem *problem)
{
    job->ending = true;
    job->result = result;
    job->said = json_object_get(said);
    if (problem)
        problem_copy(&job->problem, problem);
    if (!job->kind->settles || !job->began || job->jobs->stopping)
        finish(job);
    else if (settle(job) < 0)
        on_settled(NULL, NULL, job);
}

static void end_with(Job *job, const Problem *problem)
{
    bool cancelled = problem->failure.id == ERROR_CANCELLED;

    end(job, cancelled ? JOB_CANCELLED : JOB_FAILED, NULL, problem);
}

static void copy_word(char *to, size_t size, const char *word)
{
    snprintf(to, size, "%s", word ?: "");
    text_make_utf8(to, strlen(to));
}

static uint64_t count_of(json_object *event, const char *name)
{
    return (uint64_t)MAX_OF(json_get_int(event, name), (int64_t)0);
}

static void on_event(json_object *event, void *userdata)
{
    Job *job = userdata;
    const JobWatcher *watcher = &job->jobs->watcher;
    const char *kind = json_get_string(event, "event");

    if (strcmp(kind, "log") == 0) {
        watcher->log(job, json_get_string(event, "level") ?: "info",
                     json_get_string(event, "message") ?: "", watcher->userdata);
        return;
    }
    if (strcmp(kind, "progress") != 0)
        return;
    JobProgress *p = &job->progress;
    copy_word(p->phase, sizeof(p->phase), json_get_string(event, "phase"));
    copy_word(p->unit, sizeof(p->unit), json_get_string(event, "unit"));
    p->done = count_of(event, "done");
    p->total = count_of(event, "total");
    p->rate = count_of(event, "rate");
    p->eta = count_of(event, "eta");
    watcher->progress(job, watcher->userdata);
}

static void go_on(Job *job, json_object *said);

static void on_ended(json_object *result, const Problem *problem, void *userdata)
{
    Job *job = userdata;
    _cleanup_link_ Link *link = TAKE_PTR(job->link);

    if (result)
        go_on(job, result);
    else
        end_with(job, problem);
}

static int start_request(Job *job, json_object *request, Failure *f)
{
    static const LinkHandler handler = {.event = on_event, .ended = on_ended};

    /* For the history of the host. */
    if (job->caller != JOB_AGENT)
        json_add_int(json_get(request, "args"), "caller", job->caller);
    return link_start(job->jobs->loop, job->jobs->socket, request, job->jobs->request_limits,
                      &handler, job, &job->link, f);
}

/* The next request, or the end. */
static void go_on(Job *job, json_object *said)
{
    _cleanup_problem_ Problem problem = {0};
    _cleanup_json_ json_object *next = NULL;
    int r;

    /* What is done is done, and said: a job that was cancelled too late has not been. */
    r = job->kind->next(job, said, &next, &problem.failure);
    if (r == 0) {
        end(job, JOB_DONE, next, NULL);
        return;
    }
    if (r > 0 && job->state == JOB_CANCELLING)
        r = failure_set(&problem.failure, -ECANCELED, ERROR_CANCELLED, "as asked");
    if (r > 0)
        r = start_request(job, next, &problem.failure);
    if (r < 0)
        end_with(job, &problem);
}

/* One step for one job, since each may remove any; comes back until nothing is left to do. */
static int on_dispatch(sd_event_source *source, void *userdata)
{
    Jobs *jobs = userdata;

    for (Job *job = jobs->first; job; job = job->later) {
        if (job->state == JOB_CANCELLING && !job->link && !job->ending) {
            _cleanup_problem_ Problem problem = {0};
            failure_set(&problem.failure, -ECANCELED, ERROR_CANCELLED, "before it began");
            end_with(job, &problem);
            return 0;
        }
        if (job->state != JOB_QUEUED || !job_may_start(job))
            continue;
        job->state = JOB_RUNNING;
        job->began = true;
        jobs->watcher.changed(job, jobs->watcher.userdata);
        wake(jobs);
        go_on(job, NULL);
        return 0;
    }
    return 0;
}

int jobs_new(sd_event *loop, const char *socket, const JobWatcher *watcher, Jobs **ret)
{
    Jobs *jobs = calloc(1, sizeof(*jobs));

    if (!jobs)
        return -ENOMEM;
    *jobs = (Jobs){.loop = loop,
                   .socket = socket,
                   .watcher = *watcher,
                   .request_limits = &link_limits,
                   .settle_limits = &settle_limits};
    int r = sd_event_add_defer(loop, &jobs->dispatch, on_dispatch, jobs);
    if (r < 0) {
        free(jobs);
        return r;
    }
    /* After what came in on the bus and from workers: replies that name a job go out first. */
    sd_event_source_set_priority(jobs->dispatch, SD_EVENT_PRIORITY_IDLE);
    *ret = jobs;
    return 0;
}

void jobs_set_limits(Jobs *jobs, const LinkLimits *request, const LinkLimits *status)
{
    jobs->request_limits = request;
    jobs->settle_limits = status;
}

Jobs *jobs_free(Jobs *jobs)
{
    if (!jobs)
        return NULL;
    for (Job *job = jobs->first, *later; job; job = later) {
        later = job->later;
        job_free(job);
    }
    sd_event_source_disable_unref(jobs->dispatch);
    free(jobs);
    return NULL;
}

static int admit(const Jobs *jobs, uid_t caller, Failure *f)
{
    unsigned of_caller = 0, all = 0;

    if (jobs->stopping)
        return failure_set(f, -ESHUTDOWN, ERROR_AGENT_STOPPING, "%s", "");
    for (const Job *job = jobs->first; job; job = job->later, all++)
        of_caller += job->caller == caller;
    if (caller == 0 || caller == JOB_AGENT)
        return all < 2 * JOBS_MAX ? 0 : failure_set(f, -EBUSY, ERROR_AGENT_BUSY, "%u jobs", all);
    if (of_caller >= JOBS_PER_USER_MAX)
        return failure_set(f, -EBUSY, ERROR_AGENT_BUSY, "%u jobs of uid %u", of_caller, caller);
    return all < JOBS_MAX ? 0 : failure_set(f, -EBUSY, ERROR_AGENT_BUSY, "%u jobs", all);
}

/* An admin who wants to go back does not wait for a download. */
static void make_way(Jobs *jobs)
{
    for (Job *job = jobs->first; job; job = job->later)
        /* Nor does a reboot that was meant for something else come right after it. */
        if (job->kind->changes &&
            (job->kind->yields ||
             (job->kind->departs && job->caller == JOB_AGENT && job->state == JOB_QUEUED)))
            job_cancel(job);
}

int jobs_add(Jobs *jobs, const JobKind *kind, json_object *options, uid_t caller, JobEnded ended,
             void *userdata, Job **ret, Failure *f)
{
    _cleanup_json_ json_object *owned = options;
    Job **end_of_list = &jobs->first;

    int r = admit(jobs, caller, f);
    if (r < 0)
        return r;
    Job *job = calloc(1, sizeof(*job));
    if (!job)
        return failure_oom(f);
    *job = (Job){.jobs = jobs,
                 .id = ++jobs->last_id,
                 .kind = kind,
                 .caller = caller,
                 .options = owned ? TAKE_PTR(owned) : json_object_new_object(),
                 .parts = json_object_new_object(),
                 .ended = ended,
                 .userdata = userdata};
    if (kind->urgent)
        make_way(jobs);
    while (*end_of_list)
        end_of_list = &(*end_of_list)->later;
    *end_of_list = job;
    jobs->watcher.added(job, jobs->watcher.userdata);
    wake(jobs);
    if (ret)
        *ret = job;
    return 0;
}

void job_cancel(Job *job)
{
    if (job->state == JOB_CANCELLING || job->ending)
        return;
    job->state = JOB_CANCELLING;
    if (job->link)
        link_cancel(job->link);
    job->jobs->watcher.changed(job, job->jobs->watcher.userdata);
    wake(job->jobs);
}

void job_say(Job *job, const char *level, const char *format, ...)
{
    const JobWatcher *watcher = &job->jobs->watcher;
    _cleanup_free_ char *text = NULL;
    va_list ap;

    va_start(ap, format);
    if (vasprintf(&text, format, ap) < 0)
        text = NULL;
    va_end(ap);
    if (text)
        watcher->log(job, level, text, watcher->userdata);
}

void jobs_stop(Jobs *jobs)
{
    jobs->stopping = true;
    for (Job *job = jobs->first; job; job = job->later)
        if (!job->kind->departs || job->state == JOB_QUEUED) /* it may be why we are stopped */
            job_cancel(job);
}
