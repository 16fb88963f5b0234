/* SPDX-License-Identifier: MIT */
#include "agent/ctl/verbs.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/ctl/render-status.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"

#define PROC_STAT_MAX   4096
#define STARTTIME_FIELD 22 /* proc(5) */

/* When the running system was started: by the age of PID 1, which is right in a container too.
 * Seconds since the epoch; 0: unknown. */
static int64_t find_started_at(void)
{
    _cleanup_close_ int proc = open("/proc/1", O_PATH | O_DIRECTORY | O_CLOEXEC);
    _cleanup_free_ char *stat = NULL;
    unsigned long long ticks = 0;
    long hz = sysconf(_SC_CLK_TCK);

    if (proc < 0 || hz <= 0 || file_read_at(proc, "stat", PROC_STAT_MAX, &stat, NULL) < 0)
        return 0;

    /* Behind the name, which may hold spaces and brackets, comes field 3. */
    const char *field = strrchr(stat, ')');
    for (int i = 2; field && i < STARTTIME_FIELD; i++)
        field = strchr(field + 1, ' ');
    if (!field || sscanf(field, "%llu", &ticks) != 1)
        return 0;
    return clock_now() - (clock_monotonic_ms() / 1000 - (int64_t)(ticks / (unsigned long)hz));
}

int verb_status(Ctl *ctl, Problem *p)
{
    _cleanup_json_ json_object *status = NULL;

    int r = ctl_call(ctl, "status", NULL, &status, p);
    if (r < 0)
        return r;
    if (ctl->args->json)
        ctl_print_json(ctl, status);
    else
        render_status(&ctl->out, status, clock_now(),
                      json_get(status, "booted") ? find_started_at() : 0,
                      ctl->daemon_missing && geteuid() == 0);
    return EXIT_DONE;
}
