/* SPDX-License-Identifier: MIT */
/* One bar for a whole update: metadata, pull, verify and deploy each have their share of it, and it
 * never goes backwards, whatever the worker reports. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/ctl/term.h"

#define PROGRESS_LINE_MAX 1024

typedef enum ProgressPhase {
    PHASE_NONE, /* nothing was reported yet */
    PHASE_PULL,
    PHASE_DEPLOY,
    _PHASE_MAX
} ProgressPhase;

typedef struct Progress {
    ProgressPhase phase;
    unsigned permille; /* of the whole, 0…1000 */
    uint64_t done, total, rate;
    int64_t eta; /* seconds; -1: unknown */
    bool bytes;  /* the unit of done and total */
    bool drawn;  /* the bar stands on the terminal's last line */
    int64_t drawn_at_ms;
} Progress;

/* Takes a "progress" event. What would go backwards, and what is not understood, is ignored. */
void progress_update(Progress *progress, json_object *event);

/* The bar as a line that is narrower than `columns` and at most PROGRESS_LINE_MAX - 1 bytes long;
 * what does not fit is left out, the least important first. Returns buf. */
char *progress_line(const Progress *progress, unsigned columns, char buf[static PROGRESS_LINE_MAX]);

/* Draws the bar, at most 10 times a second; does nothing where no bar can be drawn. */
void progress_draw(Progress *progress, Term *term, int64_t now_ms);

/* Takes the bar away, so that a line can be printed. */
void progress_erase(Progress *progress, Term *term);
