/* SPDX-License-Identifier: MIT */
/* pull: brings a release into the repository, after everything that could refuse it has been asked.
 */
#include "base/json.h"
#include "update/bring.h"
#include "update/error.h"
#include "update/offline.h"
#include "update/operation.h"
#include "update/policy.h"
#include "update/prune.h"
#include "update/reserve.h"

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

static gboolean fetch_content(Job *job, gpointer data, FetchStats *stats, GError **error)
{
    return fetch_run(job, data, stats, error);
}

static gboolean fetch(Job *job, const Cast *cast, const Source *source, const Offer *offer,
                      OstreeRepo *cache, FetchStats *stats, GError **error)
{
    FetchPlan plan = {
        .source = source,
        .offer = offer,
        .cache = cache,
        .deltas = job->args->deltas,
        .retries = job->args->retries,
        .stall_timeout = MAX(job->args->stall_timeout, 1),
    };
    SpaceNeed need = {0};

    prune_if_due(job);
    if (!space_estimate(job, cast, cache, offer->checksum, &need, error))
        return FALSE;
    plan.expected = need.download;
    return bring_content(job, cast, source, offer, &need, fetch_content, &plan, stats, error);
}

/* What policy can say only with the commit at hand, then the bytes. */
static gboolean take(Job *job, const Cast *cast, const DenyList *deny, const Source *source,
                     Offer *offer, Scratch *scratch, FetchStats *stats, Signature *signature,
                     GError **error)
{
    gboolean here = FALSE;

    if (!policy_require(job, cast, deny, source, offer, error) ||
        !source_fetch_commit(job, source, scratch, offer, error) ||
        !signature_verify(scratch->repo, source->remote, offer->checksum, signature,
                          job->cancellable, error) ||
        !policy_require(job, cast, deny, source, offer, error) ||
        !bring_if_here(job, source, scratch, offer->checksum, &here, error))
        return FALSE;
    return here || fetch(job, cast, source, offer, scratch->repo, stats, error);
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
