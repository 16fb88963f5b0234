/* SPDX-License-Identifier: MIT */
#include "update/bring.h"

#include "update/error.h"
#include "update/intent.h"

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

gboolean bring_if_here(Job *job, const Source *source, Scratch *scratch, const char *checksum,
                       gboolean *ret, GError **error)
{
    if (!is_complete(job, checksum, ret, error))
        return FALSE;
    return !*ret || (keep_signature(job, scratch, checksum, error) &&
                     ostree_repo_set_ref_immediate(job->repo, source->remote, source->ref, checksum,
                                                   job->cancellable, error));
}

/* The intent is cleared only while it is that of this pull: others may have worked meanwhile. */
static void forget_intent(Job *job, const Offer *offer)
{
    g_autoptr(Intent) intent = intent_load(job->records, NULL);

    if (intent && intent->phase == INTENT_PULLING && g_str_equal(intent->checksum, offer->checksum))
        (void)intent_clear(job->records, NULL);
}

/* What is staged matters more than what is being fetched. */
static gboolean write_intent(Job *job, const Source *source, const Offer *offer, GError **error)
{
    const Release release = {offer->checksum, offer->version, source->refspec};
    g_autoptr(Intent) earlier = intent_load(job->records, NULL);

    if (earlier && earlier->phase == INTENT_PULLING)
        g_clear_pointer(&earlier, intent_free); /* a pull that was cut off */
    return earlier || intent_write(job->records, INTENT_PULLING, "pull", &release, error);
}

gboolean bring_content(Job *job, const Cast *cast, const Source *source, const Offer *offer,
                       const SpaceNeed *need, BringContent content, gpointer data,
                       FetchStats *stats, GError **error)
{
    g_autoptr(GError) local = NULL;

    if (!space_require(job, cast, need, error) || !space_require_growth(job, error) ||
        !write_intent(job, source, offer, error))
        return FALSE;

    /* What comes in is under the repository's own lock; nothing in `content` touches deployments.
     */
    ostree_sysroot_unlock(job->sysroot);
    gboolean done = content(job, data, stats, &local);
    if (!done && update_error_id(local) == ERROR_NO_SPACE_SYSROOT)
        space_note_exhausted(job);
    forget_intent(job, offer);
    if (!done)
        g_propagate_error(error, g_steal_pointer(&local));
    return done;
}
