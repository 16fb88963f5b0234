/* SPDX-License-Identifier: MIT */
/* Hooks: programs of the admin that may say no before a reboot, or drain the node.
 *
 * They lie in hooks/pre-reboot.d below /etc/azl, /run/azl and /usr/lib/azl. Of two with the same
 * name the first of these folders counts; a link to /dev/null there switches one off. They run in
 * the order of their names, one at a time, in the worker's sandbox; one that needs more starts a
 * unit of its own (`systemctl start --wait`). */
#pragma once

#include "update/job.h"

/* Runs them all, each for at most job->args->timeout seconds, with AZL_CHECKSUM and AZL_VERSION of
 * what is staged. The first that does not exit with 0 ends it: ERROR_HOOK_REFUSED, with its name
 * and the last line it said. *ret_ran: how many there were. */
gboolean hooks_run(Job *job, const char *checksum, const char *version, guint *ret_ran,
                   GError **error);
