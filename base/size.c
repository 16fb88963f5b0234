/* SPDX-License-Identifier: MIT */
#include "base/size.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"

static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

char *size_format(uint64_t bytes, char buf[static SIZE_TEXT_MAX])
{
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

/* By how many bits the unit multiplies; -EINVAL for what is none. */
static int unit_shift(const char *text)
{
    if (strcmp(text, "") == 0 || strcmp(text, "B") == 0)
        return 0;
    for (size_t i = 0; i < ELEMENTSOF(units); i++)
        if (*text == *units[i] && (!text[1] || strcmp(text, units[i]) == 0))
            return 10 * (i + 1);
    return -EINVAL;
}

int size_parse(const char *text, uint64_t *ret_bytes)
{
    char *end;

    if (*text < '0' || *text > '9')
        return -EINVAL;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno != 0)
        return -errno;

    int shift = unit_shift(end + strspn(end, " \t"));
    if (shift < 0)
        return shift;
    if (number > UINT64_MAX >> shift)
        return -ERANGE;
    *ret_bytes = (uint64_t)number << shift;
    return 0;
}

char *size_format_exact(uint64_t bytes, char buf[static SIZE_TEXT_MAX])
{
    size_t i = 0;

    for (; bytes > 0 && bytes % 1024 == 0 && i < ELEMENTSOF(units); i++)
        bytes /= 1024;
    snprintf(buf, SIZE_TEXT_MAX, "%" PRIu64 " %s", bytes, i == 0 ? "B" : units[i - 1]);
    return buf;
}
