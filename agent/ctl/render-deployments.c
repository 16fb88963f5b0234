/* SPDX-License-Identifier: MIT */
#include "agent/ctl/render-deployments.h"

#include <stdio.h>
#include <string.h>

#include "agent/ctl/printable.h"
#include "agent/ctl/release.h"
#include "agent/ctl/view.h"
#include "base/json.h"

#define MARKS_MAX   512
#define AGE_COLUMNS 16

/* Adds a mark to a list like "running, pinned". */
static void add_mark(char marks[static MARKS_MAX], const char *mark)
{
    size_t used = strlen(marks);

    snprintf(marks + used, MARKS_MAX - used, "%s%s", used > 0 ? ", " : "", mark);
}

static const char *role_text(json_object *deployment)
{
    static const struct {
        const char *role, *text;
    } roles[] = {{"booted", "running"}, {"pending", "boots next"}, {"rollback", "fallback"}};
    const char *role = json_get_string(deployment, "role");

    if (json_get_bool(deployment, "staged"))
        return json_get_bool(deployment, "locked") ? "staged (locked)" : "staged";
    for (size_t i = 0; role && i < ELEMENTSOF(roles); i++)
        if (strcmp(roles[i].role, role) == 0)
            return roles[i].text;
    return NULL;
}

static void add_signature(char marks[static MARKS_MAX], json_object *signature)
{
    const char *state = json_get_string(signature, "state"),
               *signer = json_get_string(signature, "signer");
    char text[160];

    if (!state)
        return;
    if (strcmp(state, "good") == 0) {
        snprintf(text, sizeof(text), "signed%s%.120s", signer ? " by " : "", signer ?: "");
        add_mark(marks, text);
    } else if (strcmp(state, "unsigned-allowed") == 0)
        add_mark(marks, "unsigned (allowed)");
    else
        add_mark(marks, "signature not recorded");
}

static void collect_marks(char marks[static MARKS_MAX], json_object *deployment)
{
    static const struct {
        const char *member, *text;
    } flags[] = {{"pinned", "pinned"}, {"denied", "denied"}, {"foreign", "made by another tool"}};
    const char *role = role_text(deployment), *unlocked = json_get_string(deployment, "unlocked");
    char text[64];

    marks[0] = '\0';
    if (role)
        add_mark(marks, role);
    for (size_t i = 0; i < ELEMENTSOF(flags); i++)
        if (json_get_bool(deployment, flags[i].member))
            add_mark(marks, flags[i].text);
    if (unlocked && strcmp(unlocked, "none") != 0) {
        snprintf(text, sizeof(text), "unlocked: %.32s", unlocked);
        add_mark(marks, text);
    }
    add_signature(marks, json_get(deployment, "signature"));
}

static Style marks_style(json_object *deployment)
{
    return json_get_bool(deployment, "denied")   ? STYLE_BAD
           : json_get_bool(deployment, "staged") ? STYLE_GOOD
                                                 : STYLE_PLAIN;
}

static void render_deployment(Term *term, json_object *deployment, size_t name_columns, int64_t now)
{
    char name[RELEASE_NAME_MAX], checksum[RELEASE_NAME_MAX], age[RELEASE_WHEN_MAX],
        marks[MARKS_MAX];
    const char *when = json_get_string(deployment, "deployed_at");
    bool booted = json_get_bool(deployment, "booted");

    term_cell(term, 3, STYLE_STRONG, " %.1s", json_get_string(deployment, "slot") ?: "-");
    term_cell(term, 2, STYLE_GOOD, "%s", booted ? "\u25CF" : "");
    term_cell(term, name_columns + 2, booted ? STYLE_STRONG : STYLE_PLAIN, "%s",
              release_name(deployment, name));
    term_cell(term, CHECKSUM_SHOWN + 2, STYLE_FAINT, "%s", release_checksum(deployment, checksum));
    term_cell(term, AGE_COLUMNS, STYLE_FAINT, "%s",
              release_age(when ?: json_get_string(deployment, "timestamp"), now, age));
    collect_marks(marks, deployment);
    term_text(term, 3 + 2 + name_columns + 2 + CHECKSUM_SHOWN + 2 + AGE_COLUMNS,
              marks_style(deployment), "%s", marks);
}

void render_deployments(Term *term, json_object *status, int64_t now)
{
    json_object *list = json_get(status, "deployments");
    size_t n = list_length(list);
    char name[RELEASE_NAME_MAX];
    size_t columns = 0;

    if (n == 0)
        return;
    term_end(term);
    for (size_t i = 0; i < n; i++)
        columns = MAX_OF(columns, printable_width(release_name(list_at(list, i), name)));
    for (size_t i = 0; i < n; i++)
        render_deployment(term, list_at(list, i), columns, now);
    term_end(term);
}
