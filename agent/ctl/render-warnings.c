/* SPDX-License-Identifier: MIT */
#include "agent/ctl/render-warnings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/ctl/release.h"
#include "agent/ctl/view.h"
#include "base/error-id.h"
#include "base/json.h"
#include "base/size.h"

#define MARK_COLUMNS 2

/* Below this share of free space an update will soon not fit. */
#define LOW_SPACE_PERCENT 5

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

static void warn_said(Warnings *w)
{
    for (size_t i = 0; i < list_length(w->said); i++) {
        json_object *one = list_at(w->said, i);
        const char *id = json_get_string(one, "id"), *detail = json_get_string(one, "detail");

        warn(w, "%s [%s]", detail ?: "", id ?: "?");
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

/* A boot loader that took another entry than the default (a menu, a fallback) leaves this behind.
 */
static void warn_not_default(Warnings *w, json_object *status)
{
    json_object *booted = json_get(status, "booted"), *pending = json_get(status, "pending");
    const char *reason = json_get_string(json_get(status, "next_boot"), "reason");
    char runs[RELEASE_NAME_MAX], boots[RELEASE_NAME_MAX];

    if (booted && pending && !release_equal(booted, pending) && !json_get(status, "intent") &&
        reason && strcmp(reason, "pending") == 0)
        warn(w, "%s runs, but %s is the default and boots next; `azlctl rollback` changes that",
             release_name(booted, runs), release_name(pending, boots));
}

static void warn_space(Warnings *w, json_object *fs, const char *where, ErrorId id)
{
    int64_t free_bytes = json_get_int(fs, "free"), total = json_get_int(fs, "total");
    char text[SIZE_TEXT_MAX];

    if (total <= 0 || free_bytes < 0 || free_bytes >= total / 100 * LOW_SPACE_PERCENT ||
        is_said(w, id))
        return;
    warn(w, "only %s are left on %s; `azlctl cleanup` frees what nothing needs",
         size_format((uint64_t)free_bytes, text), where);
}

void render_warnings(Term *term, json_object *status, int64_t now)
{
    Warnings w = {.term = term, .said = json_get(status, "warnings")};
    json_object *space = json_get(status, "space");

    warn_last_failure(&w, json_get(status, "last_failure"), now);
    warn_said(&w);
    warn_policy(&w, status);
    warn_not_default(&w, status);
    warn_space(&w, json_get(space, "sysroot"), "/sysroot", ERROR_NO_SPACE_SYSROOT);
    warn_space(&w, json_get(space, "boot"), "/boot", ERROR_NO_SPACE_BOOT);
}
