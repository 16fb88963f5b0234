/* SPDX-License-Identifier: MIT */
/* deny, history: the operations on the records. */
#include "base/json.h"
#include "update/deployment.h"
#include "update/error.h"
#include "update/history.h"
#include "update/hold.h"
#include "update/operation.h"
#include "update/origin.h"

static json_object *describe(const DenyList *deny)
{
    json_object *result = json_object_new_object();

    json_add_string(result, "schema", DENY_SCHEMA);
    json_add_string(result, "state", deny_list_damage(deny) ? "unreadable" : "ok");
    json_add_string(result, "detail", deny_list_damage(deny));
    json_object_object_add(result, "entries", json_object_get(deny_list_entries(deny)));
    return result;
}

/* A deployment by any selector, or a release that is not here, by its full checksum or its version.
 */
static gboolean add(Job *job, DenyList *deny, GError **error)
{
    g_auto(Cast) cast = {0};
    g_autoptr(GError) local = NULL;
    const char *target = job->args->target;

    cast_read(job, &cast);
    OstreeDeployment *d = cast_select_release(job, &cast, target, &local);
    if (!d && update_error_id(local) == ERROR_TARGET_AMBIGUOUS) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    const char *checksum = d ? ostree_deployment_get_csum(d)
                           : ostree_validate_checksum_string(target, NULL) ? target
                                                                           : NULL;
    g_autofree char *known = checksum ? commit_version(job->repo, checksum) : NULL;
    g_autofree char *refspec = origin_refspec(d ?: cast_current(&cast));
    const Release release = {checksum, known ?: checksum ? known : target, refspec};

    deny_list_add(deny, &release, job->args->reason, "admin", NULL);
    return deny_list_save(deny, job->records, error);
}

static gboolean remove_entry(Job *job, DenyList *deny, GError **error)
{
    g_auto(Cast) cast = {0};

    cast_read(job, &cast);
    OstreeDeployment *d = cast_select_release(job, &cast, job->args->target, NULL);
    const char *what = d ? ostree_deployment_get_csum(d) : job->args->target;
    _cleanup_json_ json_object *removed = deny_list_remove(deny, what);

    if (json_object_array_length(removed) == 0) {
        json_object_put(removed);
        removed = deny_list_remove(deny, job->args->target);
    }
    if (deny_list_damage(deny))
        return update_throw(error, ERROR_DENY_UNREADABLE, "%s", deny_list_damage(deny));
    if (json_object_array_length(removed) == 0)
        return update_throw(error, ERROR_TARGET_UNKNOWN, "the deny list has no '%s'",
                            job->args->target);
    return deny_list_save(deny, job->records, error);
}

static gboolean reset(Job *job, GError **error)
{
    return deny_list_reset(job->records, error) &&
           hold_set(ostree_sysroot_get_fd(job->sysroot), NULL, error);
}

gboolean op_deny(Job *job, json_object **ret_result, GError **error)
{
    const char *action = job->args->action ?: "list";
    gboolean needs_target = g_str_equal(action, "add") || g_str_equal(action, "remove");
    g_autoptr(DenyList) deny = deny_list_load(job->records);
    gboolean done;

    if (needs_target && !job->args->target)
        return update_throw(error, ERROR_PROTOCOL_INVALID, "\"target\" is missing");
    if (g_str_equal(action, "list"))
        done = TRUE;
    else if (g_str_equal(action, "add"))
        done = add(job, deny, error);
    else if (g_str_equal(action, "remove"))
        done = remove_entry(job, deny, error);
    else if (g_str_equal(action, "reset"))
        done = reset(job, error);
    else
        return update_throw(error, ERROR_PROTOCOL_INVALID,
                            "\"action\" is none of list, add, remove, reset");
    if (!done)
        return FALSE;

    g_autoptr(DenyList) now = deny_list_load(job->records);
    *ret_result = describe(now);
    return TRUE;
}

gboolean op_history(Job *job, json_object **ret_result, GError **error)
{
    *ret_result = json_object_new_object();
    json_add_string(*ret_result, "schema", HISTORY_SCHEMA);
    json_object_object_add(*ret_result, "events", history_read(job->records, job->args->limit));
    return TRUE;
}
