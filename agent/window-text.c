/* SPDX-License-Identifier: MIT */
#include "agent/window-text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Of what is shown of a wrong value. */
#define SHOWN 40

#define SEPARATORS ", \t"
#define SPACES     " \t"

static const char *const days[7] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                    "Thursday", "Friday", "Saturday"};

/* The number of the day that these letters name, "mon" or "monday"; -1: none. */
static int day_from_name(const char *text, size_t length)
{
    for (int day = 0; day < 7; day++)
        if ((length == 3 || length == strlen(days[day])) &&
            strncasecmp(text, days[day], length) == 0)
            return day;
    return -1;
}

/* "Mon" or "Mon-Fri". The bits, 0: neither. */
static unsigned days_from_item(const char *text, size_t length)
{
    const char *dash = memchr(text, '-', length);
    int from = day_from_name(text, dash ? (size_t)(dash - text) : length);
    int to = dash ? day_from_name(dash + 1, text + length - (dash + 1)) : from;

    if (from < 0 || to < 0)
        return 0;
    unsigned bits = 1U << to;
    for (int day = from; day != to; day = (day + 1) % 7)
        bits |= 1U << day;
    return bits;
}

int window_parse_days(const char *text, unsigned *ret_days, Failure *f)
{
    unsigned all = 0;

    for (const char *item = text + strspn(text, SEPARATORS); *item;) {
        size_t length = strcspn(item, SEPARATORS);
        unsigned bits = length == 5 && strncasecmp(item, "daily", 5) == 0
                            ? WINDOW_DAYS_ALL
                            : days_from_item(item, length);
        if (bits == 0)
            return failure_set(f, -EINVAL, ERROR_WINDOW_INVALID,
                               "\"%.*s\" is no weekday; write for example Sat,Sun or Mon-Fri or "
                               "daily",
                               (int)MIN_OF(length, (size_t)SHOWN), item);
        all |= bits;
        item += length;
        item += strspn(item, SEPARATORS);
    }
    if (all == 0)
        return failure_set(f, -EINVAL, ERROR_WINDOW_INVALID,
                           "there is no weekday; write for example Sat,Sun or Mon-Fri or daily");
    *ret_days = all;
    return 0;
}

/* Two digits; with `short_too`, one will do. Moves *text behind them. -1: none are there. */
static int digits(const char **text, bool short_too)
{
    const char *c = *text;

    if (!isdigit((unsigned char)c[0]) || (!short_too && !isdigit((unsigned char)c[1])))
        return -1;
    int value = *c++ - '0';
    if (isdigit((unsigned char)*c))
        value = value * 10 + (*c++ - '0');
    *text = c;
    return value;
}

int window_parse_start(const char *text, unsigned *ret_minutes, Failure *f)
{
    const char *c = text;
    int hour = digits(&c, true);
    int minute = *c == ':' ? (c++, digits(&c, false)) : -1;

    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || *c)
        return failure_set(f, -EINVAL, ERROR_WINDOW_INVALID,
                           "\"%.*s\" is no time of the day; write 00:00 to 23:59", SHOWN, text);
    *ret_minutes = hour * 60 + minute;
    return 0;
}

/* Of Go's time.ParseDuration, and "d". */
static const struct {
    const char *name;
    double seconds;
} units[] = {{"ns", 1e-9}, {"us", 1e-6}, {"\u00b5s", 1e-6}, {"\u03bcs", 1e-6}, {"ms", 1e-3},
             {"s", 1},     {"m", 60},    {"h", 3600},       {"d", 86400}};

/* "1h", "1.5h", ".5h": adds it to *seconds. What follows; NULL: it is none of these. */
static const char *length_part(const char *c, double *seconds)
{
    double value = 0, weight = 1;
    bool any = false;

    for (; isdigit((unsigned char)*c); c++, any = true)
        value = value * 10 + (*c - '0');
    if (*c == '.')
        for (c++; isdigit((unsigned char)*c); c++, any = true)
            value += (*c - '0') * (weight /= 10);

    size_t length = strcspn(c, "0123456789.");
    for (size_t i = 0; any && i < ELEMENTSOF(units); i++)
        if (strlen(units[i].name) == length && strncmp(c, units[i].name, length) == 0) {
            *seconds += value * units[i].seconds;
            return c + length;
        }
    return NULL;
}

int window_parse_length(const char *text, int64_t *ret_seconds, Failure *f)
{
    const char *c = text + strspn(text, "+");
    double seconds = 0;

    if (*text == '-')
        return failure_set(f, -EINVAL, ERROR_WINDOW_INVALID,
                           "the length \"%.*s\" is negative; write for example 2h or 1h30m", SHOWN,
                           text);
    if (c - text > 1 || !*c)
        c = NULL;
    else if (strcmp(c, "0") == 0)
        c++;
    while (c && *c)
        c = length_part(c, &seconds);
    if (!c)
        return failure_set(f, -EINVAL, ERROR_WINDOW_INVALID,
                           "\"%.*s\" is no length; write for example 2h or 1h30m", SHOWN, text);

    /* No window is as long as a century; and 0.1 s ten times are a second. */
    if (seconds > 100.0 * 366 * 86400)
        return failure_set(f, -EINVAL, ERROR_WINDOW_INVALID,
                           "the length \"%.*s\" is more than 7 days", SHOWN, text);
    *ret_seconds = (int64_t)(seconds + 1e-6);
    return 0;
}

/* "Thu 23:00" or "04:00". */
static int locksmith_start(const char *text, Window *window, Failure *f)
{
    const char *first = text + strspn(text, SPACES);
    size_t length = strcspn(first, SPACES);
    const char *second = first + length + strspn(first + length, SPACES);
    char start[8] = "";

    window->days = WINDOW_DAYS_ALL;
    if (*second) {
        int day = day_from_name(first, length);
        if (length != 3 || day < 0)
            return failure_set(f, -EINVAL, ERROR_WINDOW_INVALID,
                               "\"%.*s\" is no weekday; write one of Sun, Mon, Tue, Wed, Thu, Fri, "
                               "Sat, or none",
                               (int)MIN_OF(length, (size_t)SHOWN), first);
        window->days = 1U << day;
        first = second;
        length = strcspn(first, SPACES);
    }
    if (length < sizeof(start) && !first[length + strspn(first + length, SPACES)])
        memcpy(start, first, length);
    if (window_parse_start(start, &window->start, NULL) < 0)
        return failure_set(f, -EINVAL, ERROR_WINDOW_INVALID,
                           "\"%.*s\" is no start of a window; write for example \"Thu 23:00\", or "
                           "04:00 for every day",
                           SHOWN, text);
    return 0;
}

int window_parse_locksmith(const char *start, const char *length, Window *ret, Failure *f)
{
    Window window = {.zone = "local"};
    int r = locksmith_start(start, &window, f);

    if (r == 0)
        r = window_parse_length(length, &window.length, f);
    if (r < 0)
        return r;

    bool daily = window.days == WINDOW_DAYS_ALL;
    if (window.length < WINDOW_LENGTH_MIN)
        return failure_set(f, -EINVAL, ERROR_WINDOW_INVALID,
                           "the length \"%.*s\" is too short; write 1m or more", SHOWN, length);
    if (window.length >= (daily ? 1 : 7) * 86400)
        return failure_set(f, -EINVAL, ERROR_WINDOW_INVALID,
                           "the length \"%.*s\" is too long; a window that opens every %s is "
                           "shorter than %s",
                           SHOWN, length, daily ? "day" : "week", daily ? "24h" : "168h");
    *ret = window;
    return 0;
}

/* Monday first; three days or more in a row as "Mon-Wed". */
static void format_days(unsigned bits, char buf[static 32])
{
    char *end = buf;

    *buf = '\0';
    for (int i = 0; i < 7; i++) {
        int run = 0;
        while (i + run < 7 && (bits & 1U << (i + run + 1) % 7))
            run++;
        if (run == 0)
            continue;
        end += sprintf(end, "%s%.3s", end == buf ? "" : ",", days[(i + 1) % 7]);
        if (run >= 3) {
            end += sprintf(end, "-%.3s", days[(i + run) % 7]);
            i += run;
        }
    }
    if (bits == WINDOW_DAYS_ALL)
        strcpy(buf, "daily");
}

/* "2 h", "1 d 12 h", "1 h 30 min". */
static void format_length(int64_t seconds, char buf[static 64])
{
    static const struct {
        int64_t seconds;
        const char *name;
    } parts[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    int used = 0;

    *buf = '\0';
    for (size_t i = 0; i < ELEMENTSOF(parts); i++) {
        int64_t n = seconds / parts[i].seconds;
        seconds %= parts[i].seconds;
        if (n > 0)
            used += snprintf(buf + used, 64 - used, "%s%" PRId64 " %s", used > 0 ? " " : "", n,
                             parts[i].name);
    }
}

char *window_format(const Window *window, char buf[static WINDOW_TEXT_MAX])
{
    const char *zone = strcmp(window->zone, "local") == 0 ? "local time" : window->zone;
    char on[32], length[64];

    format_days(window->days, on);
    format_length(window->length, length);
    snprintf(buf, WINDOW_TEXT_MAX, "%s %02u:%02u for %s (%s)", on, window->start / 60 % 24,
             window->start % 60, length, zone);
    return buf;
}
