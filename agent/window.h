/* SPDX-License-Identifier: MIT */
/* Maintenance windows: when a machine may be rebooted.
 *
 * A window opens on some weekdays at a time of the day, as the clock on the wall in its zone shows
 * it, and stays open for a length of real time. So, in a night in which the clock is changed, it is
 * as long as in any other. A start that the clock skips is the instant after the gap; of a start
 * that it shows twice, the first counts (agent/zone.h).
 *
 * The instant at which a window closes is outside. (In locksmith, where such windows come from, it
 * is still inside: one second that nobody will miss. Here, a timer that was set for the end finds
 * the window closed, and of two windows that adjoin none counts an instant of the other.)
 *
 * Nothing here looks at a clock: the same question has the same answer. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/zone.h"
#include "base/failure.h"

#define WINDOW_DAYS_ALL   0x7f
#define WINDOW_LENGTH_MIN 60
#define WINDOW_LENGTH_MAX (7 * 86400)
#define WINDOWS_MAX       32

/* How far ahead is searched, in seconds: every window opens once in a week. */
#define WINDOW_SEARCH (15 * 86400)
#define WINDOW_NEVER  INT64_MAX

typedef struct Window {
    unsigned days;            /* a bit for each weekday, Sunday 1 << 0 */
    unsigned start;           /* minutes after midnight */
    int64_t length;           /* seconds */
    char zone[ZONE_NAME_MAX]; /* "local", "UTC", or a name of IANA */
    int64_t spread;           /* seconds, for windows_slot(); 0 and less: none */
} Window;

/* Zero-initialise. No window at all means: always open. Holds no memory: copy it as you like. */
typedef struct Windows {
    Window items[WINDOWS_MAX];
    unsigned count;
} Windows;

/* Adds a copy. 0; -EINVAL (WINDOW_INVALID): no weekday, no such start, a length outside
 * WINDOW_LENGTH_MIN to _MAX, an unknown zone, or more than WINDOWS_MAX; -ENOMEM. */
int windows_add(Windows *windows, const Window *window, Failure *f);

/* Seconds since the epoch. Windows that overlap or adjoin are one. */
typedef struct WindowVerdict {
    bool open;
    int64_t opens;  /* the first instant from now on that is inside: `now` if open */
    int64_t closes; /* the first instant after that which is outside; WINDOW_NEVER: none is within
                     * WINDOW_SEARCH from now */
} WindowVerdict;

/* Is a window open? When does it close, or else when does the next one open, and close?
 * 0; -EINVAL (WINDOW_INVALID): a zone is no longer in the time zone database; -ERANGE
 * (INTERNAL): `now` is not within the years 1970 to 9999; -ENOMEM. */
int windows_evaluate(const Windows *windows, int64_t now, WindowVerdict *ret, Failure *f);

/* The same for this machine's own part of each window, so that not all machines reboot in the first
 * second: it begins a random time after the window opened, and ends with the window. "Open" then
 * means that the machine's turn has come.
 *
 * The delay is uniform in 0 … spread seconds of the window, but always leaves ten minutes of the
 * window, or half of it where that is less. It is made of the machine's seed and the instant at
 * which the window opened: another one each time, and the same one whenever it is asked for. Each
 * window has a delay of its own, also where windows overlap. Without windows it is always the
 * machine's turn. Errors as above. */
int windows_slot(const Windows *windows, uint64_t seed, int64_t now, WindowVerdict *ret,
                 Failure *f);
