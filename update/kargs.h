/* SPDX-License-Identifier: MIT */
/* Kernel arguments: what a release brings as its defaults, and what the machine has changed.
 *
 * A release lists its defaults in usr/lib/azl/kargs.d/NAME.conf: one argument a line, '#' begins a
 * comment, files in the order of their names. An update takes away the old release's defaults that
 * the new one no longer has, and adds the new ones; everything else the machine has stays. */
#pragma once

#include <ostree.h>

/* The defaults of a commit; an empty list when it has none. Free with g_strfreev(). */
GStrv kargs_defaults(OstreeRepo *repo, const char *checksum, GCancellable *cancellable,
                     GError **error);

/* The arguments of a deployment. Free with g_strfreev(). */
GStrv kargs_of(OstreeDeployment *deployment);

/* `current` with the defaults of one release replaced by those of another. Free with g_strfreev().
 */
GStrv kargs_update(char *const *current, char *const *old_defaults, char *const *new_defaults);

/* `current` with an admin's changes: "key" or "key=value" to delete, "key=value" to replace,
 * anything to append. ERROR_KARGS_INVALID when one to delete or replace is not
 * there, or one is empty, holds white space, or is libostree's own ("ostree=").
 */
GStrv kargs_edit(char *const *current, char *const *append, char *const *delete_,
                 char *const *replace, GError **error);
