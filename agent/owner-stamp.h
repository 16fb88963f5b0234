/* SPDX-License-Identifier: MIT */
/* Notices that somebody else has taken the updates over, or given them back: cloud-init writes
 * Flatcar's update.conf during the first boot, perhaps after we have started. */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#define OWNER_FILES 2

typedef struct OwnerStamp {
    bool taken; /* there is something to compare with */
    struct stat files[OWNER_FILES];
} OwnerStamp;

/* Looks at the files. true: they are others than at the last look. */
bool owner_stamp_changed(OwnerStamp *stamp);
