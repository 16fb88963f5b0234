/* SPDX-License-Identifier: MIT */
/* Files that matter: found without following links, read with a bound, written all or nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Opens the directory `path` below `dir_fd` (openat2: no symbolic link on the way, nothing
 * outside). With `create`, missing directories are made (mode 0755 whatever
 * the umask) and made durable. Returns an
 * O_DIRECTORY descriptor that the caller owns, or a negative errno. */
int dir_open_beneath(int dir_fd, const char *path, bool create);

/* Reads the regular file `name` in `dir_fd`, not through a link. *ret is NUL-terminated and owned
 * by the caller; ret_size may be NULL. 0, or a negative errno: -EFBIG when it is longer than max,
 * -EBADF when it is not a regular file. */
int file_read_at(int dir_fd, const char *name, size_t max, char **ret, size_t *ret_size);

/* The same from an open descriptor, which stays the caller's. */
int file_read_fd(int fd, size_t max, char **ret, size_t *ret_size);

/* Opens `path` as if `root_fd` were "/": links are followed, absolute ones too, but never out of
 * it. For configuration, where an admin's links count. Returns a descriptor that the caller owns,
 * or a negative errno. */
int file_open_in_root(int root_fd, const char *path, int flags);

/* Writes `name` in `dir_fd` as: new file beside it, fsync, rename, fsync of the directory. After a
 * kill or a power cut the old content stands there, or the new; never a part. 0, or negative errno.
 */
int file_write_at(int dir_fd, const char *name, const void *data, size_t size, mode_t mode);

/* Renames `from` to `to` in the same directory and makes it durable; replaces what `to` was. */
int file_rename_at(int dir_fd, const char *from, const char *to);

/* Removes `name` and makes that durable. Not there is fine. 0, or a negative errno. */
int file_remove_at(int dir_fd, const char *name);
