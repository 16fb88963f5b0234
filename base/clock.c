/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/macro.h"

int64_t clock_now(void)
{
    return time(NULL);
}

int64_t clock_monotonic_ms(void)
{
    struct timespec ts = {0};

    clock_gettime(CLOCK_BOOTTIME, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

char *clock_format(int64_t seconds, char buf[static CLOCK_TEXT_MAX])
{
    time_t t = seconds;
    struct tm tm;

    if (!gmtime_r(&t, &tm) || tm.tm_year < 0 || tm.tm_year > 9999 - 1900 ||
        strftime(buf, CLOCK_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        strcpy(buf, "-");
    return buf;
}

int clock_parse(const char *text, int64_t *ret_seconds)
{
    struct tm tm = {0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    char again[CLOCK_TEXT_MAX];

    if (!end || *end)
        return -EINVAL;

    /* strptime() and timegm() are lenient: what is written differently is not ours. */
    int64_t seconds = timegm(&tm);
    if (strcmp(clock_format(seconds, again), text) != 0)
        return -EINVAL;
    *ret_seconds = seconds;
    return 0;
}

char *clock_format_relative(int64_t seconds, int64_t now, char buf[static CLOCK_TEXT_MAX])
{
    static const struct {
        uint64_t length;
        const char *name;
    } units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}};
    bool ahead = seconds > now;
    uint64_t span = ahead ? (uint64_t)seconds - (uint64_t)now : (uint64_t)now - (uint64_t)seconds;

    for (size_t i = 0; i < ELEMENTSOF(units); i++) {
        uint64_t n = span / units[i].length;
        if (n == 0)
            continue;
        snprintf(buf, CLOCK_TEXT_MAX, "%s%" PRIu64 " %s%s%s", ahead ? "in " : "", n, units[i].name,
                 n == 1 ? "" : "s", ahead ? "" : " ago");
        return buf;
    }
    strcpy(buf, span > 0 && ahead ? "in a moment" : "just now");
    return buf;
}
