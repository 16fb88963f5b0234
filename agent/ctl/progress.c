/* SPDX-License-Identifier: MIT */
#include "agent/ctl/progress.h"

#include <inttypes.h>
#include <string.h>

#include "agent/ctl/printable.h"
#include "agent/ctl/view.h"
#include "base/json.h"
#include "base/size.h"

#define DRAW_INTERVAL_MS 100
#define BAR_MIN          8
#define BAR_MAX          40
#define LABEL_COLUMNS    10
#define PERCENT_COLUMNS  5
#define CELL_MAX         64

/* Where a phase begins and ends on the bar, in permille. Fetching is what takes the time. */
static const struct {
    const char *name, *label;
    unsigned begin, end;
} phases[_PHASE_MAX] = {
    [PHASE_NONE] = {"", "starting", 0, 0},
    [PHASE_PULL] = {"pull", "fetching", 0, 900},
    [PHASE_DEPLOY] = {"deploy", "writing", 900, 1000},
};

static ProgressPhase find_phase(const char *name)
{
    for (ProgressPhase phase = PHASE_PULL; name && phase < _PHASE_MAX; phase++)
        if (strcmp(phases[phase].name, name) == 0)
            return phase;
    return PHASE_NONE;
}

void progress_update(Progress *progress, json_object *event)
{
    ProgressPhase phase = find_phase(json_get_string(event, "phase"));
    const char *unit = json_get_string(event, "unit");
    uint64_t done = count_get(event, "done");

    if (phase == PHASE_NONE || phase < progress->phase)
        return;
    if (phase > progress->phase)
        *progress = (Progress){.phase = phase,
                               .permille = progress->permille,
                               .drawn = progress->drawn,
                               .drawn_at_ms = progress->drawn_at_ms};

    progress->bytes = unit && strcmp(unit, "bytes") == 0;
    progress->done = MAX_OF(progress->done, done);
    progress->total = count_get(event, "total");
    progress->rate = count_get(event, "rate");
    progress->eta = json_get(event, "eta") ? (int64_t)count_get(event, "eta") : -1;

    double share = progress->total > 0 ? (double)progress->done / (double)progress->total : 0;
    unsigned length = phases[phase].end - phases[phase].begin;
    unsigned at = phases[phase].begin + (unsigned)(MIN_OF(share, 1.0) * length);
    progress->permille = MAX_OF(progress->permille, at);
}

static void format_amount(const Progress *progress, char cell[static CELL_MAX])
{
    char done[SIZE_TEXT_MAX], total[SIZE_TEXT_MAX];

    if (!progress->bytes && progress->total <= 1)
        return; /* "0 of 1" tells nobody anything */
    if (!progress->bytes) {
        snprintf(done, sizeof(done), "%" PRIu64, progress->done);
        snprintf(total, sizeof(total), "%" PRIu64, progress->total);
    } else {
        size_format(progress->done, done);
        size_format(progress->total, total);
    }
    if (progress->total >= progress->done && progress->total > 0)
        snprintf(cell, CELL_MAX, "  %s of %s", done, total);
    else if (progress->done > 0)
        snprintf(cell, CELL_MAX, "  %s", done);
}

static void format_rate(const Progress *progress, char cell[static CELL_MAX])
{
    char text[SIZE_TEXT_MAX];

    if (progress->bytes && progress->rate > 0)
        snprintf(cell, CELL_MAX, "  %s/s", size_format(progress->rate, text));
}

static void format_eta(const Progress *progress, char cell[static CELL_MAX])
{
    int64_t eta = progress->eta;

    if (eta < 0)
        return;
    if (eta < 60)
        snprintf(cell, CELL_MAX, "  %" PRId64 " s left", eta);
    else if (eta < 3600)
        snprintf(cell, CELL_MAX, "  %" PRId64 ":%02" PRId64 " left", eta / 60, eta % 60);
    else
        snprintf(cell, CELL_MAX, "  %" PRId64 ":%02" PRId64 " h left", eta / 3600, eta / 60 % 60);
}

static char *append_bar(char *out, size_t columns, unsigned permille)
{
    size_t full = columns * permille / 1000;

    for (size_t i = 0; i < columns; i++)
        out = stpcpy(out, i < full ? "\u2501" : "\u2500");
    return stpcpy(out, " ");
}

char *progress_line(const Progress *progress, unsigned columns, char buf[static PROGRESS_LINE_MAX])
{
    /* By importance. Each has a fixed place, so that the bar does not jump when a number grows. */
    static const struct {
        void (*format)(const Progress *progress, char cell[static CELL_MAX]);
        int columns;
    } cells[] = {{format_amount, 24}, {format_rate, 14}, {format_eta, 14}};
    unsigned permille = MIN_OF(progress->permille, 1000U);

    /* The last column stays free: some terminals go to the next line when it is written. */
    size_t room = columns > 0 ? columns - 1 : 0, used = LABEL_COLUMNS + PERCENT_COLUMNS, n = 0;
    for (; n < ELEMENTSOF(cells) && used + (size_t)cells[n].columns <= room; n++)
        used += (size_t)cells[n].columns;

    char *out = buf + sprintf(buf, "%-*s", LABEL_COLUMNS, phases[progress->phase].label);
    if (used + 1 + BAR_MIN <= room)
        out = append_bar(out, MIN_OF(room - used - 1, (size_t)BAR_MAX), permille);
    out += sprintf(out, "%3u %%", permille / 10);
    for (size_t i = 0; i < n; i++) {
        char cell[CELL_MAX] = "";

        cells[i].format(progress, cell);
        out += sprintf(out, "%-*s", cells[i].columns, cell);
    }
    while (out > buf && out[-1] == ' ')
        *--out = '\0';
    buf[printable_fit(buf, room)] = '\0';
    return buf;
}

void progress_draw(Progress *progress, Term *term, int64_t now_ms)
{
    char line[PROGRESS_LINE_MAX];

    if (!term->interactive || progress->phase == PHASE_NONE)
        return;
    if (progress->drawn_at_ms != 0 && now_ms - progress->drawn_at_ms < DRAW_INTERVAL_MS)
        return;

    term_refresh_width(term);
    fputc('\r', term->file);
    term_put(term, STYLE_PLAIN, "%s", progress_line(progress, term->width, line));
    fputs("\x1b[K", term->file);
    fflush(term->file);
    progress->drawn = true;
    progress->drawn_at_ms = now_ms;
}

void progress_erase(Progress *progress, Term *term)
{
    if (!progress->drawn)
        return;
    fputs("\r\x1b[K", term->file);
    fflush(term->file);
    progress->drawn = false;
}
