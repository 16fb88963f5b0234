/* SPDX-License-Identifier: MIT */
#include "base/size.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/macro.h"

char *size_format(uint64_t bytes, char buf[static SIZE_TEXT_MAX])
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double n = (double)bytes / 1024;
    size_t i = 0;

    if (bytes < 1024) {
        snprintf(buf, SIZE_TEXT_MAX, "%" PRIu64 " B", bytes);
        return buf;
    }
    for (; n >= 1023.5 && i + 1 < ELEMENTSOF(units); i++)
        n /= 1024;
    snprintf(buf, SIZE_TEXT_MAX, "%.*f %s", n < 9.995 ? 2 : n < 99.95 ? 1 : 0, n, units[i]);
    return buf;
}
