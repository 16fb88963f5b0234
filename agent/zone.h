/* SPDX-License-Identifier: MIT */
/* What the clock on the wall shows in a time zone.
 *
 * glibc knows one zone at a time, that of TZ. Between zone_enter() and zone_leave() it is another
 * one. That is the whole price of not reading TZif files (and the rules at their end) ourselves,
 * and it is no price in a program without threads. So nothing else is done in between.
 *
 * Local time is counted in seconds, too: `local` is the seconds since the epoch at which a clock in
 * UTC shows the same. So local / 86400 is a day, and (day + 4) % 7 its weekday, Sunday 0. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macro.h"

/* Longest name with its final NUL; the longest of IANA's has 32 letters. */
#define ZONE_NAME_MAX 64

/* Zero-initialise; the destructor takes that, too. */
typedef struct Zone {
    bool entered;
    char *saved; /* what TZ was; owned; NULL: it was not set */
} Zone;

/* From here on, zone_local() and zone_instant() speak of this zone: "local" (that of the machine,
 * /etc/localtime, whatever TZ says), "UTC", or a name of IANA ("Europe/Berlin"). Not nestable.
 * 0; -EINVAL: no such zone in the time zone database; -ENOMEM. Only after 0 there is something to
 * leave. */
int zone_enter(const char *name, Zone *zone);

/* Restores TZ as it was. Does nothing for a zone that is not entered. */
void zone_leave(Zone *zone);

#define _cleanup_zone_ _cleanup_(zone_leave)

/* What the clock shows at an instant. */
int64_t zone_local(int64_t instant);

/* The first instant at which the clock shows `local` or more. So, where it is put forward over
 * `local`, the instant at which that happens; and where it is put back and shows `local` twice, the
 * first of the two. */
int64_t zone_instant(int64_t local);
