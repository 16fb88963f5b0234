/* SPDX-License-Identifier: MIT */
#include "agent/update1.h"

#include <string.h>

#include "agent/authorize.h"
#include "agent/driver.h"
#include "agent/job-kind.h"
#include "base/json.h"

#define NAME      "com.coreos.update1"
#define PATH      "/com/coreos/update1"
#define INTERFACE "com.coreos.update1.Manager"
#define NO_UPDATE "0.0.0.0" /* what update_engine says when there is none */

#define STATUS(word) "UPDATE_STATUS_" word

static const char *status_of_state(MachineState state)
{
    switch (state) {
    case MACHINE_CHECKING:
        return STATUS("CHECKING_FOR_UPDATE");
    case MACHINE_SOAKING:
        return STATUS("UPDATE_AVAILABLE");
    case MACHINE_PULLING:
        return STATUS("DOWNLOADING");
    case MACHINE_STARTING:
    case MACHINE_SETTLING:
    case MACHINE_IDLE:
    case MACHINE_STAGED:
    case MACHINE_WAITING:
    case MACHINE_FINALIZING:
    case MACHINE_REBOOTING:
    case MACHINE_FAILED:
    case MACHINE_HELD:
    case MACHINE_DISABLED:
    case _MACHINE_STATE_MAX:
        break;
    }
    return STATUS("IDLE");
}

static const Job *find_download(const Agent *agent)
{
    for (const Job *job = jobs_first(agent->jobs); job; job = job->later)
        if (job->kind == &job_pull || job->kind == &job_update)
            return job;
    return NULL;
}

static Update1Status look(const Agent *agent)
{
    const MachineFacts *facts = driver_facts(agent->driver);
    const Machine *machine = driver_machine(agent->driver);
    const HostFacts *host = host_facts(agent->host);
    const Job *download = find_download(agent);
    bool staged = host->staged.checksum[0];
    Update1Status status = {.status = status_of_state(machine->state)};

    if (download) {
        const JobProgress *p = &download->progress;
        status.status = STATUS("DOWNLOADING");
        status.percent = p->total > 0 ? (unsigned)(p->done * 100 / p->total) : 0;
    } else if (staged && host->staged_locked)
        status.status = STATUS("FINALIZING");
    else if (facts->host.known && host->reboot_required)
        status.status = STATUS("UPDATED_NEED_REBOOT");
    return status;
}

static const char *new_version(const Agent *agent)
{
    const HostFacts *host = host_facts(agent->host);
    const char *staged = host->staged.version,
               *target = driver_machine(agent->driver)->target.version;

    return *staged ? staged : *target ? target : NO_UPDATE;
}

static int append(Agent *agent, sd_bus_message *m, const Update1Status *status)
{
    const Job *download = find_download(agent);

    return sd_bus_message_append(m, "xdssx", driver_machine(agent->driver)->last_check,
                                 status->percent / 100.0, status->status, new_version(agent),
                                 download ? (int64_t)download->progress.total : INT64_C(0));
}

static int on_get_status(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
    _cleanup_(sd_bus_message_unrefp)
    sd_bus_message *reply = NULL;
    Update1Status status = look(userdata);

    int r = sd_bus_message_new_method_return(call, &reply);
    if (r >= 0)
        r = append(userdata, reply, &status);
    return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static const char *update_action(Agent *agent, sd_bus_message *call, json_object *arguments,
                                 uid_t caller)
{
    return "org.azurelinux.agent1.update";
}

/* Staged and locked: the gates decide when it is applied. */
static int attempt_update(Agent *agent, sd_bus_message *call, json_object *arguments, uid_t caller,
                          sd_bus_error *error)
{
    json_object *options;

    if (driver_is_held(agent->driver))
        return sd_bus_error_setf(error, NAME ".Error.Failed", "Updates are held: %s",
                                 driver_hold_reason(agent->driver));
    options = json_object_new_object();
    json_add_bool(options, "download_only", true);
    if (jobs_add(agent->jobs, &job_update, options, caller, NULL, NULL, NULL, NULL) < 0)
        return sd_bus_error_set(error, NAME ".Error.Failed", "Update failed to start");
    return sd_bus_reply_method_return(call, NULL);
}

static int on_attempt_update(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
    return authorize(userdata, call, NULL, update_action, attempt_update, error);
}

/* As update_engine's: what needs the reboot is dropped; otherwise only an idle one can be reset. */
static int reset_status(Agent *agent, sd_bus_message *call, json_object *arguments, uid_t caller,
                        sd_bus_error *error)
{
    const char *status = look(agent).status;
    json_object *options;

    if (strcmp(status, STATUS("IDLE")) == 0)
        return sd_bus_reply_method_return(call, NULL);
    if (strcmp(status, STATUS("UPDATED_NEED_REBOOT")) != 0)
        return sd_bus_error_set(error, NAME ".Error.Failed", "Status reset is not possible now");
    options = json_object_new_object();
    json_add_bool(options, "staged", true);
    if (jobs_add(agent->jobs, &job_cleanup, options, caller, NULL, NULL, NULL, NULL) < 0)
        return sd_bus_error_set(error, NAME ".Error.Failed", "Status reset failed");
    return sd_bus_reply_method_return(call, NULL);
}

static int on_reset_status(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
    return authorize(userdata, call, NULL, update_action, reset_status, error);
}

static const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("AttemptUpdate", NULL, NULL, on_attempt_update, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("ResetStatus", NULL, NULL, on_reset_status, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD_WITH_ARGS("GetStatus", SD_BUS_NO_ARGS,
                            SD_BUS_RESULT("x", last_checked_time, "d", progress, "s",
                                          current_operation, "s", new_version, "x", new_size),
                            on_get_status, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_SIGNAL_WITH_ARGS("StatusUpdate",
                            SD_BUS_ARGS("x", last_checked_time, "d", progress, "s",
                                        current_operation, "s", new_version, "x", new_size),
                            0),
    SD_BUS_VTABLE_END,
};

int update1_add(Agent *agent)
{
    int r = sd_bus_add_object_vtable(agent->bus, NULL, PATH, INTERFACE, vtable, agent);

    if (r >= 0)
        (void)sd_bus_request_name(agent->bus, NAME, 0);
    return r;
}

void update1_changed(Agent *agent)
{
    _cleanup_(sd_bus_message_unrefp)
    sd_bus_message *m = NULL;
    Update1Status status = look(agent), *last = &agent->update1;

    if (last->status && strcmp(last->status, status.status) == 0 && last->percent == status.percent)
        return;
    *last = status;
    if (sd_bus_message_new_signal(agent->bus, &m, PATH, INTERFACE, "StatusUpdate") >= 0 &&
        append(agent, m, &status) >= 0)
        (void)sd_bus_send(agent->bus, m, NULL);
}
