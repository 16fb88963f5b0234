/* SPDX-License-Identifier: MIT */
/* Tells when the wall clock is set: timers of the event loop follow a clock that runs, not one that
 * jumps. */
#pragma once

#include <systemd/sd-event.h>

typedef struct ClockWatch ClockWatch;

/* Calls `set` from the loop, each time. 0, or a negative errno. */
int clock_watch_new(sd_event *loop, void (*set)(void *userdata), void *userdata, ClockWatch **ret);

/* NULL is fine. Returns NULL. */
ClockWatch *clock_watch_free(ClockWatch *watch);
