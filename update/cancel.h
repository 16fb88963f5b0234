/* SPDX-License-Identifier: MIT */
/* Cancelling: end of input from the caller, SIGTERM, SIGINT or SIGHUP. And noticing that a job is
 * stuck.
 *
 * libostree blocks in long calls, so a thread of its own watches. It cancels the GCancellable;
 * whatever does not end within a grace time is ended with the process: every step of an update may
 * be cut off at any point, so this loses nothing. The grace is 2 s for what only waits, and 15 s
 * where something is still being done: computing, writing to a slow disk. */
#pragma once

#include <gio/gio.h>

/* Blocks the signals in this thread, and thus in all that are started later. Call first in main().
 */
void cancel_block_signals(void);

/* Starts to watch `fd` and the signals for the life of the process. When nothing was done for a
 * little longer than stall_timeout seconds (a lost wake-up, a gpg that does not answer), the job
 * ends with ERROR_STUCK. */
gboolean cancel_watch(int fd, GCancellable *cancellable, guint64 stall_timeout, GError **error);

/* Says that the wait which goes on now is meant, and has a bound of its own. Call it every few
 * seconds. From any thread. */
void cancel_waiting_on_purpose(void);
