/* SPDX-License-Identifier: MIT */
/* What the threads of this process do, for those that watch over the others. /proc tells, so it
 * needs no help from code that hangs. The watchers themselves (by the names below) do not count. */
#pragma once

#include <glib.h>

/* Names for g_thread_new() of threads that watch. */
#define THREAD_CANCEL "cancel"
#define THREAD_STALL  "stall"

/* Do all threads sleep until something happens: a byte, a process, another thread? FALSE while one
 * computes or waits for a disk. */
gboolean threads_are_waiting(void);

/* Processor time of all threads, in ns. Goes down when one ends. */
guint64 threads_cpu_ns(void);

/* For people, name, state and function in the kernel: "azl-update: S poll_schedule_timeout, pool:
 * …". Free with g_free(). */
char *threads_describe(void);
