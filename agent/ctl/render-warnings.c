/* SPDX-License-Identifier: MIT */
#include "agent/ctl/render-warnings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/ctl/release.h"
#include "agent/ctl/status.h"
#include "agent/ctl/view.h"
#include "base/error-id.h"
#include "base/json.h"

#define MARK_COLUMNS 2

typedef struct Warnings {
    Term *term;
    json_object *said; /* the worker's own list */
    bool any;
} Warnings;

/* Has the worker warned of this itself? */
static bool is_said(const Warnings *w, ErrorId id)
{
    for (size_t i = 0; i < list_length(w->said); i++) {
        const char *name = json_get_string(list_at(w->said, i), "id");
        if (name && strcmp(name, error_id_name(id)) == 0)
            return true;
    }
    return false;
}

static _printf_(2, 3)
void warn(Warnings *w, const char *format, ...)
{
    _cleanup_free_ char *text = NULL;
    va_list ap;

    va_start(ap, format);
    if (vasprintf(&text, format, ap) < 0)
        text = NULL;
    va_end(ap);

    if (!w->any)
        term_end(w->term);
    w->any = true;
    term_cell(w->term, MARK_COLUMNS, STYLE_BAD, "!");
    term_text(w->term, MARK_COLUMNS, STYLE_WARN, "%s", text ?: "");
}

/* Those with an id of our table read like the error of that name; the worker is terse. */
static void warn_said(Warnings *w)
{
    for (size_t i = 0; i < list_length(w->said); i++) {
        json_object *one = list_at(w->said, i);
        const char *name = json_get_string(one, "id") ?: "?",
                   *detail = json_get_string(one, "detail") ?: "";
        ErrorId id = error_id_from_name(name);

        if (id != ERROR_NONE)
            warn(w, "%s: %s; %s [%s]", error_id_summary(id), detail, error_id_next_step(id), name);
        else
            warn(w, "%s [%s]", detail, name);
    }
}

static void warn_last_failure(Warnings *w, json_object *failure, int64_t now)
{
    char name[RELEASE_NAME_MAX], when[RELEASE_WHEN_MAX];

    if (!failure)
        return;
    warn(w, "%s of %s failed, %s: %s", json_get_string(failure, "operation") ?: "an operation",
         release_name(failure, name), release_when(json_get_string(failure, "at"), now, when),
         json_get_string(failure, "reason") ?: "the reason is not known");
}

static void warn_policy(Warnings *w, json_object *status)
{
    const char *state = json_get_string(json_get(status, "deny_list"), "state");
    json_object *held = json_get(status, "held");

    if (state && strcmp(state, "unreadable") == 0 && !is_said(w, ERROR_DENY_UNREADABLE))
        warn(w, "%s; %s [%s]", error_id_summary(ERROR_DENY_UNREADABLE),
             error_id_next_step(ERROR_DENY_UNREADABLE), error_id_name(ERROR_DENY_UNREADABLE));
    if (held && !is_said(w, ERROR_HELD))
        warn(w, "updates are held: %s; `azlctl deny reset` ends it [%s]",
             json_get_string(held, "reason") ?: "the reason is not known",
             error_id_name(ERROR_HELD));
}

static void warn_config(Warnings *w, json_object *status)
{
    const char *error = json_get_string(json_get(status, "agent"), "config_error");

    if (error && *error)
        warn(w, "%s: %s; %s [%s]", error_id_summary(ERROR_CONFIG_INVALID), error,
             error_id_next_step(ERROR_CONFIG_INVALID), error_id_name(ERROR_CONFIG_INVALID));
}

/* A boot loader that took another entry than the default (a menu, a fallback) leaves this behind.
 * Where what runs is denied it is left on purpose, and where we meant an update there is an intent.
 */
static void warn_not_default(Warnings *w, json_object *status)
{
    json_object *booted = json_get(status, "booted"), *pending = json_get(status, "pending");
    char runs[RELEASE_NAME_MAX], boots[RELEASE_NAME_MAX];

    if (booted && pending && status_is_waiting(status) && !json_get(status, "intent") &&
        !json_get_bool(booted, "denied"))
        warn(w,
             "%s runs, but the default is %s: a reboot leaves what runs now; `azlctl rollback` "
             "keeps it",
             release_name(booted, runs), release_name(pending, boots));
}

void render_warnings(Term *term, json_object *status, int64_t now)
{
    Warnings w = {.term = term, .said = json_get(status, "warnings")};

    warn_last_failure(&w, json_get(status, "last_failure"), now);
    warn_said(&w);
    warn_policy(&w, status);
    warn_config(&w, status);
    warn_not_default(&w, status);
}
