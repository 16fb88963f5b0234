/* SPDX-License-Identifier: MIT */
/* GRUB's environment block: what userspace and the boot loader tell each other.
 *
 * The block is 1024 bytes: a header line, `name=value` lines (backslash and newline escaped by a
 * backslash) and comment lines (grub-editenv itself writes one), '#' up to the end. Source:
 * GRUB 2.06, include/grub/lib/envblk.h, grub-core/lib/envblk.c. GRUB does not replay a file
 * system's journal, so the block is changed in place, never by rename. */
#pragma once

#include <stddef.h>

#define GRUBENV_SIZE 1024

/* The value of `name` in the block. *ret is owned by the caller.
 * 0, -ENOENT when it is not set, -EBADMSG when this is no regular file of exactly one environment
 * block, or a negative errno. */
int grubenv_get(int dir_fd, const char *name_of_file, const char *name, char **ret);

/* Sets `name` (value NULL: unsets it): one pwrite of the whole block and fdatasync. The file must
 * be there. 0, -ENOSPC when the block is full, -EINVAL for a name that a block cannot hold,
 * -EBADMSG, -ENOENT without a file, or a negative errno. Nothing is written unless it is 0. */
int grubenv_set(int dir_fd, const char *name_of_file, const char *name, const char *value);
