/* SPDX-License-Identifier: MIT */
#include "agent/window-text.h"

#include <string.h>

#include "tests/unit/leak.h"

enum { SUN = 1, MON = 2, TUE = 4, WED = 8, THU = 16, FRI = 32, SAT = 64 };

static const struct {
    const char *text;
    unsigned days;
} days[] = {
    {"Sun", SUN},
    {"mon", MON},
    {"SATURDAY", SAT},
    {"Mon-Fri,Sun", SUN | MON | TUE | WED | THU | FRI},
    {"Sat Sun", SAT | SUN},
    {"Sat, Sun", SAT | SUN},
    {" Sat ,\tSun,", SAT | SUN},
    {"Fri-Mon", FRI | SAT | SUN | MON},
    {"Tuesday-thu", TUE | WED | THU},
    {"Wed-Wed", WED},
    {"Mon-Sun", WINDOW_DAYS_ALL},
    {"Mon,Mon-Tue", MON | TUE},
    {"daily", WINDOW_DAYS_ALL},
    {"DAILY", WINDOW_DAYS_ALL},
};

CLAIM(window_text, days_are_names_lists_and_ranges_in_any_case)
{
    for (size_t i = 0; i < ELEMENTSOF(days); i++) {
        unsigned found = 0;
        cr_expect_eq(window_parse_days(days[i].text, &found, NULL), 0, "\"%s\"", days[i].text);
        cr_expect_eq(found, days[i].days, "\"%s\": %x", days[i].text, found);
    }
}

static const struct {
    const char *text;
    unsigned minutes;
} starts[] = {{"00:00", 0}, {"0:00", 0}, {"2:05", 125}, {"02:05", 125}, {"23:59", 1439}};

CLAIM(window_text, a_start_is_an_hour_of_one_or_two_digits_and_a_minute)
{
    for (size_t i = 0; i < ELEMENTSOF(starts); i++) {
        unsigned found = 9999;
        cr_expect_eq(window_parse_start(starts[i].text, &found, NULL), 0, "%s", starts[i].text);
        cr_expect_eq(found, starts[i].minutes, "%s: %u", starts[i].text, found);
    }
}

static const struct {
    const char *text;
    int64_t seconds;
} lengths[] = {
    {"1h", 3600},
    {"1h30m", 5400},
    {"90m", 5400},
    {"1.5h", 5400},
    {".5h", 1800},
    {"1.h", 3600},
    {"+2h", 7200},
    {"0", 0},
    {"0s", 0},
    {"3600s", 3600},
    {"1h1m1s", 3661},
    {"30m1h", 5400},
    {"7d", 604800},
    {"60000ms", 60},
    {"1m500ms", 60},
    {"60000000us", 60},
    {"1m10\u00b5s", 60},
    {"1m10\u03bcs", 60},
    {"60000000000ns", 60},
    {"0.1h", 360},
    {"300ms600ms100ms", 1},
};

CLAIM(window_text, a_length_is_a_duration_as_Go_reads_it_or_days)
{
    for (size_t i = 0; i < ELEMENTSOF(lengths); i++) {
        int64_t found = -1;
        cr_expect_eq(window_parse_length(lengths[i].text, &found, NULL), 0, "%s", lengths[i].text);
        cr_expect_eq(found, lengths[i].seconds, "%s: %ld", lengths[i].text, found);
    }
}

/* Every message names the value, and says what to write. */
static void expect_refused(int r, Failure *f, const char *value, const char *right)
{
    cr_expect_eq(r, -EINVAL, "\"%s\" was taken", value);
    cr_expect_eq(f->id, ERROR_WINDOW_INVALID);
    cr_expect(f->detail && strstr(f->detail, value), "\"%s\" is not named: %s", value, f->detail);
    cr_expect(f->detail && strstr(f->detail, right), "\"%s\": nothing of %s: %s", value, right,
              f->detail);
    failure_clear(f);
}

CLAIM(window_text, bad_days_starts_and_lengths_are_named)
{
    static const char *const bad_days[] = {
        "Mun",     "Mo", "Mond",  "Mon-",   "-Mon",   "-",    "Mon--Fri",  "Mon-Fri-Sun",
        "Mon;Tue", "1",  "Mon/2", "weekly", "dailyy", "\xff", "Daily-Mon", "Mon-daily",
    };
    static const char *const bad_starts[] = {"",      "2",     ":",      "2:",     ":30",   "24:00",
                                             "25:00", "23:60", "023:00", "2:5",    "2:005", "-2:00",
                                             "2:00 ", " 2:00", "02:00h", "2:00pm", "14"};
    static const char *const bad_lengths[] = {"",    "1",     "1j",   "h",    "1h ",  " 1h",
                                              "1 h", "1hh",   "1h30", ".h",   "1,5h", "++1h",
                                              "+",   "1..5h", "1e3s", "0x1h", "00"};
    _cleanup_failure_ Failure f = {0};
    unsigned value = 0;
    int64_t seconds = 0;

    for (size_t i = 0; i < ELEMENTSOF(bad_days); i++)
        expect_refused(window_parse_days(bad_days[i], &value, &f), &f,
                       *bad_days[i] == '\xff' ? "?" : bad_days[i], "Sat,Sun");
    expect_refused(window_parse_days("", &value, &f), &f, "", "Sat,Sun");
    expect_refused(window_parse_days(" , ", &value, &f), &f, "", "Sat,Sun");
    for (size_t i = 0; i < ELEMENTSOF(bad_starts); i++)
        expect_refused(window_parse_start(bad_starts[i], &value, &f), &f, bad_starts[i], "23:59");
    for (size_t i = 0; i < ELEMENTSOF(bad_lengths); i++)
        expect_refused(window_parse_length(bad_lengths[i], &seconds, &f), &f, bad_lengths[i],
                       "1h30m");
    expect_refused(window_parse_length("-1h", &seconds, &f), &f, "-1h", "negative");
    expect_refused(window_parse_length("9999999999999h", &seconds, &f), &f, "9999999999999h",
                   "7 days");
    cr_expect(value == 0 && seconds == 0, "an error has touched the result");
}

CLAIM(window_text, a_long_bad_value_is_cut)
{
    _cleanup_failure_ Failure f = {0};
    char text[5001];
    int64_t seconds = 0;

    memset(text, '9', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    cr_expect_eq(window_parse_length(text, &seconds, &f), -EINVAL);
    cr_expect(f.detail && strlen(f.detail) < 200);
    text[sizeof(text) - 2] = 'h';
    cr_expect_eq(window_parse_length(text, &seconds, &f), -EINVAL);
    cr_expect(f.detail && strlen(f.detail) < 200);
    cr_expect_eq(window_parse_days(text, &(unsigned){0}, &f), -EINVAL);
    cr_expect(f.detail && strlen(f.detail) < 200);
}

static const struct {
    const char *start, *length;
    unsigned days, minutes;
    int64_t seconds;
} locksmith[] = {
    {"14:00", "1h", WINDOW_DAYS_ALL, 840, 3600},
    {"Thu 23:00", "1h30m", THU, 1380, 5400},
    {"sun  4:00", "2h", SUN, 240, 7200},
    {" SAT 14:00 ", "1m", SAT, 840, 60},
    {"00:00", "23h59m59s", WINDOW_DAYS_ALL, 0, 86399},
    {"Mon 0:00", "167h59m59s", MON, 0, 604799},
};

CLAIM(window_text, the_settings_of_locksmith_are_understood)
{
    for (size_t i = 0; i < ELEMENTSOF(locksmith); i++) {
        Window w = {0};
        cr_expect_eq(window_parse_locksmith(locksmith[i].start, locksmith[i].length, &w, NULL), 0,
                     "%s %s", locksmith[i].start, locksmith[i].length);
        cr_expect(w.days == locksmith[i].days && w.start == locksmith[i].minutes &&
                      w.length == locksmith[i].seconds && strcmp(w.zone, "local") == 0,
                  "%s %s", locksmith[i].start, locksmith[i].length);
    }
}

CLAIM(window_text, what_locksmith_refuses_is_refused_and_the_other_value_is_not_blamed)
{
    static const struct {
        const char *start, *length, *blamed, *right;
    } rows[] = {
        {"25:00", "1h", "25:00", "Thu 23:00"},
        {"23:61", "1h", "23:61", "Thu 23:00"},
        {"14", "1h", "14", "Thu 23:00"},
        {"foo 14:00", "1h", "foo", "Sat"},
        {"Thursday 14:00", "1h", "Thursday", "Thu"},
        {"sat 14:00 1234", "1h", "sat 14:00 1234", "Thu 23:00"},
        {"14:00 sat", "1h", "14:00", "Sat"},
        {"sat", "1h", "sat", "Thu 23:00"},
        {"", "1h", "", "Thu 23:00"},
        {"1234567:00", "1h", "1234567:00", "Thu 23:00"},
        {"sat 14:00", "1j", "1j", "1h30m"},
        {"sat 14:00", "-1h", "-1h", "negative"},
        {"sat 14:00", "", "", "1h30m"},
        {"sat 14:00", "0", "0", "1m"},
        {"sat 14:00", "10s", "10s", "1m"},
        {"14:00", "24h", "24h", "shorter than 24h"},
        {"sat 14:00", "168h", "168h", "shorter than 168h"},
    };
    _cleanup_failure_ Failure f = {0};

    for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
        Window w = {.days = 99};
        expect_refused(window_parse_locksmith(rows[i].start, rows[i].length, &w, &f), &f,
                       rows[i].blamed, rows[i].right);
        cr_expect_eq(w.days, 99, "an error has touched the result");
    }
}

static const struct {
    Window window;
    const char *text;
} shown[] = {
    {{SAT | SUN, 120, 7200, "Europe/Berlin"}, "Sat,Sun 02:00 for 2 h (Europe/Berlin)"},
    {{WINDOW_DAYS_ALL, 1350, 5400, "local"}, "daily 22:30 for 1 h 30 min (local time)"},
    {{MON | TUE | WED | THU | FRI, 0, 60, "UTC"}, "Mon-Fri 00:00 for 1 min (UTC)"},
    {{SUN | MON | TUE | WED | FRI, 5, 604800, "UTC"}, "Mon-Wed,Fri,Sun 00:05 for 7 d (UTC)"},
    {{FRI | SAT | SUN, 5, 86461, "UTC"}, "Fri-Sun 00:05 for 1 d 1 min 1 s (UTC)"},
    {{MON | TUE | THU | FRI | SUN, 1439, 604799, "UTC"},
     "Mon,Tue,Thu,Fri,Sun 23:59 for 6 d 23 h 59 min 59 s (UTC)"},
};

CLAIM(window_text, a_window_is_shown_in_one_line)
{
    char text[WINDOW_TEXT_MAX];

    for (size_t i = 0; i < ELEMENTSOF(shown); i++)
        cr_expect_str_eq(window_format(&shown[i].window, text), shown[i].text, "%s", text);
}

CLAIM(window_text, days_as_shown_are_days_as_read)
{
    char text[WINDOW_TEXT_MAX];

    for (unsigned bits = 1; bits <= WINDOW_DAYS_ALL; bits++) {
        unsigned again = 0;
        window_format(&(Window){bits, 0, 60, "UTC"}, text);
        *strchr(text, ' ') = '\0';
        cr_expect_eq(window_parse_days(text, &again, NULL), 0, "%s", text);
        cr_expect_eq(again, bits, "%s", text);
    }
}
