/* SPDX-License-Identifier: MIT */
/* Windows as people write them in a configuration, and as they are shown.
 *
 * The functions that parse end with 0 or -EINVAL (WINDOW_INVALID); the detail names the value, and
 * what would be right. The caller puts the key in front of it. */
#pragma once

#include <stdint.h>

#include "agent/window.h"
#include "base/failure.h"

/* "Sat,Sun", "Mon-Fri Sun", "saturday", "Fri-Mon", "daily": to the bits of Window.days. */
int window_parse_days(const char *text, unsigned *ret_days, Failure *f);

/* "02:00", "2:00": to minutes after midnight. */
int window_parse_start(const char *text, unsigned *ret_minutes, Failure *f);

/* "2h", "1h30m", "1.5h", "7d": to seconds. What Go reads as a duration, and days. The least and
 * longest that a window may have are windows_add()'s business, but it is never negative. */
int window_parse_length(const char *text, int64_t *ret_seconds, Failure *f);

/* The two settings of locksmith, REBOOT_WINDOW_START ("Thu 23:00", "04:00") and
 * REBOOT_WINDOW_LENGTH
 * ("1h30m"), in local time. A window on every day is shorter than a day, one on a weekday shorter
 * than a week. Under a minute, which locksmith took, nothing could be done: an error. */
int window_parse_locksmith(const char *start, const char *length, Window *ret, Failure *f);

#define WINDOW_TEXT_MAX 160

/* "Sat,Sun 02:00 for 2 h (Europe/Berlin)", "daily 22:30 for 1 h 30 min (local time)". Returns buf.
 */
char *window_format(const Window *window, char buf[static WINDOW_TEXT_MAX]);
