/* SPDX-License-Identifier: MIT */
#include "agent/bus-manager.h"

#include <string.h>

#include "agent/authorize.h"
#include "agent/bus-error.h"
#include "agent/bus-job.h"
#include "agent/bus-options.h"
#include "agent/bus-property.h"
#include "agent/driver.h"
#include "agent/job-kind.h"
#include "agent/metrics.h"
#include "agent/report.h"
#include "agent/store.h"
#include "base/json.h"

#define CHECKSUM_DIGITS 64
#define HISTORY_MAX     100 /* events, for who is not root */
#define ACTION(name)    "org.azurelinux.agent1." name

static const BusOption check_options[] = {{"to", 's', "to"}, {NULL}};
static const BusOption update_options[] = {
    {"to", 's', "to"}, {"download-only", 'b', "download_only"}, {"deltas", 'b', "deltas"}, {NULL}};
static const BusOption rollback_options[] = {
    {"reason", 's', "reason"}, {"keep-etc", 'b', "keep_etc"}, {"check", 'b', "check"}, {NULL}};
static const BusOption cleanup_options[] = {{"staged", 'b', "staged"}, {NULL}};
static const BusOption history_options[] = {{"limit", 't', "limit"}, {NULL}};
static const BusOption no_options[] = {{NULL}};

/* The methods that make a job. */
static const struct JobMethod {
    const char *member;
    const JobKind *kind;
    const char *action; /* of polkit; NULL: for everybody */
    const BusOption *options;
    bool checksum; /* it stands before the options */
} job_methods[] = {
    {"Check", &job_check, ACTION("check"), check_options, false},
    {"Update", &job_update, ACTION("update"), update_options, false},
    {"Rollback", &job_rollback, ACTION("rollback"), rollback_options, false},
    {"Finalize", &job_finalize, ACTION("update"), no_options, true},
    {"Cleanup", &job_cleanup, ACTION("update"), cleanup_options, false},
    {"Reboot", &job_reboot, ACTION("reboot"), no_options, false},
    {"History", &job_history, NULL, history_options, false},
};

static const struct JobMethod *method_of(sd_bus_message *call)
{
    const char *member = sd_bus_message_get_member(call);

    for (size_t i = 0; i < ELEMENTSOF(job_methods); i++)
        if (strcmp(job_methods[i].member, member) == 0)
            return &job_methods[i];
    return NULL;
}

/* To be shown what a rollback would change needs no permission. */
static bool is_only_check(sd_bus_message *call, json_object *arguments)
{
    return method_of(call)->kind == &job_rollback && json_get_bool(arguments, "check");
}

static const char *job_action(Agent *agent, sd_bus_message *call, json_object *arguments,
                              uid_t caller)
{
    return is_only_check(call, arguments) ? NULL : method_of(call)->action;
}

static int add_job(Agent *agent, sd_bus_message *call, json_object *arguments, uid_t caller,
                   sd_bus_error *error)
{
    _cleanup_failure_ Failure f = {0};
    const JobKind *kind =
        is_only_check(call, arguments) ? &job_rollback_check : method_of(call)->kind;
    char path[BUS_JOB_PATH_MAX];
    Job *job;

    if ((kind == &job_update || kind == &job_finalize) && driver_is_held(agent->driver)) {
        failure_set(&f, -EPERM, ERROR_AGENT_HELD, "%s", driver_hold_reason(agent->driver));
        return bus_error_set(error, &f);
    }
    /* A long history in memory, many times, is not for everybody. */
    if (kind == &job_history && caller != 0 &&
        (json_get_int(arguments, "limit") > HISTORY_MAX || !json_get(arguments, "limit")))
        json_add_int(arguments, "limit", HISTORY_MAX);
    int r = jobs_add(agent->jobs, kind, json_object_get(arguments), caller, NULL, NULL, &job, &f);
    if (r < 0)
        return bus_error_set(error, &f);
    return sd_bus_reply_method_return(call, "o", bus_job_path(job, path));
}

static int read_checksum(sd_bus_message *call, const char **ret, sd_bus_error *error)
{
    int r = sd_bus_message_read_basic(call, 's', ret);

    if (r < 0)
        return r;
    if (strlen(*ret) != CHECKSUM_DIGITS || strspn(*ret, "0123456789abcdef") != CHECKSUM_DIGITS)
        return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS,
                                "a checksum has 64 lower-case hexadecimal digits");
    return 0;
}

static int on_job_method(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
    const struct JobMethod *method = method_of(call);
    _cleanup_json_ json_object *arguments = NULL;
    const char *checksum = NULL;

    int r = method->checksum ? read_checksum(call, &checksum, error) : 0;
    if (r >= 0)
        r = bus_options_read(call, method->options, &arguments, error);
    if (r < 0)
        return r;
    if (checksum)
        json_add_string(arguments, "checksum", checksum);
    return authorize(userdata, call, TAKE_PTR(arguments), job_action, add_job, error);
}

/* A status that somebody waits for. */
typedef struct StatusCall {
    Agent *agent;
    sd_bus_message *call;
} StatusCall;

static void on_status(json_object *status, const Problem *problem, void *userdata)
{
    _cleanup_free_ StatusCall *waiting = userdata;
    _cleanup_(sd_bus_message_unrefp)
    sd_bus_message *call = waiting->call;
    _cleanup_(sd_bus_error_free)
    sd_bus_error error = SD_BUS_ERROR_NULL;

    if (status) {
        const char *text = report_make(waiting->agent, status);
        if (!text || sd_bus_reply_method_return(call, "s", text) < 0)
            (void)sd_bus_reply_method_errno(call, -EINVAL, NULL);
        return;
    }
    bus_error_set(&error, &problem->failure);
    (void)sd_bus_reply_method_error(call, &error);
}

static int on_get_status(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
    Agent *agent = userdata;
    _cleanup_failure_ Failure f = {0};
    const char *recent = host_is_fresh(agent->host) ? report_recent(agent) : NULL;

    if (recent)
        return sd_bus_reply_method_return(call, "s", recent);
    StatusCall *waiting = malloc(sizeof(*waiting));
    if (!waiting)
        return -ENOMEM;
    *waiting = (StatusCall){agent, sd_bus_message_ref(call)};
    int r = host_ask(agent->host, on_status, waiting, &f);
    if (r >= 0)
        return 1;
    sd_bus_message_unref(waiting->call);
    free(waiting);
    return bus_error_set(error, &f);
}

static const char *hold_action(Agent *agent, sd_bus_message *call, json_object *arguments,
                               uid_t caller)
{
    return ACTION("hold");
}

static int hold(Agent *agent, sd_bus_message *call, json_object *arguments, uid_t caller,
                sd_bus_error *error)
{
    _cleanup_failure_ Failure f = {0};

    int r = driver_hold(agent->driver, json_get_int(arguments, "until"),
                        json_get_string(arguments, "reason"), &f);
    return r < 0 ? bus_error_set(error, &f) : sd_bus_reply_method_return(call, NULL);
}

static int on_hold(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
    json_object *arguments;
    uint64_t until;
    const char *reason;

    int r = sd_bus_message_read(call, "ts", &until, &reason);
    if (r < 0)
        return r;
    if (strlen(reason) > BUS_OPTION_TEXT_MAX || until > HOLD_UNTIL_MAX)
        return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS,
                                "the reason is too long, or the time beyond the year 9999");
    arguments = json_object_new_object();
    json_add_int(arguments, "until", (int64_t)until);
    json_add_string(arguments, "reason", reason);
    return authorize(userdata, call, arguments, hold_action, hold, error);
}

static int unhold(Agent *agent, sd_bus_message *call, json_object *arguments, uid_t caller,
                  sd_bus_error *error)
{
    _cleanup_failure_ Failure f = {0};

    int r = driver_unhold(agent->driver, &f);
    return r < 0 ? bus_error_set(error, &f) : sd_bus_reply_method_return(call, NULL);
}

static int on_unhold(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
    return authorize(userdata, call, NULL, hold_action, unhold, error);
}

static int append_job(sd_bus_message *reply, const Job *job)
{
    char path[BUS_JOB_PATH_MAX], waiting[JOB_WAITING_MAX];

    return sd_bus_message_append(reply, "(uossus)", job->id, bus_job_path(job, path),
                                 job->kind->name, job_state_name(job->state), (uint32_t)job->caller,
                                 job_waiting(job, waiting));
}

static int on_list_jobs(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
    _cleanup_(sd_bus_message_unrefp)
    sd_bus_message *reply = NULL;
    Agent *agent = userdata;

    int r = sd_bus_message_new_method_return(call, &reply);
    if (r >= 0)
        r = sd_bus_message_open_container(reply, 'a', "(uossus)");
    for (Job *job = jobs_first(agent->jobs); r >= 0 && job; job = job->later)
        r = append_job(reply, job);
    if (r >= 0)
        r = sd_bus_message_close_container(reply);
    return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int on_cancel_job(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
    uint32_t id;

    int r = sd_bus_message_read(call, "u", &id);
    return r < 0 ? r : bus_job_cancel(userdata, call, id, error);
}

static int on_get_metrics(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
    _cleanup_free_ char *text = metrics_text(userdata);

    return text ? sd_bus_reply_method_return(call, "s", text) : -ENOMEM;
}

static int on_get_config(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
    Agent *agent = userdata;
    _cleanup_free_ char *text = driver_config_text(agent->driver);

    return text ? sd_bus_reply_method_return(call, "s", text) : -ENOMEM;
}

static const char *configure_action(Agent *agent, sd_bus_message *call, json_object *arguments,
                                    uid_t caller)
{
    return ACTION("configure");
}

static int reload(Agent *agent, sd_bus_message *call, json_object *arguments, uid_t caller,
                  sd_bus_error *error)
{
    _cleanup_failure_ Failure f = {0};

    int r = agent_reload(agent, &f);
    return r < 0 ? bus_error_set(error, &f) : sd_bus_reply_method_return(call, NULL);
}

static int on_reload(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
    return authorize(userdata, call, NULL, configure_action, reload, error);
}

#define CHANGES                     SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE
#define OPEN                        SD_BUS_VTABLE_UNPRIVILEGED /* authorize() decides */
#define PROPERTY(name, type, flags) SD_BUS_PROPERTY(name, type, bus_property_get, 0, flags)

static const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD_WITH_ARGS("GetStatus", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", status), on_get_status,
                            OPEN),
    SD_BUS_METHOD_WITH_ARGS("Check", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("o", job),
                            on_job_method, OPEN),
    SD_BUS_METHOD_WITH_ARGS("Update", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("o", job),
                            on_job_method, OPEN),
    SD_BUS_METHOD_WITH_ARGS("Rollback", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("o", job),
                            on_job_method, OPEN),
    SD_BUS_METHOD_WITH_ARGS("Finalize", SD_BUS_ARGS("s", checksum, "a{sv}", options),
                            SD_BUS_RESULT("o", job), on_job_method, OPEN),
    SD_BUS_METHOD_WITH_ARGS("Cleanup", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("o", job),
                            on_job_method, OPEN),
    SD_BUS_METHOD_WITH_ARGS("Reboot", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("o", job),
                            on_job_method, OPEN),
    SD_BUS_METHOD_WITH_ARGS("History", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("o", job),
                            on_job_method, OPEN),
    SD_BUS_METHOD_WITH_ARGS("Hold", SD_BUS_ARGS("t", until, "s", reason), SD_BUS_NO_ARGS, on_hold,
                            OPEN),
    SD_BUS_METHOD_WITH_ARGS("Unhold", SD_BUS_NO_ARGS, SD_BUS_NO_ARGS, on_unhold, OPEN),
    SD_BUS_METHOD_WITH_ARGS("ListJobs", SD_BUS_NO_ARGS, SD_BUS_RESULT("a(uossus)", jobs),
                            on_list_jobs, OPEN),
    SD_BUS_METHOD_WITH_ARGS("CancelJob", SD_BUS_ARGS("u", id), SD_BUS_NO_ARGS, on_cancel_job, OPEN),
    SD_BUS_METHOD_WITH_ARGS("GetMetrics", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", metrics),
                            on_get_metrics, OPEN),
    SD_BUS_METHOD_WITH_ARGS("GetConfig", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", config), on_get_config,
                            OPEN),
    SD_BUS_METHOD_WITH_ARGS("Reload", SD_BUS_NO_ARGS, SD_BUS_NO_ARGS, on_reload, OPEN),
    SD_BUS_SIGNAL_WITH_ARGS("JobNew", SD_BUS_ARGS("u", id, "o", job, "s", kind), 0),
    SD_BUS_SIGNAL_WITH_ARGS("JobRemoved", SD_BUS_ARGS("u", id, "o", job, "s", result), 0),
    PROPERTY("Version", "s", SD_BUS_VTABLE_PROPERTY_CONST),
    PROPERTY("State", "s", CHANGES),
    PROPERTY("StateSince", "t", CHANGES),
    PROPERTY("WaitReason", "s", CHANGES),
    PROPERTY("WaitDetail", "s", CHANGES),
    PROPERTY("WaitUntil", "t", CHANGES),
    PROPERTY("Owner", "s", CHANGES),
    PROPERTY("Held", "(bts)", CHANGES),
    PROPERTY("Booted", "(sst)", CHANGES),
    PROPERTY("Staged", "(sst)", CHANGES),
    PROPERTY("Fallback", "(sst)", CHANGES),
    PROPERTY("Target", "(sst)", CHANGES),
    PROPERTY("RebootRequired", "b", CHANGES),
    PROPERTY("LastCheck", "t", CHANGES),
    PROPERTY("NextCheck", "t", CHANGES),
    PROPERTY("LastError", "(sst)", CHANGES),
    PROPERTY("ConfigError", "s", CHANGES),
    SD_BUS_VTABLE_END,
};

int bus_manager_add(Agent *agent)
{
    return sd_bus_add_object_vtable(agent->bus, &agent->manager, BUS_PATH, BUS_MANAGER, vtable,
                                    agent);
}

void bus_manager_job_new(Agent *agent, const Job *job)
{
    char path[BUS_JOB_PATH_MAX];

    (void)sd_bus_emit_signal(agent->bus, BUS_PATH, BUS_MANAGER, "JobNew", "uos", job->id,
                             bus_job_path(job, path), job->kind->name);
}

void bus_manager_job_removed(Agent *agent, const Job *job, JobResult result)
{
    char path[BUS_JOB_PATH_MAX];

    (void)sd_bus_emit_signal(agent->bus, BUS_PATH, BUS_MANAGER, "JobRemoved", "uos", job->id,
                             bus_job_path(job, path), job_result_name(result));
}
