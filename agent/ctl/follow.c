/* SPDX-License-Identifier: MIT */
#include "agent/ctl/follow.h"

#include <stdio.h>
#include <string.h>

#include "agent/ctl/stop-signals.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/wire.h"

/* After so long a silence the daemon is asked whether it lives; so long it may take to answer. */
#define SILENCE_MS 60000
#define ALIVE_USEC (30ULL * 1000 * 1000)

typedef struct Follow {
    Ctl *ctl;
    Daemon *daemon;
    Problem *p;
    StopSignals signals;
    char path[FOLLOW_PATH_MAX]; /* "" until the daemon has said which job it is */
    bool attached;              /* somebody else's: signals do not cancel it */
    bool cancelled, waiting_said, ended;
    int r;               /* how it ended, once it has */
    json_object *result; /* owned */
    int64_t deadline;
    sd_bus_slot *watch[DAEMON_WATCHES], *call, *properties, *cancel, *alive;
} Follow;

static unsigned id_of(const char *path)
{
    const char *last = strrchr(path, '/');

    return last ? (unsigned)strtoul(last + 1, NULL, 10) : 0;
}

static void finish(Follow *f, int r)
{
    f->ended = true;
    f->r = r;
}

static void lost(Follow *f, const char *why)
{
    finish(f, failure_set(&f->p->failure, -ECONNRESET, ERROR_AGENT_LOST, "%s", why));
}

json_object *follow_progress_event(sd_bus_message *m)
{
    uint64_t done, total, rate, eta;
    const char *phase, *unit;
    json_object *event;

    if (sd_bus_message_read(m, "sttstt", &phase, &done, &total, &unit, &rate, &eta) < 0 || !*phase)
        return NULL;
    event = json_object_new_object();
    json_add_string(event, "event", "progress");
    json_add_string(event, "phase", phase);
    json_add_string(event, "unit", unit);
    json_add_int(event, "done", (int64_t)done);
    if (total > 0)
        json_add_int(event, "total", (int64_t)total);
    if (rate > 0)
        json_add_int(event, "rate", (int64_t)rate);
    if (eta > 0)
        json_add_int(event, "eta", (int64_t)eta);
    return event;
}

static void on_progress(Follow *f, sd_bus_message *m)
{
    _cleanup_json_ json_object *event = follow_progress_event(m);

    if (event)
        ctl_show_event(event, f->ctl);
}

static void on_log(Follow *f, sd_bus_message *m)
{
    _cleanup_json_ json_object *event = json_object_new_object();
    const char *level, *message;

    if (sd_bus_message_read(m, "ss", &level, &message) < 0)
        return;
    json_add_string(event, "event", "log");
    json_add_string(event, "level", level);
    json_add_string(event, "message", message);
    ctl_show_event(event, f->ctl);
}

static int take_result(Follow *f, const char *text)
{
    if (json_parse(text, strlen(text), WIRE_DEPTH_MAX, &f->result) < 0 ||
        !json_object_is_type(f->result, json_type_object))
        return failure_set(&f->p->failure, -EBADMSG, ERROR_PROTOCOL_GARBAGE, "the result of job %u",
                           id_of(f->path));
    return 0;
}

static void on_finished(Follow *f, sd_bus_message *m)
{
    _cleanup_json_ json_object *error = json_object_new_object();
    const char *result, *id, *detail;

    if (sd_bus_message_read(m, "sss", &result, &id, &detail) < 0)
        return;
    json_add_string(error, "id", id);
    json_add_string(error, "detail", detail);
    finish(f, *id ? problem_from_json(f->p, error) : take_result(f, result));
}

/* The end without a result before it: only where that was lost on the way. */
static void on_removed(Follow *f, sd_bus_message *m)
{
    const char *path, *how;
    uint32_t id;

    if (sd_bus_message_read(m, "uos", &id, &path, &how) < 0 || strcmp(path, f->path) != 0 ||
        f->ended)
        return;
    finish(f, failure_set(&f->p->failure, -EBADMSG, ERROR_PROTOCOL_GARBAGE,
                          "job %u ended (%s) and did not say with what", id, how));
}

static int on_message(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
    Follow *f = userdata;

    f->deadline = f->cancelled ? f->deadline : clock_monotonic_ms() + SILENCE_MS;
    if (daemon_is_gone(f->daemon, m))
        lost(f, "it has ended");
    else if (sd_bus_message_is_signal(m, DAEMON_MANAGER, "JobRemoved") > 0)
        on_removed(f, m);
    else if (strcmp(sd_bus_message_get_path(m) ?: "", f->path) != 0 || f->ended)
        return 0;
    else if (sd_bus_message_is_signal(m, DAEMON_JOB, "Progress") > 0)
        on_progress(f, m);
    else if (sd_bus_message_is_signal(m, DAEMON_JOB, "Log") > 0)
        on_log(f, m);
    else if (sd_bus_message_is_signal(m, DAEMON_JOB, "Finished") > 0)
        on_finished(f, m);
    return 0;
}

static void say_waiting(Follow *f, const char *text)
{
    if (!*text || f->waiting_said)
        return;
    f->waiting_said = true;
    progress_erase(&f->ctl->progress, &f->ctl->err);
    term_line(&f->ctl->err, STYLE_FAINT, "%s", text);
}

static int read_property(Follow *f, sd_bus_message *m)
{
    const char *name, *contents, *text;
    char type;

    int r = sd_bus_message_read(m, "s", &name);
    if (r >= 0)
        r = sd_bus_message_peek_type(m, &type, &contents);
    if (r < 0)
        return r;
    if (strcmp(name, "Waiting") == 0 && strcmp(contents, "s") == 0) {
        r = sd_bus_message_read(m, "v", "s", &text);
        if (r >= 0)
            say_waiting(f, text);
        return r;
    }
    if (strcmp(name, "Progress") != 0 || strcmp(contents, "(sttstt)") != 0)
        return sd_bus_message_skip(m, "v");
    if ((r = sd_bus_message_enter_container(m, 'v', contents)) < 0 ||
        (r = sd_bus_message_enter_container(m, 'r', "sttstt")) < 0)
        return r;
    on_progress(f, m);
    r = sd_bus_message_exit_container(m);
    return r < 0 ? r : sd_bus_message_exit_container(m);
}

/* What the job is like now; signals tell the rest. */
static int on_properties(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
    const sd_bus_error *e = sd_bus_message_get_error(m);
    Follow *f = userdata;
    int r;

    if (e && f->attached && !f->ended)
        finish(f, failure_set(&f->p->failure, -ENOENT, ERROR_AGENT_NO_JOB, "%u", id_of(f->path)));
    if (e || f->ended) /* one of ours may be over already: Finished says it */
        return 0;
    r = sd_bus_message_enter_container(m, 'a', "{sv}");
    while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
        r = read_property(f, m);
        if (r >= 0)
            r = sd_bus_message_exit_container(m);
    }
    return 0;
}

static int ask_properties(Follow *f)
{
    return sd_bus_call_method_async(f->daemon->bus, &f->properties, f->daemon->owner, f->path,
                                    DAEMON_PROPERTIES, "GetAll", on_properties, f, "s", DAEMON_JOB);
}

static int on_cancel_reply(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
    const sd_bus_error *e = sd_bus_message_get_error(m);
    Follow *f = userdata;

    if (e && !f->ended && !sd_bus_error_has_name(e, SD_BUS_ERROR_UNKNOWN_OBJECT))
        finish(f, daemon_problem(e, -EREMOTEIO, f->p));
    return 0;
}

static void cancel(Follow *f)
{
    (void)sd_bus_call_method_async(f->daemon->bus, &f->cancel, f->daemon->owner, f->path,
                                   DAEMON_JOB, "Cancel", on_cancel_reply, f, NULL);
}

/* The answer to the call that makes the job. */
static int on_job(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
    const sd_bus_error *e = sd_bus_message_get_error(m);
    Follow *f = userdata;
    const char *path;

    if (e)
        finish(f, daemon_problem(e, -EREMOTEIO, f->p));
    else if (sd_bus_message_read(m, "o", &path) < 0 || strlen(path) >= sizeof(f->path))
        finish(f, failure_set(&f->p->failure, -EBADMSG, ERROR_PROTOCOL_GARBAGE, "no job"));
    else {
        strcpy(f->path, path);
        if (f->cancelled)
            cancel(f);
        else
            (void)ask_properties(f);
    }
    return 0;
}

static void give_up(Follow *f, const char *why)
{
    if (f->path[0])
        finish(f, failure_set(&f->p->failure, -ECANCELED, ERROR_CANCELLED,
                              "%s; job %u goes on until it can stop", why, id_of(f->path)));
    else
        finish(f, failure_set(&f->p->failure, -ECANCELED, ERROR_CANCELLED, "%s", why));
}

static void on_signal(Follow *f)
{
    if (!stop_signals_take(&f->signals))
        return;
    if (f->attached) {
        finish(f, 1);
        return;
    }
    if (f->cancelled) {
        give_up(f, "by a second signal");
        return;
    }
    f->cancelled = f->ctl->worker.cancelled = true;
    f->deadline = clock_monotonic_ms() +
                  (f->path[0] ? f->ctl->worker.cancel_ms + SILENCE_MS : DAEMON_CALL_MS);
    if (f->path[0])
        cancel(f);
}

static int on_alive(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
    Follow *f = userdata;

    if (sd_bus_message_is_method_error(m, NULL) && !f->ended)
        lost(f, "it does not answer");
    return 0;
}

/* Nothing for a while: a long step of the job, or a daemon that hangs. */
static void on_silence(Follow *f)
{
    _cleanup_message_ sd_bus_message *ping = NULL;

    if (f->cancelled) {
        give_up(f, "and did not end in time");
        return;
    }
    f->deadline = clock_monotonic_ms() + SILENCE_MS;
    f->alive = sd_bus_slot_unref(f->alive);
    if (daemon_method(f->daemon, DAEMON_PATH, "org.freedesktop.DBus.Peer", "Ping", &ping) < 0 ||
        sd_bus_call_async(f->daemon->bus, &f->alive, ping, on_alive, f, ALIVE_USEC) < 0)
        lost(f, "it cannot be asked");
}

/* Until the job has ended, or is given up. */
static int wait_for_end(Follow *f)
{
    while (!f->ended) {
        int r = daemon_wait(f->daemon, f->signals.fd, f->deadline);

        if (r > 0)
            on_signal(f);
        else if (r == -ETIMEDOUT)
            on_silence(f);
        else if (r < 0)
            lost(f, strerror(-r));
    }
    progress_erase(&f->ctl->progress, &f->ctl->err);
    return f->r;
}

static int begin(Follow *f)
{
    int r = daemon_watch(f->daemon, on_message, f, f->watch, f->p);

    if (r < 0)
        return r;
    r = stop_signals_watch(&f->signals);
    if (r < 0)
        return failure_set_errno(&f->p->failure, r, ERROR_INTERNAL, "waiting for signals");
    f->deadline = clock_monotonic_ms() + SILENCE_MS;
    return 0;
}

static void follow_clear(Follow *f)
{
    for (size_t i = 0; i < ELEMENTSOF(f->watch); i++)
        sd_bus_slot_unref(f->watch[i]);
    sd_bus_slot_unref(f->call);
    sd_bus_slot_unref(f->properties);
    sd_bus_slot_unref(f->cancel);
    sd_bus_slot_unref(f->alive);
    stop_signals_clear(&f->signals);
    json_object_put(f->result);
}

int follow_call(Ctl *ctl, Daemon *daemon, int built, sd_bus_message *call, json_object **ret_result,
                Problem *p)
{
    _cleanup_(follow_clear)
    Follow f = {.ctl = ctl, .daemon = daemon, .p = p, .signals.fd = -EBADF};

    if (ctl->worker.cancelled)
        return failure_set(&p->failure, -ECANCELED, ERROR_CANCELLED, "by a signal");
    int r = begin(&f);
    if (r < 0)
        return r;
    if (built >= 0)
        built = sd_bus_call_async(daemon->bus, &f.call, call, on_job, &f,
                                  (uint64_t)DAEMON_PERSON_MS * 1000);
    if (built < 0)
        return failure_set_errno(&p->failure, built, ERROR_INTERNAL, "a call on the bus");
    r = wait_for_end(&f);
    if (r >= 0)
        *ret_result = TAKE_PTR(f.result);
    return r;
}

int follow_job(Ctl *ctl, Daemon *daemon, unsigned id, json_object **ret_result, Problem *p)
{
    _cleanup_(follow_clear)
    Follow f = {.ctl = ctl, .daemon = daemon, .p = p, .signals.fd = -EBADF, .attached = true};

    snprintf(f.path, sizeof(f.path), DAEMON_PATH "/job/%u", id);
    int r = begin(&f);
    if (r < 0)
        return r;
    r = ask_properties(&f);
    if (r < 0)
        return failure_set_errno(&p->failure, r, ERROR_INTERNAL, "a call on the bus");
    r = wait_for_end(&f);
    if (r == 0)
        *ret_result = TAKE_PTR(f.result);
    return r;
}

int follow_start(Daemon *daemon, int built, sd_bus_message *call, unsigned *ret_id, Problem *p)
{
    _cleanup_message_ sd_bus_message *reply = NULL;
    const char *path;

    int r = daemon_call(daemon, built, call, DAEMON_PERSON_MS, &reply, p);
    if (r < 0)
        return r;
    r = sd_bus_message_read(reply, "o", &path);
    if (r < 0)
        return failure_set_errno(&p->failure, r, ERROR_PROTOCOL_GARBAGE, "no job");
    *ret_id = id_of(path);
    return 0;
}
