/* SPDX-License-Identifier: MIT */
/* A worker for the daemon's side of the protocol to talk to: a listener in the test's own event
 * loop, which answers each operation as the test says, and does so badly where that is wanted. */
#pragma once

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-event.h>

#include "agent/link.h"
#include "base/clock.h"
#include "base/json.h"
#include "tests/unit/leak.h"
#include "tests/unit/scratch.h"

#define RESULT          "{\"result\":{}}\n"
#define CANCELLED       "{\"error\":{\"id\":\"update.cancelled\",\"detail\":\"as asked\"}}\n"
#define WORKER_CALLS    300
#define WORKER_PATIENCE 10000 /* ms: a test that waits for longer has failed */

typedef struct Worker Worker;

typedef struct Call {
    Worker *worker;
    int fd;
    char op[32];
    json_object *args;
    char in[4096];
    size_t filled;
    const char *out; /* what is still to be said */
    size_t left;
    bool stays; /* after that */
    sd_event_source *source;
} Call;

typedef struct Answer {
    const char *op;
    const char *text; /* NULL: not a word */
    size_t size;
    bool stays; /* says it, and keeps the line */
} Answer;

struct Worker {
    sd_event *loop;
    char path[300];
    int fd;
    sd_event_source *source;
    Answer answers[16]; /* the last one for an operation counts; of none: RESULT */
    size_t n_answers;
    bool stubborn;            /* does not listen to a cancel */
    Call calls[WORKER_CALLS]; /* all there were, in their order */
    size_t n_calls;
};

static inline void worker_hang_up(Call *call)
{
    call->source = sd_event_source_disable_unref(call->source);
    call->fd = close_fd(call->fd);
}

static inline void worker_say(Call *call, const char *text, size_t size, bool stays)
{
    call->out = text;
    call->left = size;
    call->stays = stays;
    sd_event_source_set_io_events(call->source, size > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
    if (size == 0 && !stays)
        worker_hang_up(call);
}

static inline void worker_obey(Call *call, json_object *request)
{
    Answer answer = {.text = RESULT, .size = strlen(RESULT)};
    Worker *worker = call->worker;

    snprintf(call->op, sizeof(call->op), "%s", json_get_string(request, "op") ?: "?");
    call->args = json_object_get(json_get(request, "args"));
    for (size_t i = 0; i < worker->n_answers; i++)
        if (strcmp(worker->answers[i].op, call->op) == 0)
            answer = worker->answers[i];
    worker_say(call, answer.text, answer.size, answer.stays);
}

static inline void worker_listen(Call *call)
{
    Worker *worker = call->worker;
    ssize_t n = read(call->fd, call->in + call->filled, sizeof(call->in) - call->filled - 1);

    if (n <= 0) {
        if (n == 0 && !worker->stubborn)
            worker_say(call, CANCELLED, strlen(CANCELLED), false);
        else if (n < 0 && errno != EAGAIN)
            worker_hang_up(call);
        else
            sd_event_source_set_io_events(call->source, 0);
        return;
    }
    call->filled += (size_t)n;
    if (call->op[0] || call->in[call->filled - 1] != '\n')
        return;
    _cleanup_json_ json_object *request = json_tokener_parse(call->in);
    cr_assert_eq(json_get_int(request, "v"), 1, "%s", call->in);
    worker_obey(call, request);
}

static int worker_on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    Call *call = userdata;

    if (revents & EPOLLOUT) {
        ssize_t n = send(fd, call->out, call->left, MSG_NOSIGNAL | MSG_DONTWAIT);

        call->out += MAX_OF(n, (ssize_t)0);
        call->left -= (size_t)MAX_OF(n, (ssize_t)0);
        if (n < 0 || (call->left == 0 && !call->stays))
            worker_hang_up(call);
        else if (call->left == 0)
            sd_event_source_set_io_events(source, EPOLLIN);
    } else if (revents & EPOLLIN)
        worker_listen(call);
    else
        worker_hang_up(call);
    return 0;
}

static int worker_on_call(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    Worker *worker = userdata;

    cr_assert_lt(worker->n_calls, (size_t)WORKER_CALLS);
    Call *call = &worker->calls[worker->n_calls++];
    *call = (Call){.worker = worker, .fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    cr_assert(call->fd >= 0, "%m");
    return sd_event_add_io(worker->loop, &call->source, call->fd, EPOLLIN, worker_on_io, call);
}

/* Listens in a new scratch directory. Borrows nothing; worker_clear() ends it. */
static inline void worker_open(Worker *worker)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    *worker = (Worker){.fd = -EBADF};
    scratch_open();
    snprintf(worker->path, sizeof(worker->path), "%s/socket", scratch_path);
    cr_assert_lt(strlen(worker->path), sizeof(address.sun_path));
    strcpy(address.sun_path, worker->path);
    cr_assert_geq(sd_event_new(&worker->loop), 0);
    worker->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    cr_assert_eq(bind(worker->fd, (struct sockaddr *)&address, sizeof(address)), 0, "%m");
    cr_assert_eq(listen(worker->fd, 128), 0, "%m");
    cr_assert_geq(
        sd_event_add_io(worker->loop, &worker->source, worker->fd, EPOLLIN, worker_on_call, worker),
        0);
}

static inline void worker_clear(Worker *worker)
{
    for (size_t i = 0; i < worker->n_calls; i++) {
        worker_hang_up(&worker->calls[i]);
        json_object_put(worker->calls[i].args);
    }
    sd_event_source_disable_unref(worker->source);
    close_fd(worker->fd);
    sd_event_unref(worker->loop);
}

static inline void worker_answers(Worker *worker, const char *op, const char *text)
{
    worker->answers[worker->n_answers++] =
        (Answer){.op = op, .text = text, .size = text ? strlen(text) : 0, .stays = !text};
}

/* Says this, which is no end, and then nothing more. */
static inline void worker_begins(Worker *worker, const char *op, const char *text)
{
    worker_answers(worker, op, text);
    worker->answers[worker->n_answers - 1].stays = true;
}

/* "check pull": what was asked of it. */
static inline const char *worker_heard(const Worker *worker)
{
    static char text[4096];

    text[0] = '\0';
    for (size_t i = 0; i < worker->n_calls && strlen(text) < sizeof(text) - 40; i++)
        snprintf(text + strlen(text), 40, "%s%s", i ? " " : "", worker->calls[i].op);
    return text;
}

/* One turn of the loop. false: nothing has happened for so long. */
static inline bool worker_turn(Worker *worker, unsigned ms)
{
    int r = sd_event_run(worker->loop, ms * UINT64_C(1000));

    cr_assert_geq(r, 0);
    return r > 0;
}

/* Until the condition holds; fails the test where it never does. */
#define worker_until(worker, condition)                                                            \
    for (int64_t _end = clock_monotonic_ms() + WORKER_PATIENCE; !(condition);) {                   \
        cr_assert(clock_monotonic_ms() < _end, "never: %s", #condition);                           \
        worker_turn(worker, 100);                                                                  \
    }

/* Until nothing has happened for a while. */
static inline void worker_settle(Worker *worker)
{
    while (worker_turn(worker, 50))
        ;
}

#define _cleanup_worker_ __attribute__((cleanup(worker_clear)))
