/* SPDX-License-Identifier: MIT */
#include "update/source.h"

#include <string.h>

#include "update/error.h"
#include "update/origin.h"
#include "update/stall.h"

#define ANCESTORS_MAX 100

void source_clear(Source *source)
{
    g_free(source->refspec);
    g_free(source->remote);
    g_free(source->ref);
    g_free(source->url);
    *source = (Source){0};
}

void offer_clear(Offer *offer)
{
    g_free(offer->checksum);
    g_free(offer->version);
    g_clear_pointer(&offer->summary, g_bytes_unref);
    g_clear_pointer(&offer->summary_signature, g_bytes_unref);
    *offer = (Offer){0};
}

/* A bare ref belongs to the remote that the current deployment came from. */
static gboolean parse(const Cast *cast, const char *refspec, Source *source, GError **error)
{
    g_autofree char *origin = origin_refspec(cast_current(cast));

    if (!refspec && !origin)
        return update_throw(error, ERROR_NO_ORIGIN, "%.12s",
                            ostree_deployment_get_csum(cast_current(cast)));
    if (!ostree_parse_refspec(refspec ?: origin, &source->remote, &source->ref, NULL))
        return update_throw(error, ERROR_REF_UNKNOWN, "'%s' cannot be a ref", refspec ?: origin);
    if (!source->remote && origin) {
        g_autofree char *ref = NULL;
        if (!ostree_parse_refspec(origin, &source->remote, &ref, error))
            return FALSE;
    }
    if (!source->remote)
        return update_throw(error, ERROR_NO_ORIGIN, "'%s' names no remote", refspec ?: origin);
    source->refspec = g_strdup_printf("%s:%s", source->remote, source->ref);
    return TRUE;
}

gboolean source_read(Job *job, const Cast *cast, const char *refspec, Source *ret, GError **error)
{
    g_auto(Source) source = {0};
    gboolean unsigned_allowed = FALSE;

    if (!parse(cast, refspec, &source, error) ||
        !signature_check_remote(job->repo, source.remote, &unsigned_allowed, error))
        return FALSE;
    if (unsigned_allowed && job->request->peer != PEER_OWNER)
        return update_throw(error, ERROR_REMOTE_UNVERIFIED,
                            "remote '%s' takes unsigned releases, which only root may ask for",
                            source.remote);
    *ret = source;
    source = (Source){0};
    return TRUE;
}

void source_add_options(const Source *source, GVariantBuilder *options)
{
    g_variant_builder_add(options, "{sv}", "append-user-agent",
                          g_variant_new_string(PACKAGE "/" VERSION));
    if (source->url)
        g_variant_builder_add(options, "{sv}", "override-url", g_variant_new_string(source->url));
}

static void add_bytes(GVariantBuilder *options, const char *name, GBytes *bytes)
{
    g_variant_builder_add(options, "{sv}", name,
                          g_variant_new_from_bytes(G_VARIANT_TYPE_BYTESTRING, bytes, TRUE));
}

void offer_add_summary(const Offer *offer, GVariantBuilder *options)
{
    if (!offer->summary || !offer->summary_signature)
        return;
    add_bytes(options, "summary-bytes", offer->summary);
    add_bytes(options, "summary-sig-bytes", offer->summary_signature);
}

void source_add_verified(GVariantBuilder *options)
{
    g_variant_builder_add(options, "{sv}", "gpg-verify", g_variant_new_boolean(FALSE));
    g_variant_builder_add(options, "{sv}", "disable-sign-verify", g_variant_new_boolean(TRUE));
}

/* Looks the ref up in a summary: refs(a(s(taya{sv}))), sorted by name. */
static gboolean find_in_summary(const Source *source, Offer *offer, GError **error)
{
    g_autoptr(GVariant) summary = g_variant_ref_sink(
        g_variant_new_from_bytes(OSTREE_SUMMARY_GVARIANT_FORMAT, offer->summary, FALSE));
    g_autoptr(GVariant) refs = g_variant_get_child_value(summary, 0);

    for (gsize i = 0; i < g_variant_n_children(refs); i++) {
        g_autoptr(GVariant) checksum = NULL, metadata = NULL;
        const char *name = NULL;
        guint64 size = 0, timestamp = 0;

        g_variant_get_child(refs, i, "(&s(t@ay@a{sv}))", &name, &size, &checksum, &metadata);
        if (!g_str_equal(name, source->ref))
            continue;
        if (!ostree_validate_structureof_csum_v(checksum, error))
            return FALSE;
        offer->checksum = ostree_checksum_from_bytes_v(checksum);
        if (g_variant_lookup(metadata, "ostree.commit.timestamp", "t", &timestamp))
            offer->timestamp = (gint64)GUINT64_FROM_BE(timestamp);
        g_variant_lookup(metadata, "ostree.commit.version", "s", &offer->version);
        return TRUE;
    }
    return update_throw(error, ERROR_REF_UNKNOWN, "'%s'", source->refspec);
}

/* Pulls one commit object, or (checksum NULL) the one the ref points to. */
static gboolean pull_commit(Job *job, const Source *source, Scratch *scratch, const char *checksum,
                            const Offer *offer, GError **error)
{
    g_auto(GVariantBuilder) options = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
    const char *refs[] = {source->ref, NULL};
    const char *ids[] = {checksum, NULL};

    source_add_options(source, &options);
    source_add_verified(&options);
    g_variant_builder_add(
        &options, "{sv}", "flags",
        g_variant_new_int32(OSTREE_REPO_PULL_FLAGS_COMMIT_ONLY | OSTREE_REPO_PULL_FLAGS_UNTRUSTED));
    g_variant_builder_add(&options, "{sv}", "refs", g_variant_new_strv(refs, -1));
    g_variant_builder_add(&options, "{sv}", "disable-static-deltas", g_variant_new_boolean(TRUE));
    g_variant_builder_add(&options, "{sv}", "n-network-retries", g_variant_new_uint32(1));
    if (checksum)
        g_variant_builder_add(&options, "{sv}", "override-commit-ids", g_variant_new_strv(ids, -1));
    offer_add_summary(offer, &options);

    g_autoptr(GVariant) arguments = g_variant_ref_sink(g_variant_builder_end(&options));
    StallGuard *guard = stall_guard_new(&(StallPlan){.seconds = job->args->stall_timeout});
    GError *local = NULL;
    gboolean pulled = ostree_repo_pull_with_options(scratch->repo, source->remote, arguments, NULL,
                                                    job->cancellable, &local);
    return stall_guard_finish(guard, pulled, local, error);
}

static void complete_offer(Scratch *scratch, Offer *offer)
{
    g_free(offer->version);
    offer->version = commit_version(scratch->repo, offer->checksum);
    offer->timestamp = commit_timestamp(scratch->repo, offer->checksum);
}

/* Without a summary the ref file and its commit tell. */
static gboolean ask_without_summary(Job *job, const Source *source, Scratch *scratch, Offer *offer,
                                    GError **error)
{
    g_autoptr(GError) local = NULL;

    if (!pull_commit(job, source, scratch, NULL, offer, &local)) {
        if (g_error_matches(local, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
            return update_throw(error, ERROR_REF_UNKNOWN, "'%s': %s", source->refspec,
                                local->message);
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    if (!ostree_repo_resolve_rev(scratch->repo, source->refspec, FALSE, &offer->checksum, error))
        return FALSE;
    complete_offer(scratch, offer);
    return TRUE;
}

gboolean source_ask(Job *job, const Source *source, Scratch *scratch, Offer *ret, GError **error)
{
    g_auto(GVariantBuilder) options = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
    g_auto(Offer) offer = {0};

    source_add_options(source, &options);
    g_variant_builder_add(&options, "{sv}", "n-network-retries", g_variant_new_uint32(1));
    g_autoptr(GVariant) arguments = g_variant_ref_sink(g_variant_builder_end(&options));
    StallGuard *guard = stall_guard_new(&(StallPlan){.seconds = job->args->stall_timeout});
    GError *local = NULL;
    gboolean fetched = ostree_repo_remote_fetch_summary_with_options(
        scratch->repo, source->remote, arguments, &offer.summary, &offer.summary_signature,
        job->cancellable, &local);
    if (!stall_guard_finish(guard, fetched, local, error))
        return FALSE;

    if (!(offer.summary ? find_in_summary(source, &offer, error)
                        : ask_without_summary(job, source, scratch, &offer, error)))
        return FALSE;
    *ret = offer;
    offer = (Offer){0};
    return TRUE;
}

gboolean source_fetch_commit(Job *job, const Source *source, Scratch *scratch, Offer *offer,
                             GError **error)
{
    g_autoptr(GError) local = NULL;

    if (!pull_commit(job, source, scratch, offer->checksum, offer, &local)) {
        if (g_error_matches(local, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
            return update_throw(error, ERROR_VERSION_UNKNOWN, "commit %.12s", offer->checksum);
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    complete_offer(scratch, offer);
    return TRUE;
}

/* Goes back from the newest commit, one parent at a time, until the version is found. */
static gboolean find_ancestor(Job *job, const Source *source, Scratch *scratch, const char *version,
                              Offer *offer, GError **error)
{
    for (int i = 0; i < ANCESTORS_MAX; i++) {
        g_autoptr(GVariant) commit = NULL;

        if (!source_fetch_commit(job, source, scratch, offer, error))
            return FALSE;
        if (g_strcmp0(offer->version, version) == 0)
            return TRUE;
        if (!ostree_repo_load_commit(scratch->repo, offer->checksum, &commit, NULL, error))
            return FALSE;
        g_free(offer->checksum);
        offer->checksum = ostree_commit_get_parent(commit);
        if (!offer->checksum)
            break;
    }
    return update_throw(error, ERROR_VERSION_UNKNOWN, "'%s' of %s", version, source->refspec);
}

gboolean source_ask_for(Job *job, const Source *source, Scratch *scratch, const char *to,
                        Offer *ret, GError **error)
{
    g_auto(Offer) offer = {0};

    if (!source_ask(job, source, scratch, &offer, error))
        return FALSE;

    if (to && ostree_validate_checksum_string(to, NULL)) {
        if (!g_str_equal(to, offer.checksum)) {
            g_free(offer.checksum);
            offer.checksum = g_strdup(to);
            if (!source_fetch_commit(job, source, scratch, &offer, error))
                return FALSE;
        }
    } else if (to && g_strcmp0(to, offer.version) != 0 &&
               !find_ancestor(job, source, scratch, to, &offer, error))
        return FALSE;

    *ret = offer;
    offer = (Offer){0};
    return TRUE;
}

gboolean source_check_binding(OstreeRepo *repo, const Source *source, const char *checksum,
                              GError **error)
{
    g_autoptr(GVariant) commit = NULL, metadata = NULL;
    g_autofree const char **refs = NULL;

    if (!ostree_repo_load_commit(repo, checksum, &commit, NULL, error))
        return FALSE;
    metadata = g_variant_get_child_value(commit, 0);
    if (!g_variant_lookup(metadata, OSTREE_COMMIT_META_KEY_REF_BINDING, "^a&s", &refs) ||
        g_strv_contains(refs, source->ref))
        return TRUE;
    return update_throw(error, ERROR_REF_MISMATCH, "commit %.12s is not of %s", checksum,
                        source->ref);
}
