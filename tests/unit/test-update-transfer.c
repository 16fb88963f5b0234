/* SPDX-License-Identifier: MIT */
#include "update/transfer.h"

#include "tests/unit/leak.h"

#define SECOND ((gint64)1000000)

static double share(const Transfer *p)
{
    return p->total ? (double)p->done / (double)p->total : 0;
}

CLAIM(transfer, the_bytes_done_never_shrink)
{
    Transfer p = {.eta = -1};

    transfer_update(&p, 500, 1000, SECOND);
    transfer_update(&p, 300, 1000, 2 * SECOND);
    cr_assert_eq(p.done, 500);
}

CLAIM(transfer, the_share_never_shrinks_when_the_total_grows)
{
    Transfer p = {.eta = -1};

    transfer_update(&p, 500, 1000, SECOND);
    transfer_update(&p, 510, 100000, 2 * SECOND);
    cr_assert_geq(share(&p), 0.5);
    transfer_update(&p, 90000, 100000, 3 * SECOND);
    cr_assert_float_eq(share(&p), 0.9, 0.001);
}

CLAIM(transfer, the_total_is_never_less_than_what_is_done)
{
    Transfer p = {.eta = -1};

    transfer_update(&p, 5000, 1000, SECOND);
    cr_assert_eq(p.total, 5000);
}

CLAIM(transfer, an_unknown_total_leaves_rate_but_no_time_left)
{
    Transfer p = {.eta = -1};

    transfer_update(&p, 0, 0, SECOND);
    transfer_update(&p, 1000, 0, 2 * SECOND);
    cr_assert_eq(p.total, 0);
    cr_assert_eq(p.rate, 1000);
    cr_assert_eq(p.eta, -1);
}

CLAIM(transfer, the_time_left_follows_from_rate_and_total)
{
    Transfer p = {.eta = -1};

    transfer_update(&p, 0, 10000, SECOND);
    transfer_update(&p, 1000, 10000, 2 * SECOND);
    cr_assert_eq(p.rate, 1000);
    cr_assert_eq(p.eta, 9);
}

CLAIM(transfer, what_has_ended_is_all_done)
{
    Transfer p = {.eta = -1};

    transfer_update(&p, 10, 1000, SECOND);
    transfer_finish(&p, 400);
    cr_assert_eq(p.done, 400);
    cr_assert_eq(p.total, 400);
    cr_assert_eq(p.eta, 0);
}
