/* SPDX-License-Identifier: MIT */
#include "agent/ctl/when.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/macro.h"
#include "tests/unit/leak.h"

/* 2026-11-25 is a Wednesday; Berlin is an hour ahead of UTC then. */
static int64_t noon_in(const char *zone)
{
    int64_t now;

    setenv("TZ", zone, 1);
    tzset();
    clock_parse("2026-11-25T12:00:00Z", &now);
    return now;
}

static void assert_is(const char *zone, const char *text, const char *expected)
{
    int64_t now = noon_in(zone), seconds = 0;
    char utc[CLOCK_TEXT_MAX];

    cr_assert_eq(when_parse(text, now, &seconds), 0, "%s", text);
    cr_assert_str_eq(clock_format(seconds, utc), expected, "%s", text);
}

CLAIM(when, a_time_may_be_written_as_people_do)
{
    assert_is("Europe/Berlin", "2026-12-01T08:00:00Z", "2026-12-01T08:00:00Z");
    assert_is("Europe/Berlin", "2026-12-01T08:00:00+02:00", "2026-12-01T06:00:00Z");
    assert_is("Europe/Berlin", "2026-12-01T08:00:00-05:30", "2026-12-01T13:30:00Z");
    assert_is("Europe/Berlin", "2026-12-01 08:00", "2026-12-01T07:00:00Z");
    assert_is("Europe/Berlin", "2026-07-01 08:00", "2026-07-01T06:00:00Z");
    assert_is("Europe/Berlin", "2h", "2026-11-25T14:00:00Z");
    assert_is("Europe/Berlin", "3d", "2026-11-28T12:00:00Z");
    assert_is("Europe/Berlin", "1h 30min", "2026-11-25T13:30:00Z");
}

CLAIM(when, an_hour_is_the_next_such_hour)
{
    assert_is("UTC", "18:00", "2026-11-25T18:00:00Z");
    assert_is("UTC", "12:00", "2026-11-26T12:00:00Z");
    assert_is("UTC", "06:30", "2026-11-26T06:30:00Z");
    assert_is("Europe/Berlin", "14:00", "2026-11-25T13:00:00Z");
}

CLAIM(when, the_next_day_is_one_of_the_calendar)
{
    int64_t now, seconds;
    char utc[CLOCK_TEXT_MAX];

    /* The night to Sunday 2026-03-29 has an hour less. */
    noon_in("Europe/Berlin");
    clock_parse("2026-03-28T12:00:00Z", &now);
    cr_assert_eq(when_parse("08:00", now, &seconds), 0);
    cr_assert_str_eq(clock_format(seconds, utc), "2026-03-29T06:00:00Z");
}

CLAIM(when, what_is_no_time_is_refused)
{
    static const char *const texts[] = {
        "",
        "90",
        "noon",
        "24:00",
        "7:00",
        "18:00 ",
        "2026-02-30 08:00",
        "2026-2-3 08:00",
        "-2h",
        "18:60",
        "1d 2d",
        "2026-12-01",
        "2026-12-01T08:00:00",
        "2026-12-01T08:00:00+24:00",
        "tomorrow",
    };
    int64_t now = noon_in("UTC"), seconds;

    for (size_t i = 0; i < ELEMENTSOF(texts); i++)
        cr_assert_eq(when_parse(texts[i], now, &seconds), -EINVAL, "%s", texts[i]);
}

static void assert_shown(const char *time, const char *expected)
{
    int64_t now = noon_in("UTC"), seconds;
    char buf[WHEN_MAX];

    clock_parse(time, &seconds);
    cr_assert_str_eq(when_format(seconds, now, buf), expected);
}

CLAIM(when, near_times_are_short_and_far_ones_have_a_date)
{
    assert_shown("2026-11-25T17:00:00Z", "17:00 (in 5 hours)");
    assert_shown("2026-11-26T02:00:00Z", "Thu 02:00 (in 14 hours)");
    assert_shown("2026-11-28T02:00:00Z", "Sat 02:00 (in 2 days)");
    assert_shown("2026-12-10T02:00:00Z", "2026-12-10 02:00 (in 14 days)");
    assert_shown("2026-11-25T11:00:00Z", "11:00 (1 hour ago)");
}
