/* SPDX-License-Identifier: MIT */
#include "agent/job-kind.h"

#include <string.h>

#include "base/json.h"
#include "base/wire.h"

static json_object *copy_of(json_object *object)
{
    json_object *copy = NULL;

    return json_object_deep_copy(object, &copy, NULL) < 0 ? NULL : copy;
}

/* One request, whose answer is the result. */
static int next_single(Job *job, const char *op, json_object *said, json_object **ret)
{
    *ret = said ? json_object_get(said) : wire_request(op, copy_of(job->options));
    return said ? 0 : 1;
}

#define SINGLE(name, op)                                                                           \
    static int next_##name(Job *job, json_object *said, json_object **ret, Failure *f)             \
    {                                                                                              \
        return next_single(job, op, said, ret);                                                    \
    }
SINGLE(check, "check")
SINGLE(pull, "pull")
SINGLE(stage, "stage")
SINGLE(finalize, "finalize")
SINGLE(rollback, "rollback")
SINGLE(cleanup, "cleanup")
SINGLE(reboot, "reboot")
SINGLE(history, "history")
SINGLE(hooks, "hooks")
SINGLE(lock, "lock")

/* What is called what below /etc is not for everybody to read; how much it is, is. */
static int next_rollback_check(Job *job, json_object *said, json_object **ret, Failure *f)
{
    static const char *const lists[] = {"modified", "added", "removed"};
    json_object *etc;

    int r = next_single(job, "rollback", said, ret);
    if (!said || job->caller == 0 || job->caller == JOB_AGENT)
        return r;
    json_object_put(*ret);
    *ret = copy_of(said);
    etc = json_get(*ret, "etc");
    for (size_t i = 0; etc && i < ELEMENTSOF(lists); i++)
        json_object_object_add(etc, lists[i], json_object_new_array());
    return *ret ? 0 : failure_oom(f);
}

/* An update, after each of its requests. */
typedef enum UpdateStep {
    UPDATE_CHECKED = 1,
    UPDATE_PULLED,
    UPDATE_STAGED,
    UPDATE_FINALIZED,
} UpdateStep;

static int ask(Job *job, UpdateStep step, const char *op, json_object *args, json_object **ret)
{
    job->step = step;
    *ret = wire_request(op, args);
    return 1;
}

static json_object *with_checksum(json_object *release)
{
    json_object *args = json_object_new_object();

    json_add_string(args, "checksum", json_get_string(release, "checksum"));
    return args;
}

static bool option(const Job *job, const char *name)
{
    return json_get_bool(job->options, name);
}

static int end_update(Job *job, const char *how, json_object **ret)
{
    json_add_string(job->parts, "end", how);
    *ret = json_object_get(job->parts);
    return 0;
}

static const char *name_of(json_object *release)
{
    return json_get_string(release, "version") ?: json_get_string(release, "checksum") ?: "?";
}

/* The two refusals among the answers; what is staged already is only unlocked. */
static int next_after_check(Job *job, json_object *check, json_object **ret, Failure *f)
{
    const char *reason = json_get_string(check, "reason") ?: "",
               *detail = json_get_string(check, "detail");
    json_object *target = json_get(check, "target"), *args;
    const char *version = name_of(target);

    if (strcmp(reason, "denied") == 0)
        return failure_set(f, -EPERM, ERROR_DENIED, "%s", detail ?: version);
    if (strcmp(reason, "older") == 0)
        return failure_set(f, -EPERM, ERROR_OLDER, "%s", detail ?: version);
    if (strcmp(reason, "staged") == 0 && !option(job, "download_only"))
        return ask(job, UPDATE_STAGED, "stage", with_checksum(target), ret);
    if (!json_get_bool(check, "update"))
        return end_update(job, "unchanged", ret);

    job_say(job, "info", "Updating %s \u2192 %s from %s:%s", name_of(json_get(check, "deployed")),
            version, json_get_string(check, "remote") ?: "?", json_get_string(check, "ref") ?: "?");
    args = with_checksum(target);
    if (json_get(job->options, "deltas"))
        json_add_bool(args, "deltas", option(job, "deltas"));
    return ask(job, UPDATE_PULLED, "pull", args, ret);
}

static int next_update(Job *job, json_object *said, json_object **ret, Failure *f)
{
    static const char *const parts[] = {NULL, "check", "pulled", "staged", NULL};
    json_object *args;

    if (said && parts[job->step])
        json_object_object_add(job->parts, parts[job->step], json_object_get(said));
    switch ((UpdateStep)job->step) {
    case UPDATE_CHECKED:
        return next_after_check(job, said, ret, f);
    case UPDATE_PULLED:
        args = with_checksum(said);
        json_add_bool(args, "lock", true);
        return ask(job, UPDATE_STAGED, "stage", args, ret);
    case UPDATE_STAGED:
        if (option(job, "download_only"))
            return end_update(job, "locked", ret);
        if (!json_get_bool(said, "locked"))
            return end_update(job, "unchanged", ret);
        return ask(job, UPDATE_FINALIZED, "finalize", with_checksum(said), ret);
    case UPDATE_FINALIZED:
        return end_update(job, "ready", ret);
    }
    args = json_object_new_object();
    if (json_get_string(job->options, "to"))
        json_add_string(args, "to", json_get_string(job->options, "to"));
    return ask(job, UPDATE_CHECKED, "check", args, ret);
}

const JobKind job_check = {.name = "check", .next = next_check};
const JobKind job_history = {.name = "history", .next = next_history};
const JobKind job_rollback_check = {.name = "rollback-check", .next = next_rollback_check};
const JobKind job_pull = {
    .name = "pull", .next = next_pull, .changes = true, .settles = true, .yields = true};
const JobKind job_stage = {.name = "stage", .next = next_stage, .changes = true, .settles = true};
const JobKind job_finalize = {
    .name = "finalize", .next = next_finalize, .changes = true, .settles = true};
const JobKind job_lock = {.name = "lock", .next = next_lock, .changes = true, .settles = true};
const JobKind job_update = {
    .name = "update", .next = next_update, .changes = true, .settles = true, .yields = true};
const JobKind job_rollback = {
    .name = "rollback", .next = next_rollback, .changes = true, .settles = true, .urgent = true};
const JobKind job_cleanup = {
    .name = "cleanup", .next = next_cleanup, .changes = true, .settles = true, .yields = true};
const JobKind job_hooks = {.name = "hooks", .next = next_hooks, .changes = true, .yields = true};
/* Its end has to be told while there is still somebody to tell. */
const JobKind job_reboot = {
    .name = "reboot", .next = next_reboot, .changes = true, .departs = true};
