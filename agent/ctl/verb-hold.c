/* SPDX-License-Identifier: MIT */
#include "agent/ctl/verbs.h"

#include "agent/ctl/daemon.h"
#include "agent/ctl/when.h"
#include "base/clock.h"

int verb_hold(Ctl *ctl, Problem *p)
{
    _cleanup_message_ sd_bus_message *call = NULL;
    const char *until_text = ctl->args->until, *reason = ctl->args->reason ?: "";
    int64_t now = clock_now(), until = 0;
    char when[WHEN_MAX];

    if (until_text && when_parse(until_text, now, &until) < 0)
        return ctl_usage(p,
                         "--until \"%s\" is no time: 2h, 3d, 18:00, \"2026-01-31 18:00\", or "
                         "2026-01-31T18:00:00Z",
                         until_text);
    if (until < 0 || (until_text && until <= now))
        return failure_set(&p->failure, -EINVAL, ERROR_AGENT_TIME_PAST, "%s", until_text);

    int r = daemon_method(ctl->daemon, DAEMON_PATH, DAEMON_MANAGER, "Hold", &call);
    if (r >= 0)
        r = sd_bus_message_append(call, "ts", (uint64_t)until, reason);
    r = daemon_call(ctl->daemon, r, call, DAEMON_PERSON_MS, NULL, p);
    if (r < 0)
        return r;
    if (until > 0)
        term_line(&ctl->err, STYLE_PLAIN, "Updates are held until %s; `azlctl unhold` ends it.",
                  when_format(until, now, when));
    else
        term_line(&ctl->err, STYLE_PLAIN, "Updates are held until `azlctl unhold`.");
    return EXIT_DONE;
}

int verb_unhold(Ctl *ctl, Problem *p)
{
    _cleanup_message_ sd_bus_message *call = NULL;

    int r = daemon_method(ctl->daemon, DAEMON_PATH, DAEMON_MANAGER, "Unhold", &call);
    r = daemon_call(ctl->daemon, r, call, DAEMON_PERSON_MS, NULL, p);
    if (r < 0)
        return r;
    term_line(&ctl->err, STYLE_PLAIN, "Updates are not held.");
    return EXIT_DONE;
}
