/* SPDX-License-Identifier: MIT */
#include "agent/window.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define DAY      86400
#define YEAR_MAX INT64_C(253402300799) /* the last second of 9999 */

/* Of each window's length, this much is never taken by the delay. */
#define REST (10 * 60)

/* Openings that matter began up to 7 days ago, the longest length, or begin up to 15 days from now.
 * Local days are not UTC's, and Samoa skipped one in 2011: two more on both sides do. */
#define DAYS_BACK    (WINDOW_LENGTH_MAX / DAY + 2)
#define DAYS_AHEAD   (WINDOW_SEARCH / DAY + 2)
#define OPENINGS_MAX (DAYS_BACK + DAYS_AHEAD + 1)

typedef struct Span {
    int64_t start, end;
} Span;

typedef struct Spans {
    Span items[WINDOWS_MAX * OPENINGS_MAX];
    unsigned count;
} Spans;

typedef struct Delay {
    bool wanted;
    uint64_t seed;
} Delay;

static int zone_failed(int r, const char *zone, Failure *f)
{
    if (r == -EINVAL)
        return failure_set(f, r, ERROR_WINDOW_INVALID,
                           "there is no time zone \"%.*s\"; `timedatectl list-timezones` lists "
                           "them, and \"local\" is that of the machine",
                           ZONE_NAME_MAX, zone);
    return failure_oom(f);
}

int windows_add(Windows *windows, const Window *window, Failure *f)
{
    if (windows->count >= WINDOWS_MAX)
        return failure_set(f, -EINVAL, ERROR_WINDOW_INVALID, "there are more than %d windows",
                           WINDOWS_MAX);
    if (window->days == 0 || window->days > WINDOW_DAYS_ALL)
        return failure_set(f, -EINVAL, ERROR_WINDOW_INVALID, "a window needs a weekday");
    if (window->start >= 24 * 60)
        return failure_set(f, -EINVAL, ERROR_WINDOW_INVALID,
                           "a window starts between 00:00 and 23:59, not at minute %u",
                           window->start);
    if (window->length < WINDOW_LENGTH_MIN || window->length > WINDOW_LENGTH_MAX)
        return failure_set(f, -EINVAL, ERROR_WINDOW_INVALID,
                           "a window is open for 1 minute to 7 days, not for %" PRId64 " s",
                           window->length);

    _cleanup_zone_ Zone zone = {0};
    int r = zone_enter(window->zone, &zone);
    if (r < 0)
        return zone_failed(r, window->zone, f);
    windows->items[windows->count++] = *window;
    return 0;
}

/* splitmix64 (Steele, Lea, Flood 2014): each bit of the input changes half of the output. */
static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* How long after `start` this machine's part begins. */
static int64_t delay_of(const Window *window, const Delay *delay, int64_t start)
{
    int64_t rest = MIN_OF(window->length / 2, REST);
    int64_t limit = MIN_OF(window->spread, window->length - rest);

    return limit <= 0 || !delay->wanted ? 0 : mix(delay->seed ^ mix(start)) % ((uint64_t)limit + 1);
}

/* Adds each opening of the window around `now`. */
static int spans_add(Spans *spans, const Window *window, const Delay *delay, int64_t now,
                     Failure *f)
{
    _cleanup_zone_ Zone zone = {0};
    int r = zone_enter(window->zone, &zone);

    if (r < 0)
        return zone_failed(r, window->zone, f);
    for (int64_t day = now / DAY - DAYS_BACK; day <= now / DAY + DAYS_AHEAD; day++) {
        /* The epoch was a Thursday; two weeks more keep it positive. */
        int64_t weekday = (day + 14 + 4) % 7;
        if (!(window->days & 1U << weekday))
            continue;
        int64_t start = zone_instant(day * DAY + window->start * 60);
        spans->items[spans->count++] =
            (Span){start + delay_of(window, delay, start), start + window->length};
    }
    return 0;
}

static int span_compare(const void *a, const void *b)
{
    const Span *x = a, *y = b;

    return (x->start > y->start) - (x->start < y->start);
}

/* Looks through the spans, sorted by start, as if those that overlap or adjoin were one. */
static WindowVerdict spans_judge(const Spans *spans, int64_t now)
{
    WindowVerdict verdict = {.opens = WINDOW_NEVER, .closes = WINDOW_NEVER};
    const int64_t horizon = now + WINDOW_SEARCH;

    for (unsigned i = 0; i < spans->count && spans->items[i].start <= horizon; i++) {
        const Span *span = &spans->items[i];
        if (span->end <= now)
            continue;
        if (verdict.opens == WINDOW_NEVER)
            verdict = (WindowVerdict){span->start <= now, MAX_OF(span->start, now), span->end};
        else if (span->start <= verdict.closes)
            verdict.closes = MAX_OF(verdict.closes, span->end);
        else
            break;
    }
    if (verdict.closes > horizon)
        verdict.closes = WINDOW_NEVER;
    return verdict;
}

static int evaluate(const Windows *windows, const Delay *delay, int64_t now, WindowVerdict *ret,
                    Failure *f)
{
    if (now < 0 || now > YEAR_MAX)
        return failure_set(f, -ERANGE, ERROR_INTERNAL,
                           "the clock shows %" PRId64 " s, outside the years 1970 to 9999", now);
    if (windows->count == 0) {
        *ret = (WindowVerdict){true, now, WINDOW_NEVER};
        return 0;
    }

    _cleanup_free_ Spans *spans = calloc(1, sizeof(Spans));
    if (!spans)
        return failure_oom(f);
    for (unsigned i = 0; i < windows->count; i++) {
        int r = spans_add(spans, &windows->items[i], delay, now, f);
        if (r < 0)
            return r;
    }
    qsort(spans->items, spans->count, sizeof(Span), span_compare);
    *ret = spans_judge(spans, now);
    return 0;
}

int windows_slot(const Windows *windows, uint64_t seed, int64_t now, WindowVerdict *ret, Failure *f)
{
    return evaluate(windows, &(const Delay){true, seed}, now, ret, f);
}

int windows_evaluate(const Windows *windows, int64_t now, WindowVerdict *ret, Failure *f)
{
    return evaluate(windows, &(const Delay){false, 0}, now, ret, f);
}
