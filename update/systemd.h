/* SPDX-License-Identifier: MIT */
/* The few calls to systemd's manager that this room needs, over systemd's private socket: a
 * rollback must not depend on a bus. Where that socket cannot be reached, over the system bus. */
#pragma once

#include <gio/gio.h>

/* Does systemd run this system? */
gboolean systemd_is_running(void);

/* Queues a start job for a unit ("replace" or another job mode). */
gboolean systemd_start_unit(const char *unit, const char *mode, GCancellable *cancellable,
                            GError **error);

/* The unit's ActiveState, e.g. "active". Free with g_free(). */
char *systemd_active_state(const char *unit, GCancellable *cancellable, GError **error);
