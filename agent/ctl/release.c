/* SPDX-License-Identifier: MIT */
#include "agent/ctl/release.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"

char *release_checksum(json_object *release, char buf[static RELEASE_NAME_MAX])
{
    snprintf(buf, RELEASE_NAME_MAX, "%.*s", CHECKSUM_SHOWN,
             json_get_string(release, "checksum") ?: "-");
    return buf;
}

char *release_name(json_object *release, char buf[static RELEASE_NAME_MAX])
{
    const char *version = json_get_string(release, "version");

    if (!version || !*version)
        return release_checksum(release, buf);
    snprintf(buf, RELEASE_NAME_MAX, "%s", version);
    return buf;
}

char *release_text(json_object *release, char buf[static RELEASE_TEXT_MAX])
{
    const char *slot = json_get_string(release, "slot");
    char name[RELEASE_NAME_MAX];

    release_name(release, name);
    if (slot)
        snprintf(buf, RELEASE_TEXT_MAX, "%s (slot %.8s)", name, slot);
    else
        snprintf(buf, RELEASE_TEXT_MAX, "%s", name);
    return buf;
}

bool release_equal(json_object *a, json_object *b)
{
    const char *one = json_get_string(a, "checksum"), *other = json_get_string(b, "checksum");

    return one && other && strcmp(one, other) == 0;
}

char *release_when_seconds(int64_t seconds, int64_t now, char buf[static RELEASE_WHEN_MAX])
{
    char day[48], age[CLOCK_TEXT_MAX];
    time_t t = seconds;
    struct tm tm;

    if (!localtime_r(&t, &tm) || strftime(day, sizeof(day), "%Y-%m-%d %H:%M %Z", &tm) == 0)
        strcpy(day, "at an unknown time");
    snprintf(buf, RELEASE_WHEN_MAX, "%s (%s)", day, clock_format_relative(seconds, now, age));
    return buf;
}

char *release_when(const char *time, int64_t now, char buf[static RELEASE_WHEN_MAX])
{
    int64_t seconds;

    if (time && clock_parse(time, &seconds) == 0)
        return release_when_seconds(seconds, now, buf);
    strcpy(buf, "at an unknown time");
    return buf;
}

char *release_age(const char *time, int64_t now, char buf[static RELEASE_WHEN_MAX])
{
    int64_t seconds;

    if (time && clock_parse(time, &seconds) == 0)
        return clock_format_relative(seconds, now, buf);
    strcpy(buf, "-");
    return buf;
}
