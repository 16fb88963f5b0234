/* SPDX-License-Identifier: MIT */
#include "agent/ctl/render-plan.h"

#include <inttypes.h>
#include <string.h>

#include "agent/ctl/release.h"
#include "agent/ctl/view.h"
#include "base/json.h"

#define LABEL_COLUMNS 12
#define ETC_SHOWN     10

static void label(Term *term, const char *text)
{
    term_cell(term, LABEL_COLUMNS, STYLE_FAINT, "%s", text);
}

static void render_what(Term *term, json_object *result)
{
    static const struct {
        const char *kind, *label;
    } kinds[] = {{"rollback", "Roll back"}, {"undo", "Undo"}, {"cancel", "Take back"}};
    const char *kind = json_get_string(result, "kind") ?: "rollback", *text = kind;
    char from[RELEASE_TEXT_MAX], to[RELEASE_TEXT_MAX];

    for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
        if (strcmp(kinds[i].kind, kind) == 0)
            text = kinds[i].label;
    label(term, text);
    term_line(term, STYLE_STRONG, "%s \u2192 %s", release_text(json_get(result, "from"), from),
              release_text(json_get(result, "to"), to));
}

static void render_kernel(Term *term, json_object *kernel)
{
    const char *from = json_get_string(kernel, "from"), *to = json_get_string(kernel, "to");

    if (!from && !to)
        return;
    label(term, "Kernel");
    if (from && to && strcmp(from, to) == 0)
        term_line(term, STYLE_PLAIN, "%s stays", from);
    else
        term_line(term, STYLE_PLAIN, "%s \u2192 %s", from ?: "unknown", to ?: "unknown");
}

/* Lists names of one kind until `*left` is used up. */
static void render_names(Term *term, json_object *etc, const char *kind, size_t *left)
{
    json_object *list = json_get(etc, kind);

    for (size_t i = 0; i < list_length(list) && *left > 0; i++, --*left) {
        term_cell(term, LABEL_COLUMNS + 2, STYLE_PLAIN, "%s", "");
        term_line(term, STYLE_PLAIN, "%-9s %s", kind, list_text_at(list, i));
    }
}

static void render_etc(Term *term, json_object *result)
{
    json_object *etc = json_get(result, "etc");
    int64_t total = json_get_int(etc, "total");
    char from[RELEASE_NAME_MAX];
    size_t left = ETC_SHOWN;

    label(term, "/etc");
    if (total <= 0) {
        term_line(term, STYLE_PLAIN, "no edit is left behind");
        return;
    }
    term_text(term, LABEL_COLUMNS, STYLE_WARN,
              "%" PRId64 " edit%s left behind with %s (--keep-etc takes %s along):", total,
              total == 1 ? " is" : "s are", release_name(json_get(result, "from"), from),
              total == 1 ? "it" : "them");
    render_names(term, etc, "modified", &left);
    render_names(term, etc, "added", &left);
    render_names(term, etc, "removed", &left);

    int64_t more = total - (ETC_SHOWN - (int64_t)left);
    if (more > 0) {
        term_cell(term, LABEL_COLUMNS + 2, STYLE_PLAIN, "%s", "");
        term_line(term, STYLE_FAINT, "and %" PRId64 " more (`azlctl rollback --check --json`)",
                  more);
    }
}

static void render_deny(Term *term, json_object *deny, bool done)
{
    json_object *added = json_get(deny, "added"), *removed = json_get(deny, "removed");
    char name[RELEASE_NAME_MAX];

    for (size_t i = 0; i < list_length(added); i++) {
        label(term, "Deny list");
        term_text(term, LABEL_COLUMNS, STYLE_PLAIN,
                  "%s %s denied, so that no update brings it back",
                  release_name(list_at(added, i), name), done ? "is now" : "becomes");
    }
    for (size_t i = 0; i < list_length(removed); i++) {
        label(term, "Deny list");
        term_text(term, LABEL_COLUMNS, STYLE_PLAIN, "%s %s denied",
                  release_name(list_at(removed, i), name),
                  done ? "is no longer" : "is no longer going to be");
    }
}

static void render_rest(Term *term, json_object *result, bool done)
{
    json_object *staged = json_get(result, "drops_staged"),
                *warnings = json_get(result, "warnings");
    char name[RELEASE_NAME_MAX];

    if (json_object_is_type(staged, json_type_object)) {
        label(term, "Staged");
        term_line(term, STYLE_PLAIN, "%s %s dropped", release_name(staged, name),
                  done ? "was" : "is");
    }
    if (json_get_bool(result, "held")) {
        label(term, "Held");
        term_text(
            term, LABEL_COLUMNS, STYLE_WARN,
            "the deny list cannot be written, so updates are held; `azlctl deny reset` ends it");
    }
    for (size_t i = 0; i < list_length(warnings); i++) {
        label(term, "Warning");
        term_text(term, LABEL_COLUMNS, STYLE_WARN, "%s", list_text_at(warnings, i));
    }
}

void render_plan(Term *term, json_object *result)
{
    bool cancel = strcmp(json_get_string(result, "kind") ?: "", "cancel") == 0;

    render_what(term, result);
    render_kernel(term, json_get(result, "kernel"));
    if (json_get(result, "etc") && !cancel)
        render_etc(term, result);
    render_deny(term, json_get(result, "deny"), false);
    render_rest(term, result, false);
    label(term, "Reboot");
    term_line(term, STYLE_PLAIN, "%s",
              json_get_bool(result, "reboot_needed") ? "needed for it to take effect"
                                                     : "not needed");
}

void render_rolled_back(Term *term, json_object *result)
{
    render_what(term, result);
    render_kernel(term, json_get(result, "kernel"));
    render_deny(term, json_get(result, "deny"), true);
    render_rest(term, result, true);
}
