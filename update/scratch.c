/* SPDX-License-Identifier: MIT */
#include "update/scratch.h"

#include <errno.h>
#include <unistd.h>

#include "update/error.h"
#include "update/scratch-dir.h"

/* In memory where we may write there, and gone with the next boot at the latest. */
static gboolean make_directory(Scratch *scratch, GError **error)
{
    int r = scratch_dir_make("/run", &scratch->path, &scratch->held_fd);

    if (r < 0)
        r = scratch_dir_make(g_get_tmp_dir(), &scratch->path, &scratch->held_fd);
    if (r < 0)
        return update_throw(error, ERROR_INTERNAL, "a directory in /run or %s: %s", g_get_tmp_dir(),
                            g_strerror(-r));
    return TRUE;
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
    g_auto(Scratch) scratch = {0};
    g_autofree char *parent = g_file_get_path(ostree_repo_get_path(job->repo));

    if (!make_directory(&scratch, error) ||
        !configure(scratch.path, parent, job->cancellable, error))
        return FALSE;
    scratch.repo = open_repo(scratch.path);
    if (!ostree_repo_open(scratch.repo, job->cancellable, error))
        return FALSE;

    *ret = scratch;
    scratch = (Scratch){0};
    return TRUE;
}

void scratch_clear(Scratch *scratch)
{
    g_clear_object(&scratch->repo);
    if (scratch->path) {
        scratch_dir_remove(scratch->path);
        close(scratch->held_fd);
    }
    g_clear_pointer(&scratch->path, g_free);
}
