/* SPDX-License-Identifier: MIT */
#include "agent/ctl/verbs.h"

#include <string.h>

#include "agent/ctl/release.h"
#include "agent/ctl/view.h"
#include "base/clock.h"
#include "base/json.h"

#define WHEN_COLUMNS  40
#define EVENT_COLUMNS 17

static void render_event(Term *term, json_object *event, int64_t now)
{
    json_object *from = json_get(event, "from"), *to = json_get(event, "to"),
                *dropped = json_get(event, "dropped");
    const char *result = json_get_string(event, "result"),
               *reason = json_get_string(event, "reason"), *by = json_get_string(event, "by");
    bool failed = result && strcmp(result, "failed") == 0;
    char when[RELEASE_WHEN_MAX], from_name[RELEASE_NAME_MAX], to_name[RELEASE_NAME_MAX];

    term_cell(term, WHEN_COLUMNS, STYLE_FAINT, "%s",
              release_when(json_get_string(event, "at"), now, when));
    term_cell(term, EVENT_COLUMNS, STYLE_STRONG, "%s", json_get_string(event, "event") ?: "?");
    if (from || to)
        term_put(term, STYLE_PLAIN, "%s%s%s", from ? release_name(from, from_name) : "",
                 from && to ? " \u2192 " : "", to ? release_name(to, to_name) : "");
    for (size_t i = 0; i < list_length(dropped); i++)
        term_put(term, STYLE_PLAIN, "%s%s", i ? ", " : "dropped ",
                 release_name(list_at(dropped, i), to_name));
    if (result && *result)
        term_put(term, failed ? STYLE_BAD : STYLE_PLAIN, "%s%s", from || to ? "  " : "", result);
    if (reason && *reason)
        term_put(term, STYLE_PLAIN, ": %s", reason);
    if (by && strcmp(by, "root") != 0)
        term_put(term, STYLE_FAINT, "  (by %s)", by);
    term_end(term);
}

int verb_history(Ctl *ctl, Problem *p)
{
    _cleanup_json_ json_object *result = NULL;
    json_object *arguments = json_object_new_object();

    if (ctl->args->limit >= 0)
        json_add_int(arguments, "limit", ctl->args->limit);
    int r = ctl_call(ctl, "history", arguments, &result, p);
    if (r < 0)
        return r;
    if (ctl->args->json) {
        ctl_print_json(ctl, result);
        return EXIT_DONE;
    }

    json_object *events = json_get(result, "events");
    if (list_length(events) == 0)
        term_line(&ctl->out, STYLE_PLAIN, "nothing has happened yet");
    for (size_t i = 0; i < list_length(events); i++)
        render_event(&ctl->out, list_at(events, i), clock_now());
    return EXIT_DONE;
}
