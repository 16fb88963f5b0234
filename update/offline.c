/* SPDX-License-Identifier: MIT */
#include "update/offline.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/macro.h"
#include "update/error.h"

/* The superblock of a static delta, ostree-repo-static-delta-private.h:
 * metadata, timestamp, from, to, commit, dependencies, parts, fallbacks. */
#define SUPERBLOCK_FORMAT "(a{sv}tayay(a{sv}aya(say)sstayay)aya(uayttay)a(yaytt))"

gboolean offline_is_delta(const char *path)
{
    return g_file_test(path, G_FILE_TEST_EXISTS) && !g_file_test(path, G_FILE_TEST_IS_DIR);
}

gboolean offline_directory_url(const char *path, char **ret_url, GError **error)
{
    g_autofree char *config = g_build_filename(path, "config", NULL);

    if (!g_file_test(config, G_FILE_TEST_IS_REGULAR))
        return update_throw(error, ERROR_SOURCE_UNREADABLE, "%s holds no ostree repository", path);
    *ret_url = g_filename_to_uri(path, NULL, error);
    return *ret_url != NULL;
}

/* Reads what the file says of its target; nothing of it is trusted before the signature is checked.
 */
static gboolean read_superblock(const char *path, Offer *offer, GError **error)
{
    g_autoptr(GMappedFile) map = NULL;
    g_autoptr(GVariant) superblock = NULL, to = NULL, commit = NULL, metadata = NULL;

    /* Opening a FIFO would wait for somebody to write to it. */
    if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
        map = g_mapped_file_new(path, FALSE, NULL);
    if (!map)
        return update_throw(error, ERROR_SOURCE_UNREADABLE, "%s", path);
    g_autoptr(GBytes) bytes = g_mapped_file_get_bytes(map);
    superblock = g_variant_ref_sink(
        g_variant_new_from_bytes(G_VARIANT_TYPE(SUPERBLOCK_FORMAT), bytes, FALSE));
    to = g_variant_get_child_value(superblock, 3);
    if (!ostree_validate_structureof_csum_v(to, NULL))
        return update_throw(error, ERROR_SOURCE_UNREADABLE, "%s is no static delta", path);

    commit = g_variant_get_child_value(superblock, 4);
    metadata = g_variant_get_child_value(commit, 0);
    offer->checksum = ostree_checksum_from_bytes_v(to);
    offer->timestamp = (gint64)ostree_commit_get_timestamp(commit);
    g_variant_lookup(metadata, OSTREE_COMMIT_META_KEY_VERSION, "s", &offer->version);
    return TRUE;
}

/* A person who names a release gets that one, or none. */
static gboolean is_wanted(Job *job, const char *path, const Offer *offer, GError **error)
{
    const char *wanted = job->args->checksum ?: job->args->to;

    if (!wanted || g_str_equal(wanted, offer->checksum) || g_strcmp0(wanted, offer->version) == 0)
        return TRUE;
    return update_throw(error, ERROR_VERSION_UNKNOWN, "%s brings %s, not %s", path,
                        offer->version ?: offer->checksum, wanted);
}

/* The delta's commit object must be the one it claims, and a commit that was already here must not
 * be lost sight of: only what is signed gets the ref. */
static gboolean execute(Job *job, const Source *source, const char *path, Offer *offer,
                        Signature *signature, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_path(path);
    g_autoptr(GError) local = NULL;

    if (!ostree_repo_prepare_transaction(job->repo, NULL, job->cancellable, error))
        return FALSE;
    if (!ostree_repo_static_delta_execute_offline(job->repo, file, FALSE, job->cancellable,
                                                  &local) ||
        !ostree_repo_commit_transaction(job->repo, NULL, job->cancellable, &local)) {
        (void)ostree_repo_abort_transaction(job->repo, NULL, NULL);
        return update_throw(error,
                            update_error_id(local) == ERROR_INTERNAL ? ERROR_SOURCE_UNREADABLE
                                                                     : update_error_id(local),
                            "%s: %s", path, local->message);
    }
    return source_check_binding(job->repo, source, offer->checksum, error) &&
           signature_verify(job->repo, source->remote, offer->checksum, signature, job->cancellable,
                            error) &&
           ostree_repo_set_ref_immediate(job->repo, source->remote, source->ref, offer->checksum,
                                         job->cancellable, error);
}

gboolean offline_apply_delta(Job *job, const Cast *cast, const DenyList *deny, const Source *source,
                             const char *path, Offer *offer, FetchStats *stats,
                             Signature *signature, GError **error)
{
    struct stat st;

    if (!read_superblock(path, offer, error) || !is_wanted(job, path, offer, error) ||
        !policy_require(job, cast, deny, source, offer, error) ||
        !execute(job, source, path, offer, signature, error))
        return FALSE;
    *stats = (FetchStats){
        .bytes = stat(path, &st) == 0 ? (guint64)st.st_size : 0, .attempts = 1, .delta = TRUE};
    return TRUE;
}
