/* SPDX-License-Identifier: MIT */
#include "update/progress.h"

/* A sample of the rate is taken at most twice a second, and an old one weighs less with each. */
#define SAMPLE_US (G_USEC_PER_SEC / 2)
#define WEIGHT    0.3

static void update_rate(Progress *progress, gint64 now_us)
{
    if (progress->started_us == 0) {
        progress->started_us = progress->sampled_us = now_us;
        progress->sampled_done = progress->done;
        return;
    }
    if (now_us - progress->sampled_us < SAMPLE_US)
        return;

    double seconds = (double)(now_us - progress->sampled_us) / G_USEC_PER_SEC;
    double rate = (double)(progress->done - progress->sampled_done) / seconds;
    progress->smoothed = progress->rate ? WEIGHT * rate + (1 - WEIGHT) * progress->smoothed : rate;
    progress->rate = (guint64)progress->smoothed;
    progress->sampled_us = now_us;
    progress->sampled_done = progress->done;
}

/* The total may only grow as far as the share done does not shrink. */
static void update_total(Progress *progress, guint64 total)
{
    if (total == 0)
        return;
    total = MAX(total, progress->done);

    double share = (double)progress->done / (double)total;
    if (share < progress->share)
        total = MAX((guint64)((double)progress->done / progress->share), progress->done);
    else
        progress->share = share;
    progress->total = total;
}

void progress_update(Progress *progress, guint64 done, guint64 total, gint64 now_us)
{
    progress->done = MAX(progress->done, done);
    update_total(progress, total ? total : progress->total);
    update_rate(progress, now_us);
    progress->eta = progress->rate > 0 && progress->total > 0
                        ? (gint64)((progress->total - progress->done) / progress->rate)
                        : -1;
}

void progress_finish(Progress *progress, guint64 done)
{
    progress->done = MAX(progress->done, done);
    progress->total = progress->done;
    progress->share = 1;
    progress->eta = 0;
}
