/* SPDX-License-Identifier: MIT */
/* What a plain `reboot`, by anybody, would boot now. */
#pragma once

#include "update/deployment.h"

/* Borrowed from `cast`; never NULL. */
OstreeDeployment *next_boot_of(const Cast *cast);

/* {"checksum","version","reason","detail"} */
json_object *next_boot_to_json(Job *job, const Cast *cast);

/* A denial keeps updates away, and takes nothing back that is here already. A sentence with the way
 * out where what boots next, or is staged, is denied; else NULL. Free with g_free(). */
char *next_boot_denied(Job *job, const Cast *cast, const DenyList *deny);
