/* SPDX-License-Identifier: MIT */
/* Releases that come on a disk or a stick: a directory with an ostree repository, or one
 * static-delta file. Their signatures are checked with the configured remote's keys, as everywhere.
 */
#pragma once

#include "update/fetch.h"
#include "update/policy.h"

/* Is it a file (and thus a static delta), not a directory? */
gboolean offline_is_delta(const char *path);

/* The file:// url of an ostree repository in a directory. ERROR_SOURCE_UNREADABLE. */
gboolean offline_directory_url(const char *path, char **ret_url, GError **error);

/* Applies a static-delta file. Its header holds the commit object and the signatures: policy and
 * signature are judged with these, before anything is written. ERROR_SOURCE_UNREADABLE, _DENIED,
 * _OLDER, _OBJECT_CORRUPT, _SIGNATURE_*, _NO_SPACE_*. */
gboolean offline_apply_delta(Job *job, const Cast *cast, const DenyList *deny, const Source *source,
                             const char *path, Offer *offer, FetchStats *stats,
                             Signature *signature, GError **error);
