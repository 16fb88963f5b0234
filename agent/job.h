/* SPDX-License-Identifier: MIT */
/* Jobs: what the daemon lets workers do, for a caller on the bus or on its own account.
 *
 * A job is one or more requests to workers, one after the other (job-kind.c). Jobs that change
 * something run one at a time, in the order in which they came; a rollback goes first. Others run
 * at once. Whoever wants to know what becomes of jobs is a JobWatcher; there is one (the bus). */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "agent/link.h"
#include "base/problem.h"

#define JOBS_MAX          64 /* queued and running, in all; root and the agent have twice that */
#define JOBS_PER_USER_MAX 16 /* of one caller; root and the agent itself have no such limit */
#define JOBS_AT_ONCE_MAX  4  /* running jobs that change nothing */
#define JOB_AGENT         ((uid_t)-1) /* the caller is the agent itself */

typedef struct Job Job;
typedef struct Jobs Jobs;

typedef enum JobState { JOB_QUEUED, JOB_RUNNING, JOB_CANCELLING, _JOB_STATE_MAX } JobState;

typedef enum JobResult { JOB_DONE, JOB_FAILED, JOB_CANCELLED, _JOB_RESULT_MAX } JobResult;

/* Which request comes next: after `said` (NULL at the start; borrowed), given what the job knows.
 * 1: *ret is a request (owned by the caller); 0: the job is done, *ret its result (likewise);
 * or a negative errno with the failure. */
typedef int (*JobNext)(Job *job, json_object *said, json_object **ret, Failure *f);

typedef struct JobKind {
    const char *name;
    JobNext next;
    bool changes; /* waits for others that change something */
    bool settles; /* changes deployments: the status is read again before its end is told */
    bool yields;  /* is cancelled when a rollback wants to go first */
    bool urgent;  /* goes first */
    bool departs; /* the system goes down by it */
} JobKind;

typedef struct JobProgress {
    char phase[16], unit[16];
    uint64_t done, total, rate, eta;
} JobProgress;

/* What became of it, for who asked inside the daemon; the job is gone afterwards. */
typedef void (*JobEnded)(Job *job, JobResult result, json_object *said, const Problem *problem,
                         void *userdata);

struct Job {
    Jobs *jobs;
    unsigned id;
    const JobKind *kind;
    uid_t caller;
    json_object *options; /* as the worker spells them; owned */
    JobState state;
    bool began, ending;
    JobProgress progress;
    unsigned step;      /* for next() */
    json_object *parts; /* for next(): what earlier requests answered; owned */
    JobEnded ended;     /* may be NULL */
    void *userdata;
    Link *link;
    JobResult result; /* these three: once it has ended, while the status is read again */
    json_object *said;
    Problem problem;
    void *watched; /* the watcher's own */
    Job *later;    /* the list, oldest first */
};

typedef struct JobWatcher {
    void (*added)(Job *job, void *userdata);
    void (*changed)(Job *job, void *userdata); /* its state, or what it waits for */
    void (*progress)(Job *job, void *userdata);
    void (*log)(Job *job, const char *level, const char *message, void *userdata);
    /* After a job that changes something, and before its end is told: what the worker now says of
     * the host; NULL: it could not say. */
    void (*settled)(Job *job, json_object *status, void *userdata);
    /* Before the job is freed. */
    void (*removed)(Job *job, JobResult result, json_object *said, const Problem *problem,
                    void *userdata);
    void *userdata;
} JobWatcher;

/* `socket`: where workers listen (borrowed). 0, or a negative errno. */
int jobs_new(sd_event *loop, const char *socket, const JobWatcher *watcher, Jobs **ret);

/* Limits of each request (link_limits unless this is called), and of reading the status after a
 * job. Borrowed. */
void jobs_set_limits(Jobs *jobs, const LinkLimits *request, const LinkLimits *status);

/* Hangs up on all of them; nobody is told. NULL is fine. */
Jobs *jobs_free(Jobs *jobs);

/* A new job; it starts from the event loop, not before this returns. `options` (may be NULL) is
 * consumed. 0, or a negative errno with ERROR_AGENT_BUSY or ERROR_AGENT_STOPPING. */
int jobs_add(Jobs *jobs, const JobKind *kind, json_object *options, uid_t caller, JobEnded ended,
             void *userdata, Job **ret, Failure *f);

/* The watcher's userdata. */
void *job_owner(const Job *job);

/* Cancels it, wherever it is. It ends from the event loop. */
void job_cancel(Job *job);

/* A line for who follows it. */
void job_say(Job *job, const char *level, const char *format, ...) _printf_(3, 4);

/* Takes no more jobs and cancels those there are. */
void jobs_stop(Jobs *jobs);

Job *jobs_first(const Jobs *jobs);
Job *jobs_find(const Jobs *jobs, unsigned id);
unsigned jobs_count(const Jobs *jobs);

/* Is a job under way, or waiting, that changes something? */
bool jobs_change_something(const Jobs *jobs);

/* "" or "waiting for job 3: pull". Returns buf. */
#define JOB_WAITING_MAX 64
char *job_waiting(const Job *job, char buf[static JOB_WAITING_MAX]);

const char *job_state_name(JobState state);
const char *job_result_name(JobResult result);
