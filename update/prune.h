/* SPDX-License-Identifier: MIT */
/* Takes away the objects of releases that are no longer deployed.
 *
 * The shutdown that writes a new release does not prune (it would take long), so the update that
 * follows does, with idle I/O and before it asks whether there is space. */
#pragma once

#include "update/job.h"

/* Removes what no deployment and no ref needs. ret_objects and ret_freed (bytes) may be NULL. */
gboolean prune(Job *job, gint *ret_objects, guint64 *ret_freed, GError **error);

/* Notes that a release has been replaced. Best effort. */
void prune_note_due(Records *records);

/* Prunes if it was noted. Problems are logged, not an error. */
void prune_if_due(Job *job);
