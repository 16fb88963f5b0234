/* SPDX-License-Identifier: MIT */
#include "update/transfer.h"

/* A sample of the rate is taken at most twice a second, and an old one weighs less with each. */
#define SAMPLE_US (G_USEC_PER_SEC / 2)
#define WEIGHT    0.3

static void update_rate(Transfer *transfer, gint64 now_us)
{
    if (transfer->started_us == 0) {
        transfer->started_us = transfer->sampled_us = now_us;
        transfer->sampled_done = transfer->done;
        return;
    }
    if (now_us - transfer->sampled_us < SAMPLE_US)
        return;

    double seconds = (double)(now_us - transfer->sampled_us) / G_USEC_PER_SEC;
    double rate = (double)(transfer->done - transfer->sampled_done) / seconds;
    transfer->smoothed = transfer->rate ? WEIGHT * rate + (1 - WEIGHT) * transfer->smoothed : rate;
    transfer->rate = (guint64)transfer->smoothed;
    transfer->sampled_us = now_us;
    transfer->sampled_done = transfer->done;
}

/* The total may only grow as far as the share done does not shrink. */
static void update_total(Transfer *transfer, guint64 total)
{
    if (total == 0)
        return;
    total = MAX(total, transfer->done);

    double share = (double)transfer->done / (double)total;
    if (share < transfer->share)
        total = MAX((guint64)((double)transfer->done / transfer->share), transfer->done);
    else
        transfer->share = share;
    transfer->total = total;
}

void transfer_update(Transfer *transfer, guint64 done, guint64 total, gint64 now_us)
{
    transfer->done = MAX(transfer->done, done);
    update_total(transfer, total ? total : transfer->total);
    update_rate(transfer, now_us);
    transfer->eta = transfer->rate > 0 && transfer->total > 0
                        ? (gint64)((transfer->total - transfer->done) / transfer->rate)
                        : -1;
}

void transfer_finish(Transfer *transfer, guint64 done)
{
    transfer->done = MAX(transfer->done, done);
    transfer->total = transfer->done;
    transfer->share = 1;
    transfer->eta = 0;
}
