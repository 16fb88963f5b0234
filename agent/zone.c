/* SPDX-License-Identifier: MIT */
#include "agent/zone.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Debian's. Given as a path: then TZDIR has no say. */
#define ZONE_DIR "/usr/share/zoneinfo/"

/* No zone has ever been further from UTC (Manila was 15:56:08 behind, until 1844). */
#define OFFSET_MAX (16 * 3600)

/* IANA's names hold no dot: so no "..", and none of the tables that lie beside the zones. Those
 * below "right" count leap seconds, the system's clock does not. */
static bool name_is_sane(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "+-_/";
    size_t length = strlen(name);

    return length > 0 && length < ZONE_NAME_MAX && strspn(name, letters) == length &&
           name[0] != '/' && name[length - 1] != '/' && strncmp(name, "right/", 6) != 0;
}

int zone_enter(const char *name, Zone *zone)
{
    char value[sizeof(":" ZONE_DIR) + ZONE_NAME_MAX];
    const char *old = getenv("TZ");
    _cleanup_free_ char *saved = old ? strdup(old) : NULL;

    if (old && !saved)
        return -ENOMEM;
    if (strcmp(name, "UTC") == 0)
        strcpy(value, "UTC0");
    else if (strcmp(name, "local") == 0)
        strcpy(value, ":/etc/localtime");
    else if (name_is_sane(name))
        snprintf(value, sizeof(value), ":" ZONE_DIR "%s", name);
    else
        return -EINVAL;

    if (setenv("TZ", value, 1) < 0)
        return -errno;
    tzset();
    *zone = (Zone){.entered = true, .saved = TAKE_PTR(saved)};

    /* Where glibc finds no file, or none that it understands, it silently takes UTC: but without
     * the name, which every zone has. A machine without /etc/localtime is in UTC, with the name. */
    if (!*tzname[0]) {
        zone_leave(zone);
        return -EINVAL;
    }
    return 0;
}

void zone_leave(Zone *zone)
{
    if (!zone->entered)
        return;
    if (zone->saved)
        setenv("TZ", zone->saved, 1);
    else
        unsetenv("TZ");
    tzset();
    free(zone->saved);
    *zone = (Zone){0};
}

/* How far the clock is ahead of UTC. */
static int64_t offset_at(int64_t instant)
{
    time_t t = instant;
    struct tm tm;

    return localtime_r(&t, &tm) ? tm.tm_gmtoff : 0;
}

int64_t zone_local(int64_t instant)
{
    return instant + offset_at(instant);
}

int64_t zone_instant(int64_t local)
{
    int64_t low = local - OFFSET_MAX, high = local + OFFSET_MAX;
    int64_t before = offset_at(low), after = offset_at(high);

    if (before == after)
        return local - before;

    /* The clock is changed once in (low, high]: when? */
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (offset_at(middle) == before)
            low = middle;
        else
            high = middle;
    }
    return local - before < high ? local - before : MAX_OF(high, local - after);
}
