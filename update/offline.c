/* SPDX-License-Identifier: MIT */
#include "update/offline.h"

#include "base/macro.h"
#include "update/bring.h"
#include "update/error.h"
#include "update/prune.h"

/* The superblock of a static delta, ostree-repo-static-delta-private.h:
 * metadata, timestamp, from, to, commit, dependencies, parts, fallbacks. */
enum { METADATA, TIMESTAMP, FROM, TO, COMMIT, DEPENDENCIES, PARTS, FALLBACKS };
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

/* A file whose target is being brought in. */
typedef struct Delta {
    const char *path; /* borrowed */
    GVariant *superblock;
    guint64 size;         /* of the file */
    const Source *source; /* borrowed */
    Scratch *scratch;     /* borrowed; holds the commit that was judged */
    const char *checksum; /* of that; borrowed */
} Delta;

static void delta_clear(Delta *delta)
{
    g_clear_pointer(&delta->superblock, g_variant_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Delta, delta_clear)

/* Reads what the file says of its target; nothing of it is trusted before the signature is checked.
 */
static gboolean read_superblock(const char *path, Delta *delta, Offer *offer, GError **error)
{
    g_autoptr(GMappedFile) map = NULL;
    g_autoptr(GVariant) to = NULL, commit = NULL, metadata = NULL;

    /* Opening a FIFO would wait for somebody to write to it. */
    if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
        map = g_mapped_file_new(path, FALSE, NULL);
    if (!map)
        return update_throw(error, ERROR_SOURCE_UNREADABLE, "%s", path);
    g_autoptr(GBytes) bytes = g_mapped_file_get_bytes(map);
    delta->path = path;
    delta->size = g_bytes_get_size(bytes);
    delta->superblock = g_variant_ref_sink(
        g_variant_new_from_bytes(G_VARIANT_TYPE(SUPERBLOCK_FORMAT), bytes, FALSE));
    to = g_variant_get_child_value(delta->superblock, TO);
    if (!ostree_validate_structureof_csum_v(to, NULL))
        return update_throw(error, ERROR_SOURCE_UNREADABLE, "%s is no static delta", path);

    commit = g_variant_get_child_value(delta->superblock, COMMIT);
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

/* What libostree says of a file that is no delta, in terms of the file. */
static gboolean throw_unreadable(const Delta *delta, const GError *local, GError **error)
{
    ErrorId id = update_error_id(local);

    return update_throw(error, id == ERROR_INTERNAL ? ERROR_SOURCE_UNREADABLE : id, "%s: %s",
                        delta->path, local->message);
}

/* The signatures, which libostree keeps in the metadata as deltas/FR/OM-TO/commitmeta. */
static GVariant *find_signatures(const Delta *delta)
{
    g_autoptr(GVariant) metadata = g_variant_get_child_value(delta->superblock, METADATA);
    GVariantIter iter;
    const char *name;
    GVariant *value;

    g_variant_iter_init(&iter, metadata);
    while (g_variant_iter_loop(&iter, "{&sv}", &name, &value))
        if (g_str_has_suffix(name, "/commitmeta") &&
            g_variant_is_of_type(value, G_VARIANT_TYPE_VARDICT))
            return value;
    return NULL;
}

/* The commit object and its signatures go into the scratch repository and are judged there: of a
 * file that does not pass, nothing has come near the real one. */
static gboolean judge(Job *job, const Delta *delta, const Offer *offer, Signature *signature,
                      GError **error)
{
    g_autoptr(GVariant) commit = g_variant_get_child_value(delta->superblock, COMMIT);
    g_autoptr(GVariant) signatures = find_signatures(delta);
    OstreeRepo *repo = delta->scratch->repo;
    g_autoptr(GError) local = NULL;

    /* This compares the checksum, too. */
    if (!ostree_repo_write_metadata(repo, OSTREE_OBJECT_TYPE_COMMIT, offer->checksum, commit, NULL,
                                    job->cancellable, &local) ||
        (signatures && !ostree_repo_write_commit_detached_metadata(
                           repo, offer->checksum, signatures, job->cancellable, &local)))
        return throw_unreadable(delta, local, error);
    return source_check_binding(repo, delta->source, offer->checksum, error) &&
           signature_verify(repo, delta->source->remote, offer->checksum, signature,
                            job->cancellable, error);
}

/* What is written at most: the sizes of all parts, unpacked, in the byte order of who made them. */
static guint64 unpacked_size(const Delta *delta)
{
    g_autoptr(GVariant) metadata = g_variant_get_child_value(delta->superblock, METADATA);
    g_autoptr(GVariant) parts = g_variant_get_child_value(delta->superblock, PARTS);
    g_autoptr(GVariant) fallbacks = g_variant_get_child_value(delta->superblock, FALLBACKS);
    guchar order = 0;
    guint64 total = 0, size = 0;

    (void)g_variant_lookup(metadata, "ostree.endianness", "y", &order);
    gboolean swap = order == (G_BYTE_ORDER == G_LITTLE_ENDIAN ? 'B' : 'l');
    for (gsize i = 0; i < g_variant_n_children(parts); i++) {
        g_variant_get_child(parts, i, "(u@aytt@ay)", NULL, NULL, NULL, &size, NULL);
        if (!g_uint64_checked_add(&total, total, swap ? GUINT64_SWAP_LE_BE(size) : size))
            return G_MAXINT64;
    }
    for (gsize i = 0; i < g_variant_n_children(fallbacks); i++) {
        g_variant_get_child(fallbacks, i, "(y@aytt)", NULL, NULL, NULL, &size);
        if (!g_uint64_checked_add(&total, total, swap ? GUINT64_SWAP_LE_BE(size) : size))
            return G_MAXINT64;
    }
    return MIN(total, G_MAXINT64);
}

/* The file may have changed since it was judged: what counts is that the very commit is here. */
static gboolean execute(Job *job, gpointer data, FetchStats *stats, GError **error)
{
    const Delta *delta = data;
    g_autoptr(GFile) file = g_file_new_for_path(delta->path);
    g_autoptr(GError) local = NULL;
    gboolean here = FALSE;

    if (!ostree_repo_prepare_transaction(job->repo, NULL, job->cancellable, error))
        return FALSE;
    if (!ostree_repo_static_delta_execute_offline(job->repo, file, FALSE, job->cancellable,
                                                  &local) ||
        !ostree_repo_commit_transaction(job->repo, NULL, job->cancellable, &local)) {
        (void)ostree_repo_abort_transaction(job->repo, NULL, NULL);
        return throw_unreadable(delta, local, error);
    }
    if (!bring_if_here(job, delta->source, delta->scratch, delta->checksum, &here, error))
        return FALSE;
    if (!here)
        return update_throw(error, ERROR_SOURCE_UNREADABLE, "%s did not bring %.12s", delta->path,
                            delta->checksum);
    *stats = (FetchStats){.bytes = delta->size, .attempts = 1, .delta = TRUE};
    return TRUE;
}

static gboolean apply(Job *job, const Cast *cast, Delta *delta, const Offer *offer,
                      FetchStats *stats, GError **error)
{
    SpaceNeed need = {0};
    gboolean here = FALSE;

    if (!bring_if_here(job, delta->source, delta->scratch, offer->checksum, &here, error))
        return FALSE;
    if (here)
        return TRUE;
    prune_if_due(job);
    if (!space_estimate(job, cast, delta->scratch->repo, offer->checksum, &need, error))
        return FALSE;
    /* A commit that lists its sizes knows which of its objects are here. */
    if (need.download == 0)
        need.sysroot += unpacked_size(delta);
    return bring_content(job, cast, delta->source, offer, &need, execute, delta, stats, error);
}

gboolean offline_apply_delta(Job *job, const Cast *cast, const DenyList *deny, const Source *source,
                             const char *path, Offer *offer, FetchStats *stats,
                             Signature *signature, GError **error)
{
    g_auto(Scratch) scratch = {0};
    g_auto(Delta) delta = {.source = source, .scratch = &scratch};

    if (!read_superblock(path, &delta, offer, error) || !is_wanted(job, path, offer, error) ||
        !policy_require(job, cast, deny, source, offer, error) ||
        !scratch_open(job, &scratch, error) || !judge(job, &delta, offer, signature, error))
        return FALSE;
    delta.checksum = offer->checksum;
    return apply(job, cast, &delta, offer, stats, error);
}
