/* SPDX-License-Identifier: MIT */
/* A throw-away repository beside the real one, for looking before touching.
 *
 * It has the real repository as its parent, so it knows its remotes and keys and finds its objects;
 * what is fetched into it (summaries, commit objects) vanishes with it. A check thus writes
 * nothing, and a release that is refused leaves no trace. Of a killed process it stays until the
 * next one makes its own. */
#pragma once

#include "update/job.h"

typedef struct Scratch {
    char *path;  /* in /run, or else the temporary directory */
    int held_fd; /* where there is a path: keeps others from sweeping it (scratch-dir.h) */
    OstreeRepo *repo;
} Scratch;

gboolean scratch_open(Job *job, Scratch *ret, GError **error);
void scratch_clear(Scratch *scratch);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scratch, scratch_clear)
