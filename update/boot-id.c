/* SPDX-License-Identifier: MIT */
#include "update/boot-id.h"

#include <glib.h>

const char *boot_id(void)
{
    static char *cached;

    if (!cached) {

        if (!g_file_get_contents("/proc/sys/kernel/random/boot_id", &cached, NULL, NULL))
            cached = g_strdup("");
        g_strstrip(cached);
    }
    return cached;
}
