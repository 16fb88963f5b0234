/* SPDX-License-Identifier: MIT */
#include "agent/ctl/hold-check.h"

#include "agent/ctl/daemon.h"

int hold_check(Problem *p)
{
    _cleanup_(daemon_freep)
    Daemon *daemon = NULL;
    _cleanup_message_ sd_bus_message *call = NULL, *answer = NULL;
    _cleanup_problem_ Problem ignored = {0};
    const char *reason = "";
    uint64_t until;
    int held = 0;

    if (daemon_open(&daemon, NULL) < 0)
        return 0;
    int r = daemon_method(daemon, DAEMON_PATH, DAEMON_PROPERTIES, "Get", &call);
    if (r >= 0)
        r = sd_bus_message_append(call, "ss", DAEMON_MANAGER, "Held");
    if (daemon_call(daemon, r, call, DAEMON_CALL_MS, &answer, &ignored) < 0 ||
        sd_bus_message_read(answer, "v", "(bts)", &held, &until, &reason) < 0 || !held)
        return 0;
    return failure_set(&p->failure, -EPERM, ERROR_AGENT_HELD, "%s", reason);
}
