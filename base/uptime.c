/* SPDX-License-Identifier: MIT */
#include "base/uptime.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/macro.h"

#define PROC_STAT_MAX   4096
#define STARTTIME_FIELD 22 /* proc(5) */

int64_t uptime_seconds(void)
{
    _cleanup_close_ int proc = open("/proc/1", O_PATH | O_DIRECTORY | O_CLOEXEC);
    _cleanup_free_ char *stat = NULL;
    unsigned long long ticks = 0;
    long hz = sysconf(_SC_CLK_TCK);

    if (proc < 0 || hz <= 0 || file_read_at(proc, "stat", PROC_STAT_MAX, &stat, NULL) < 0)
        return -1;
    /* Behind the name, which may hold spaces and brackets, comes field 3. */
    const char *field = strrchr(stat, ')');
    for (int i = 2; field && i < STARTTIME_FIELD; i++)
        field = strchr(field + 1, ' ');
    if (!field || sscanf(field, "%llu", &ticks) != 1)
        return -1;
    return clock_monotonic_ms() / 1000 - (int64_t)(ticks / (unsigned long)hz);
}
