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

/* Signals do again what they did before; one that waits does it now. */
void stop_signals_clear(StopSignals *signals);

#define _cleanup_stop_signals_ _cleanup_(stop_signals_clear)
