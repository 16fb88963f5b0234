/* SPDX-License-Identifier: MIT */
/* The signals that ask us to stop, as a descriptor: whoever waits for something cancels it then,
 * instead of dying in the middle. */
#pragma once

#include <signal.h>
#include <stdbool.h>

#include "base/macro.h"

typedef struct StopSignals {
    int fd; /* readable when one came; negative: not watched */
    sigset_t before;
} StopSignals;

/* SIGINT, SIGTERM and SIGHUP go to the descriptor from now on, except what we were told to ignore.
 * 0, or a negative errno. */
int stop_signals_watch(StopSignals *signals);

/* Takes one signal off the queue; false: none had come. */
bool stop_signals_take(StopSignals *signals);

/* Did one come between two times of watching? Then what comes next is not to be begun. */
bool stop_signals_came(void);

/* Nothing is watched any more. One that comes now is remembered, a second one ends us. */
void stop_signals_clear(StopSignals *signals);

#define _cleanup_stop_signals_ _cleanup_(stop_signals_clear)
