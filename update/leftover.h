/* SPDX-License-Identifier: MIT */
/* What an interrupted pull left in the repository: complete objects, which the next pull of the
 * same boot takes over instead of fetching them again. They take up space already.
 *
 * libostree keeps them in tmp/staging-BOOTID-XXXXXX and shows them only to a transaction, so they
 * are looked for by name (ostree-repo-commit.c, _ostree_repo_allocate_tmpdir; libostree 2022.7). */
#pragma once

#include <ostree.h>

typedef struct Leftovers Leftovers;

/* Opens what is there; does not fail. Free with leftovers_free(). */
Leftovers *leftovers_open(OstreeRepo *repo);
void leftovers_free(Leftovers *leftovers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Leftovers, leftovers_free)

gboolean leftovers_have(const Leftovers *leftovers, OstreeObjectType type, const char *checksum);
