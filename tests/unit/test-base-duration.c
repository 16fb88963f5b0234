/* SPDX-License-Identifier: MIT */
#include "base/duration.h"

#include <errno.h>

#include "base/macro.h"
#include "tests/unit/leak.h"

CLAIM(duration, what_people_go_and_systemd_write_is_read)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } cases[] = {
        {"0", 0},          {"90", 90},           {"90s", 90},
        {"15min", 900},    {"15m", 900},         {"1h 30min", 5400},
        {"1h30m", 5400},   {"1h30m0s", 5400},    {"1.5h", 5400},
        {"2d", 2 * 86400}, {"1w 1d", 8 * 86400}, {"2 hours 5 minutes", 7500},
        {" 3 s ", 3},      {"0.9s", 0},          {"36500d", DURATION_MAX},
    };
    int64_t seconds = -1;

    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        cr_assert_eq(duration_parse(cases[i].text, &seconds), 0, "%s", cases[i].text);
        cr_assert_eq(seconds, cases[i].seconds, "%s: %lld", cases[i].text, (long long)seconds);
    }
}

CLAIM(duration, anything_else_is_refused)
{
    static const char *const texts[] = {
        "",      " ",        "-1s", "+1",       "1x",    "h",      "1h30",
        "1h 1h", "30min 1h", "1 2", "1..5",     "1.h",   ".5h",    "1,5h",
        "0x10s", "1H",       "1h;", "infinity", "1e3s",  "never",  "1ms",
        "5us",   "1M",       "1.",  "s1",       "1h,1s", "1 h1 h", "1.0000000001h"};
    int64_t seconds = 7;

    for (size_t i = 0; i < ELEMENTSOF(texts); i++)
        cr_assert_eq(duration_parse(texts[i], &seconds), -EINVAL, "%s", texts[i]);
    cr_assert_eq(duration_parse("36501d", &seconds), -ERANGE);
    cr_assert_eq(duration_parse("36500d 1s", &seconds), -ERANGE);
    cr_assert_eq(duration_parse("99999999999999999999999999s", &seconds), -ERANGE);
    cr_assert_eq(seconds, 7);
}

CLAIM(duration, what_is_written_is_read_back)
{
    static const int64_t spans[] = {0, 1, 59, 60, 61, 3600, 5400, 86399, 604800, DURATION_MAX};
    char text[DURATION_TEXT_MAX];
    int64_t seconds;

    for (size_t i = 0; i < ELEMENTSOF(spans); i++) {
        cr_assert_eq(duration_parse(duration_format(spans[i], text), &seconds), 0, "%s", text);
        cr_assert_eq(seconds, spans[i], "%s", text);
    }
    cr_assert_str_eq(duration_format(5400, text), "1h 30min");
    cr_assert_str_eq(duration_format(604800, text), "7d");
    cr_assert_str_eq(duration_format(-1, text), "-");
    cr_assert_str_eq(duration_format(INT64_MAX, text), "-");
}
