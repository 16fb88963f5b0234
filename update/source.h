/* SPDX-License-Identifier: MIT */
/* Where releases come from, and which one is meant. */
#pragma once

#include "update/deployment.h"
#include "update/scratch.h"
#include "update/signature.h"

/* A branch of a remote. */
typedef struct Source {
    char *refspec; /* "remote:ref" */
    char *remote;
    char *ref;
    char *url; /* takes the place of the remote's own url; NULL: that one */
} Source;

/* A release on offer. */
typedef struct Offer {
    char *checksum;
    char *version;    /* NULL: not told */
    gint64 timestamp; /* 0: not told */
    GBytes *summary;  /* as fetched, for the pull that follows; NULL without one */
    GBytes *summary_signature;
} Offer;

/* From a refspec, or a bare ref of the current remote, or (NULL) the current deployment's origin.
 * Refuses remotes without verification. ERROR_NO_ORIGIN, _REMOTE_UNKNOWN, _REMOTE_UNVERIFIED. */
gboolean source_read(Job *job, const Cast *cast, const char *refspec, Source *ret, GError **error);
void source_clear(Source *source);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Source, source_clear)

/* Asks the server what the ref points to: two requests where there is a summary.
 * ERROR_REF_UNKNOWN, _SERVER_UNREACHABLE, _SIGNATURE_*. */
gboolean source_ask(Job *job, const Source *source, Scratch *scratch, Offer *ret, GError **error);

/* Like source_ask(), for the version or commit `to` (NULL: the newest). An older release is looked
 * for among the ancestors of the newest, at most 100 back. ERROR_VERSION_UNKNOWN. */
gboolean source_ask_for(Job *job, const Source *source, Scratch *scratch, const char *to,
                        Offer *ret, GError **error);

/* Was the commit made for this ref? A commit without "ostree.ref-binding" is for any.
 * ERROR_REF_MISMATCH. */
gboolean source_check_binding(OstreeRepo *repo, const Source *source, const char *checksum,
                              GError **error);

/* Fetches the commit object of the offer into the scratch repository and completes version and time
 * from it. Nothing of it is to be trusted before signature_verify(), not even a refusal is final.
 */
gboolean source_fetch_commit(Job *job, const Source *source, Scratch *scratch, Offer *offer,
                             GError **error);

void offer_clear(Offer *offer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Offer, offer_clear)

/* Hands a fetched summary on to a pull, so that it is not fetched again. libostree takes it only
 * together with a signature. */
void offer_add_summary(const Offer *offer, GVariantBuilder *options);

/* Options that every transfer of ours has: who asks, and the url that takes the remote's place. */
void source_add_options(const Source *source, GVariantBuilder *options);

/* Options for a transfer whose commit we verify ourselves: before its content is fetched, and again
 * before it is deployed. One GPG verification starts ten processes, so libostree's own is left out.
 */
void source_add_verified(GVariantBuilder *options);
