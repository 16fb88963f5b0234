/* SPDX-License-Identifier: MIT */
/* The lock on a staged deployment, and the unit that writes it at shutdown.
 *
 * Up to libostree 2023.7 the lock is a file in /run whose presence makes finalization do nothing;
 * it is not removed when something else is staged. From 2023.8 on the staged record holds it. */
#pragma once

#include <ostree.h>

#include "update/job.h"

/* Is the staged deployment locked? FALSE without one. */
gboolean staged_is_locked(OstreeDeployment *staged);

/* Changes whenever something else is staged; 0: nothing is. */
guint64 staged_record_stamp(void);

/* Makes or removes the lock file. To stage something locked, it must be there before; to stage
 * something unlocked, it goes after, or what was staged until then would be open for a moment. */
gboolean staged_set_lock_file(gboolean locked, GError **error);

/* Unlocks the staged deployment: from now on a reboot applies it. */
gboolean staged_unlock(Job *job, OstreeDeployment *staged, GError **error);

/* Locks it again: a reboot drops it. */
gboolean staged_lock(Job *job, OstreeDeployment *staged, GError **error);

/* Is ostree-finalize-staged.service active? TRUE where systemd does not run, too. */
gboolean staged_finalizer_is_active(void);

/* Starts ostree-finalize-staged.service and waits until it is active, at most 30 s; nothing where
 * systemd does not run. libostree before 2025.2 leaves that to a .path unit, which a reboot right
 * after staging can outrun (ostree commit 2b9912e9). FALSE with ERROR_FINALIZE_UNIT. */
gboolean staged_start_finalizer(Job *job, GError **error);
