/* SPDX-License-Identifier: MIT */
#include "agent/ctl/update-run.h"

#include <string.h>

#include "agent/ctl/release.h"
#include "agent/ctl/status.h"
#include "base/json.h"

void update_run_clear(UpdateRun *run)
{
    json_object_put(run->status);
    json_object_put(run->check);
    json_object_put(run->pulled);
    json_object_put(run->staged);
    free(run->from);
    *run = (UpdateRun){0};
}

json_object *update_target(const UpdateRun *run)
{
    return run->staged ?: run->pulled ?: json_get(run->check, "target");
}

static bool reason_is(const UpdateRun *run, const char *reason)
{
    return strcmp(json_get_string(run->check, "reason") ?: "", reason) == 0;
}

/* The arguments that tell every operation which release may come from where. */
static json_object *source_arguments(const Ctl *ctl, const UpdateRun *run)
{
    json_object *arguments = json_object_new_object();

    if (run->refspec)
        json_add_string(arguments, "refspec", run->refspec);
    if (ctl->args->allow_downgrade)
        json_add_bool(arguments, "allow_downgrade", true);
    return arguments;
}

int update_check(Ctl *ctl, UpdateRun *run, Problem *p)
{
    json_object *arguments = source_arguments(ctl, run);

    if (ctl->args->to)
        json_add_string(arguments, "to", ctl->args->to);
    return ctl_call(ctl, "check", arguments, &run->check, p);
}

/* `check` answers with a reason; here, where the update was asked for, two of them are refusals. */
static int refuse(const UpdateRun *run, Problem *p)
{
    const char *detail = json_get_string(run->check, "detail");
    char name[RELEASE_NAME_MAX];

    release_name(json_get(run->check, "target"), name);
    if (reason_is(run, "denied"))
        return failure_set(&p->failure, -EPERM, ERROR_DENIED, "%s", detail ?: name);
    if (reason_is(run, "older"))
        return failure_set(&p->failure, -EPERM, ERROR_OLDER, "%s", detail ?: name);
    return 0;
}

static int pull(Ctl *ctl, UpdateRun *run, Problem *p)
{
    json_object *arguments = source_arguments(ctl, run);
    const char *checked = json_get_string(json_get(run->check, "target"), "checksum");

    /* What was checked is what is fetched, even if the server has moved on since. */
    if (checked)
        json_add_string(arguments, "checksum", checked);
    else if (ctl->args->to)
        json_add_string(arguments, "to", ctl->args->to);
    if (run->from)
        json_add_string(arguments, "from", run->from);
    if (ctl->args->no_deltas)
        json_add_bool(arguments, "deltas", false);
    return ctl_call(ctl, "pull", arguments, &run->pulled, p);
}

static int finalize(Ctl *ctl, json_object *release, Problem *p)
{
    _cleanup_json_ json_object *result = NULL;
    json_object *arguments = json_object_new_object();

    json_add_string(arguments, "checksum", json_get_string(release, "checksum"));
    return ctl_call(ctl, "finalize", arguments, &result, p);
}

static bool is_booted(const UpdateRun *run)
{
    return json_get(run->status, "booted") != NULL;
}

/* Staged (booted: locked first, so that nothing half-checked is ever chosen) or deployed. */
static int bring_in(Ctl *ctl, UpdateRun *run, UpdateEnd *ret_end, Problem *p)
{
    json_object *arguments = source_arguments(ctl, run);
    bool booted = is_booted(run);

    json_add_string(arguments, "checksum", json_get_string(run->pulled, "checksum"));
    if (booted)
        json_add_bool(arguments, "lock", true);

    int r = ctl_call(ctl, booted ? "stage" : "deploy", arguments, &run->staged, p);
    if (r < 0)
        return r;
    if (booted && ctl->args->download_only) {
        *ret_end = UPDATE_LOCKED;
        return 0;
    }
    if (booted)
        r = finalize(ctl, run->staged, p);
    *ret_end = UPDATE_READY;
    return MIN_OF(r, 0);
}

/* Does what boots next follow the ref that `switch` names? */
static bool follows_refspec(const UpdateRun *run)
{
    json_object *next = status_next(run->status);
    const char *remote = json_get_string(next, "remote"), *ref = json_get_string(next, "ref");
    size_t length = remote ? strlen(remote) : 0;

    return remote && ref && strncmp(run->refspec, remote, length) == 0 &&
           run->refspec[length] == ':' && strcmp(run->refspec + length + 1, ref) == 0;
}

/* What to do when the wanted release is on this machine already. */
static int on_unchanged(Ctl *ctl, UpdateRun *run, UpdateEnd *ret_end, Problem *p)
{
    json_object *staged = json_get(run->status, "staged");

    if (!staged || !json_get_bool(staged, "locked") || !release_equal(staged, update_target(run)) ||
        ctl->args->download_only) {
        *ret_end = UPDATE_UNCHANGED;
        return 0;
    }
    /* --download-only left it locked. */
    *ret_end = UPDATE_READY;
    return finalize(ctl, staged, p);
}

static bool is_unchanged(const UpdateRun *run)
{
    if (run->switching && !follows_refspec(run))
        return false;
    if (run->check)
        return reason_is(run, "current") || reason_is(run, "staged");
    return release_equal(run->pulled, json_get(run->status, "next_boot")) ||
           release_equal(run->pulled, json_get(run->status, "staged"));
}

static void say_start(Ctl *ctl, const UpdateRun *run)
{
    json_object *now = json_get(run->status, "booted") ?: json_get(run->status, "next_boot");
    const char *remote = json_get_string(run->check, "remote"),
               *ref = json_get_string(run->check, "ref");
    char from[RELEASE_NAME_MAX], to[RELEASE_NAME_MAX];

    if (run->from)
        term_line(&ctl->err, STYLE_PLAIN, "Updating %s from %s", release_name(now, from),
                  run->from);
    else
        term_line(&ctl->err, STYLE_PLAIN, "Updating %s \u2192 %s from %s:%s",
                  release_name(now, from), release_name(json_get(run->check, "target"), to),
                  remote ?: "?", ref ?: "?");
}

json_object *update_job_arguments(const Arguments *args)
{
    json_object *arguments = json_object_new_object();

    if (args->to)
        json_add_string(arguments, "to", args->to);
    if (args->download_only)
        json_add_bool(arguments, "download_only", true);
    if (args->no_deltas)
        json_add_bool(arguments, "deltas", false);
    return arguments;
}

/* All of it as one job of the daemon, which tells what became of each part. */
static int run_job(Ctl *ctl, UpdateRun *run, UpdateEnd *ret_end, Problem *p)
{
    static const struct {
        const char *name;
        UpdateEnd end;
    } ends[] = {
        {"unchanged", UPDATE_UNCHANGED}, {"locked", UPDATE_LOCKED}, {"ready", UPDATE_READY}};
    _cleanup_json_ json_object *result = NULL;

    int r = ctl_call(ctl, "update", update_job_arguments(ctl->args), &result, p);
    if (r < 0)
        return r;
    run->check = json_object_get(json_get(result, "check"));
    run->pulled = json_object_get(json_get(result, "pulled"));
    run->staged = json_object_get(json_get(result, "staged"));
    /* It may have waited for other jobs, which changed what there was. */
    json_object_put(run->status);
    run->status = NULL;
    r = ctl_call(ctl, "status", NULL, &run->status, p);
    if (r < 0)
        return r;
    const char *end = json_get_string(result, "end") ?: "";
    for (size_t i = 0; i < ELEMENTSOF(ends); i++)
        if (strcmp(ends[i].name, end) == 0) {
            *ret_end = ends[i].end;
            return 0;
        }
    return failure_set(&p->failure, -EBADMSG, ERROR_PROTOCOL_GARBAGE,
                       "an update that ended with "
                       "\"%.32s\"",
                       end);
}

int update_run(Ctl *ctl, UpdateRun *run, UpdateEnd *ret_end, Problem *p)
{
    int r;

    if (!run->status) {
        r = ctl_call(ctl, "status", NULL, &run->status, p);
        if (r < 0)
            return r;
    }
    if (ctl->args->reboot && !is_booted(run))
        return failure_set(&p->failure, -EINVAL, ERROR_NOT_BOOTED, "--reboot");

    if (ctl->daemon)
        return run_job(ctl, run, ret_end, p);

    /* A directory or a delta file is for machines that reach no server: nothing to ask there. */
    r = run->from ? 0 : update_check(ctl, run, p);
    if (r >= 0 && run->check)
        r = refuse(run, p);
    if (r < 0)
        return r;
    if (run->check && is_unchanged(run))
        return on_unchanged(ctl, run, ret_end, p);

    say_start(ctl, run);
    r = pull(ctl, run, p);
    if (r < 0)
        return r;
    if (!run->check && is_unchanged(run))
        return on_unchanged(ctl, run, ret_end, p);
    if (ctl->args->download_only && !is_booted(run)) {
        *ret_end = UPDATE_PULLED;
        return 0;
    }
    return bring_in(ctl, run, ret_end, p);
}
