/* SPDX-License-Identifier: MIT */
#include "agent/agent.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "agent/authorize.h"
#include "agent/bus-error.h"
#include "agent/bus-job.h"
#include "agent/bus-manager.h"
#include "agent/bus-property.h"
#include "agent/driver.h"
#include "agent/event.h"
#include "agent/metrics.h"
#include "agent/report.h"
#include "agent/update1.h"
#include "base/clock.h"
#include "base/text.h"

#define WORKER_SOCKET "/run/azl/update.sock"

/* --- what becomes of jobs --- */

static void on_job_added(Job *job, void *userdata)
{
    Agent *agent = userdata;

    report_forget(agent);
    (void)bus_job_add(agent, job);
    bus_manager_job_new(agent, job);
    if (job->kind->changes && job->caller != JOB_AGENT)
        driver_wake(agent->driver);
}

static void on_job_changed(Job *job, void *userdata)
{
    report_forget(userdata);
    bus_job_changed(userdata, job);
}

static void on_job_progress(Job *job, void *userdata)
{
    bus_job_progress(userdata, job);
    update1_changed(userdata);
}

static void on_job_log(Job *job, const char *level, const char *message, void *userdata)
{
    bus_job_log(userdata, job, level, message);
}

static void on_job_settled(Job *job, json_object *status, void *userdata)
{
    host_take(((Agent *)userdata)->host, status);
}

static void log_job(const Job *job, const Problem *problem)
{
    _cleanup_free_ char *text = problem ? problem_to_text(problem, NULL) : NULL,
                        *kind = event_field("AZL_JOB=%s", job->kind->name),
                        *id = event_field("AZL_JOB_ID=%u", job->id),
                        *caller = event_field("AZL_CALLER=%u", job->caller),
                        *error = event_field("AZL_ERROR=%s", problem ? problem_id(problem) : "");
    const char *fields[] = {kind, id, caller, error, NULL};

    if (!kind || !id || !caller || !error)
        return;
    event_log(problem ? AGENT_JOB_FAILED_EVENT : AGENT_JOB_DONE_EVENT, fields,
              "Job %u (%s) of uid %u: %s", job->id, job->kind->name, job->caller,
              problem ? text ?: "failed" : "done");
}

static void log_recovery(const Job *job)
{
    _cleanup_free_ char *kind = event_field("AZL_JOB=%s", job->kind->name);
    const char *fields[] = {kind, NULL};

    event_log(AGENT_RECOVERED_EVENT, fields, "%s works again", job->kind->name);
}

/* The last failure stands until the same kind of job succeeds. */
static void remember(Agent *agent, const Job *job, JobResult result, const Problem *problem)
{
    /* Who only looks neither makes nor mends what the agent has to tell. */
    if (job->caller != JOB_AGENT && !job->kind->changes)
        return;
    if (result == JOB_FAILED) {
        snprintf(agent->last_error.id, sizeof(agent->last_error.id), "%s", problem_id(problem));
        snprintf(agent->last_error.detail, sizeof(agent->last_error.detail), "%s",
                 problem->failure.detail ?: "");
        text_make_utf8(agent->last_error.detail, strlen(agent->last_error.detail));
        snprintf(agent->last_error.kind, sizeof(agent->last_error.kind), "%s", job->kind->name);
        agent->last_error.at = clock_now();
    } else if (result == JOB_DONE && strcmp(agent->last_error.kind, job->kind->name) == 0) {
        memset(&agent->last_error, 0, sizeof(agent->last_error));
        log_recovery(job);
    } else
        return;
    bus_property_changed(agent, PROPERTY_LAST_ERROR);
}

static void end_if_stopped(Agent *agent)
{
    if (agent->stopping && !jobs_first(agent->jobs))
        (void)sd_event_exit(agent->loop, agent->exit_code);
}

static void on_job_removed(Job *job, JobResult result, json_object *said, const Problem *problem,
                           void *userdata)
{
    Agent *agent = userdata;

    report_forget(agent);
    remember(agent, job, result, problem);
    metrics_count(agent, job, result);
    if (job->caller != JOB_AGENT && job->kind->changes)
        log_job(job, problem);
    bus_property_announce(agent);
    bus_job_finished(agent, job, said, problem);
    bus_manager_job_removed(agent, job, result);
    bus_job_remove(job);
    for (Job *other = jobs_first(agent->jobs); other; other = other->later)
        if (other->state == JOB_QUEUED) /* what it waits for is another now */
            bus_job_changed(agent, other);
    /* What changed during a job that reads no status at its end, or could not. */
    if (!jobs_change_something(agent->jobs) && !host_is_fresh(agent->host))
        host_refresh(agent->host);
    driver_wake(agent->driver);
    end_if_stopped(agent);
    (void)malloc_trim(0); /* what a job needed is the kernel's again */
}

static void on_host_read(void *userdata)
{
    Agent *agent = userdata;

    report_forget(agent);
    driver_begin(agent->driver);
    bus_property_look(agent);
    driver_wake(agent->driver);
}

static bool on_host_busy(void *userdata)
{
    return jobs_change_something(((Agent *)userdata)->jobs);
}

/* --- as a whole --- */

void agent_status_changed(Agent *agent)
{
    const Machine *machine = driver_machine(agent->driver);
    char detail[MACHINE_DETAIL_MAX], until[CLOCK_TEXT_MAX];

    report_forget(agent);
    machine_detail(machine, driver_facts(agent->driver), detail);
    (void)sd_notifyf(0, "STATUS=%s%s%s%s%s", machine_state_name(machine->state),
                     detail[0] ? ": " : "", detail, machine->until > 0 ? ", until " : "",
                     machine->until > 0 ? clock_format(machine->until, until) : "");
    metrics_write(agent);
    update1_changed(agent);
}

int agent_reload(Agent *agent, Failure *f)
{
    _cleanup_failure_ Failure failure = {0};

    int r = driver_configure(agent->driver, &failure);
    if (r < 0) {
        _cleanup_free_ char *text = failure_to_text(&failure);
        snprintf(agent->config_error, sizeof(agent->config_error), "%s", failure.detail ?: "");
        text_make_utf8(agent->config_error, strlen(agent->config_error));
        event_log(AGENT_CONFIG_INVALID_EVENT, NULL, "%s", text ?: "");
        failure_move(f, &failure);
    } else {
        agent->config_error[0] = '\0';
        metrics_forget(agent);
        event_log(AGENT_CONFIG_LOADED_EVENT, NULL, "The configuration has been read");
    }
    bus_property_changed(agent, PROPERTY_CONFIG_ERROR);
    return r;
}

static int init_parts(Agent *agent)
{
    const JobWatcher jobs = {.added = on_job_added,
                             .changed = on_job_changed,
                             .progress = on_job_progress,
                             .log = on_job_log,
                             .settled = on_job_settled,
                             .removed = on_job_removed,
                             .userdata = agent};
    const HostWatcher host = {.read = on_host_read, .busy = on_host_busy, .userdata = agent};

    agent->worker_socket = secure_getenv("AZL_UPDATE_SOCKET") ?: WORKER_SOCKET;
    int r = jobs_new(agent->loop, agent->worker_socket, &jobs, &agent->jobs);
    if (r >= 0)
        r = host_new(agent->loop, agent->worker_socket, &host, &agent->host);
    return r;
}

static int init_bus(Agent *agent)
{
    int r = bus_manager_add(agent);

    if (r >= 0)
        r = update1_add(agent);
    if (r >= 0)
        r = sd_bus_attach_event(agent->bus, agent->loop, SD_EVENT_PRIORITY_NORMAL);
    /* Last: who finds the name finds everything. */
    if (r >= 0)
        r = sd_bus_request_name(agent->bus, BUS_NAME, 0);
    return r;
}

int agent_init(Agent *agent, Failure *f)
{
    int r = sd_event_default(&agent->loop);

    if (r >= 0)
        r = sd_bus_open_system(&agent->bus);
    if (r < 0)
        return failure_set_errno(f, r, ERROR_INTERNAL, "connecting to the system bus");
    (void)sd_bus_set_exit_on_disconnect(agent->bus, true);
    r = init_parts(agent);
    if (r < 0)
        return failure_set_errno(f, r, ERROR_INTERNAL, "starting");
    r = driver_new(agent, &agent->driver, f);
    if (r < 0)
        return r;
    (void)agent_reload(agent, NULL);
    r = init_bus(agent);
    if (r < 0)
        return failure_set_errno(f, r, ERROR_INTERNAL, "taking the name %s", BUS_NAME);
    driver_wake(agent->driver);
    return 0;
}

void agent_clear(Agent *agent)
{
    for (Job *job = agent->jobs ? jobs_first(agent->jobs) : NULL; job; job = job->later)
        bus_job_remove(job);
    questions_free(agent->questions);
    agent->driver = driver_free(agent->driver);
    agent->host = host_free(agent->host);
    agent->jobs = jobs_free(agent->jobs);
    sd_event_source_disable_unref(agent->announce);
    sd_bus_slot_unref(agent->manager);
    sd_bus_flush_close_unref(agent->bus);
    sd_event_unref(agent->loop);
    free(agent->metrics);
    free(agent->shown);
    report_forget(agent);
}

void agent_stop(Agent *agent)
{
    agent->stopping = true;
    (void)sd_notify(0, "STOPPING=1");
    jobs_stop(agent->jobs);
    end_if_stopped(agent);
}
