/* SPDX-License-Identifier: MIT */
/* rollback: what the admin with the pager types. It must work with a dead daemon, without a bus or
 * a network, on a full disk, and with damaged records. */
#include "base/json.h"
#include "update/error.h"
#include "update/etc-diff.h"
#include "update/history.h"
#include "update/hold.h"
#include "update/intent.h"
#include "update/kargs.h"
#include "update/operation.h"
#include "update/origin.h"
#include "update/reserve.h"
#include "update/rollback.h"
#include "update/staged.h"
#include "update/write.h"

/* Something that did not work and must not stop the rollback: logged, and part of the result. */
static void add_warning(Job *job, json_object *result, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void add_warning(Job *job, json_object *result, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    g_autofree char *text = g_strdup_vprintf(format, ap);
    va_end(ap);
    job_warning(job, "%s", text);
    json_object_array_add(json_get(result, "warnings"), json_object_new_string(text));
}

static void add_kernels(Job *job, const RollbackPlan *plan, json_object *result)
{
    g_autofree char *from = deployment_kernel(job->sysroot, plan->from);
    g_autofree char *to = deployment_kernel(job->sysroot, plan->to);
    json_object *kernel = json_object_new_object();

    json_add_string(kernel, "from", from);
    json_add_string(kernel, "to", to);
    json_object_object_add(result, "kernel", kernel);
}

static void add_etc(Job *job, const RollbackPlan *plan, json_object *result)
{
    g_autoptr(GError) error = NULL;
    json_object *etc = NULL;

    if (!job->args->keep_etc &&
        !etc_diff(job->sysroot, plan->from, plan->to, &etc, job->cancellable, &error))
        add_warning(job, result, "/etc cannot be compared (%s), ignoring", error->message);
    json_object_object_add(result, "etc", etc);
}

static json_object *denied_release(Job *job, OstreeDeployment *deployment)
{
    json_object *list = json_object_new_array();

    if (deployment)
        json_object_array_add(list,
                              release_to_json(job->repo, ostree_deployment_get_csum(deployment)));
    return list;
}

static json_object *describe(Job *job, const Cast *cast, const RollbackPlan *plan)
{
    json_object *result = json_object_new_object(), *deny = json_object_new_object();
    const char *staged = cast->staged ? ostree_deployment_get_csum(cast->staged) : NULL;

    json_add_bool(result, "done", false);
    json_add_string(result, "kind", rollback_kind_name(plan->kind));
    json_object_object_add(result, "from",
                           release_to_json(job->repo, ostree_deployment_get_csum(plan->from)));
    json_object_object_add(result, "to",
                           release_to_json(job->repo, ostree_deployment_get_csum(plan->to)));
    json_object_object_add(result, "warnings", json_object_new_array());
    add_kernels(job, plan, result);
    add_etc(job, plan, result);
    json_object_object_add(deny, "added", denied_release(job, plan->adds ? plan->from : NULL));
    json_object_object_add(deny, "removed", denied_release(job, plan->removes ? plan->to : NULL));
    json_object_object_add(result, "deny", deny);
    json_object_object_add(result, "drops_staged", release_to_json(job->repo, staged));
    json_add_bool(result, "held", false);
    json_add_bool(result, "reboot_needed", job->booted && plan->to != cast->booted);
    return result;
}

/* If the list cannot be written, updates are held where a full disk does not matter. */
static void hold_instead(Job *job, const RollbackPlan *plan, const GError *error,
                         json_object *result)
{
    const char *from = ostree_deployment_get_csum(plan->from);
    g_autoptr(GError) hold_error = NULL;

    json_object_object_add(json_get(result, "deny"), "added", json_object_new_array());
    add_warning(job, result,
                "the deny list was not changed (%s): when it is mended, `azlctl deny add %.12s`",
                error->message, from);
    if (g_error_matches(error, UPDATE_ERROR, ERROR_DENY_UNREADABLE))
        return; /* that stops updates by itself */

    g_autofree char *reason = g_strdup_printf("rolled back from %.12s without a deny entry", from);
    if (hold_set(ostree_sysroot_get_fd(job->sysroot), reason, &hold_error))
        json_add_bool(result, "held", true);
    else
        add_warning(job, result, "updates could not be held (%s)", hold_error->message);
}

/* Denies the release that is left. Returns the entry, borrowed; NULL when there is none to take
 * back. */
static json_object *add_denial(Job *job, const RollbackPlan *plan, DenyList *deny,
                               json_object *result)
{
    const char *from = ostree_deployment_get_csum(plan->from);
    g_autofree char *version = commit_version(job->repo, from);
    g_autofree char *refspec = origin_refspec(plan->from);
    const Release release = {from, version, refspec};
    g_autoptr(GError) error = NULL;

    json_object *entry = deny_list_add(deny, &release, job->args->reason, "rollback",
                                       ostree_deployment_get_csum(plan->to));
    if (deny_list_save(deny, job->records, &error))
        return entry;
    hold_instead(job, plan, error, result);
    return NULL;
}

static void remove_denial(Job *job, DenyList *deny, json_object *entry, json_object *result)
{
    g_autoptr(GError) error = NULL;

    deny_list_remove_entry(deny, entry);
    if (deny_list_save(deny, job->records, &error))
        return;
    json_object_object_add(json_get(result, "deny"), "removed", json_object_new_array());
    add_warning(job, result, "the deny entry is still there (%s): `azlctl deny remove`",
                error->message);
}

/* --keep-etc: the old release once more, with the running /etc merged in. */
static gboolean write_again(Job *job, const Cast *cast, const RollbackPlan *plan, GError **error)
{
    g_auto(Signature) signature = {0};
    g_autofree char *refspec = origin_refspec(plan->to);
    g_auto(GStrv) kargs = kargs_of(plan->to);
    g_autoptr(OstreeDeployment) deployment = NULL;

    (void)origin_signature(plan->to, &signature);
    const NewDeployment what = {ostree_deployment_get_csum(plan->to), refspec, &signature, kargs,
                                FALSE};
    return write_new(job, cast, &what, &deployment, error);
}

static gboolean write_plan(Job *job, const Cast *cast, const RollbackPlan *plan, GError **error)
{
    if (job->args->keep_etc && plan->to != cast->booted)
        return write_again(job, cast, plan, error);
    return write_first(job, cast, plan->to, error);
}

static void remember(Job *job, const RollbackPlan *plan, json_object *result)
{
    g_autoptr(GError) error = NULL;
    const char *to = ostree_deployment_get_csum(plan->to);
    json_object *event = json_object_new_object();

    json_object_object_add(event, "from",
                           release_to_json(job->repo, ostree_deployment_get_csum(plan->from)));
    json_object_object_add(event, "to", release_to_json(job->repo, to));
    json_add_string(event, "kind", rollback_kind_name(plan->kind));
    json_add_string(event, "reason", job->args->reason);

    if (!history_note(job, "rollback", event, &error))
        add_warning(job, result, "%s, ignoring", error->message);
}

/* What the next boot is to bring; nothing, where what runs stays. */
static void mean(Job *job, const Cast *cast, const RollbackPlan *plan, json_object *result)
{
    const char *to = ostree_deployment_get_csum(plan->to);
    g_autofree char *version = commit_version(job->repo, to);
    const Release release = {to, version, NULL};
    g_autoptr(GError) error = NULL;
    gboolean written =
        job->booted && plan->to != cast->booted
            ? intent_write(job->records, INTENT_FINALIZING, "rollback", &release, &error)
            : intent_clear(job->records, &error);

    if (!written)
        add_warning(job, result, "%s, ignoring", error->message);
}

/* Everything that can refuse without having touched anything. */
static gboolean check_possible(Job *job, const Cast *cast, const RollbackPlan *plan, GError **error)
{
    g_autofree char *refspec = origin_refspec(plan->to);

    if (!job->args->keep_etc || plan->to == cast->booted)
        return TRUE;
    if (!refspec)
        return update_throw(error, ERROR_NO_ORIGIN, "%.12s", ostree_deployment_get_csum(plan->to));
    return !job->booted || write_check_foreign(job, cast, error);
}

/* An entry is added before the deployments are written and taken away after: if the power fails in
 * between, a release is denied that still runs, which a second rollback mends. The other way round
 * a bad release could come back. */
static gboolean carry_out(Job *job, const Cast *cast, const RollbackPlan *plan, DenyList *deny,
                          json_object *result, GError **error)
{
    if (!check_possible(job, cast, plan, error))
        return FALSE;

    g_autoptr(Intent) earlier = intent_load(job->records, NULL);
    json_object *added = plan->adds ? add_denial(job, plan, deny, result) : NULL;
    mean(job, cast, plan, result);
    if (!reserve_retry(job, write_plan, cast, plan, error)) {
        intent_restore(job->records, earlier);
        if (added)
            remove_denial(job, deny, added, result);
        if (json_get_bool(result, "held"))
            (void)hold_set(ostree_sysroot_get_fd(job->sysroot), NULL, NULL);
        return FALSE;
    }
    if (plan->removes)
        remove_denial(job, deny, plan->removes, result);
    remember(job, plan, result);
    json_add_bool(result, "done", true);
    return TRUE;
}

gboolean op_rollback(Job *job, json_object **ret_result, GError **error)
{
    g_autoptr(DenyList) deny = deny_list_load(job->records);
    g_auto(Cast) cast = {0};
    RollbackPlan plan = {0};

    cast_read(job, &cast);
    if (!rollback_plan(job, &cast, deny, &plan, error))
        return FALSE;

    _cleanup_json_ json_object *result = describe(job, &cast, &plan);
    if (!job->args->check && !carry_out(job, &cast, &plan, deny, result, error))
        return FALSE;
    *ret_result = TAKE_PTR(result);
    return TRUE;
}
