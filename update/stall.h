/* SPDX-License-Identifier: MIT */
/* Ends transfers that bring nothing.
 *
 * While it waits for a server, libostree's fetcher does not look at its GCancellable, and up to
 * 2023.6 it knows no limit either: a dead link would hold a job for ever. What ends a transfer is
 * taking its connections away. Mostly: libcurl up to 8.x keeps requests waiting for a connection
 * to show whether it can carry several (CURLOPT_PIPEWAIT, which libostree sets), without any time
 * limit (curl issue 13227), and there may be no connection left. Then only the end of the process
 * helps. */
#pragma once

#include <gio/gio.h>

/* Shuts down every TCP connection of this process; its callers are on local sockets. libostree
 * tries some requests again, so whoever wants an end calls this until there is one. */
void stall_hang_up(void);

typedef struct StallPlan {
    guint64 seconds;           /* without a byte */
    GCancellable *cancellable; /* of the transfer; NULL: none */

    /* Changes (g_atomic_int) whenever something has come in; NULL: the kernel's count of bytes, in
     * which a server that only keeps the connection alive counts as well. */
    const gint *activity;

    /* What to do about a transfer that does not even end when it is cancelled and has lost its
     * connections, some seconds later; in the guard's thread. When it returns, or is NULL:
     * abandon().
     */
    void (*hung)(void *data);
    void *data;
} StallPlan;

/* Watches one transfer from a thread of its own: cancels it and hangs up when nothing has come in
 * for that long. While a thread computes or waits for a disk, or the caller does not read, time
 * does not count: a slow disk is no stalled server. */
typedef struct StallGuard StallGuard;

StallGuard *stall_guard_new(const StallPlan *plan);

/* Ends the watch and frees the guard. `done` and `transfer_error` (taken) are how the transfer
 * ended; returns `done`. ERROR_SERVER_STALLED when the guard ended it. */
gboolean stall_guard_finish(StallGuard *guard, gboolean done, GError *transfer_error,
                            GError **error);
