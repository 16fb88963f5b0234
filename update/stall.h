/* SPDX-License-Identifier: MIT */
/* Ends transfers that bring nothing.
 *
 * While it waits for a server, libostree's fetcher does not look at its GCancellable, and up to
 * 2023.6 it knows no limit either: a dead link would hold a job for ever. What always ends a
 * transfer is taking its connections away. */
#pragma once

#include <gio/gio.h>

/* Shuts down every TCP connection of this process; its callers are on local sockets. libostree
 * tries some requests again, so whoever wants an end calls this until there is one. */
void stall_hang_up(void);

/* Watches one short transfer (a summary, a commit object) from a thread of its own: hangs up when
 * no byte has come in for `seconds`. By the kernel's count, as libostree does not tell. */
typedef struct StallGuard StallGuard;

StallGuard *stall_guard_new(guint64 seconds);

/* Ends the watch and frees the guard. `done` and `transfer_error` (taken) are how the transfer
 * ended; returns `done`. ERROR_SERVER_STALLED when the guard ended it. */
gboolean stall_guard_finish(StallGuard *guard, gboolean done, GError *transfer_error,
                            GError **error);
