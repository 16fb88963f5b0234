/* SPDX-License-Identifier: MIT */
/* diff: what differs between two releases: files, /etc as edited here, and packages. */
#include "base/json.h"
#include "update/error.h"
#include "update/etc-diff.h"
#include "update/operation.h"
#include "update/deployment.h"
#include "update/packages.h"
#include "update/staged.h"

/* Names listed per kind; `total` counts all. */
#define NAMES_MAX 1000

/* A side of the comparison: a commit, and the deployment of it if there is one. */
typedef struct Side {
    char *checksum;
    OstreeDeployment *deployment; /* borrowed, or NULL */
} Side;

static void side_clear(Side *side)
{
    g_free(side->checksum);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Side, side_clear)

static gboolean side_from(Job *job, const Cast *cast, const char *selector,
                          OstreeDeployment *fallback, Side *ret, GError **error)
{
    g_autoptr(GError) local = NULL;

    if (selector)
        ret->deployment = cast_select_release(job, cast, selector, &local);
    else
        ret->deployment = fallback;
    if (ret->deployment) {
        ret->checksum = g_strdup(ostree_deployment_get_csum(ret->deployment));
        return TRUE;
    }
    if (!selector)
        return update_throw(error, ERROR_TARGET_UNKNOWN, "there is only one deployment; name two");
    if (update_error_id(local) == ERROR_TARGET_AMBIGUOUS ||
        !ostree_repo_resolve_rev(job->repo, selector, FALSE, &ret->checksum, NULL)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    return commit_require(job->repo, ret->checksum, error);
}

static json_object *names(GPtrArray *files, GFile *root, gboolean items, gint64 *total)
{
    json_object *list = json_object_new_array();

    for (guint i = 0; i < files->len; i++) {
        GFile *file = items ? ((OstreeDiffItem *)files->pdata[i])->target : files->pdata[i];
        g_autofree char *name = g_file_get_relative_path(root, file);

        (*total)++;
        if (i < NAMES_MAX)
            json_object_array_add(list, json_object_new_string(name));
    }
    return list;
}

static gboolean diff_files(Job *job, const Side *from, const Side *to, json_object **ret,
                           GError **error)
{
    g_autoptr(GPtrArray) modified =
        g_ptr_array_new_with_free_func((GDestroyNotify)ostree_diff_item_unref);
    g_autoptr(GPtrArray) removed = g_ptr_array_new_with_free_func(g_object_unref);
    g_autoptr(GPtrArray) added = g_ptr_array_new_with_free_func(g_object_unref);
    g_autoptr(GFile) a = NULL, b = NULL;
    gint64 total = 0;

    if (!ostree_repo_read_commit(job->repo, from->checksum, &a, NULL, job->cancellable, error) ||
        !ostree_repo_read_commit(job->repo, to->checksum, &b, NULL, job->cancellable, error) ||
        !ostree_diff_dirs(OSTREE_DIFF_FLAGS_NONE, a, b, modified, removed, added, job->cancellable,
                          error))
        return FALSE;

    *ret = json_object_new_object();
    json_object_object_add(*ret, "added", names(added, b, FALSE, &total));
    json_object_object_add(*ret, "removed", names(removed, a, FALSE, &total));
    json_object_object_add(*ret, "modified", names(modified, b, TRUE, &total));
    json_add_int(*ret, "total", total);
    return TRUE;
}

gboolean op_diff(Job *job, json_object **ret_result, GError **error)
{
    _cleanup_json_ json_object *files = NULL, *etc = NULL;
    g_auto(Cast) cast = {0};
    g_auto(Side) from = {0}, to = {0};

    cast_read(job, &cast);
    OstreeDeployment *current = cast_current(&cast);
    OstreeDeployment *next = cast_next(&cast, FALSE);
    if (!side_from(job, &cast, job->args->from, current, &from, error) ||
        !side_from(job, &cast, job->args->to, next != current ? next : cast.rollback, &to, error) ||
        !diff_files(job, &from, &to, &files, error))
        return FALSE;
    if (from.deployment && from.deployment != cast.staged &&
        !etc_diff(job->sysroot, from.deployment, NULL, &etc, job->cancellable, error))
        return FALSE;

    json_object *result = json_object_new_object();
    json_add_string(result, "schema", "azl.diff/1");
    json_object_object_add(result, "from", release_to_json(job->repo, from.checksum));
    json_object_object_add(result, "to", release_to_json(job->repo, to.checksum));
    json_object_object_add(result, "files", TAKE_PTR(files));
    json_object_object_add(result, "etc", TAKE_PTR(etc));
    json_object_object_add(result, "packages",
                           packages_diff(job->repo, from.checksum, to.checksum));
    *ret_result = result;
    return TRUE;
}
