/* SPDX-License-Identifier: MIT */
#include "agent/ctl/when.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/duration.h"

#define DAY 86400

/* Is the rest of the text of this form? '0' stands for a digit. strptime() takes spaces, signs and
 * missing zeros as well. */
static bool has_form(const char *text, const char *form)
{
    for (; *form; text++, form++)
        if (*form == '0' ? *text < '0' || *text > '9' : *text != *form)
            return false;
    return *text == '\0';
}

/* The text of exactly this format as a broken-down time that exists. */
static bool read_local(const char *text, const char *format, struct tm *tm, int64_t *ret)
{
    const char *end = strptime(text, format, tm);
    struct tm given = *tm;

    if (!end || *end)
        return false;
    tm->tm_isdst = -1;
    *ret = mktime(tm);
    /* mktime() makes the 31st of February a day in March. */
    return tm->tm_mday == given.tm_mday && tm->tm_mon == given.tm_mon;
}

/* "…+02:00" as the UTC time and what is to be taken from it. */
static int parse_offset(const char *text, int64_t *ret)
{
    char utc[CLOCK_TEXT_MAX];
    int hours, minutes;
    int64_t seconds;

    if (!has_form(text, "0000-00-00T00:00:00+00:00") &&
        !has_form(text, "0000-00-00T00:00:00-00:00"))
        return -EINVAL;
    snprintf(utc, sizeof(utc), "%.19sZ", text);
    if (clock_parse(utc, &seconds) < 0 || sscanf(text + 20, "%2d:%2d", &hours, &minutes) != 2 ||
        hours > 23 || minutes > 59)
        return -EINVAL;
    int64_t offset = hours * 3600 + minutes * 60;
    *ret = text[19] == '+' ? seconds - offset : seconds + offset;
    return 0;
}

static int parse_hour(const char *text, int64_t now, int64_t *ret)
{
    time_t t = now;
    struct tm tm;

    if (!localtime_r(&t, &tm))
        return -EINVAL;
    tm.tm_sec = 0;
    struct tm tomorrow = tm;
    if (!read_local(text, "%H:%M", &tm, ret))
        return -EINVAL;
    if (*ret > now)
        return 0;
    /* By the calendar: a day may have 23 or 25 hours. */
    tomorrow.tm_mday++;
    tomorrow.tm_hour = tm.tm_hour;
    tomorrow.tm_min = tm.tm_min;
    tomorrow.tm_isdst = -1;
    *ret = mktime(&tomorrow);
    return 0;
}

int when_parse(const char *text, int64_t now, int64_t *ret_seconds)
{
    int64_t seconds = 0;
    struct tm tm = {0};

    if (clock_parse(text, &seconds) == 0 || parse_offset(text, &seconds) == 0 ||
        (has_form(text, "00:00") && parse_hour(text, now, &seconds) == 0) ||
        (has_form(text, "0000-00-00 00:00") && read_local(text, "%Y-%m-%d %H:%M", &tm, &seconds))) {
        *ret_seconds = seconds;
        return 0;
    }
    /* "90" would be seconds; whoever types that means something else. */
    if (strspn(text, "0123456789") == strlen(text) || duration_parse(text, &seconds) < 0)
        return -EINVAL;
    *ret_seconds = now + seconds;
    return 0;
}

char *when_format(int64_t seconds, int64_t now, char buf[static WHEN_MAX])
{
    char day[48], relative[CLOCK_TEXT_MAX];
    time_t t = seconds, n = now;
    struct tm tm, today;

    if (!localtime_r(&t, &tm) || !localtime_r(&n, &today)) {
        strcpy(buf, "an unknown time");
        return buf;
    }
    int64_t apart = seconds > now ? seconds - now : now - seconds;
    size_t n_written =
        apart < DAY && tm.tm_yday == today.tm_yday ? strftime(day, sizeof(day), "%H:%M", &tm)
        : apart < 6 * (int64_t)DAY                 ? strftime(day, sizeof(day), "%a %H:%M", &tm)
                                   : strftime(day, sizeof(day), "%Y-%m-%d %H:%M", &tm);
    if (n_written == 0)
        strcpy(day, "an unknown time");
    snprintf(buf, WHEN_MAX, "%s (%s)", day, clock_format_relative(seconds, now, relative));
    return buf;
}
