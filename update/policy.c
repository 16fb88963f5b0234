/* SPDX-License-Identifier: MIT */
#include "update/policy.h"

#include "base/clock.h"
#include "update/error.h"
#include "update/hold.h"

static const char *const verdict_names[_VERDICT_MAX] = {
    [VERDICT_NEWER] = "newer",   [VERDICT_CURRENT] = "current", [VERDICT_STAGED] = "staged",
    [VERDICT_DENIED] = "denied", [VERDICT_OLDER] = "older",
};

const char *verdict_name(Verdict verdict)
{
    return verdict_names[verdict];
}

gboolean policy_check_gates(Job *job, const DenyList *deny, GError **error)
{
    g_autofree char *hold = hold_get(ostree_sysroot_get_fd(job->sysroot));

    if (deny_list_damage(deny))
        return update_throw(error, ERROR_DENY_UNREADABLE, "%s", deny_list_damage(deny));
    if (hold)
        return update_throw(error, ERROR_HELD, "%s", hold);
    return TRUE;
}

static gboolean is_denied(Job *job, const DenyList *deny, OstreeDeployment *deployment)
{
    const Release release = {ostree_deployment_get_csum(deployment), NULL, NULL};

    return deny_list_find(deny, &release) != NULL;
}

gboolean policy_check_waiting(Job *job, const Cast *cast, const DenyList *deny, GError **error)
{
    if (!cast->booted || !cast->pending || !is_denied(job, deny, cast->booted) ||
        is_denied(job, deny, cast->pending))
        return TRUE;
    g_autofree char *version = commit_version(job->repo, ostree_deployment_get_csum(cast->pending));
    return update_throw(error, ERROR_ROLLBACK_WAITS, "to %s",
                        version ?: ostree_deployment_get_csum(cast->pending));
}

static char *describe_older(const Offer *offer, gint64 deployed)
{
    char theirs[CLOCK_TEXT_MAX], ours[CLOCK_TEXT_MAX];

    return g_strdup_printf("%s was made at %s, what is deployed at %s",
                           offer->version ?: offer->checksum,
                           clock_format(offer->timestamp, theirs), clock_format(deployed, ours));
}

static char *describe_denied(const Offer *offer, json_object *entry)
{
    g_autofree char *entry_text = deny_entry_describe(entry);

    return g_strdup_printf("%s was %s", offer->version ?: offer->checksum, entry_text);
}

static gboolean is(OstreeDeployment *deployment, const Offer *offer)
{
    return deployment && g_str_equal(ostree_deployment_get_csum(deployment), offer->checksum);
}

Verdict policy_judge(Job *job, const Cast *cast, const DenyList *deny, const Source *source,
                     const Offer *offer, char **ret_detail)
{
    const Release release = {offer->checksum, offer->version, source->refspec};
    OstreeDeployment *next = cast_next(cast, TRUE);
    json_object *entry = deny_list_find(deny, &release);
    gint64 deployed = commit_timestamp(job->repo, ostree_deployment_get_csum(next));

    *ret_detail = NULL;
    if (is(next, offer))
        return VERDICT_CURRENT;
    if (entry) {
        *ret_detail = describe_denied(offer, entry);
        return VERDICT_DENIED;
    }
    if (is(cast->staged, offer))
        return VERDICT_STAGED;
    if (offer->timestamp > 0 && offer->timestamp < deployed) {
        *ret_detail = describe_older(offer, deployed);
        return VERDICT_OLDER;
    }
    return VERDICT_NEWER;
}

gboolean policy_require(Job *job, const Cast *cast, const DenyList *deny, const Source *source,
                        const Offer *offer, GError **error)
{
    g_autofree char *detail = NULL;
    Verdict verdict = policy_judge(job, cast, deny, source, offer, &detail);

    if (verdict == VERDICT_DENIED && !job->args->allow_denied)
        return update_throw(error, ERROR_DENIED, "%s", detail);
    if (verdict == VERDICT_OLDER && !job->args->allow_downgrade)
        return update_throw(error, ERROR_OLDER, "%s", detail);
    return TRUE;
}
