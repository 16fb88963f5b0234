/* SPDX-License-Identifier: MIT */
/* Cancelling: end of input from the caller, SIGTERM or SIGINT.
 *
 * libostree blocks in long calls, so a thread of its own watches. It cancels the GCancellable;
 * whatever does not end within a grace time is ended with the process: every step of an update may
 * be cut off at any point, so this loses nothing. */
#pragma once

#include <gio/gio.h>

/* Blocks the signals in this thread, and thus in all that are started later. Call first in main().
 */
void cancel_block_signals(void);

/* Starts to watch `fd` and the signals for the life of the process. */
gboolean cancel_watch(int fd, GCancellable *cancellable, GError **error);
