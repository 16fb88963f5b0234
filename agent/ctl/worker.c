/* SPDX-License-Identifier: MIT */
#include "agent/ctl/worker.h"

#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "agent/ctl/spawn.h"
#include "agent/ctl/stop-signals.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/wire.h"

/* After its end line a worker has nothing left to do but exit. */
#define EXIT_MS 5000
#define KILL_MS 2000

typedef struct Job {
    WorkerHost *host;
    WorkerEvent event;
    void *userdata;
    pid_t pid;
    int pidfd, socket;
    StopSignals signals;
    WireReader reader;
    int64_t deadline; /* what must have happened by then is an event, or the end after a cancel */
    siginfo_t exit;   /* how the worker ended; si_pid 0: it still runs */
} Job;

/* Is the worker gone within `ms`? */
static bool is_gone(const Job *job, int ms)
{
    struct pollfd p = {.fd = job->pidfd, .events = POLLIN};
    int64_t deadline = clock_monotonic_ms() + ms;
    int r;

    do {
        r = poll(&p, 1, (int)MAX_OF(deadline - clock_monotonic_ms(), 0));
    } while (r < 0 && errno == EINTR);
    return r > 0;
}

/* Waits until the worker is gone, at most `ms`, and kills it then. One that hangs in the kernel (a
 * dead disk) cannot be waited for: it is left to init, with job->exit.si_pid 0. */
static void reap(Job *job, int ms)
{
    if (job->exit.si_pid)
        return;
    if (!is_gone(job, ms)) {
        kill(job->pid, SIGKILL);
        is_gone(job, KILL_MS);
    }
    while (waitid(P_PID, (id_t)job->pid, &job->exit, WEXITED | WNOHANG) < 0 && errno == EINTR)
        ;
}

static void job_end(Job *job)
{
    job->socket = close_fd(job->socket);
    reap(job, EXIT_MS);
    /* What came after the end line cancels what would be asked next. */
    while (stop_signals_take(&job->signals))
        job->host->cancelled = true;
    close_fd(job->pidfd);
    wire_reader_clear(&job->reader);
    stop_signals_clear(&job->signals);
}

static int job_died(Job *job, Problem *p)
{
    reap(job, EXIT_MS);
    if (job->host->cancelled)
        return failure_set(&p->failure, -ECANCELED, ERROR_CANCELLED, "by a signal");
    if (!job->exit.si_pid)
        return failure_set(&p->failure, -EPIPE, ERROR_WORKER_DIED,
                           "it hangs in the kernel and cannot be killed");
    if (job->exit.si_code == CLD_EXITED)
        return failure_set(&p->failure, -EPIPE, ERROR_WORKER_DIED, "it exited with status %d",
                           job->exit.si_status);
    return failure_set(&p->failure, -EPIPE, ERROR_WORKER_DIED, "signal %d (%s) ended it",
                       job->exit.si_status, strsignal(job->exit.si_status));
}

/* Shows the head of the line: mostly a library that prints to standard output. */
static int job_garbage(Problem *p, const char *what, const char *line)
{
    if (!line)
        return failure_set(&p->failure, -EBADMSG, ERROR_PROTOCOL_GARBAGE, "%s", what);
    return failure_set(&p->failure, -EBADMSG, ERROR_PROTOCOL_GARBAGE, "%s: \"%.80s\"", what, line);
}

static int job_timed_out(Job *job, Problem *p)
{
    kill(job->pid, SIGKILL);
    if (job->host->cancelled)
        return failure_set(&p->failure, -ECANCELED, ERROR_CANCELLED,
                           "the worker did not stop within %d s and was killed",
                           job->host->cancel_ms / 1000);
    return failure_set(&p->failure, -ETIMEDOUT, ERROR_WORKER_DIED,
                       "it said nothing for %d s and was killed", job->host->idle_ms / 1000);
}

/* The first signal closes our sending side, which cancels; the second ends the worker.
 * 0: go on waiting. */
static int on_signal(Job *job, Problem *p)
{
    if (!stop_signals_take(&job->signals))
        return 0;
    if (!job->host->cancelled) {
        job->host->cancelled = true;
        job->deadline = clock_monotonic_ms() + job->host->cancel_ms;
        shutdown(job->socket, SHUT_WR);
        return 0;
    }
    kill(job->pid, SIGKILL);
    return failure_set(&p->failure, -ECANCELED, ERROR_CANCELLED,
                       "by a second signal; the worker was killed");
}

/* 1: this was the end line, *ret_result or *p is filled; 0: an event; negative: garbage. */
static int on_line(Job *job, const char *line, size_t length, json_object **ret_result, Problem *p)
{
    _cleanup_json_ json_object *message = NULL;

    if (json_parse(line, length, WIRE_DEPTH_MAX, &message) < 0 ||
        !json_object_is_type(message, json_type_object))
        return job_garbage(p, "a line that is no JSON object", line);

    json_object *result = json_get(message, "result"), *error = json_get(message, "error");
    if (json_object_is_type(result, json_type_object) && !error) {
        *ret_result = json_object_get(result);
        return 1;
    }
    if (json_object_is_type(error, json_type_object) && !result)
        return problem_from_json(p, error);
    if (result || error || !json_get_string(message, "event"))
        return job_garbage(p, "a line that is neither an event nor an end", line);

    if (!job->host->cancelled)
        job->deadline = clock_monotonic_ms() + job->host->idle_ms;
    if (job->event)
        job->event(message, job->userdata);
    return 0;
}

/* Takes every whole line that is there. 1: the end line; 0: more is to come; or negative. */
static int on_input(Job *job, json_object **ret_result, Problem *p)
{
    do {
        char *line;
        size_t length;
        int r = wire_read_line(&job->reader, 0, &line, &length);

        if (r == -ETIMEDOUT)
            return 0;
        if (r == -EMSGSIZE)
            return job_garbage(p, "an endless line", NULL);
        if (r <= 0)
            return job_died(job, p);
        r = on_line(job, line, length, ret_result, p);
        if (r != 0)
            return r;
    } while (wire_has_line(&job->reader));
    return 0;
}

/* Until the end line. */
static int job_wait(Job *job, json_object **ret_result, Problem *p)
{
    for (;;) {
        struct pollfd fds[] = {{.fd = job->socket, .events = POLLIN},
                               {.fd = job->signals.fd, .events = POLLIN},
                               {.fd = job->pidfd, .events = POLLIN}};
        int64_t left = job->deadline - clock_monotonic_ms();
        int r = left <= 0 ? 0 : poll(fds, ELEMENTSOF(fds), (int)left);

        if (r == 0)
            return job_timed_out(job, p);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return failure_set_errno(&p->failure, -errno, ERROR_INTERNAL, "poll");

        r = fds[1].revents ? on_signal(job, p) : 0;
        if (r == 0 && fds[0].revents)
            r = on_input(job, ret_result, p);
        else if (r == 0 && fds[2].revents)
            r = job_died(job, p); /* gone, and a child of it holds the socket open */
        if (r != 0)
            return MIN_OF(r, 0);
    }
}

static int job_start(Job *job, json_object *request, Problem *p)
{
    const char *program = job->host->program;
    char *argv[] = {(char *)"azl-update", NULL};
    int r = spawn_on_socket(program, argv, &job->pid, &job->pidfd, &job->socket);

    if (r < 0)
        return failure_set_errno(&p->failure, r, ERROR_WORKER_MISSING, "%s", program);
    job->reader = (WireReader){.fd = job->socket, .max = WIRE_LINE_MAX};
    job->deadline = clock_monotonic_ms() + job->host->idle_ms;

    /* A worker that does not read may still have said why: what it answered counts. */
    r = wire_send(job->socket, request);
    if (r < 0 && r != -EPIPE && r != -ECONNRESET)
        return failure_set_errno(&p->failure, r, ERROR_WORKER_DIED, "sending the request");
    return 0;
}

int worker_call(WorkerHost *host, json_object *request, WorkerEvent event, void *userdata,
                json_object **ret_result, Problem *p)
{
    Job job = {.host = host, .event = event, .userdata = userdata, .socket = -EBADF};
    int r;

    r = stop_signals_watch(&job.signals);
    if (r < 0)
        return failure_set_errno(&p->failure, r, ERROR_INTERNAL, "waiting for signals");

    if (host->cancelled || stop_signals_came()) /* asked only now that none goes by unseen */
        r = failure_set(&p->failure, -ECANCELED, ERROR_CANCELLED, "by a signal");
    else
        r = job_start(&job, request, p);
    if (r < 0 && job.pid == 0) {
        stop_signals_clear(&job.signals);
        return r;
    }
    if (r >= 0)
        r = job_wait(&job, ret_result, p);
    if (r < 0)
        shutdown(job.socket, SHUT_RDWR);
    job_end(&job);
    return r;
}
