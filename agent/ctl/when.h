/* SPDX-License-Identifier: MIT */
/* Points in time as admins type them, and as a status line has room for them. */
#pragma once

#include <stdint.h>

#define WHEN_MAX 96

/* Reads RFC 3339 ("2026-01-31T18:00:00Z", "…+02:00"), "2026-01-31 18:00" and "18:00" in local time
 * (the next such time after `now`), or a span from now on ("2h", "3d", "1h 30min"). 0, or -EINVAL.
 */
int when_parse(const char *text, int64_t now, int64_t *ret_seconds);

/* "18:00 (in 5 hours)" today, "Sat 02:00 (in 2 days)" within six days, else with the date; local
 * time. Returns buf. */
char *when_format(int64_t seconds, int64_t now, char buf[static WHEN_MAX]);
