/* SPDX-License-Identifier: MIT */
/* stage, deploy, finalize: from a commit in the repository to what boots next. */
#include "base/json.h"
#include "update/error.h"
#include "update/history.h"
#include "update/intent.h"
#include "update/operation.h"
#include "update/origin.h"
#include "update/policy.h"
#include "update/space.h"
#include "update/staged.h"
#include "update/write.h"

static void note(Job *job, const char *event, const char *checksum)
{
    json_object *fields = json_object_new_object();

    json_object_object_add(fields, "to", release_to_json(job->repo, checksum));
    history_note_or_warn(job, event, fields);
}

static gboolean require_checksum(Job *job, GError **error)
{
    const char *checksum = job->args->checksum;

    if (!checksum || !ostree_validate_checksum_string(checksum, NULL))
        return update_throw(error, ERROR_PROTOCOL_INVALID,
                            "\"checksum\" is missing or not 64 hexadecimal digits");
    return TRUE;
}

/* An offer made of what is already in the repository. */
static gboolean offer_from_repo(Job *job, const char *checksum, Offer *ret, GError **error)
{
    if (!commit_require(job->repo, checksum, error))
        return FALSE;
    *ret = (Offer){
        .checksum = g_strdup(checksum),
        .version = commit_version(job->repo, checksum),
        .timestamp = commit_timestamp(job->repo, checksum),
    };
    return TRUE;
}

/* Everything that may still refuse, asked again: pull was another process, perhaps long ago. */
static gboolean admit(Job *job, const Cast *cast, Source *source, Offer *offer,
                      Signature *signature, GError **error)
{
    g_autoptr(DenyList) deny = deny_list_load(job->records);
    SpaceNeed need = {0};

    return require_checksum(job, error) && policy_check_gates(job, deny, error) &&
           source_read(job, cast, job->args->refspec, source, error) &&
           offer_from_repo(job, job->args->checksum, offer, error) &&
           source_check_binding(job->repo, source, offer->checksum, error) &&
           policy_check_waiting(job, cast, deny, error) &&
           policy_require(job, cast, deny, source, offer, error) &&
           signature_verify(job->repo, source->remote, offer->checksum, signature, job->cancellable,
                            error) &&
           space_measure_boot(job, cast, offer->checksum, &need.boot, error) &&
           space_require(job, cast, &need, error);
}

static json_object *describe(Job *job, const Cast *cast, OstreeDeployment *deployment,
                             gboolean locked)
{
    json_object *result = release_to_json(job->repo, ostree_deployment_get_csum(deployment));
    char slot[2] = {origin_slot(deployment) ?: cast_slot(cast, deployment)};

    json_add_string(result, "slot", slot[0] ? slot : NULL);
    json_add_int(result, "serial", ostree_deployment_get_deployserial(deployment));
    json_add_bool(result, "locked", locked);
    json_object_object_add(result, "signature", origin_signature_to_json(deployment));
    return result;
}

static gboolean write_release(Job *job, const Cast *cast, gboolean locked, const char *event,
                              json_object **ret_result, GError **error)
{
    g_auto(Source) source = {0};
    g_auto(Offer) offer = {0};
    g_auto(Signature) signature = {0};
    g_autoptr(OstreeDeployment) deployment = NULL;

    if (!admit(job, cast, &source, &offer, &signature, error) ||
        !write_check_foreign(job, cast, error))
        return FALSE;

    const Release release = {offer.checksum, offer.version, source.refspec};
    const NewDeployment what = {offer.checksum, source.refspec, &signature, NULL, locked};
    IntentPhase phase = !job->booted ? INTENT_DEPLOYING
                        : locked     ? INTENT_STAGED
                                     : INTENT_FINALIZING;
    g_autoptr(Intent) earlier = intent_load(job->records, NULL);
    if (!intent_write(job->records, phase, event, &release, error))
        return FALSE;
    if (!write_new(job, cast, &what, &deployment, error)) {
        intent_restore(job->records, earlier);
        return FALSE;
    }
    if (!job->booted && !intent_clear(job->records, error))
        return FALSE;
    note(job, event, offer.checksum);
    *ret_result = describe(job, cast, deployment, locked);
    return TRUE;
}

static gboolean is_staged(const Cast *cast, const char *checksum, const char *refspec)
{
    g_autofree char *staged_from = cast->staged ? origin_refspec(cast->staged) : NULL;

    return cast->staged && origin_is_ours(cast->staged) &&
           g_strcmp0(checksum, ostree_deployment_get_csum(cast->staged)) == 0 &&
           g_strcmp0(refspec, staged_from) == 0;
}

gboolean op_stage(Job *job, json_object **ret_result, GError **error)
{
    g_auto(Cast) cast = {0};

    cast_read(job, &cast);
    if (!job->booted)
        return update_throw(error, ERROR_NOT_BOOTED, "a sysroot that does not run has no shutdown");
    g_auto(Source) source = {0};
    if (!source_read(job, &cast, job->args->refspec, &source, error))
        return FALSE;
    if (is_staged(&cast, job->args->checksum, source.refspec)) {
        if (!staged_start_finalizer(job, error))
            return FALSE;
        *ret_result = describe(job, &cast, cast.staged, staged_is_locked(cast.staged));
        return TRUE;
    }
    return write_release(job, &cast, job->args->lock, "stage", ret_result, error);
}

gboolean op_deploy(Job *job, json_object **ret_result, GError **error)
{
    g_auto(Cast) cast = {0};

    cast_read(job, &cast);
    if (job->booted)
        return update_throw(error, ERROR_IS_BOOTED, "stateroot '%s'", job->stateroot);
    return write_release(job, &cast, FALSE, "deploy", ret_result, error);
}

static gboolean discard(Job *job, const Cast *cast, json_object **ret_result, GError **error)
{
    json_object *result = release_to_json(job->repo, ostree_deployment_get_csum(cast->staged));

    json_add_bool(result, "discarded", true);
    *ret_result = result;
    note(job, "discard", ostree_deployment_get_csum(cast->staged));
    return write_without(job, cast, cast->staged, error) && intent_clear(job->records, error);
}

static gboolean unlock(Job *job, const Cast *cast, json_object **ret_result, GError **error)
{
    const char *checksum = ostree_deployment_get_csum(cast->staged);
    g_autofree char *version = commit_version(job->repo, checksum);
    g_autofree char *refspec = origin_refspec(cast->staged);
    g_autoptr(DenyList) deny = deny_list_load(job->records);
    const Release release = {checksum, version, refspec};
    json_object *entry = deny_list_find(deny, &release);

    if (!write_check_foreign(job, cast, error) || !policy_check_gates(job, deny, error))
        return FALSE;
    if (entry) {
        g_autofree char *text = deny_entry_describe(entry);
        return update_throw(error, ERROR_DENIED, "%s was %s", version ?: checksum, text);
    }
    if (!staged_start_finalizer(job, error) ||
        !intent_write(job->records, INTENT_FINALIZING, "finalize", &release, error) ||
        !staged_unlock(job, cast->staged, error))
        return FALSE;

    note(job, "finalize", checksum);
    *ret_result = release_to_json(job->repo, checksum);
    json_add_bool(*ret_result, "unlocked", true);
    return TRUE;
}

/* What is staged must be what the caller means. */
static gboolean require_staged(Job *job, const Cast *cast, GError **error)
{
    if (!require_checksum(job, error))
        return FALSE;
    if (!cast->staged)
        return update_throw(error, ERROR_NOTHING_STAGED, "%.12s was expected", job->args->checksum);
    if (!g_str_equal(ostree_deployment_get_csum(cast->staged), job->args->checksum))
        return update_throw(error, ERROR_STAGED_OTHER, "%.12s, not %.12s",
                            ostree_deployment_get_csum(cast->staged), job->args->checksum);
    return TRUE;
}

gboolean op_finalize(Job *job, json_object **ret_result, GError **error)
{
    g_auto(Cast) cast = {0};

    cast_read(job, &cast);
    if (!require_staged(job, &cast, error))
        return FALSE;
    if (job->args->discard && job->request->peer != PEER_OWNER &&
        !write_check_foreign(job, &cast, error))
        return FALSE;
    if (job->args->discard)
        return discard(job, &cast, ret_result, error);
    return unlock(job, &cast, ret_result, error);
}

gboolean op_lock(Job *job, json_object **ret_result, GError **error)
{
    g_auto(Cast) cast = {0};

    cast_read(job, &cast);
    if (!require_staged(job, &cast, error) || !write_check_foreign(job, &cast, error))
        return FALSE;

    const char *checksum = ostree_deployment_get_csum(cast.staged);
    g_autofree char *version = commit_version(job->repo, checksum);
    g_autofree char *refspec = origin_refspec(cast.staged);
    const Release release = {checksum, version, refspec};
    if (!staged_is_locked(cast.staged)) {
        if (!intent_write(job->records, INTENT_STAGED, "stage", &release, error) ||
            !staged_lock(job, cast.staged, error))
            return FALSE;
        note(job, "lock", checksum);
    }
    *ret_result = release_to_json(job->repo, checksum);
    json_add_bool(*ret_result, "locked", TRUE);
    return TRUE;
}
