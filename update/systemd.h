/* SPDX-License-Identifier: MIT */
/* The few things this room wants of systemd's manager. They are asked through systemctl, as
 * libostree does it since 2025.2: for root it talks to systemd directly, so that a rollback depends
 * on no bus. (GDBus gets no answer on systemd's private socket; tried with systemd 252.) */
#pragma once

#include <gio/gio.h>

/* Does systemd run this system? */
gboolean systemd_is_running(void);

/* Starts a unit and waits until it is active, at most 30 s. The detail of *error is what systemctl
 * said. */
gboolean systemd_start(const char *unit, GCancellable *cancellable, GError **error);

/* Is the unit active? FALSE also when that cannot be told. */
gboolean systemd_is_active(const char *unit);

/* Asks for an orderly reboot, and returns before it happens. */
gboolean systemd_reboot(GCancellable *cancellable, GError **error);
