/* SPDX-License-Identifier: MIT */
/* How far a transfer is, so that a person can believe it: it never goes backwards.
 *
 * libostree learns what it needs while it fetches, so its totals grow. Here the total is the best
 * that is known (the sizes in the commit, or the delta's), and where it must grow nonetheless the
 * share done stands still instead of shrinking. No I/O, no clock: times come in from the caller. */
#pragma once

#include <glib.h>

typedef struct Transfer {
    guint64 done;      /* bytes, never less than before */
    guint64 total;     /* bytes; 0: unknown */
    guint64 rate;      /* bytes per second over the last seconds; 0: unknown */
    gint64 eta;        /* seconds; -1: unknown */
    double share;      /* the largest share that was shown */
    gint64 started_us; /* 0: not yet */
    gint64 sampled_us;
    guint64 sampled_done;
    double smoothed; /* bytes per second */
} Transfer;

/* A new sample: `done` and `total` (0: unknown) as measured, at a monotonic time in µs. */
void transfer_update(Transfer *transfer, guint64 done, guint64 total, gint64 now_us);

/* It has ended well: all of it is done. */
void transfer_finish(Transfer *transfer, guint64 done);
