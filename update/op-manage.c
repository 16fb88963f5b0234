/* SPDX-License-Identifier: MIT */
/* pin, cleanup, reboot, kargs: the small operations on what is there. */
#include "base/json.h"
#include "base/strv.h"
#include "update/error.h"
#include "update/history.h"
#include "update/intent.h"
#include "update/kargs.h"
#include "update/operation.h"
#include "update/origin.h"
#include "update/policy.h"
#include "update/prune.h"
#include "update/staged.h"
#include "update/systemd.h"
#include "update/write.h"

gboolean op_pin(Job *job, json_object **ret_result, GError **error)
{
    g_auto(Cast) cast = {0};

    cast_read(job, &cast);
    if (!job->args->target)
        return update_throw(error, ERROR_PROTOCOL_INVALID, "\"target\" is missing");
    OstreeDeployment *d = cast_select(job, &cast, job->args->target, error);
    if (!d)
        return FALSE;
    if (d == cast.staged)
        return update_throw(error, ERROR_TARGET_UNKNOWN,
                            "what is staged cannot be pinned before it was booted");
    if (ostree_deployment_is_pinned(d) != job->args->pin) {
        if (!ostree_sysroot_deployment_set_pinned(job->sysroot, d, job->args->pin, error))
            return FALSE;
        json_object *event = json_object_new_object();
        json_object_object_add(event, "to",
                               release_to_json(job->repo, ostree_deployment_get_csum(d)));
        history_note_or_warn(job, job->args->pin ? "pin" : "unpin", event);
    }

    *ret_result = release_to_json(job->repo, ostree_deployment_get_csum(d));
    json_add_bool(*ret_result, "pinned", job->args->pin);
    return TRUE;
}

static gboolean drop(Job *job, Cast *cast, OstreeDeployment *gone, json_object *dropped,
                     GError **error)
{
    json_object_array_add(dropped, release_to_json(job->repo, ostree_deployment_get_csum(gone)));
    if (!write_without(job, cast, gone, error) || !job_reload(job, error))
        return FALSE;
    cast_clear(cast);
    cast_read(job, cast);
    return TRUE;
}

static gboolean drop_wanted(Job *job, Cast *cast, json_object *dropped, GError **error)
{
    if (job->args->rollback && cast->rollback && ostree_deployment_is_pinned(cast->rollback))
        return update_throw(error, ERROR_IN_USE, "%.12s is pinned",
                            ostree_deployment_get_csum(cast->rollback));
    if (job->args->staged && cast->staged && job->request->peer != PEER_OWNER &&
        !write_check_foreign(job, cast, error))
        return FALSE;
    if (job->args->staged && cast->staged &&
        (!drop(job, cast, cast->staged, dropped, error) || !intent_clear(job->records, error)))
        return FALSE;
    if (!job->args->rollback || !cast->rollback)
        return TRUE;
    return drop(job, cast, cast->rollback, dropped, error);
}

/* A clean-up that found nothing to do is no event. */
static void note_cleanup(Job *job, json_object *dropped, gint pruned, guint64 freed)
{
    json_object *event = json_object_new_object();

    if (pruned == 0 && json_object_array_length(dropped) == 0) {
        json_object_put(event);
        return;
    }
    json_object_object_add(event, "dropped", json_object_get(dropped));
    json_add_int(event, "objects", pruned);
    json_add_int(event, "freed", (gint64)freed);
    history_note_or_warn(job, "cleanup", event);
}

gboolean op_cleanup(Job *job, json_object **ret_result, GError **error)
{
    _cleanup_json_ json_object *dropped = json_object_new_array();
    g_auto(Cast) cast = {0};
    gint pruned = 0;
    guint64 freed = 0;

    cast_read(job, &cast);
    gboolean done = drop_wanted(job, &cast, dropped, error) && prune(job, &pruned, &freed, error);
    note_cleanup(job, dropped, pruned, freed); /* what was dropped is gone even so */
    if (!done)
        return FALSE;

    *ret_result = json_object_new_object();
    json_add_int(*ret_result, "freed", (gint64)freed);
    json_add_int(*ret_result, "objects", pruned);
    json_object_object_add(*ret_result, "dropped", TAKE_PTR(dropped));
    return TRUE;
}

gboolean op_reboot(Job *job, json_object **ret_result, GError **error)
{
    g_autoptr(GError) local = NULL;
    g_auto(Cast) cast = {0};

    cast_read(job, &cast);
    if (!job->booted)
        return update_throw(error, ERROR_NOT_BOOTED, "stateroot '%s'", job->stateroot);
    if (!systemd_is_running())
        return update_throw(error, ERROR_REBOOT_FAILED, "systemd does not run here");
    /* An unlocked release that no unit would write is an update that a reboot loses. */
    if (cast.staged && !staged_is_locked(cast.staged) && !staged_start_finalizer(job, error))
        return FALSE;
    /* Not cancelled: the reboot itself ends this process. */
    if (!systemd_reboot(NULL, &local))
        return update_throw(error, ERROR_REBOOT_FAILED, "%s", local->message);
    *ret_result = json_object_new_object();
    json_add_bool(*ret_result, "rebooting", true);
    return TRUE;
}

static json_object *describe_kargs(Job *job, OstreeDeployment *base, char *const *kargs,
                                   gboolean changed)
{
    json_object *result = json_object_new_object(), *list = json_object_new_array();

    json_add_string(result, "checksum", ostree_deployment_get_csum(base));

    for (; *kargs; kargs++)
        json_object_array_add(list, json_object_new_string(*kargs));
    json_object_object_add(result, "kargs", list);
    json_add_bool(result, "changed", changed);
    json_add_bool(result, "reboot_needed", changed && job->booted);
    return result;
}

/* The same release once more with other arguments: the deployment that runs stays as the fallback.
 */
static gboolean write_kargs(Job *job, const Cast *cast, OstreeDeployment *base, GStrv kargs,
                            GError **error)
{
    const char *checksum = ostree_deployment_get_csum(base);
    g_autofree char *version = commit_version(job->repo, checksum);
    g_autofree char *refspec = origin_refspec(base);
    g_auto(Signature) signature = {0};
    g_autoptr(OstreeDeployment) deployment = NULL;
    const Release release = {checksum, version, refspec};

    if (!refspec)
        return update_throw(error, ERROR_NO_ORIGIN, "%.12s", checksum);
    (void)origin_signature(base, &signature);
    const NewDeployment what = {checksum, refspec, &signature, kargs, FALSE};
    IntentPhase phase = job->booted ? INTENT_FINALIZING : INTENT_DEPLOYING;
    g_autoptr(Intent) earlier = intent_load(job->records, NULL);
    if (!intent_write(job->records, phase, "kargs", &release, error))
        return FALSE;
    if (!write_new(job, cast, &what, &deployment, error)) {
        intent_restore(job->records, earlier);
        return FALSE;
    }
    return job->booted || intent_clear(job->records, error);
}

gboolean op_kargs(Job *job, json_object **ret_result, GError **error)
{
    const Args *args = job->args;
    g_auto(Cast) cast = {0};

    cast_read(job, &cast);
    OstreeDeployment *base = cast_next(&cast, staged_is_locked(cast.staged));
    g_auto(GStrv) now = kargs_of(base);
    g_auto(GStrv) wanted = kargs_edit(now, args->append, args->delete_, args->replace, error);
    if (!wanted)
        return FALSE;

    /* What is staged and locked would be replaced by something that no gate has seen. */
    if (staged_is_locked(cast.staged) && (args->append || args->delete_ || args->replace) &&
        !args->check)
        return update_throw(error, ERROR_STAGED_OTHER, "%.12s is staged and locked",
                            ostree_deployment_get_csum(cast.staged));

    g_autoptr(DenyList) deny = deny_list_load(job->records);
    if (job_changes(job) && !policy_check_waiting(job, &cast, deny, error))
        return FALSE;

    gboolean changed = !g_strv_equal((const char *const *)now, (const char *const *)wanted);
    if (changed && !args->check) {
        if (!write_kargs(job, &cast, base, wanted, error))
            return FALSE;
        json_object *event = json_object_new_object();
        json_object_object_add(event, "to",
                               release_to_json(job->repo, ostree_deployment_get_csum(base)));
        history_note_or_warn(job, "kargs", event);
    }
    *ret_result = describe_kargs(job, base, wanted, changed);
    return TRUE;
}
