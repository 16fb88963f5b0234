/* SPDX-License-Identifier: MIT */
#include "update/write.h"

#include "base/json.h"
#include "update/boot-sync.h"
#include "update/error.h"
#include "update/kargs.h"
#include "update/origin.h"
#include "update/staged.h"

gboolean write_check_foreign(Job *job, const Cast *cast, GError **error)
{
    if (cast->staged && !origin_is_ours(cast->staged)) {
        g_autofree char *version =
            commit_version(job->repo, ostree_deployment_get_csum(cast->staged));
        return update_throw(error, ERROR_FOREIGN_STAGED, "%s (%.12s)", version ?: "no version",
                            ostree_deployment_get_csum(cast->staged));
    }
    return TRUE;
}

static GStrv inherited_kargs(Job *job, OstreeDeployment *current, const char *checksum,
                             GError **error)
{
    g_auto(GStrv) old_defaults =
        kargs_defaults(job->repo, ostree_deployment_get_csum(current), job->cancellable, error);
    if (!old_defaults)
        return NULL;
    g_auto(GStrv) new_defaults = kargs_defaults(job->repo, checksum, job->cancellable, error);
    if (!new_defaults)
        return NULL;
    g_auto(GStrv) now = kargs_of(current);
    return kargs_update(now, old_defaults, new_defaults);
}

static gboolean stage(Job *job, GKeyFile *origin, const NewDeployment *what,
                      OstreeDeployment *merge, OstreeSysrootDeployTreeOpts *opts,
                      OstreeDeployment **ret, GError **error)
{
    /* From 2023.8 on the staged record holds the lock, besides the file. */
#ifdef HAVE_OSTREESYSROOTDEPLOYTREEOPTS_LOCKED
    opts->locked = what->locked;
#endif
    /* The lock goes on before there is something to lock, and comes off after; a failure leaves
     * what was staged before as it was. */
    gboolean was_locked = staged_is_locked(ostree_sysroot_get_staged_deployment(job->sysroot));
    guint64 before = staged_record_stamp();
    if (what->locked && !staged_set_lock_file(TRUE, error))
        return FALSE;
    if (!ostree_sysroot_stage_tree_with_options(job->sysroot, job->stateroot, what->checksum,
                                                origin, merge, opts, ret, job->cancellable,
                                                error)) {
        /* A cancel may come after the record was written: then this is what is staged. */
        if (staged_record_stamp() == before || !what->locked)
            (void)staged_set_lock_file(was_locked, NULL);
        return FALSE;
    }
    /* From 2023.7 on, staging itself may have removed the file. */
    return staged_set_lock_file(what->locked, error) && staged_start_finalizer(job, error);
}

/* Writing the boot order is not cancelled half-way: "cancelled" would be said of what has happened.
 */

/* The new one first, the current one as its fallback, and whatever is pinned or not of this
 * stateroot. */
static gboolean put_in_front(Job *job, const Cast *cast, OstreeDeployment *deployment,
                             GError **error)
{
    g_autoptr(GPtrArray) order = g_ptr_array_new();
    OstreeDeployment *current = cast_current(cast);

    g_ptr_array_add(order, deployment);
    for (guint i = 0; i < cast->all->len; i++) {
        OstreeDeployment *d = cast->all->pdata[i];
        gboolean ours = g_str_equal(ostree_deployment_get_osname(d), job->stateroot);

        if (d == current || ostree_deployment_is_pinned(d) || !ours)
            g_ptr_array_add(order, d);
    }
    if (!ostree_sysroot_write_deployments(job->sysroot, order, NULL, error))
        return FALSE;
    boot_sync(job->sysroot);
    return TRUE;
}

static gboolean deploy(Job *job, const Cast *cast, GKeyFile *origin, const NewDeployment *what,
                       OstreeDeployment *merge, OstreeSysrootDeployTreeOpts *opts,
                       OstreeDeployment **ret, GError **error)
{
    return ostree_sysroot_deploy_tree_with_options(job->sysroot, job->stateroot, what->checksum,
                                                   origin, merge, opts, ret, job->cancellable,
                                                   error) &&
           put_in_front(job, cast, *ret, error);
}

gboolean write_new(Job *job, const Cast *cast, const NewDeployment *what, OstreeDeployment **ret,
                   GError **error)
{
    OstreeDeployment *merge = cast_current(cast);
    g_autoptr(GKeyFile) origin = origin_new(job->sysroot, what->refspec, what->checksum,
                                            cast_new_slot(cast), what->signature);
    g_auto(GStrv) kargs =
        what->kargs ? g_strdupv(what->kargs) : inherited_kargs(job, merge, what->checksum, error);
    OstreeSysrootDeployTreeOpts opts = {.override_kernel_argv = kargs};
    json_object *event = json_object_new_object();

    if (!kargs) {
        json_object_put(event);
        return FALSE;
    }
    json_add_string(event, "unit", "deployments");
    json_add_int(event, "done", 0);
    json_add_int(event, "total", 1);
    job_progress(job, "deploy", event);

    if (job->booted)
        return write_check_foreign(job, cast, error) &&
               stage(job, origin, what, merge, &opts, ret, error);
    return deploy(job, cast, origin, what, merge, &opts, ret, error);
}

static gboolean write_order(Job *job, GPtrArray *order, GError **error)
{
    /* The prune of a clean-up takes long and is not what an admin with a pager waits for. */
    OstreeSysrootWriteDeploymentsOpts opts = {.do_postclean = FALSE};

    if (!ostree_sysroot_write_deployments_with_options(job->sysroot, order, &opts, NULL, error))
        return FALSE;
    boot_sync(job->sysroot);
    return TRUE;
}

gboolean write_first(Job *job, const Cast *cast, OstreeDeployment *first, GError **error)
{
    g_autoptr(GPtrArray) order = g_ptr_array_new();

    g_ptr_array_add(order, first);
    for (guint i = 0; i < cast->all->len; i++) {
        OstreeDeployment *d = cast->all->pdata[i];
        if (d != first && !ostree_deployment_is_staged(d))
            g_ptr_array_add(order, d);
    }
    if (!write_order(job, order, error))
        return FALSE;
    return !cast->staged || staged_set_lock_file(FALSE, error);
}

gboolean write_without(Job *job, const Cast *cast, OstreeDeployment *gone, GError **error)
{
    g_autoptr(GPtrArray) order = g_ptr_array_new();

    for (guint i = 0; i < cast->all->len; i++)
        if (cast->all->pdata[i] != gone)
            g_ptr_array_add(order, cast->all->pdata[i]);
    if (!write_order(job, order, error))
        return FALSE;
    return gone != cast->staged || staged_set_lock_file(FALSE, error);
}
