/* SPDX-License-Identifier: MIT */
#include "update/scratch.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>

#include "update/error.h"

static char *make_directory(GError **error)
{
    g_autofree char *in_run = g_strdup("/run/azl-update.XXXXXX");

    if (g_mkdtemp(in_run))
        return g_steal_pointer(&in_run);
    return g_dir_make_tmp("azl-update.XXXXXX", error);
}

static OstreeRepo *open_repo(const char *path)
{
    g_autoptr(GFile) file = g_file_new_for_path(path);

    return ostree_repo_new(file);
}

/* The parent is read when a repository is opened, so: create, configure, open again. */
static gboolean configure(const char *path, const char *parent, GCancellable *cancellable,
                          GError **error)
{
    g_autoptr(OstreeRepo) repo = open_repo(path);

    if (!ostree_repo_create(repo, OSTREE_REPO_MODE_ARCHIVE, cancellable, error))
        return FALSE;

    g_autoptr(GKeyFile) config = ostree_repo_copy_config(repo);
    g_key_file_set_string(config, "core", "parent", parent);
    g_key_file_set_string(config, "core", "fsync", "false");
    g_key_file_set_string(config, "core", "min-free-space-percent", "0");
    return ostree_repo_write_config(repo, config, error);
}

gboolean scratch_open(Job *job, Scratch *ret, GError **error)
{
    g_auto(Scratch) scratch = {.path = make_directory(error)};
    g_autofree char *parent = g_file_get_path(ostree_repo_get_path(job->repo));

    if (!scratch.path || !configure(scratch.path, parent, job->cancellable, error))
        return FALSE;
    scratch.repo = open_repo(scratch.path);
    if (!ostree_repo_open(scratch.repo, job->cancellable, error))
        return FALSE;

    *ret = scratch;
    scratch = (Scratch){0};
    return TRUE;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    return remove(path);
}

void scratch_clear(Scratch *scratch)
{
    g_clear_object(&scratch->repo);
    if (scratch->path)
        (void)nftw(scratch->path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    g_clear_pointer(&scratch->path, g_free);
}
