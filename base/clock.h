/* SPDX-License-Identifier: MIT */
/* Points in time as text, and spans as people say them. */
#pragma once

#include <stdint.h>

/* Length of "2026-01-01T00:00:00Z" with its final NUL. */
#define CLOCK_TEXT_MAX 32

/* Seconds since the epoch, by the wall clock. */
int64_t clock_now(void);

/* Milliseconds by a clock that only goes forward (CLOCK_BOOTTIME: counts sleep too). */
int64_t clock_monotonic_ms(void);

/* Writes RFC 3339 in UTC; "-" for a time outside the years 1900 to 9999. Returns buf. */
char *clock_format(int64_t seconds, char buf[static CLOCK_TEXT_MAX]);

/* Reads what clock_format() writes, and nothing looser (no 31st of February, no missing zero). 0,
 * or -EINVAL. */
int clock_parse(const char *text, int64_t *ret_seconds);

/* "just now", "5 minutes ago", "in 2 hours", "3 days ago". Any two numbers are
 * fine: timestamps come from servers. Returns buf. */
char *clock_format_relative(int64_t seconds, int64_t now, char buf[static CLOCK_TEXT_MAX]);
