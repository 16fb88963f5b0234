/* SPDX-License-Identifier: MIT */
/* A directory for one process, which the next one removes when that process was killed.
 *
 * It may hold megabytes in memory (/run), and a SIGKILL gives nobody the time to tidy up. So its
 * owner holds a lock on it, which the kernel takes back whatever happens. */
#pragma once

#include <glib.h>

/* Makes a directory (mode 0700) in `parent` after removing what dead owners left there. *ret_path
 * is the caller's, and *ret_fd as well: the directory is held as long as it is open. A negative
 * errno, or 0. */
int scratch_dir_make(const char *parent, char **ret_path, int *ret_fd);

/* Removes it with all that is in it; not there is fine. Follows no link. */
void scratch_dir_remove(const char *path);
