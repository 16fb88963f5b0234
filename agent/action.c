/* SPDX-License-Identifier: MIT */
#include "agent/action.h"

#include <stdio.h>
#include <string.h>

#include "agent/event.h"
#include "agent/host-facts.h"
#include "agent/job-kind.h"
#include "base/clock.h"
#include "base/json.h"

json_object *action_release_options(const char *checksum)
{
    json_object *options = json_object_new_object();

    json_add_string(options, "checksum", checksum);
    return options;
}

static void take_target(MachineEvent *event, json_object *check)
{
    if (json_get_bool(check, "update") ||
        strcmp(json_get_string(check, "reason") ?: "", "staged") == 0)
        host_release_read(&event->release, json_get(check, "target"));
}

static const struct {
    MachineAction action;
    const JobKind *kind;
    MachineEventKind done;
} actions[] = {
    {ACTION_CHECK, &job_check, EVENT_CHECKED},
    {ACTION_PULL, &job_pull, EVENT_PULLED},
    {ACTION_STAGE, &job_stage, EVENT_STAGED},
    {ACTION_HOOKS, &job_hooks, EVENT_HOOKS_PASSED},
    {ACTION_FINALIZE, &job_finalize, EVENT_FINALIZED},
    {ACTION_REBOOT, &job_reboot, EVENT_REBOOTING},
};

static size_t action_index(MachineAction action)
{
    size_t i = 0;

    while (actions[i].action != action)
        i++;
    return i;
}

json_object *action_options(MachineAction action, const Machine *machine, const HostFacts *host,
                            int64_t hooks_timeout)
{
    switch (action) {
    case ACTION_PULL:
    case ACTION_STAGE:
        return action_release_options(machine->target.checksum);
    case ACTION_FINALIZE:
        return action_release_options(host->staged.checksum);
    case ACTION_HOOKS: {
        json_object *options = action_release_options(host->staged.checksum);
        json_add_int(options, "timeout", hooks_timeout);
        return options;
    }
    case ACTION_NONE:
    case ACTION_CHECK:
    case ACTION_REBOOT:
        break;
    }
    return NULL;
}

static void log_release(AgentEvent event, const HostRelease *release, const char *format)
{
    _cleanup_free_ char *version = event_field("AZL_VERSION=%s", release->version),
                        *checksum = event_field("AZL_CHECKSUM=%s", release->checksum);
    const char *fields[] = {version, checksum, NULL};

    event_log(event, version && checksum ? fields : NULL, "%s %s", format,
              release->version[0] ? release->version : release->checksum);
}

static void log_failure(const JobKind *kind, const Problem *problem)
{
    _cleanup_free_ char *text = problem_to_text(problem, NULL),
                        *error = event_field("AZL_ERROR=%s", problem_id(problem)),
                        *job = event_field("AZL_JOB=%s", kind->name);
    const char *fields[] = {error, job, NULL};

    event_log(AGENT_ACTION_FAILED_EVENT, error && job ? fields : NULL, "%s: %s", kind->name,
              text ?: "");
}

/* What came of it, for the journal. */
static void log_done(MachineAction action, const Machine *machine, const HostFacts *host,
                     const MachineEvent *event)
{
    switch (action) {
    case ACTION_CHECK:
        if (event->release.checksum[0] &&
            strcmp(event->release.checksum, machine->target.checksum) != 0)
            log_release(AGENT_UPDATE_FOUND_EVENT, &event->release, "On offer:");
        return;
    case ACTION_STAGE:
        log_release(AGENT_UPDATE_STAGED_EVENT, &machine->target, "Staged:");
        return;
    case ACTION_FINALIZE:
        log_release(AGENT_UPDATE_FINALIZED_EVENT, &host->staged, "The next reboot takes");
        return;
    case ACTION_NONE:
    case ACTION_PULL:
    case ACTION_HOOKS:
    case ACTION_REBOOT: /* said when it began: its end is ours, too */
        return;
    }
}

const JobKind *action_kind(MachineAction action)
{
    return actions[action_index(action)].kind;
}

void action_log_start(MachineAction action, const HostFacts *host)
{
    /* Its end is ours, too. */
    if (action == ACTION_REBOOT)
        log_release(AGENT_REBOOTING_EVENT, &host->next, "Rebooting into");
}

MachineEvent action_end(const Machine *machine, const HostFacts *host, JobResult result,
                        json_object *said, const Problem *problem)
{
    MachineAction action = machine->under_way;
    MachineEvent event = {.kind = EVENT_FAILED};

    if (result == JOB_DONE) {
        event.kind = actions[action_index(action)].done;
        if (action == ACTION_CHECK)
            take_target(&event, said);
        log_done(action, machine, host, &event);
        return event;
    }
    if (action == ACTION_HOOKS && problem->failure.id == ERROR_HOOK_REFUSED)
        event.kind = EVENT_HOOKS_REFUSED;
    event.error = problem->failure.id;
    if (result == JOB_FAILED) /* what was cancelled was so by somebody */
        log_failure(action_kind(action), problem);
    return event;
}
