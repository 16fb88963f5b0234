/* SPDX-License-Identifier: MIT */
#include "agent/bus-job.h"

#include <stdio.h>
#include <string.h>

#include "agent/authorize.h"
#include "agent/bus-error.h"
#include "base/json.h"

char *bus_job_path(const Job *job, char buf[static BUS_JOB_PATH_MAX])
{
    snprintf(buf, BUS_JOB_PATH_MAX, BUS_PATH "/job/%u", job->id);
    return buf;
}

static unsigned id_of(json_object *arguments)
{
    return (unsigned)json_get_int(arguments, "id");
}

/* Who asked for a job may take it back. */
static const char *cancel_action(Agent *agent, sd_bus_message *call, json_object *arguments,
                                 uid_t caller)
{
    const Job *job = jobs_find(agent->jobs, id_of(arguments));

    return job && job->caller == caller ? NULL : "org.azurelinux.agent1.cancel";
}

static int cancel(Agent *agent, sd_bus_message *call, json_object *arguments, uid_t caller,
                  sd_bus_error *error)
{
    _cleanup_failure_ Failure f = {0};
    Job *job = jobs_find(agent->jobs, id_of(arguments));

    if (!job) {
        failure_set(&f, -ENOENT, ERROR_AGENT_NO_JOB, "%u", id_of(arguments));
        return bus_error_set(error, &f);
    }
    job_cancel(job);
    return sd_bus_reply_method_return(call, NULL);
}

int bus_job_cancel(Agent *agent, sd_bus_message *call, unsigned id, sd_bus_error *error)
{
    json_object *arguments = json_object_new_object();

    json_add_int(arguments, "id", id);
    return authorize(agent, call, arguments, cancel_action, cancel, error);
}

static int on_cancel(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
    const Job *job = userdata;

    return bus_job_cancel(job_owner(job), call, job->id, error);
}

static int append_progress(sd_bus_message *m, const Job *job)
{
    const JobProgress *p = &job->progress;

    return sd_bus_message_append(m, "sttstt", p->phase, p->done, p->total, p->unit, p->rate,
                                 p->eta);
}

static int get(sd_bus *bus, const char *path, const char *interface, const char *property,
               sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
    char waiting[JOB_WAITING_MAX];
    const Job *job = userdata;

    if (strcmp(property, "Id") == 0)
        return sd_bus_message_append(reply, "u", job->id);
    if (strcmp(property, "Kind") == 0)
        return sd_bus_message_append(reply, "s", job->kind->name);
    if (strcmp(property, "Caller") == 0)
        return sd_bus_message_append(reply, "u", (uint32_t)job->caller);
    if (strcmp(property, "State") == 0)
        return sd_bus_message_append(reply, "s", job_state_name(job->state));
    if (strcmp(property, "Waiting") == 0)
        return sd_bus_message_append(reply, "s", job_waiting(job, waiting));

    int r = sd_bus_message_open_container(reply, 'r', "sttstt");
    if (r >= 0)
        r = append_progress(reply, job);
    return r < 0 ? r : sd_bus_message_close_container(reply);
}

static const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("Cancel", NULL, NULL, on_cancel, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_SIGNAL_WITH_ARGS(
        "Progress", SD_BUS_ARGS("s", phase, "t", done, "t", total, "s", unit, "t", rate, "t", eta),
        0),
    SD_BUS_SIGNAL_WITH_ARGS("Log", SD_BUS_ARGS("s", level, "s", message), 0),
    SD_BUS_SIGNAL_WITH_ARGS("Finished", SD_BUS_ARGS("s", result, "s", error_id, "s", error_detail),
                            0),
    SD_BUS_PROPERTY("Id", "u", get, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("Kind", "s", get, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("Caller", "u", get, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("State", "s", get, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("Waiting", "s", get, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("Progress", "(sttstt)", get, 0, 0),
    SD_BUS_VTABLE_END,
};

int bus_job_add(Agent *agent, Job *job)
{
    char path[BUS_JOB_PATH_MAX];
    sd_bus_slot *slot = NULL;

    int r =
        sd_bus_add_object_vtable(agent->bus, &slot, bus_job_path(job, path), BUS_JOB, vtable, job);
    job->watched = slot;
    return r;
}

void bus_job_remove(Job *job)
{
    job->watched = sd_bus_slot_unref(job->watched);
}

void bus_job_changed(Agent *agent, Job *job)
{
    char path[BUS_JOB_PATH_MAX];

    (void)sd_bus_emit_properties_changed(agent->bus, bus_job_path(job, path), BUS_JOB, "State",
                                         "Waiting", NULL);
}

void bus_job_progress(Agent *agent, const Job *job)
{
    const JobProgress *p = &job->progress;
    char path[BUS_JOB_PATH_MAX];

    (void)sd_bus_emit_signal(agent->bus, bus_job_path(job, path), BUS_JOB, "Progress", "sttstt",
                             p->phase, p->done, p->total, p->unit, p->rate, p->eta);
}

void bus_job_log(Agent *agent, const Job *job, const char *level, const char *message)
{
    char path[BUS_JOB_PATH_MAX];

    (void)sd_bus_emit_signal(agent->bus, bus_job_path(job, path), BUS_JOB, "Log", "ss", level,
                             message);
}

void bus_job_finished(Agent *agent, const Job *job, json_object *said, const Problem *problem)
{
    char path[BUS_JOB_PATH_MAX];
    const char *text = said ? json_object_to_json_string_ext(
                                  said, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
                            : "";

    (void)sd_bus_emit_signal(agent->bus, bus_job_path(job, path), BUS_JOB, "Finished", "sss", text,
                             problem ? problem_id(problem) : "",
                             problem ? problem->failure.detail ?: "" : "");
}
