/* SPDX-License-Identifier: MIT */
/* pull: brings a release into the repository, after everything that could refuse it has been asked.
 */
#include <sys/stat.h>

#include "base/json.h"
#include "update/error.h"
#include "update/fetch.h"
#include "update/history.h"
#include "update/intent.h"
#include "update/offline.h"
#include "update/operation.h"
#include "update/policy.h"
#include "update/prune.h"
#include "update/reserve.h"
#include "update/space.h"

static gboolean is_complete(Job *job, const char *checksum, gboolean *ret, GError **error)
{
    OstreeRepoCommitState state = OSTREE_REPO_COMMIT_STATE_NORMAL;
    gboolean have = FALSE;

    if (!ostree_repo_has_object(job->repo, OSTREE_OBJECT_TYPE_COMMIT, checksum, &have,
                                job->cancellable, error))
        return FALSE;
    if (have && !ostree_repo_load_commit(job->repo, checksum, NULL, &state, error))
        return FALSE;
    *ret = have && !(state & OSTREE_REPO_COMMIT_STATE_PARTIAL);
    return TRUE;
}

/* The ref keeps the objects from being pruned until they are deployed; libostree writes it when it
 * pulls. */
static gboolean set_ref(Job *job, const Source *source, const char *checksum, GError **error)
{
    return ostree_repo_set_ref_immediate(job->repo, source->remote, source->ref, checksum,
                                         job->cancellable, error);
}

/* What is here already may lack the signature that was just found good, or hold an older one. */
static gboolean keep_signature(Job *job, Scratch *scratch, const char *checksum, GError **error)
{
    g_autoptr(GVariant) metadata = NULL;

    if (!ostree_repo_read_commit_detached_metadata(scratch->repo, checksum, &metadata,
                                                   job->cancellable, error))
        return FALSE;
    return !metadata || ostree_repo_write_commit_detached_metadata(job->repo, checksum, metadata,
                                                                   job->cancellable, error);
}

static json_object *describe(Job *job, const Offer *offer, const FetchStats *stats,
                             const Signature *signature)
{
    json_object *result = release_to_json(job->repo, offer->checksum);

    json_add_int(result, "bytes", (gint64)stats->bytes);
    json_add_int(result, "objects", (gint64)stats->objects);
    json_add_int(result, "attempts", (gint64)stats->attempts);
    json_add_bool(result, "delta", stats->delta);
    json_object_object_add(result, "signature", signature_to_json(signature));
    return result;
}

/* The intent is cleared only while it is that of this pull: others may have worked meanwhile. */
static void forget_pull(Job *job, const Offer *offer)
{
    g_autoptr(Intent) intent = intent_load(job->records, NULL);

    if (intent && intent->phase == INTENT_PULLING && g_str_equal(intent->checksum, offer->checksum))
        (void)intent_clear(job->records, NULL);
}

static gboolean fetch(Job *job, const Cast *cast, const Source *source, const Offer *offer,
                      OstreeRepo *cache, FetchStats *stats, GError **error)
{
    const Release release = {offer->checksum, offer->version, source->refspec};
    FetchPlan plan = {
        .source = source,
        .offer = offer,
        .cache = cache,
        .deltas = job->args->deltas,
        .retries = job->args->retries,
        .stall_timeout = MAX(job->args->stall_timeout, 1),
    };
    g_autoptr(GError) local = NULL;
    SpaceNeed need = {0};

    prune_if_due(job);
    if (!space_estimate(job, cast, cache, offer->checksum, &need, error) ||
        !space_require(job, cast, &need, error) || !space_require_growth(job, error))
        return FALSE;

    /* What is staged matters more than what is being fetched. */
    g_autoptr(Intent) earlier = intent_load(job->records, NULL);
    if (earlier && earlier->phase == INTENT_PULLING)
        g_clear_pointer(&earlier, intent_free); /* a pull that was cut off */
    if (!earlier && !intent_write(job->records, INTENT_PULLING, "pull", &release, error))
        return FALSE;

    /* A download may take hours, and an admin can always roll back meanwhile. What is fetched is
     * under the repository's own lock; nothing below touches deployments. */
    ostree_sysroot_unlock(job->sysroot);
    plan.expected = need.download;
    if (!fetch_run(job, &plan, stats, &local)) {
        if (update_error_id(local) == ERROR_NO_SPACE_SYSROOT)
            space_note_exhausted(job);
        forget_pull(job, offer);
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    forget_pull(job, offer);
    return TRUE;
}

/* What policy can say only with the commit at hand, then the bytes. */
static gboolean take(Job *job, const Cast *cast, const DenyList *deny, const Source *source,
                     Offer *offer, Scratch *scratch, FetchStats *stats, Signature *signature,
                     GError **error)
{
    gboolean complete = FALSE;

    if (!policy_require(job, cast, deny, source, offer, error) ||
        !source_fetch_commit(job, source, scratch, offer, error) ||
        !signature_verify(scratch->repo, source->remote, offer->checksum, signature,
                          job->cancellable, error) ||
        !policy_require(job, cast, deny, source, offer, error) ||
        !is_complete(job, offer->checksum, &complete, error))
        return FALSE;
    if (complete)
        return keep_signature(job, scratch, offer->checksum, error) &&
               set_ref(job, source, offer->checksum, error);
    return fetch(job, cast, source, offer, scratch->repo, stats, error);
}

/* `checksum` is what a check has found; `to` is what a person typed. */
static gboolean pull_from_source(Job *job, const Cast *cast, const DenyList *deny,
                                 const Source *source, Offer *offer, FetchStats *stats,
                                 Signature *signature, GError **error)
{
    g_auto(Scratch) scratch = {0};

    return scratch_open(job, &scratch, error) &&
           source_ask_for(job, source, &scratch, job->args->checksum ?: job->args->to, offer,
                          error) &&
           take(job, cast, deny, source, offer, &scratch, stats, signature, error);
}

gboolean op_pull(Job *job, json_object **ret_result, GError **error)
{
    g_autoptr(DenyList) deny = deny_list_load(job->records);
    g_auto(Cast) cast = {0};
    g_auto(Source) source = {0};
    g_auto(Offer) offer = {0};
    g_auto(Signature) signature = {0};
    FetchStats stats = {0};

    cast_read(job, &cast);
    if (job->args->checksum && !ostree_validate_checksum_string(job->args->checksum, NULL))
        return update_throw(error, ERROR_PROTOCOL_INVALID,
                            "\"checksum\" is not 64 hexadecimal digits");
    if (!policy_check_gates(job, deny, error) || !policy_check_waiting(job, &cast, deny, error) ||
        !source_read(job, &cast, job->args->refspec, &source, error))
        return FALSE;

    reserve_ensure(job);
    if (job->args->from && offline_is_delta(job->args->from)) {
        if (!offline_apply_delta(job, &cast, deny, &source, job->args->from, &offer, &stats,
                                 &signature, error))
            return FALSE;
    } else {
        if (job->args->from && !offline_directory_url(job->args->from, &source.url, error))
            return FALSE;
        if (!pull_from_source(job, &cast, deny, &source, &offer, &stats, &signature, error))
            return FALSE;
    }
    *ret_result = describe(job, &offer, &stats, &signature);
    return TRUE;
}

gboolean op_verify(Job *job, json_object **ret_result, GError **error)
{
    g_auto(Cast) cast = {0};
    g_auto(Source) source = {0};
    g_auto(Signature) signature = {0};

    cast_read(job, &cast);
    if (!job->args->checksum || !ostree_validate_checksum_string(job->args->checksum, NULL))
        return update_throw(error, ERROR_PROTOCOL_INVALID,
                            "\"checksum\" is not 64 hexadecimal digits");
    if (!source_read(job, &cast, job->args->refspec, &source, error) ||
        !signature_verify(job->repo, source.remote, job->args->checksum, &signature,
                          job->cancellable, error))
        return FALSE;

    json_object *result = json_object_new_object();
    json_add_string(result, "checksum", job->args->checksum);
    json_object_object_add(result, "signature", signature_to_json(&signature));
    *ret_result = result;
    return TRUE;
}
