/* SPDX-License-Identifier: MIT */
#include "agent/window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/window-text.h"
#include "base/clock.h"
#include "tests/unit/leak.h"

static int64_t at(const char *text)
{
    int64_t seconds = 0;

    cr_assert(clock_parse(text, &seconds) == 0, "the test's own \"%s\"", text);
    return seconds;
}

static void add(Windows *windows, const char *days, const char *start, const char *length,
                const char *zone)
{
    _cleanup_failure_ Failure f = {0};
    Window window = {0};

    strcpy(window.zone, zone);
    cr_assert_eq(window_parse_days(days, &window.days, &f), 0, "%s", f.detail);
    cr_assert_eq(window_parse_start(start, &window.start, &f), 0, "%s", f.detail);
    cr_assert_eq(window_parse_length(length, &window.length, &f), 0, "%s", f.detail);
    cr_assert_eq(windows_add(windows, &window, &f), 0, "%s", f.detail);
}

/* "open until 2026-…", "closed until 2026-…, then until 2026-…". */
static const char *verdict(const Windows *windows, const char *now)
{
    static char text[100];
    char opens[CLOCK_TEXT_MAX], closes[CLOCK_TEXT_MAX];
    WindowVerdict v = {0};

    cr_assert_eq(windows_evaluate(windows, at(now), &v, NULL), 0);
    clock_format(v.opens, opens);
    clock_format(v.closes, closes);
    if (v.open && v.opens == at(now))
        snprintf(text, sizeof(text), "open until %s", closes);
    else
        snprintf(text, sizeof(text), "%s until %s, then until %s", v.open ? "OPEN" : "closed",
                 opens, closes);
    return text;
}

/* One window each. */
static const struct {
    const char *days, *start, *length, *zone, *now, *verdict;
} rows[] = {
    /* The clock is put forward from 02:00 to 03:00 at 01:00 UTC: 3 hours remain 3 hours. */
    {"Sun", "01:30", "3h", "Europe/Berlin", "2026-03-29T00:29:59Z",
     "closed until 2026-03-29T00:30:00Z, then until 2026-03-29T03:30:00Z"},
    {"Sun", "01:30", "3h", "Europe/Berlin", "2026-03-29T00:30:00Z",
     "open until 2026-03-29T03:30:00Z"},
    {"Sun", "01:30", "3h", "Europe/Berlin", "2026-03-29T03:30:00Z",
     "closed until 2026-04-04T23:30:00Z, then until 2026-04-05T02:30:00Z"},
    /* A start inside the gap is its end. */
    {"Sun", "02:30", "1h", "Europe/Berlin", "2026-03-29T00:59:59Z",
     "closed until 2026-03-29T01:00:00Z, then until 2026-03-29T02:00:00Z"},
    /* Put back from 03:00 to 02:00 at 01:00 UTC. */
    {"Sun", "01:30", "3h", "Europe/Berlin", "2026-10-24T23:29:59Z",
     "closed until 2026-10-24T23:30:00Z, then until 2026-10-25T02:30:00Z"},
    {"Sun", "01:30", "3h", "Europe/Berlin", "2026-10-25T02:29:59Z",
     "open until 2026-10-25T02:30:00Z"},
    /* A start that is there twice is the first, and only that. */
    {"Sun", "02:30", "30m", "Europe/Berlin", "2026-10-25T00:30:00Z",
     "open until 2026-10-25T01:00:00Z"},
    {"Sun", "02:30", "30m", "Europe/Berlin", "2026-10-25T01:30:00Z",
     "closed until 2026-11-01T01:30:00Z, then until 2026-11-01T02:00:00Z"},
    /* Over midnight, the week, the year, the 29th of February. */
    {"Thu", "23:00", "1h30m", "UTC", "2026-05-22T00:29:59Z", "open until 2026-05-22T00:30:00Z"},
    {"Sat", "22:00", "48h", "UTC", "2026-05-25T12:00:00Z", "open until 2026-05-25T22:00:00Z"},
    {"Thu", "22:00", "4h", "UTC", "2027-01-01T01:59:59Z", "open until 2027-01-01T02:00:00Z"},
    {"Thu", "22:00", "4h", "UTC", "2027-01-01T02:00:00Z",
     "closed until 2027-01-07T22:00:00Z, then until 2027-01-08T02:00:00Z"},
    {"Thu", "22:00", "4h", "UTC", "2026-01-01T23:00:00Z", "open until 2026-01-02T02:00:00Z"},
    {"Wed", "22:00", "4h", "UTC", "2026-01-01T01:59:59Z", "open until 2026-01-01T02:00:00Z"},
    {"Wed", "23:00", "2h", "America/New_York", "2026-01-01T05:30:00Z",
     "open until 2026-01-01T06:00:00Z"},
    {"Mon", "23:00", "2h", "UTC", "2028-02-29T00:59:00Z", "open until 2028-02-29T01:00:00Z"},
    {"Tue", "23:00", "2h", "UTC", "2028-02-29T23:00:00Z", "open until 2028-03-01T01:00:00Z"},
    /* A week, less a minute; a week, and always. */
    {"Mon", "00:00", "167h59m", "UTC", "2026-05-18T00:00:00Z", "open until 2026-05-24T23:59:00Z"},
    {"Mon", "00:00", "167h59m", "UTC", "2026-05-24T23:59:00Z",
     "closed until 2026-05-25T00:00:00Z, then until 2026-05-31T23:59:00Z"},
    {"Mon", "00:00", "7d", "UTC", "2026-05-25T00:00:00Z", "open until -"},
    {"daily", "05:00", "24h", "UTC", "2026-05-25T05:00:00Z", "open until -"},
    /* A week that has an hour more than the window that fills it. */
    {"Mon", "00:00", "7d", "Europe/Berlin", "2026-10-22T12:00:00Z",
     "open until 2026-10-25T22:00:00Z"},
    {"Mon", "00:00", "7d", "Europe/Berlin", "2026-10-25T22:30:00Z",
     "closed until 2026-10-25T23:00:00Z, then until -"},
    /* Another day than UTC's; odd offsets. */
    {"Sun", "00:00", "1h", "Asia/Kathmandu", "2026-05-23T18:15:00Z",
     "open until 2026-05-23T19:15:00Z"},
    {"Sun", "02:15", "1h", "Australia/Lord_Howe", "2026-10-03T15:29:59Z",
     "closed until 2026-10-03T15:30:00Z, then until 2026-10-03T16:30:00Z"},
    {"Sun", "01:45", "1h", "Australia/Lord_Howe", "2026-04-04T14:45:00Z",
     "open until 2026-04-04T15:45:00Z"},
    {"Mon", "00:00", "1h", "Pacific/Kiritimati", "2026-05-24T10:00:00Z",
     "open until 2026-05-24T11:00:00Z"},
    {"Sun", "23:30", "1h", "Etc/GMT+12", "2026-05-25T11:30:00Z", "open until 2026-05-25T12:30:00Z"},
    {"Sun", "23:30", "7d", "Etc/GMT+12", "2026-06-01T11:29:59Z", "open until -"},
    /* The Friday that Samoa left out is the instant at which Saturday began. */
    {"Fri", "20:00", "1h", "Pacific/Apia", "2011-12-30T09:59:59Z",
     "closed until 2011-12-30T10:00:00Z, then until 2011-12-30T11:00:00Z"},
    {"Fri", "01:00", "7d", "Pacific/Apia", "2012-01-06T09:59:59Z", "open until -"},
    /* When the clock was not set yet. */
    {"Thu", "00:00", "1h", "UTC", "1970-01-01T00:00:00Z", "open until 1970-01-01T01:00:00Z"},
    {"Wed", "23:00", "2h", "UTC", "1970-01-01T00:00:00Z", "open until 1970-01-01T01:00:00Z"},
};

/* windows_slot() where every window has this spread. */
static int slot_of(const Windows *windows, uint64_t seed, int64_t spread, int64_t now,
                   WindowVerdict *ret, Failure *f)
{
    Windows copy = *windows;

    for (unsigned i = 0; i < copy.count; i++)
        copy.items[i].spread = spread;
    return windows_slot(&copy, seed, now, ret, f);
}

CLAIM(window, the_verdict_holds_over_clock_changes_weeks_and_years)
{
    for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
        Windows windows = {0};
        add(&windows, rows[i].days, rows[i].start, rows[i].length, rows[i].zone);
        const char *found = verdict(&windows, rows[i].now);
        cr_expect_str_eq(found, rows[i].verdict, "%s %s %s %s at %s: %s", rows[i].days,
                         rows[i].start, rows[i].length, rows[i].zone, rows[i].now, found);
    }
}

/* How locksmith is held to its windows: seconds to the start that counts, negative if open. Its
 * windows of 10 s are of a minute here; the closing instant, inside there, is outside here. */
static const struct {
    const char *start, *length, *now;
    int64_t to_start;
} truth[] = {
    {"00:15", "1m", "2015-05-21T00:00:00Z", 900},
    {"00:00", "1h", "2015-05-21T00:00:00Z", 0},
    {"00:00", "1h", "2015-05-21T00:00:01Z", -1},
    {"02:33", "10h", "2015-05-21T12:32:59Z", -35999},
    {"02:33", "10h", "2015-05-21T12:33:00Z", 50400},
    {"02:33", "10h", "2015-05-21T12:33:01Z", 50399},
    {"23:05", "11h", "2015-05-21T09:33:01Z", -37681},
    {"Thu 00:15", "1m", "2015-05-21T00:00:00Z", 900},
    {"Thu 00:00", "1h", "2015-05-21T00:00:00Z", 0},
    {"Sun 00:00", "1h", "2015-05-17T00:00:01Z", -1},
    {"Sun 02:33", "10h", "2015-05-17T12:32:59Z", -35999},
    {"Sun 02:33", "10h", "2015-05-17T12:33:00Z", 6 * 86400 + 50400},
    {"Sat 23:05", "11h", "2015-05-17T09:33:01Z", -37681},
    {"Mon 9:00", "1h", "2015-05-30T23:00:00Z", 34 * 3600},
};

CLAIM(window, locksmith_windows_open_and_close_as_they_do_there)
{
    for (size_t i = 0; i < ELEMENTSOF(truth); i++) {
        Windows windows = {0};
        Window w = {0};
        WindowVerdict v = {0};
        int64_t now = at(truth[i].now);

        cr_assert_eq(window_parse_locksmith(truth[i].start, truth[i].length, &w, NULL), 0);
        strcpy(w.zone, "UTC");
        cr_assert_eq(windows_add(&windows, &w, NULL), 0);
        cr_assert_eq(windows_evaluate(&windows, now, &v, NULL), 0);
        cr_expect_eq(v.open, truth[i].to_start <= 0, "row %zu", i);
        cr_expect_eq(v.opens, MAX_OF(now + truth[i].to_start, now), "row %zu", i);
        cr_expect_eq(v.closes, now + truth[i].to_start + w.length, "row %zu", i);
    }
}

CLAIM(window, no_windows_are_always_open)
{
    Windows windows = {0};
    WindowVerdict v = {0};

    cr_expect_str_eq(verdict(&windows, "2026-05-25T05:00:00Z"), "open until -");
    cr_expect_eq(slot_of(&windows, 1, 3600, 1000, &v, NULL), 0);
    cr_expect(v.open && v.opens == 1000 && v.closes == WINDOW_NEVER);
}

CLAIM(window, windows_that_overlap_or_adjoin_are_one)
{
    Windows windows = {0};

    /* Given out of order; of different zones; one inside another; and one for itself. */
    add(&windows, "Mon", "06:00", "1h", "UTC");
    add(&windows, "Mon", "04:00", "2h", "Europe/Berlin");
    add(&windows, "Mon", "02:30", "10m", "UTC");
    add(&windows, "Mon", "04:00", "2h", "UTC");
    add(&windows, "Mon", "07:01", "1h", "UTC");
    const char *night = "closed until 2026-05-25T02:00:00Z, then until 2026-05-25T07:00:00Z";
    cr_expect_str_eq(verdict(&windows, "2026-05-25T00:00:00Z"), night);
    cr_expect_str_eq(verdict(&windows, "2026-05-25T03:59:59Z"), "open until 2026-05-25T07:00:00Z");
    cr_expect_str_eq(verdict(&windows, "2026-05-25T06:00:00Z"), "open until 2026-05-25T07:00:00Z");
    cr_expect_str_eq(verdict(&windows, "2026-05-25T07:00:00Z"),
                     "closed until 2026-05-25T07:01:00Z, then until 2026-05-25T08:01:00Z");
}

CLAIM(window, local_is_the_zone_of_the_machine_whatever_TZ_says)
{
    Windows local = {0};
    WindowVerdict v = {0};
    struct tm tm;

    setenv("TZ", "Asia/Tokyo", 1);
    add(&local, "daily", "12:00", "1h", "local");
    cr_assert_eq(windows_evaluate(&local, at("2026-05-25T00:00:00Z"), &v, NULL), 0);
    cr_expect_str_eq(getenv("TZ"), "Asia/Tokyo");
    unsetenv("TZ");
    tzset();
    cr_expect(localtime_r(&(time_t){v.opens}, &tm) && tm.tm_hour == 12 && tm.tm_min == 0);
}

CLAIM(window, a_moment_of_a_year_is_open_exactly_if_a_verdict_before_said_so)
{
    Windows windows = {0};
    WindowVerdict last = {0}, v;

    add(&windows, "Sun", "01:30", "3h", "Europe/Berlin");
    add(&windows, "Mon-Fri", "22:00", "5h", "America/New_York");
    add(&windows, "Sat", "23:30", "90m", "Australia/Lord_Howe");
    int64_t start = at("2026-01-01T00:00:00Z");
    for (int64_t t = start; t < start + 366 * 86400; t += 47 * 60) {
        cr_assert_eq(windows_evaluate(&windows, t, &v, NULL), 0);
        cr_assert(v.opens >= t && v.closes > v.opens && v.open == (v.opens == t));
        bool known = t > start && t < last.closes;
        cr_assert(!known || (v.closes == last.closes && v.opens == MAX_OF(last.opens, t)));
        last = v;
    }
}

CLAIM(window, what_is_no_window_is_not_added)
{
    static const struct {
        Window window;
        const char *why;
    } bad[] = {
        {{0, 0, 60, "UTC"}, "weekday"},
        {{0x80, 0, 60, "UTC"}, "weekday"},
        {{1, 1440, 60, "UTC"}, "23:59"},
        {{1, 0, 59, "UTC"}, "1 minute"},
        {{1, 0, -3600, "UTC"}, "1 minute"},
        {{1, 0, 604801, "UTC"}, "7 days"},
        {{1, 0, 60, "Europe/Nowhere"}, "\"Europe/Nowhere\""},
        {{1, 0, 60, "../../etc/localtime"}, "timedatectl"},
        {{1, 0, 60, ""}, "\"\""},
    };
    _cleanup_failure_ Failure f = {0};
    Windows windows = {0};

    for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
        cr_expect_eq(windows_add(&windows, &bad[i].window, &f), -EINVAL, "%zu", i);
        cr_expect_eq(f.id, ERROR_WINDOW_INVALID);
        cr_expect(f.detail && strstr(f.detail, bad[i].why), "%s", f.detail);
    }
    cr_expect_eq(windows.count, 0);

    for (int i = 0; i < WINDOWS_MAX; i++)
        add(&windows, "daily", "02:00", "7d", "UTC");
    cr_expect_str_eq(verdict(&windows, "2026-05-25T07:00:00Z"), "open until -");
    Window more = windows.items[0];
    cr_expect_eq(windows_add(&windows, &more, &f), -EINVAL);
    cr_expect(strstr(f.detail, "32"), "%s", f.detail);
}

CLAIM(window, a_zone_that_is_gone_or_an_absurd_clock_is_an_error_not_a_verdict)
{
    _cleanup_failure_ Failure f = {0};
    WindowVerdict v = {.opens = 7};
    Windows windows = {.items = {{1, 0, 60, "Europe/Gone"}}, .count = 1};

    cr_expect_eq(windows_evaluate(&windows, 1000, &v, &f), -EINVAL);
    cr_expect(strstr(f.detail, "Europe/Gone"), "%s", f.detail);
    strcpy(windows.items[0].zone, "UTC");
    cr_expect_eq(windows_evaluate(&windows, -1, &v, &f), -ERANGE);
    cr_expect_eq(windows_evaluate(&windows, INT64_MAX, &v, &f), -ERANGE);
    cr_expect_eq(windows_evaluate(&windows, INT64_MIN, &v, &f), -ERANGE);
    cr_expect_eq(v.opens, 7, "an error has touched the result");
    cr_expect_eq(windows_evaluate(&windows, INT64_C(253402300799), &v, &f), 0);
}

/* When the turn of the machine with this seed comes in the window of 2026-05-25 02:00. */
static int64_t turn(const Windows *windows, uint64_t seed, int64_t spread, const char *now)
{
    WindowVerdict v = {0};

    cr_assert_eq(slot_of(windows, seed, spread, at(now), &v, NULL), 0);
    return v.opens;
}

/* 10,000 seeds, ten equal parts of `limit` seconds: 1000 in each, give or take 5 sigma (150). */
static void expect_uniform(const char *length, int64_t spread, int64_t limit)
{
    Windows windows = {0};
    unsigned parts[10] = {0};
    int64_t start = at("2026-05-25T02:00:00Z"), last = 0;

    add(&windows, "Mon", "02:00", length, "UTC");
    for (uint64_t seed = 0; seed < 10000; seed++) {
        int64_t delay = turn(&windows, seed, spread, "2026-05-25T00:00:00Z") - start;
        cr_assert(delay >= 0 && delay <= limit, "%s, %ld: %ld", length, spread, delay);
        parts[MIN_OF(delay * 10 / limit, 9)]++;
        last = MAX_OF(last, delay);
    }
    for (int i = 0; i < 10; i++)
        cr_expect(parts[i] > 850 && parts[i] < 1150, "%s, %ld: %u of 10000 in part %d", length,
                  spread, parts[i], i);
    cr_expect(last > limit - limit / 100 - 1, "%s, %ld: never after %ld", length, spread, last);
}

CLAIM(window, turns_are_spread_evenly_and_leave_the_rest_of_the_window)
{
    expect_uniform("2h", 3600, 3600);
    expect_uniform("2h", 999999999, 7200 - 600);
    expect_uniform("2h", INT64_MAX, 7200 - 600);
    expect_uniform("10m", 3600, 300);
    expect_uniform("6d", 604800, 6 * 86400 - 600);
}

CLAIM(window, a_turn_comes_and_ends_with_the_window_and_stays_the_same)
{
    Windows windows = {0};
    WindowVerdict v = {0};

    add(&windows, "Mon", "02:00", "2h", "UTC");
    for (uint64_t seed = 0; seed < 200; seed++) {
        int64_t due = turn(&windows, seed, 7200, "2026-05-19T00:00:00Z");
        cr_assert_eq(slot_of(&windows, seed, 7200, due - 1, &v, NULL), 0);
        cr_assert(!v.open && v.opens == due && v.closes == at("2026-05-25T04:00:00Z"));
        cr_assert_eq(slot_of(&windows, seed, 7200, due, &v, NULL), 0);
        cr_assert(v.open && v.opens == due && v.closes == at("2026-05-25T04:00:00Z"));
        cr_assert_eq(slot_of(&windows, seed, 7200, at("2026-05-25T04:00:00Z"), &v, NULL), 0);
        cr_assert(!v.open && v.opens >= at("2026-06-01T02:00:00Z"));
    }
}

CLAIM(window, turns_differ_between_machines_and_from_week_to_week)
{
    Windows windows = {0};
    const int64_t week = 7 * 86400;
    unsigned same_machine = 0, same_week = 0;

    add(&windows, "Mon", "02:00", "2h", "UTC");
    for (uint64_t seed = 0; seed < 1000; seed++) {
        int64_t one = turn(&windows, seed, 7200, "2026-05-25T00:00:00Z");
        same_week += turn(&windows, seed, 7200, "2026-06-01T00:00:00Z") - week == one;
        same_machine += turn(&windows, seed + 1, 7200, "2026-05-25T00:00:00Z") == one;
    }
    cr_expect(same_machine < 10 && same_week < 10, "%u, %u", same_machine, same_week);
}

CLAIM(window, without_a_spread_a_turn_is_the_window)
{
    Windows windows = {0};
    int64_t start = at("2026-05-25T02:00:00Z");

    add(&windows, "Mon", "02:00", "2h", "UTC");
    for (uint64_t seed = 0; seed < 100; seed++) {
        cr_expect_eq(turn(&windows, seed, 0, "2026-05-25T00:00:00Z"), start);
        cr_expect_eq(turn(&windows, seed, -1, "2026-05-25T00:00:00Z"), start);
        cr_expect_eq(turn(&windows, seed, INT64_MIN, "2026-05-25T00:00:00Z"), start);
    }
}

CLAIM(window, a_turn_is_always_within_an_open_window)
{
    Windows windows = {0};
    WindowVerdict slot, v;

    add(&windows, "Sun", "01:30", "3h", "Europe/Berlin");
    add(&windows, "daily", "02:15", "1m", "Australia/Lord_Howe");
    add(&windows, "Sat,Sun", "23:00", "4h", "UTC");
    for (int64_t t = at("2026-03-20T00:00:00Z"); t < at("2026-04-15T00:00:00Z"); t += 613) {
        cr_assert_eq(slot_of(&windows, t * 31, 10800, t, &slot, NULL), 0);
        cr_assert_eq(windows_evaluate(&windows, slot.opens, &v, NULL), 0);
        cr_assert(v.open && slot.closes > slot.opens && v.closes >= slot.closes);
        cr_assert(slot.open || slot.closes - slot.opens >= 30);
    }
}
