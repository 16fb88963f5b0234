/* SPDX-License-Identifier: MIT */
#include "agent/ctl/render-updates.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/ctl/release.h"
#include "agent/ctl/view.h"
#include "agent/ctl/when.h"
#include "base/clock.h"
#include "base/macro.h"

typedef struct Sentence {
    json_object *agent;
    int64_t now;
    char *buf;
    size_t used;
} Sentence;

static _printf_(2, 3)
void say(Sentence *s, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    int n = vsnprintf(s->buf + s->used, UPDATES_TEXT_MAX - s->used, format, ap);
    va_end(ap);
    if (n > 0)
        s->used = MIN_OF(s->used + (size_t)n, (size_t)UPDATES_TEXT_MAX - 1);
}

/* "", or the name with a time behind it: ", until Sat 02:00 (in 5 hours)". */
static void say_time(Sentence *s, const char *before, json_object *object, const char *name)
{
    const char *text = json_get_string(object, name);
    char when[WHEN_MAX];
    int64_t seconds;

    if (text && clock_parse(text, &seconds) == 0)
        say(s, "%s%s", before, when_format(seconds, s->now, when));
}

static void say_target(Sentence *s, const char *before, const char *behind)
{
    char name[RELEASE_NAME_MAX];
    json_object *target = json_get(s->agent, "target");

    say(s, "%s%s%s", before, target ? release_name(target, name) : "a release", behind);
}

/* "; checked 12 minutes ago, next check in 48 minutes" */
static void say_checks(Sentence *s)
{
    const char *last = json_get_string(s->agent, "last_check"),
               *next = json_get_string(s->agent, "next_check");
    char age[RELEASE_WHEN_MAX];

    say(s, "; %s%s", last ? "checked " : "not checked yet",
        last ? release_age(last, s->now, age) : "");
    if (next)
        say(s, ", next check %s", release_age(next, s->now, age));
}

static void say_wait(Sentence *s)
{
    json_object *wait = json_get(s->agent, "wait");
    const char *detail = json_get_string(wait, "detail");

    if (detail && *detail)
        say(s, ": %s", detail);
    say_time(s, ", until ", wait, "until");
}

static void say_starting(Sentence *s)
{
    say(s, "azl-agentd is starting");
}

static void say_settling(Sentence *s)
{
    say(s, "automatic, once the system has run for a while");
    say_time(s, ", from ", json_get(s->agent, "wait"), "until");
}

static void say_idle(Sentence *s)
{
    say(s, "automatic");
    say_wait(s);
    say_checks(s);
}

static void say_checking(Sentence *s)
{
    say(s, "automatic; the server is being asked");
}

static void say_soaking(Sentence *s)
{
    say_target(s, "", " is left to others first");
    say_time(s, ", until ", json_get(s->agent, "wait"), "until");
}

static void say_pulling(Sentence *s)
{
    say_target(s, "", " is being fetched");
}

static void say_staged(Sentence *s)
{
    say_target(s, "", " is staged");
    say_wait(s);
}

static void say_waiting(Sentence *s)
{
    json_object *wait = json_get(s->agent, "wait");

    if (strcmp(json_get_string(wait, "reason") ?: "", "window") == 0) {
        say(s, "waiting for its window");
        say_time(s, ", until ", wait, "until");
        return;
    }
    say(s, "waiting");
    say_wait(s);
}

static void say_finalizing(Sentence *s)
{
    say_target(s, "", " is made ready for the reboot");
}

static void say_rebooting(Sentence *s)
{
    say_target(s, "rebooting into ", "");
}

/* The wait's detail is "3 failures in a row". */
static void say_failed(Sentence *s)
{
    json_object *wait = json_get(s->agent, "wait"), *error = json_get(s->agent, "last_error");
    unsigned long times = strtoul(json_get_string(wait, "detail") ?: "", NULL, 10);
    const char *until = json_get_string(wait, "until"), *id = json_get_string(error, "id"),
               *detail = json_get_string(error, "detail");
    char age[RELEASE_WHEN_MAX];

    if (times > 1)
        say(s, "failed %lu times", times);
    else
        say(s, "failed once");
    if (until)
        say(s, ", again %s", release_age(until, s->now, age));
    if (id)
        say(s, ": %s%s[%s]", detail ?: "", detail && *detail ? " " : "", id);
}

static void say_held(Sentence *s)
{
    json_object *hold = json_get(s->agent, "hold");
    const char *reason = json_get_string(hold, "reason");

    say(s, "held");
    say_time(s, " until ", hold, "until");
    if (reason && *reason)
        say(s, ": %s", reason);
    say(s, " (`azlctl unhold`)");
}

static void say_disabled(Sentence *s)
{
    const char *owner = json_get_string(s->agent, "owner") ?: "agent";

    if (strcmp(owner, "agent") != 0)
        say(s, "not ours: %s", owner);
    else
        say(s, "switched off ([update] enabled); `azlctl update` brings one in");
}

static const struct {
    const char *state;
    void (*say)(Sentence *s);
} states[] = {
    {"starting", say_starting}, {"settling", say_settling},   {"idle", say_idle},
    {"checking", say_checking}, {"soaking", say_soaking},     {"pulling", say_pulling},
    {"staged", say_staged},     {"waiting", say_waiting},     {"finalizing", say_finalizing},
    {"failed", say_failed},     {"rebooting", say_rebooting}, {"held", say_held},
    {"disabled", say_disabled},
};

static void say_job(Sentence *s)
{
    json_object *job = list_at(json_get(s->agent, "jobs"), 0);

    if (job)
        say(s, "; job %" PRIu64 " is %s: %s", count_get(job, "id"),
            json_get_string(job, "state") ?: "there", json_get_string(job, "kind") ?: "?");
}

char *updates_text(json_object *agent, int64_t now, char buf[static UPDATES_TEXT_MAX])
{
    Sentence s = {.agent = agent, .now = now, .buf = buf};
    const char *state = json_get_string(agent, "state") ?: "";

    buf[0] = '\0';
    /* A hold is what the reader has to know, whatever else is going on. */
    if (json_get(agent, "hold"))
        state = "held";
    for (size_t i = 0; i < ELEMENTSOF(states); i++)
        if (strcmp(states[i].state, state) == 0)
            states[i].say(&s);
    if (s.used == 0) {
        say(&s, "%.32s", *state ? state : "unknown");
        say_wait(&s);
    }
    say_job(&s);
    return buf;
}
