/* SPDX-License-Identifier: MIT */
#include "update/hold.h"

#include <errno.h>
#include <stdlib.h>

#include "base/grubenv.h"
#include "update/error.h"

#define HOLD_KEY "azl_hold"

static const char *const blocks[] = {"boot/grub/grubenv", "boot/grub2/grubenv"};

char *hold_get(int sysroot_fd)
{
    for (gsize i = 0; i < G_N_ELEMENTS(blocks); i++) {
        char *value = NULL;
        if (grubenv_get(sysroot_fd, blocks[i], HOLD_KEY, &value) == 0) {
            char *reason = g_strdup(value);
            free(value);
            return reason;
        }
    }
    return NULL;
}

gboolean hold_set(int sysroot_fd, const char *reason, GError **error)
{
    int last = -ENOENT;

    for (gsize i = 0; i < G_N_ELEMENTS(blocks); i++) {
        int r = grubenv_set(sysroot_fd, blocks[i], HOLD_KEY, reason);
        if (r == 0)
            return TRUE;
        if (r != -ENOENT)
            last = r;
    }
    if (last == -ENOENT && !reason)
        return TRUE;
    return update_throw(error, ERROR_RECORD_UNWRITABLE, "grubenv: %s", g_strerror(-last));
}
