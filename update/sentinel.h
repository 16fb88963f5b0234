/* SPDX-License-Identifier: MIT */
/* /run/reboot-required: the mark that Debian's tools made common and that kured waits for.
 *
 * It stands while a plain reboot would change what runs. Never while what is staged is locked: then
 * a reboot drops it, and a rebooter that came for the mark would come again, for ever. */
#pragma once

#include "update/job.h"

/* Makes or removes the mark, as the deployments now are. A mark that somebody else made stays. What
 * goes wrong is only logged. */
void sentinel_update(Job *job);
