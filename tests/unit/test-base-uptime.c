/* SPDX-License-Identifier: MIT */
#include "base/uptime.h"

#include "base/clock.h"
#include "tests/unit/leak.h"

CLAIM(uptime, a_system_has_run_for_some_time_and_no_longer_than_its_kernel)
{
    int64_t uptime = uptime_seconds();

    cr_assert_geq(uptime, 0);
    cr_assert_leq(uptime, clock_monotonic_ms() / 1000 + 1);
}

CLAIM(uptime, it_does_not_go_backwards)
{
    int64_t before = uptime_seconds();

    cr_assert_geq(uptime_seconds(), before);
}
