/* SPDX-License-Identifier: MIT */
/* Which release does a person mean to deny?
 *
 * A denial that matches nothing protects nobody, so a word is first looked for among all that is
 * known here: the deployments, then the refs of the repository. What is not known at all may still
 * be on its way, so a plausible version is taken, and the caller is told that nothing here has it.
 */
#pragma once

#include "update/deployment.h"

typedef struct DenyTarget {
    char *checksum; /* NULL: only the version is known */
    char *version;  /* NULL: the commit has none, or is not here */
    char *refspec;
    gboolean known; /* does something on this machine have it? A full checksum needs not */
} DenyTarget;

/* A deployment by any selector; a version, or at least 6 digits of the checksum, of a release that
 * a ref of the repository points to, or of any other commit in it; a full checksum; or a version
 * that nothing here has. ERROR_TARGET_INVALID for what can be none of these (empty, longer than 128
 * bytes, with white space, control characters or bytes that are no UTF-8), ERROR_TARGET_UNKNOWN
 * for the head of a checksum that no commit here has, ERROR_TARGET_AMBIGUOUS. */
gboolean deny_target_read(Job *job, const Cast *cast, const char *word, DenyTarget *ret,
                          GError **error);

void deny_target_clear(DenyTarget *target);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DenyTarget, deny_target_clear)
