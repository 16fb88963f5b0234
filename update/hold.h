/* SPDX-License-Identifier: MIT */
/* The hold of last resort: `azl_hold` in GRUB's environment block.
 *
 * A rollback on a disk so full that not even the deny entry can be written still happens; this
 * keeps updates from bringing the bad release back. The block has a fixed size and is written in
 * place, so there is always room. Hosts without GRUB have no such place. */
#pragma once

#include <gio/gio.h>

/* The reason of the hold; NULL when there is none. Free with g_free(). */
char *hold_get(int sysroot_fd);

/* Sets (reason) or ends (NULL) the hold. FALSE with ERROR_RECORD_UNWRITABLE. */
gboolean hold_set(int sysroot_fd, const char *reason, GError **error);
