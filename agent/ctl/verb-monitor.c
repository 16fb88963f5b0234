/* SPDX-License-Identifier: MIT */
/* `azlctl monitor`: one job to its end, or a line for all that happens. */
#include "agent/ctl/verbs.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/ctl/follow.h"
#include "agent/ctl/stop-signals.h"
#include "agent/ctl/when.h"
#include "base/clock.h"
#include "base/json.h"

#define TIME_COLUMNS 10
#define KIND_MAX     32
#define FOREVER      INT64_MAX

/* The last that was said of the agent, so that a line stands for a change. */
typedef struct Monitor {
    Ctl *ctl;
    Daemon *daemon;
    StopSignals signals;
    sd_bus_slot *watch[DAEMON_WATCHES];
    json_object *kinds; /* of jobs, by path; owned */
    char state[32], reason[32], detail[256];
    uint64_t until;
    char hold[256];   /* "" where there is none */
    bool gone, back;  /* just now */
    bool gone_before; /* and not back yet */
} Monitor;

static void begin_line(Monitor *m)
{
    time_t now = clock_now();
    char text[16] = "";
    struct tm tm;

    if (localtime_r(&now, &tm))
        strftime(text, sizeof(text), "%H:%M:%S", &tm);
    term_cell(&m->ctl->out, TIME_COLUMNS, STYLE_FAINT, "%s", text);
}

static void say_state(Monitor *m)
{
    char when[WHEN_MAX];

    begin_line(m);
    term_put(&m->ctl->out, STYLE_STRONG, "%s", m->state);
    if (m->detail[0] || m->reason[0])
        term_put(&m->ctl->out, STYLE_PLAIN, ": %s", m->detail[0] ? m->detail : m->reason);
    if (m->until > 0)
        term_put(&m->ctl->out, STYLE_PLAIN, ", until %s",
                 when_format((int64_t)m->until, clock_now(), when));
    term_end(&m->ctl->out);
}

static void say_plain(Monitor *m, const char *text)
{
    begin_line(m);
    term_line(&m->ctl->out, STYLE_WARN, "%s", text);
}

static int take_hold(Monitor *m, sd_bus_message *message)
{
    char when[WHEN_MAX], text[sizeof(m->hold)] = "";
    const char *reason;
    uint64_t until;
    int held;

    int r = sd_bus_message_read(message, "v", "(bts)", &held, &until, &reason);
    if (r < 0)
        return r;
    if (held)
        snprintf(text, sizeof(text), "updates are held%s%s%s%s", until ? " until " : "",
                 until ? when_format((int64_t)until, clock_now(), when) : "", *reason ? ": " : "",
                 reason);
    if (strcmp(text, m->hold) != 0)
        say_plain(m, *text ? text : "updates are not held any more");
    strcpy(m->hold, text);
    return 0;
}

/* Takes a property over; *changed when it is another. */
static int take_text(sd_bus_message *message, char *to, size_t size, bool *changed)
{
    const char *text;

    int r = sd_bus_message_read(message, "v", "s", &text);
    if (r < 0)
        return r;
    *changed |= strncmp(to, text, size - 1) != 0;
    snprintf(to, size, "%s", text);
    return 0;
}

static int take_property(Monitor *m, sd_bus_message *message, bool *changed)
{
    const char *name;
    bool words = false;

    int r = sd_bus_message_read(message, "s", &name);
    if (r < 0)
        return r;
    if (strcmp(name, "State") == 0)
        return take_text(message, m->state, sizeof(m->state), changed);
    if (strcmp(name, "WaitReason") == 0)
        return take_text(message, m->reason, sizeof(m->reason), changed);
    if (strcmp(name, "WaitDetail") == 0) /* comes along; alone it is no change */
        return take_text(message, m->detail, sizeof(m->detail), &words);
    if (strcmp(name, "Held") == 0)
        return take_hold(m, message);
    if (strcmp(name, "WaitUntil") == 0) {
        uint64_t until = m->until;
        r = sd_bus_message_read(message, "v", "t", &m->until);
        *changed |= until != m->until;
        return r;
    }
    return sd_bus_message_skip(message, "v");
}

static void take_properties(Monitor *m, sd_bus_message *message)
{
    bool changed = false;
    int r = sd_bus_message_enter_container(message, 'a', "{sv}");

    while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
        r = take_property(m, message, &changed);
        if (r >= 0)
            r = sd_bus_message_exit_container(message);
    }
    if (changed)
        say_state(m);
}

static void on_changed(Monitor *m, sd_bus_message *message)
{
    const char *interface;

    if (sd_bus_message_read(message, "s", &interface) >= 0 &&
        strcmp(interface, DAEMON_MANAGER) == 0)
        take_properties(m, message);
}

/* ": update"; "" for a job that was there before us. Returns buf. */
static char *kind_text(const Monitor *m, const char *path, char buf[static KIND_MAX])
{
    const char *kind = json_get_string(m->kinds, path);

    snprintf(buf, KIND_MAX, "%s%s", kind ? ": " : "", kind ?: "");
    return buf;
}

static void on_job_new(Monitor *m, sd_bus_message *message)
{
    const char *path, *kind;
    uint32_t id;

    if (sd_bus_message_read(message, "uos", &id, &path, &kind) < 0)
        return;
    json_add_string(m->kinds, path, kind);
    begin_line(m);
    term_line(&m->ctl->out, STYLE_PLAIN, "job %u: %s", id, kind);
}

static void on_finished(Monitor *m, sd_bus_message *message)
{
    const char *result, *id, *detail, *path = sd_bus_message_get_path(message);
    char kind[KIND_MAX];

    if (sd_bus_message_read(message, "sss", &result, &id, &detail) < 0 || !*id)
        return;
    begin_line(m);
    term_line(&m->ctl->out, STYLE_BAD, "job %s%s: %s%s[%s]", strrchr(path, '/') + 1,
              kind_text(m, path, kind), detail, *detail ? " " : "", id);
}

static void on_job_removed(Monitor *m, sd_bus_message *message)
{
    const char *path, *result;
    char kind[KIND_MAX];
    uint32_t id;

    if (sd_bus_message_read(message, "uos", &id, &path, &result) < 0)
        return;
    begin_line(m);
    term_line(&m->ctl->out, strcmp(result, "done") == 0 ? STYLE_GOOD : STYLE_BAD, "job %u%s: %s",
              id, kind_text(m, path, kind), result);
    json_object_object_del(m->kinds, path);
}

static int on_message(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    const char *name, *before, *after;
    Monitor *m = userdata;

    if (sd_bus_message_is_signal(message, DAEMON_PROPERTIES, "PropertiesChanged") > 0)
        on_changed(m, message);
    else if (sd_bus_message_is_signal(message, DAEMON_MANAGER, "JobNew") > 0)
        on_job_new(m, message);
    else if (sd_bus_message_is_signal(message, DAEMON_MANAGER, "JobRemoved") > 0)
        on_job_removed(m, message);
    else if (sd_bus_message_is_signal(message, DAEMON_JOB, "Finished") > 0)
        on_finished(m, message);
    else if (sd_bus_message_is_signal(message, "org.freedesktop.DBus", "NameOwnerChanged") > 0 &&
             sd_bus_message_read(message, "sss", &name, &before, &after) >= 0) {
        m->gone |= *before != '\0';
        m->back = *after != '\0';
    }
    return 0;
}

static int attach(Monitor *m, Problem *p)
{
    _cleanup_message_ sd_bus_message *call = NULL, *reply = NULL;

    for (size_t i = 0; i < DAEMON_WATCHES; i++)
        m->watch[i] = sd_bus_slot_unref(m->watch[i]);
    m->state[0] = '\0';
    int r = daemon_watch(m->daemon, on_message, m, m->watch, p);
    if (r < 0)
        return r;
    r = daemon_method(m->daemon, DAEMON_PATH, DAEMON_PROPERTIES, "GetAll", &call);
    if (r >= 0)
        r = sd_bus_message_append(call, "s", DAEMON_MANAGER);
    r = daemon_call(m->daemon, r, call, DAEMON_CALL_MS, &reply, p);
    if (r >= 0)
        take_properties(m, reply);
    return r;
}

/* The daemon went, and came back, or will. */
static void on_owner_changed(Monitor *m)
{
    _cleanup_problem_ Problem problem = {0};

    if (m->gone)
        say_plain(m, "azl-agentd has ended");
    if (m->back && daemon_find(m->daemon) >= 0) {
        say_plain(m, "azl-agentd has started");
        (void)attach(m, &problem);
    }
    m->gone_before = m->gone || (m->gone_before && !m->back);
    m->gone = m->back = false;
}

static int watch_all(Monitor *m, Problem *p)
{
    int r = attach(m, p);

    if (r < 0)
        return r;
    r = stop_signals_watch(&m->signals);
    if (r < 0)
        return failure_set_errno(&p->failure, r, ERROR_INTERNAL, "waiting for signals");
    while ((r = daemon_wait(m->daemon, m->signals.fd, FOREVER)) == 0)
        if (m->gone || m->back)
            on_owner_changed(m);
    if (r < 0 && m->gone_before) {
        say_plain(m, "the system bus has ended: the system goes down");
        return EXIT_DONE;
    }
    if (r < 0)
        return failure_set_errno(&p->failure, r, ERROR_AGENT_MISSING, "the system bus");
    (void)stop_signals_take(&m->signals);
    return EXIT_DONE;
}

static int monitor_all(Ctl *ctl, Problem *p)
{
    Monitor m = {
        .ctl = ctl, .daemon = ctl->daemon, .signals.fd = -EBADF, .kinds = json_object_new_object()};

    int r = watch_all(&m, p);
    for (size_t i = 0; i < DAEMON_WATCHES; i++)
        sd_bus_slot_unref(m.watch[i]);
    stop_signals_clear(&m.signals);
    json_object_put(m.kinds);
    return r;
}

static int monitor_job(Ctl *ctl, Problem *p)
{
    _cleanup_json_ json_object *result = NULL;
    unsigned id;

    int r = job_number(ctl->args->words[0], &id, p);
    if (r < 0)
        return r;
    r = follow_job(ctl, ctl->daemon, id, &result, p);
    if (r < 0)
        return r;
    if (r > 0) {
        term_line(&ctl->err, STYLE_PLAIN, "Job %u goes on; `azlctl cancel %u` ends it.", id, id);
        return EXIT_FAILED;
    }
    term_line(&ctl->err, STYLE_GOOD, "Job %u is done.", id);
    return EXIT_DONE;
}

int verb_monitor(Ctl *ctl, Problem *p)
{
    return ctl->args->words ? monitor_job(ctl, p) : monitor_all(ctl, p);
}
