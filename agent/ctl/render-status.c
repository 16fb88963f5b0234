/* SPDX-License-Identifier: MIT */
#include "agent/ctl/render-status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/ctl/printable.h"
#include "agent/ctl/release.h"
#include "agent/ctl/render-deployments.h"
#include "agent/ctl/render-updates.h"
#include "agent/ctl/render-warnings.h"
#include "agent/ctl/status.h"
#include "agent/ctl/view.h"
#include "base/json.h"
#include "base/size.h"

#define LABEL_COLUMNS 12
#define SLOT_COLUMNS  9

/* What the three first lines are about, found once. */
typedef struct Summary {
    json_object *status, *booted, *next, *fallback;
    bool waiting; /* the next boot brings something else than what runs */
    bool pending; /* … which is written already, not only staged */
    size_t name_columns;
} Summary;

static size_t name_width(json_object *release)
{
    char name[RELEASE_NAME_MAX];

    return printable_width(release_name(release, name));
}

static Summary summarize(json_object *status)
{
    Summary s = {
        .status = status, .booted = json_get(status, "booted"), .next = status_next(status)};

    s.waiting = status_is_waiting(status);
    s.pending = s.booted && json_get(status, "pending");
    s.fallback = s.pending ? s.booted : json_get(status, "rollback");
    if (!s.fallback && json_get(status, "staged"))
        s.fallback = s.booted;
    s.name_columns = MAX_OF(name_width(s.booted), name_width(s.next));
    s.name_columns = MAX_OF(s.name_columns, name_width(s.fallback));
    return s;
}

static size_t put_release(Term *term, const Summary *s, const char *label, json_object *release,
                          Style style)
{
    const char *slot = json_get_string(release, "slot");
    char name[RELEASE_NAME_MAX];

    term_cell(term, LABEL_COLUMNS, STYLE_FAINT, "%s", label);
    term_cell(term, s->name_columns + 3, style, "%s", release_name(release, name));
    if (slot)
        term_cell(term, SLOT_COLUMNS, STYLE_PLAIN, "slot %.8s", slot);
    else
        term_cell(term, SLOT_COLUMNS, STYLE_PLAIN, "%s", "");
    return LABEL_COLUMNS + s->name_columns + 3 + SLOT_COLUMNS;
}

static void render_running(Term *term, const Summary *s, int64_t now, int64_t started_at)
{
    char when[RELEASE_WHEN_MAX];

    size_t column = put_release(term, s, "Running", s->booted, STYLE_STRONG);
    if (!s->booted)
        term_text(term, column, STYLE_FAINT, "%s is not the system that runs",
                  json_get_string(s->status, "sysroot") ?: "this sysroot");
    else if (started_at > 0)
        term_text(term, column, STYLE_PLAIN, "since %s",
                  release_when_seconds(started_at, now, when));
    else
        term_end(term);
}

/* Why that boots next, if the worker did not say it. */
static const char *reason_text(const char *reason)
{
    static const struct {
        const char *reason, *text;
    } reasons[] = {
        {"booted", "nothing is waiting"},
        {"staged", "an update is staged and takes effect at the next reboot"},
        {"pending", "it was chosen, and takes effect at the next reboot"},
        {"rollback", "a rollback takes effect at the next reboot"},
        {"default", "it is the first in boot order"},
    };

    for (size_t i = 0; reason && i < ELEMENTSOF(reasons); i++)
        if (strcmp(reasons[i].reason, reason) == 0)
            return reasons[i].text;
    return "";
}

static void render_next(Term *term, const Summary *s)
{
    json_object *next_boot = json_get(s->status, "next_boot");
    const char *detail = json_get_string(next_boot, "detail");

    size_t column =
        put_release(term, s, "Next boot", s->next, s->waiting ? STYLE_GOOD : STYLE_STRONG);
    if (!detail || !*detail)
        detail = reason_text(json_get_string(next_boot, "reason"));
    term_text(term, column, STYLE_PLAIN, "%s", detail);
}

static void render_fallback(Term *term, const Summary *s)
{
    size_t column = put_release(term, s, "Fallback", s->fallback, STYLE_PLAIN);

    if (s->pending)
        term_text(term, column, STYLE_PLAIN,
                  "`azlctl rollback` stays on it: what waits is taken back");
    else if (s->fallback && s->fallback == s->booted)
        term_text(term, column, STYLE_PLAIN,
                  "`azlctl rollback` stays on it: what is staged is dropped");
    else if (s->fallback && json_get(s->status, "staged"))
        term_text(term, column, STYLE_PLAIN,
                  "`azlctl rollback` goes back to it, and drops what is staged");
    else if (json_get_bool(s->fallback, "denied"))
        term_text(term, column, STYLE_WARN,
                  "it is denied; `azlctl rollback` goes back to it all the same");
    else if (s->fallback)
        term_text(term, column, STYLE_PLAIN, "`azlctl rollback` goes back to it");
    else
        term_text(term, column, STYLE_WARN, "there is nothing to go back to");
}

/* What the agent is about; without its word, that it is missing where it should be. */
static void render_updates(Term *term, const Summary *s, int64_t now, bool agent_missing)
{
    json_object *agent = json_get(s->status, "agent");
    const char *state = json_get_string(agent, "state") ?: "";
    char text[UPDATES_TEXT_MAX];
    bool bad = strcmp(state, "failed") == 0 || json_get(agent, "hold");

    if (!agent && !(agent_missing && s->booted))
        return;
    term_cell(term, LABEL_COLUMNS, STYLE_FAINT, "Updates");
    if (agent)
        term_text(term, LABEL_COLUMNS, bad ? STYLE_WARN : STYLE_PLAIN, "%s",
                  updates_text(agent, now, text));
    else
        term_text(term, LABEL_COLUMNS, STYLE_WARN, "azl-agentd does not run");
}

static void add_space(FILE *text, json_object *fs, const char *label)
{
    char free_text[SIZE_TEXT_MAX], total[SIZE_TEXT_MAX];

    if (fs)
        fprintf(text, ", %s %s of %s free", label, size_format(count_get(fs, "free"), free_text),
                size_format(count_get(fs, "total"), total));
}

/* Where updates come from, what stands in their way, and the room there is for them. */
static void render_footer(Term *term, const Summary *s)
{
    json_object *space = json_get(s->status, "space"),
                *origin = s->booted ?: list_at(json_get(s->status, "deployments"), 0);
    const char *remote = json_get_string(origin, "remote"), *ref = json_get_string(origin, "ref");
    int64_t denied = json_get_int(json_get(s->status, "deny_list"), "entries");
    _cleanup_free_ char *line = NULL;
    size_t size;

    FILE *text = open_memstream(&line, &size);
    if (!text)
        return;
    if (ref)
        fprintf(text, "updates from %s%s%s", remote ?: "", remote ? ":" : "", ref);
    else
        fputs("updates from nowhere", text);
    fprintf(text, ", %" PRId64 " denied", denied);
    add_space(text, json_get(space, "sysroot"), "/sysroot");
    add_space(text, json_get(space, "boot"), "/boot");
    if (fclose(text) == 0)
        term_text(term, 0, STYLE_FAINT, "%s", line);
}

void render_status(Term *term, json_object *status, int64_t now, int64_t started_at,
                   bool agent_missing)
{
    Summary s = summarize(status);

    render_running(term, &s, now, started_at);
    render_next(term, &s);
    render_fallback(term, &s);
    render_updates(term, &s, now, agent_missing);
    render_warnings(term, status, now);
    render_deployments(term, status, now);
    render_footer(term, &s);
}
