/* SPDX-License-Identifier: MIT */
#include "agent/ctl/render-unchanged.h"

#include "agent/ctl/release.h"
#include "agent/ctl/status.h"
#include "base/json.h"

/* Something else boots next. */
static void render_other(Term *term, json_object *status, const char *name, const char *where)
{
    json_object *next = json_get(status, "next_boot");
    char other[RELEASE_NAME_MAX];
    bool is_staged = release_equal(next, json_get(status, "staged"));

    term_line(term, STYLE_WARN, "%s %s already, but %s %s.", name, where, release_name(next, other),
              is_staged ? "is staged and boots next: `azlctl cleanup --staged` drops it"
                        : "boots next: `azlctl rollback` takes that back");
}

/* It boots next, and what is staged beside it does not. */
static void render_beside(Term *term, json_object *staged, const char *name)
{
    char other[RELEASE_NAME_MAX];

    term_line(term, STYLE_PLAIN,
              "%s is already deployed and boots next; %s is staged%s: `azlctl cleanup --staged` "
              "drops it.",
              name, release_name(staged, other),
              json_get_bool(staged, "locked") ? " and locked" : "");
}

void render_unchanged(Term *term, json_object *status, json_object *target, bool named)
{
    json_object *staged = json_get(status, "staged"), *next = json_get(status, "next_boot");
    bool is_staged = release_equal(staged, target);
    char name[RELEASE_NAME_MAX];

    release_name(target, name);
    if (is_staged && json_get_bool(staged, "locked"))
        term_line(
            term, STYLE_PLAIN,
            "%s is staged and locked already; `azlctl finalize` lets the next reboot take it.",
            name);
    else if (next && !release_equal(next, target))
        render_other(term, status, name,
                     release_equal(json_get(status, "booted"), target) ? "runs" : "is here");
    else if (staged && !is_staged)
        render_beside(term, staged, name);
    else if (status_is_waiting(status))
        term_line(term, STYLE_PLAIN,
                  "%s is in place already; it takes effect at the next reboot: `azlctl reboot`.",
                  name);
    else
        term_line(term, STYLE_PLAIN, "%s is %sdeployed; nothing to do.", name,
                  named ? "already " : "the newest, and ");
}
