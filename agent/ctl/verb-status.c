/* SPDX-License-Identifier: MIT */
#include "agent/ctl/verbs.h"

#include <string.h>

#include "agent/ctl/render-status.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/uptime.h"

/* When the running system was started, in seconds since the epoch; 0: unknown. */
static int64_t find_started_at(void)
{
    int64_t uptime = uptime_seconds();

    return uptime >= 0 ? clock_now() - uptime : 0;
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
