/* SPDX-License-Identifier: MIT */
/* check: is there something newer? Looks, and writes nothing. */
#include "base/json.h"
#include "update/operation.h"
#include "update/policy.h"
#include "update/staged.h"

static json_object *offer_to_json(const Offer *offer)
{
    json_object *object = json_object_new_object();

    json_add_string(object, "checksum", offer->checksum);
    json_add_string(object, "version", offer->version);
    if (offer->timestamp > 0)
        json_add_time(object, "timestamp", offer->timestamp);
    else
        json_object_object_add(object, "timestamp", NULL);
    return object;
}

static json_object *describe(Job *job, const Cast *cast, const Source *source, const Offer *offer,
                             Verdict verdict, const char *detail)
{
    json_object *result = json_object_new_object();
    const char *deployed = ostree_deployment_get_csum(cast_next(cast, TRUE));

    json_add_string(result, "schema", "azl.check/1");
    json_add_string(result, "remote", source->remote);
    json_add_string(result, "ref", source->ref);
    json_add_bool(result, "update", verdict == VERDICT_NEWER);
    json_add_string(result, "reason", verdict_name(verdict));
    json_add_string(result, "detail", detail);
    json_object_object_add(result, "deployed", release_to_json(job->repo, deployed));
    json_object_object_add(result, "target", offer_to_json(offer));
    return result;
}

/* "It is deployed" alone would hide that something else was chosen since. */
static char *describe_staged(Job *job, const Cast *cast, const Offer *offer)
{
    OstreeDeployment *staged = cast->staged;

    if (!staged || g_str_equal(ostree_deployment_get_csum(staged), offer->checksum))
        return NULL;
    g_autofree char *version = commit_version(job->repo, ostree_deployment_get_csum(staged));
    return g_strdup_printf("%s is staged%s; `azlctl cleanup --staged` drops it",
                           version ?: ostree_deployment_get_csum(staged),
                           staged_is_locked(staged) ? " and locked" : " and boots next");
}

gboolean op_check(Job *job, json_object **ret_result, GError **error)
{
    g_autoptr(DenyList) deny = deny_list_load(job->records);
    g_auto(Cast) cast = {0};
    g_auto(Source) source = {0};
    g_auto(Scratch) scratch = {0};
    g_auto(Offer) offer = {0};
    g_autofree char *detail = NULL;

    cast_read(job, &cast);
    if (!policy_check_gates(job, deny, error) ||
        !source_read(job, &cast, job->args->refspec, &source, error) ||
        !scratch_open(job, &scratch, error) ||
        !source_ask_for(job, &source, &scratch, job->args->to, &offer, error))
        return FALSE;

    Verdict verdict = policy_judge(job, &cast, deny, &source, &offer, &detail);
    if (verdict == VERDICT_OLDER && job->args->allow_downgrade)
        verdict = VERDICT_NEWER;
    if (verdict == VERDICT_CURRENT)
        detail = describe_staged(job, &cast, &offer);
    *ret_result = describe(job, &cast, &source, &offer, verdict, detail);
    return TRUE;
}
