/* SPDX-License-Identifier: MIT */
/* What is the same wherever a release comes from, a server or a file: by now its commit object has
 * been judged in a scratch repository (signature, policy), and its content is still to come. */
#pragma once

#include "update/fetch.h"
#include "update/space.h"

/* Brings the content into the repository. `data` is the caller's. */
typedef gboolean (*BringContent)(Job *job, gpointer data, FetchStats *stats, GError **error);

/* Is the commit here with all that belongs to it? Then *ret is TRUE, it has the signature that was
 * found good, and the ref points to it, which keeps it from being pruned. */
gboolean bring_if_here(Job *job, const Source *source, Scratch *scratch, const char *checksum,
                       gboolean *ret, GError **error);

/* Runs `content` if there is space for `need`, with an intent record and without the sysroot's
 * lock: a download may take hours, and an admin can always roll back meanwhile.
 * ERROR_NO_SPACE_*, and what `content` ends with. */
gboolean bring_content(Job *job, const Cast *cast, const Source *source, const Offer *offer,
                       const SpaceNeed *need, BringContent content, gpointer data,
                       FetchStats *stats, GError **error);
