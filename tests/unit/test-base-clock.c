/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <errno.h>
#include <time.h>

#include "base/macro.h"
#include "tests/unit/leak.h"

CLAIM(clock, the_epoch_is_written_in_utc)
{
    char text[CLOCK_TEXT_MAX];

    setenv("TZ", "America/New_York", 1);
    tzset();
    cr_assert_str_eq(clock_format(0, text), "1970-01-01T00:00:00Z");
    cr_assert_str_eq(clock_format(1767225600, text), "2026-01-01T00:00:00Z");
}

CLAIM(clock, what_is_written_can_be_read_back)
{
    const int64_t times[] = {0, 1, -1, 951782400, 1767225600, 4102444799, 253402300799};
    char text[CLOCK_TEXT_MAX];

    for (size_t i = 0; i < ELEMENTSOF(times); i++) {
        int64_t seconds = 42;
        cr_assert_eq(clock_parse(clock_format(times[i], text), &seconds), 0, "%s", text);
        cr_assert_eq(seconds, times[i], "%s", text);
    }
}

CLAIM(clock, a_time_that_rfc_3339_cannot_hold_is_a_dash)
{
    const int64_t times[] = {253402300800, -62135596800, -99999999999, INT64_MAX, INT64_MIN};
    char text[CLOCK_TEXT_MAX];

    for (size_t i = 0; i < ELEMENTSOF(times); i++)
        cr_assert_str_eq(clock_format(times[i], text), "-");
}

CLAIM(clock, only_the_exact_form_is_read)
{
    static const char *const wrong[] = {
        "",
        "-",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00Z ",
        " 2026-01-01T00:00:00Z",
        "2026-1-1T0:0:0Z",
        "2026-02-31T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:61Z",
        "2026-01-01 00:00:00Z",
        "2026-01-01T00:00:00+01:00",
        "99999-01-01T00:00:00Z",
    };

    for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
        int64_t seconds = 42;
        cr_assert_eq(clock_parse(wrong[i], &seconds), -EINVAL, "\"%s\"", wrong[i]);
        cr_assert_eq(seconds, 42, "\"%s\" changed the result", wrong[i]);
    }
}

CLAIM(clock, spans_are_told_in_the_largest_whole_unit)
{
    static const struct {
        int64_t at;
        const char *text;
    } cases[] = {
        {1000000, "just now"},
        {1000059, "in a moment"},
        {999941, "just now"},
        {1000060, "in 1 minute"},
        {999940, "1 minute ago"},
        {1000000 - 300, "5 minutes ago"},
        {1000000 + 7200, "in 2 hours"},
        {1000000 - 3600, "1 hour ago"},
        {1000000 - 86399, "23 hours ago"},
        {1000000 - 3 * 86400, "3 days ago"},
    };
    char text[CLOCK_TEXT_MAX];

    for (size_t i = 0; i < ELEMENTSOF(cases); i++)
        cr_assert_str_eq(clock_format_relative(cases[i].at, 1000000, text), cases[i].text);
}

CLAIM(clock, hostile_timestamps_overflow_nothing)
{
    char text[CLOCK_TEXT_MAX];

    cr_assert_str_eq(clock_format_relative(INT64_MAX, INT64_MIN, text), "in 213503982334601 days");
    cr_assert_str_eq(clock_format_relative(INT64_MIN, INT64_MAX, text), "213503982334601 days ago");
    cr_assert_str_eq(clock_format_relative(INT64_MIN, 0, text), "106751991167300 days ago");
}

CLAIM(clock, the_monotonic_clock_counts_milliseconds_forward)
{
    int64_t before = clock_monotonic_ms();
    struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};

    nanosleep(&pause, NULL);
    int64_t passed = clock_monotonic_ms() - before;
    cr_assert(passed >= 20 && passed < 10000, "20 ms took %lld", (long long)passed);
}

CLAIM(clock, now_is_the_wall_clock)
{
    cr_assert(llabs(clock_now() - (int64_t)time(NULL)) <= 1);
}
