/* SPDX-License-Identifier: MIT */
/* Space set aside so that a rollback works on a full disk: one file beside the records and one in
 * /boot. They are given up when a rollback runs out of space, and made again by the next update. */
#pragma once

#include "update/rollback.h"

typedef gboolean (*RollbackWrite)(Job *job, const Cast *cast, const RollbackPlan *plan,
                                  GError **error);

/* Makes both reserves if they are not there and space allows. Best effort. */
void reserve_ensure(Job *job);

/* Runs `write`; when it runs out of space, gives the reserves up and runs it once more. */
gboolean reserve_retry(Job *job, RollbackWrite write, const Cast *cast, const RollbackPlan *plan,
                       GError **error);
