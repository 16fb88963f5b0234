/* SPDX-License-Identifier: MIT */
/* Spans of time as people write them into a configuration. */
#pragma once

#include <stdint.h>

#define DURATION_TEXT_MAX 64

/* The longest span that is read: a hundred years. Nothing overflows with it. */
#define DURATION_MAX ((int64_t)100 * 365 * 86400)

/* Reads "90" (seconds), "90s", "15min", "1h 30min", "2d", "1.5h", and Go's "1h30m": numbers with a
 * unit (s, m, min, h, d, w, or the word), each unit smaller than the one before. A fraction of a
 * second is dropped. 0; -EINVAL for anything else, a sign included; -ERANGE beyond DURATION_MAX. */
int duration_parse(const char *text, int64_t *ret_seconds);

/* The shortest text that duration_parse() reads back: "1h 30min", "2d", "0". For seconds from 0 to
 * DURATION_MAX; else "-". Returns buf. */
char *duration_format(int64_t seconds, char buf[static DURATION_TEXT_MAX]);
