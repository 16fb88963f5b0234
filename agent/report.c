/* SPDX-License-Identifier: MIT */
#include "agent/report.h"

#include <string.h>
#include <sys/statvfs.h>

#include "agent/driver.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

/* How full the disks are, and ages, may be as old as this. */
#define RECENT_MS 1000

static void add_time(json_object *object, const char *name, int64_t time)
{
    if (time > 0)
        json_add_time(object, name, time);
    else
        json_object_object_add(object, name, NULL);
}

static json_object *release(const HostRelease *of)
{
    json_object *object;

    if (!of->checksum[0])
        return NULL;
    object = json_object_new_object();
    json_add_string(object, "checksum", of->checksum);
    json_add_string(object, "version", of->version[0] ? of->version : NULL);
    json_add_time(object, "timestamp", of->timestamp);
    return object;
}

static json_object *wait_of(const Machine *machine, const MachineFacts *facts)
{
    char detail[MACHINE_DETAIL_MAX];
    json_object *object;

    if (machine->wait == WAIT_NONE)
        return NULL;
    object = json_object_new_object();
    json_add_string(object, "reason", machine_wait_name(machine->wait));
    json_add_string(object, "detail", machine_detail(machine, facts, detail));
    add_time(object, "until", machine->until);
    return object;
}

static json_object *hold(const Driver *driver)
{
    const MachineFacts *facts = driver_facts(driver);
    json_object *object;

    if (!facts->held)
        return NULL;
    object = json_object_new_object();
    add_time(object, "until", facts->hold_until);
    json_add_string(object, "reason", driver_hold_reason(driver));
    return object;
}

static json_object *last_error(const Agent *agent)
{
    json_object *object;

    if (!agent->last_error.id[0])
        return NULL;
    object = json_object_new_object();
    json_add_string(object, "job", agent->last_error.kind);
    json_add_string(object, "id", agent->last_error.id);
    json_add_string(object, "detail", agent->last_error.detail);
    add_time(object, "at", agent->last_error.at);
    return object;
}

static json_object *list_jobs(const Agent *agent)
{
    json_object *array = json_object_new_array();
    char waiting[JOB_WAITING_MAX];

    for (const Job *job = jobs_first(agent->jobs); job; job = job->later) {
        json_object *object = json_object_new_object();
        json_add_int(object, "id", job->id);
        json_add_string(object, "kind", job->kind->name);
        json_add_string(object, "state", job_state_name(job->state));
        if (job->caller == JOB_AGENT)
            json_object_object_add(object, "caller", NULL);
        else
            json_add_int(object, "caller", job->caller);
        json_add_string(object, "waiting", job_waiting(job, waiting));
        json_object_array_add(array, object);
    }
    return array;
}

/* How full the disks are changes without anybody telling. */
static void refresh_space(json_object *status)
{
    static const struct {
        const char *name, *path;
    } places[] = {{"sysroot", "/sysroot"}, {"boot", "/boot"}};
    struct statvfs fs;

    for (size_t i = 0; i < ELEMENTSOF(places); i++) {
        json_object *space = json_get(json_get(status, "space"), places[i].name);
        if (space && statvfs(places[i].path, &fs) == 0) {
            json_add_int(space, "free", (int64_t)(fs.f_bavail * fs.f_frsize));
            json_add_int(space, "total", (int64_t)(fs.f_blocks * fs.f_frsize));
        }
    }
}

void report_forget(Agent *agent)
{
    free(agent->report.text);
    agent->report.text = NULL;
}

const char *report_recent(const Agent *agent)
{
    return clock_monotonic_ms() - agent->report.at < RECENT_MS ? agent->report.text : NULL;
}

const char *report_make(Agent *agent, json_object *status)
{
    const Machine *machine = driver_machine(agent->driver);
    const MachineFacts *facts = driver_facts(agent->driver);
    json_object *object = json_object_new_object();

    refresh_space(status);
    json_add_string(object, "version", PACKAGE_VERSION);
    json_add_string(object, "state", machine_state_name(machine->state));
    add_time(object, "since", machine->since);
    json_object_object_add(object, "wait", wait_of(machine, facts));
    json_add_string(object, "owner", facts->owned_elsewhere ? facts->owner : "agent");
    json_object_object_add(object, "hold", hold(agent->driver));
    json_object_object_add(object, "target", release(&machine->target));
    add_time(object, "last_check", machine->last_check);
    add_time(object, "next_check", machine->next_check);
    json_object_object_add(object, "last_error", last_error(agent));
    json_add_string(object, "config_error", agent->config_error[0] ? agent->config_error : NULL);
    json_object_object_add(object, "jobs", list_jobs(agent));
    json_object_object_add(status, "agent", object);
    const char *text = json_object_to_json_string_ext(status, JSON_C_TO_STRING_PLAIN |
                                                                  JSON_C_TO_STRING_NOSLASHESCAPE);
    report_forget(agent);
    agent->report.text = text ? strdup(text) : NULL;
    if (agent->report.text)
        text_make_utf8(agent->report.text, strlen(agent->report.text));
    agent->report.at = clock_monotonic_ms();
    return agent->report.text;
}
