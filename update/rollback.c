/* SPDX-License-Identifier: MIT */
#include "update/rollback.h"

#include "base/json.h"
#include "update/error.h"
#include "update/history.h"

static const char *const kind_names[_ROLLBACK_KIND_MAX] = {
    [ROLLBACK_BACK] = "rollback",
    [ROLLBACK_UNDO] = "undo",
    [ROLLBACK_CANCEL] = "cancel",
};

const char *rollback_kind_name(RollbackKind kind)
{
    return kind_names[kind];
}

static gboolean same_release(OstreeDeployment *a, OstreeDeployment *b)
{
    return g_str_equal(ostree_deployment_get_csum(a), ostree_deployment_get_csum(b));
}

/* On a machine that runs, something before it in boot order waits for the reboot; taking that back
 * means to run on with what runs. So it is with what is staged where there is nothing to fall back
 * to. */
OstreeDeployment *rollback_default_target(const Cast *cast)
{
    if (cast->booted && cast->pending)
        return cast->booted;
    if (cast->rollback)
        return cast->rollback;
    return cast->staged ? cast->booted : NULL;
}

/* The release that is left: what boots next or, when that is to stay, what was staged in front of
 * it. */
static OstreeDeployment *release_left(const Cast *cast, OstreeDeployment *to)
{
    OstreeDeployment *next = cast_next(cast, TRUE);

    return to == next && cast->staged ? cast->staged : next;
}

/* The entry that an earlier rollback, from `target` to what is current now, has made. */
static json_object *entry_of_rollback(const DenyList *deny, OstreeDeployment *target,
                                      OstreeDeployment *from)
{
    json_object *entries = deny_list_entries(deny);

    for (size_t i = 0; i < json_object_array_length(entries); i++) {
        json_object *entry = json_object_array_get_idx(entries, i);
        if (g_strcmp0(json_get_string(entry, "source"), "rollback") == 0 &&
            g_strcmp0(json_get_string(entry, "checksum"), ostree_deployment_get_csum(target)) ==
                0 &&
            g_strcmp0(json_get_string(entry, "fallback"), ostree_deployment_get_csum(from)) == 0)
            return entry;
    }
    return NULL;
}

static gboolean denied_by_admin(const DenyList *deny, OstreeDeployment *deployment)
{
    const Release release = {ostree_deployment_get_csum(deployment), NULL, NULL};
    json_object *entry = deny_list_find(deny, &release);

    return entry && g_strcmp0(json_get_string(entry, "source"), "rollback") != 0;
}

static gboolean names(json_object *event, const char *member, OstreeDeployment *deployment)
{
    return g_strcmp0(json_get_string(json_get(event, member), "checksum"),
                     ostree_deployment_get_csum(deployment)) == 0;
}

/* Was the last thing done to the deployments a rollback from `target` to `from`? It may have denied
 * nothing. */
static gboolean reverses_last(Job *job, OstreeDeployment *target, OstreeDeployment *from)
{
    static const char *const neutral[] = {"booted", "interrupted", NULL};
    _cleanup_json_ json_object *events = history_read(job->records, 16);

    for (size_t i = json_object_array_length(events); i-- > 0;) {
        json_object *event = json_object_array_get_idx(events, i);
        const char *name = json_get_string(event, "event") ?: "";

        if (g_strv_contains(neutral, name))
            continue;
        return g_str_equal(name, "rollback") && names(event, "from", target) &&
               names(event, "to", from) &&
               g_strcmp0(json_get_string(event, "kind"), kind_names[ROLLBACK_UNDO]) != 0;
    }
    return FALSE;
}

gboolean rollback_plan(Job *job, const Cast *cast, const DenyList *deny, RollbackPlan *ret,
                       GError **error)
{
    RollbackPlan plan = {0};

    plan.to = job->args->to ? cast_select(job, cast, job->args->to, error)
                            : rollback_default_target(cast);
    if (!plan.to && job->args->to)
        return FALSE;
    if (!plan.to)
        return update_throw(error, ERROR_NO_ROLLBACK, "%.12s is the only deployment of '%s'",
                            ostree_deployment_get_csum(cast_current(cast)), job->stateroot);
    plan.from = release_left(cast, plan.to);
    if (!g_str_equal(ostree_deployment_get_osname(plan.to), job->stateroot))
        return update_throw(error, ERROR_NO_ROLLBACK, "%.12s is of stateroot '%s', not of '%s'",
                            ostree_deployment_get_csum(plan.to),
                            ostree_deployment_get_osname(plan.to), job->stateroot);
    if (plan.to == cast->staged)
        return update_throw(error, ERROR_NO_ROLLBACK,
                            "what is staged is an update: `azlctl finalize` applies it");
    if (plan.to == plan.from)
        return update_throw(error, ERROR_NO_ROLLBACK, "%.12s boots next already",
                            ostree_deployment_get_csum(plan.to));

    plan.removes = entry_of_rollback(deny, plan.to, plan.from);
    if (plan.removes || reverses_last(job, plan.to, plan.from))
        plan.kind = ROLLBACK_UNDO;
    else if (plan.to == cast->booted)
        plan.kind = ROLLBACK_CANCEL;
    /* Two deployments of one release (other arguments, another /etc) leave no release behind. */
    /* Allowing a release again is for uid 0 only. */
    if (plan.removes && job->request->peer != PEER_OWNER)
        return update_throw(error, ERROR_PROTOCOL_NOT_AUTHORIZED,
                            "an undo takes a deny entry away");
    /* What an admin has denied already stays denied in the admin's words. */
    plan.adds = job->args->deny && plan.kind != ROLLBACK_UNDO &&
                !denied_by_admin(deny, plan.from) && !same_release(plan.from, plan.to);
    *ret = plan;
    return TRUE;
}
