/* SPDX-License-Identifier: MIT */
#include "agent/zone.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/unit/leak.h"

static int64_t at(const char *text)
{
    int64_t seconds = 0;

    cr_assert(clock_parse(text, &seconds) == 0, "the test's own \"%s\"", text);
    return seconds;
}

/* What the clock shows → when; both in clock_format()'s form, so that the first one's Z is a lie.
 */
static const struct {
    const char *zone, *local, *instant;
} instants[] = {
    {"UTC", "2026-03-29T02:30:00Z", "2026-03-29T02:30:00Z"},
    {"Europe/Berlin", "2026-01-15T12:00:00Z", "2026-01-15T11:00:00Z"},
    {"Europe/Berlin", "2026-07-15T12:00:00Z", "2026-07-15T10:00:00Z"},
    /* Spring: 02:00 to 03:00 are left out at 01:00 UTC. */
    {"Europe/Berlin", "2026-03-29T01:59:59Z", "2026-03-29T00:59:59Z"},
    {"Europe/Berlin", "2026-03-29T02:00:00Z", "2026-03-29T01:00:00Z"},
    {"Europe/Berlin", "2026-03-29T02:30:00Z", "2026-03-29T01:00:00Z"},
    {"Europe/Berlin", "2026-03-29T03:00:00Z", "2026-03-29T01:00:00Z"},
    {"Europe/Berlin", "2026-03-29T03:00:01Z", "2026-03-29T01:00:01Z"},
    /* Autumn: 02:00 to 03:00 are there twice, from 00:00 and from 01:00 UTC. */
    {"Europe/Berlin", "2026-10-25T01:59:59Z", "2026-10-24T23:59:59Z"},
    {"Europe/Berlin", "2026-10-25T02:00:00Z", "2026-10-25T00:00:00Z"},
    {"Europe/Berlin", "2026-10-25T02:59:59Z", "2026-10-25T00:59:59Z"},
    {"Europe/Berlin", "2026-10-25T03:00:00Z", "2026-10-25T02:00:00Z"},
    /* The other side of UTC, and of the equator; beyond what the file lists. */
    {"America/New_York", "2026-03-08T02:30:00Z", "2026-03-08T07:00:00Z"},
    {"America/New_York", "2026-11-01T01:30:00Z", "2026-11-01T05:30:00Z"},
    {"America/New_York", "2026-11-01T02:00:00Z", "2026-11-01T07:00:00Z"},
    {"America/Santiago", "2026-09-06T00:30:00Z", "2026-09-06T04:00:00Z"},
    {"Europe/Berlin", "2095-07-15T12:00:00Z", "2095-07-15T10:00:00Z"},
    /* Odd offsets: 05:45; 10:30 and 11:00, half an hour's change. */
    {"Asia/Kathmandu", "2026-05-01T00:00:00Z", "2026-04-30T18:15:00Z"},
    {"Australia/Lord_Howe", "2026-10-04T02:15:00Z", "2026-10-03T15:30:00Z"},
    {"Australia/Lord_Howe", "2026-04-05T01:45:00Z", "2026-04-04T14:45:00Z"},
    {"Australia/Lord_Howe", "2026-04-05T02:00:00Z", "2026-04-04T15:30:00Z"},
    /* Furthest from UTC; and the Friday that Samoa left out. */
    {"Pacific/Kiritimati", "2026-01-01T00:00:00Z", "2025-12-31T10:00:00Z"},
    {"Etc/GMT+12", "2026-01-01T00:00:00Z", "2026-01-01T12:00:00Z"},
    {"Pacific/Apia", "2011-12-30T12:00:00Z", "2011-12-30T10:00:00Z"},
};

CLAIM(zone, a_local_time_is_the_first_instant_at_which_the_clock_has_reached_it)
{
    char text[CLOCK_TEXT_MAX];

    for (size_t i = 0; i < ELEMENTSOF(instants); i++) {
        _cleanup_zone_ Zone zone = {0};
        cr_assert_eq(zone_enter(instants[i].zone, &zone), 0, "%s", instants[i].zone);
        int64_t instant = zone_instant(at(instants[i].local));
        cr_expect_str_eq(clock_format(instant, text), instants[i].instant, "%s %s: %s",
                         instants[i].zone, instants[i].local, text);
        cr_expect(zone_local(instant) >= at(instants[i].local));
        cr_expect(zone_local(instant - 1) < at(instants[i].local));
    }
}

CLAIM(zone, every_quarter_of_an_hour_of_a_year_is_found_again)
{
    static const char *const zones[] = {"Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe",
                                        "Africa/Casablanca", "Antarctica/Troll"};

    for (size_t i = 0; i < ELEMENTSOF(zones); i++) {
        _cleanup_zone_ Zone zone = {0};
        cr_assert_eq(zone_enter(zones[i], &zone), 0);
        for (int64_t t = at("2026-01-01T00:00:00Z"); t < at("2027-01-01T00:00:00Z"); t += 900) {
            int64_t back = zone_instant(zone_local(t));
            /* Another answer only where the clock shows the same twice, and then the earlier. */
            cr_assert(back == t || (back < t && zone_local(back) == zone_local(t)), "%s %ld",
                      zones[i], t);
        }
    }
}

CLAIM(zone, what_is_no_zone_is_an_error_and_changes_nothing)
{
    static const char *const names[] = {
        "",
        "Europe/Nowhere",
        "europe/berlin",
        "Europe",
        "Europe/",
        "/etc/localtime",
        "../../etc",
        "Europe/../UTC",
        "zone.tab",
        "UTC+3",
        "CET-1CEST,M3.5.0,M10.5.0/3",
        "Local",
        ":UTC",
        "right/Etc/Zulu",
        " UTC",
        "Europe/Berlin ",
        "tzdata.zi",
        "Europe/Berlin/",
        "/Europe/Berlin",
        "\xff",
        "Europe/Berlin\n",
        "Abcdefghij/Abcdefghij/Abcdefghij/Abcdefghij/Abcdefghij/Abcdefghij/Abcdefghij",
    };

    setenv("TZ", "Asia/Tokyo", 1);
    tzset();
    for (size_t i = 0; i < ELEMENTSOF(names); i++) {
        Zone zone = {0};
        cr_expect_eq(zone_enter(names[i], &zone), -EINVAL, "\"%s\"", names[i]);
        zone_leave(&zone);
        cr_expect_str_eq(getenv("TZ"), "Asia/Tokyo");
        cr_expect_str_eq(tzname[0], "JST");
    }
}

CLAIM(zone, leaving_restores_a_TZ_that_was_set_and_one_that_was_not)
{
    Zone zone = {0};

    setenv("TZ", "Asia/Tokyo", 1);
    cr_assert_eq(zone_enter("Europe/Berlin", &zone), 0);
    cr_assert_eq(zone_local(0), 3600);
    zone_leave(&zone);
    cr_assert_str_eq(getenv("TZ"), "Asia/Tokyo");
    cr_assert_str_eq(tzname[0], "JST");

    unsetenv("TZ");
    cr_assert_eq(zone_enter("Europe/Berlin", &zone), 0);
    zone_leave(&zone);
    zone_leave(&zone);
    cr_assert_null(getenv("TZ"));
}

CLAIM(zone, neither_TZ_nor_TZDIR_has_a_say)
{
    _cleanup_zone_ Zone zone = {0};

    setenv("TZ", "Asia/Tokyo", 1);
    setenv("TZDIR", "/nonexistent", 1);
    cr_assert_eq(zone_enter("Asia/Kathmandu", &zone), 0);
    cr_assert_eq(zone_local(at("2026-01-01T00:00:00Z")), at("2026-01-01T05:45:00Z"));
}

/* A mount of its own over what /etc/localtime leads to. */
CLAIM(zone, local_is_what_etc_localtime_says_and_a_change_counts_at_once)
{
    if (geteuid() != 0 || access("/etc/localtime", F_OK) < 0)
        cr_skip_test("needs root and /etc/localtime");
    cr_assert(unshare(CLONE_NEWNS) == 0, "unshare: %m");
    cr_assert(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "mount: %m");
    setenv("TZ", "Asia/Tokyo", 1);

    static const struct {
        const char *file;
        int64_t ahead;
    } rows[] = {{"Asia/Kathmandu", 20700}, {"Etc/GMT-7", 7 * 3600}};
    for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
        _cleanup_zone_ Zone zone = {0};
        char path[100];
        snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", rows[i].file);
        cr_assert(mount(path, "/etc/localtime", NULL, MS_BIND, NULL) == 0, "mount: %m");
        cr_assert_eq(zone_enter("local", &zone), 0);
        cr_expect_eq(zone_local(at("2026-01-01T00:00:00Z")) - at("2026-01-01T00:00:00Z"),
                     rows[i].ahead);
    }
}
