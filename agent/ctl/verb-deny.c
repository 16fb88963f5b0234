/* SPDX-License-Identifier: MIT */
#include "agent/ctl/verbs.h"

#include <inttypes.h>
#include <string.h>

#include "agent/ctl/printable.h"
#include "agent/ctl/release.h"
#include "agent/ctl/view.h"
#include "base/clock.h"
#include "base/json.h"

static int call_deny(Ctl *ctl, const char *action, json_object **ret_result, Problem *p)
{
    json_object *arguments = json_object_new_object();
    const Arguments *args = ctl->args;

    json_add_string(arguments, "action", action);
    if (args->words)
        json_add_string(arguments, "target", args->words[0]);
    if (args->reason)
        json_add_string(arguments, "reason", args->reason);
    return ctl_call(ctl, "deny", arguments, ret_result, p);
}

static void render_entry(Term *term, json_object *entry, size_t columns, int64_t now)
{
    char name[RELEASE_NAME_MAX], checksum[RELEASE_NAME_MAX], age[RELEASE_WHEN_MAX];

    term_cell(term, columns + 2, STYLE_STRONG, "%s", release_name(entry, name));
    term_cell(term, CHECKSUM_SHOWN + 2, STYLE_FAINT, "%s", release_checksum(entry, checksum));
    term_cell(term, 16, STYLE_FAINT, "%s", release_age(json_get_string(entry, "at"), now, age));
    term_text(term, columns + 2 + CHECKSUM_SHOWN + 2 + 16, STYLE_PLAIN, "by %s: %s",
              json_get_string(entry, "source") ?: "unknown",
              json_get_string(entry, "reason") ?: "no reason given");
}

static void render_list(Term *term, json_object *result)
{
    json_object *entries = json_get(result, "entries");
    const char *state = json_get_string(result, "state");
    int64_t now = clock_now();
    char name[RELEASE_NAME_MAX];
    size_t columns = 0;

    if (state && strcmp(state, "unreadable") == 0) {
        term_line(term, STYLE_BAD,
                  "the deny list cannot be read, so no update is taken; "
                  "look at what was kept aside, then `azlctl deny reset`");
        return;
    }
    if (list_length(entries) == 0)
        term_line(term, STYLE_PLAIN, "nothing is denied");
    for (size_t i = 0; i < list_length(entries); i++)
        columns = MAX_OF(columns, printable_width(release_name(list_at(entries, i), name)));
    for (size_t i = 0; i < list_length(entries); i++)
        render_entry(term, list_at(entries, i), columns, now);
}

int verb_deny_list(Ctl *ctl, Problem *p)
{
    _cleanup_json_ json_object *result = NULL;

    int r = call_deny(ctl, "list", &result, p);
    if (r < 0)
        return r;
    if (ctl->args->json)
        ctl_print_json(ctl, result);
    else
        render_list(&ctl->out, result);
    return EXIT_DONE;
}

/* A change: what it was about in one line, the list with --json. *ret_result is owned. */
static int change(Ctl *ctl, const char *action, json_object **ret_result, Problem *p)
{
    int r = call_deny(ctl, action, ret_result, p);

    if (r < 0)
        return r;
    if (ctl->args->json)
        ctl_print_json(ctl, *ret_result);
    return EXIT_DONE;
}

/* What the worker warned of has been shown, and may contradict more than this. */
int verb_deny_add(Ctl *ctl, Problem *p)
{
    _cleanup_json_ json_object *result = NULL;

    int r = change(ctl, "add", &result, p);
    if (r >= 0)
        term_line(&ctl->err, STYLE_PLAIN, "%s is denied%s", ctl->args->words[0],
                  list_length(json_get(result, "warnings")) > 0
                      ? "."
                      : ": no update brings it to this machine.");
    return r;
}

int verb_deny_remove(Ctl *ctl, Problem *p)
{
    _cleanup_json_ json_object *result = NULL;

    int r = change(ctl, "remove", &result, p);
    if (r >= 0)
        term_line(&ctl->err, STYLE_PLAIN, "%s is no longer denied.", ctl->args->words[0]);
    return r;
}

int verb_deny_reset(Ctl *ctl, Problem *p)
{
    _cleanup_json_ json_object *result = NULL;

    int r = call_deny(ctl, "reset", &result, p);
    if (r < 0)
        return r;
    if (ctl->args->json)
        ctl_print_json(ctl, result);

    json_object *entries = json_get(result, "entries");
    size_t n =
        json_object_is_type(entries, json_type_array) ? json_object_array_length(entries) : 0;
    term_line(&ctl->err, STYLE_PLAIN,
              "The deny list can be read, with %zu entr%s, and holds nothing up.", n,
              n == 1 ? "y" : "ies");
    return EXIT_DONE;
}
