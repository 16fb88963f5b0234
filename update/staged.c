/* SPDX-License-Identifier: MIT */
#include "update/staged.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macro.h"
#include "update/error.h"
#include "update/systemd.h"

#define LOCK_DIR    "/run/ostree"
#define LOCK_FILE   LOCK_DIR "/staged-deployment-locked"
#define RECORD_FILE LOCK_DIR "/staged-deployment"
#define FINALIZER   "ostree-finalize-staged.service"

gboolean staged_is_locked(OstreeDeployment *staged)
{
    if (!staged)
        return FALSE;
#ifdef HAVE_OSTREE_SYSROOT_CHANGE_FINALIZATION
    if (ostree_deployment_is_finalization_locked(staged))
        return TRUE;
#endif
    return access(LOCK_FILE, F_OK) == 0;
}

guint64 staged_record_stamp(void)
{
    struct stat st;

    if (stat(RECORD_FILE, &st) < 0)
        return 0;
    return ((guint64)st.st_mtim.tv_sec * 1000000000 + (guint64)st.st_mtim.tv_nsec) ^ st.st_ino;
}

static gboolean remove_lock_file(GError **error)
{
    if (unlink(LOCK_FILE) < 0 && errno != ENOENT)
        return update_throw(error, ERROR_INTERNAL, "%s: %s", LOCK_FILE, g_strerror(errno));
    return TRUE;
}

gboolean staged_set_lock_file(gboolean locked, GError **error)
{
    if (!locked)
        return remove_lock_file(error);

    (void)g_mkdir_with_parents(LOCK_DIR, 0755);
    _cleanup_close_ int fd = open(LOCK_FILE, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return update_throw(error, ERROR_INTERNAL, "%s: %s", LOCK_FILE, g_strerror(errno));
    return TRUE;
}

gboolean staged_unlock(Job *job, OstreeDeployment *staged, GError **error)
{
#ifdef HAVE_OSTREE_SYSROOT_CHANGE_FINALIZATION
    if (ostree_deployment_is_finalization_locked(staged) &&
        !ostree_sysroot_change_finalization(job->sysroot, staged, error))
        return FALSE;
#endif
    return remove_lock_file(error);
}

gboolean staged_lock(Job *job, OstreeDeployment *staged, GError **error)
{
#ifdef HAVE_OSTREE_SYSROOT_CHANGE_FINALIZATION
    return ostree_deployment_is_finalization_locked(staged) ||
           ostree_sysroot_change_finalization(job->sysroot, staged, error);
#else
    return staged_set_lock_file(TRUE, error);
#endif
}

gboolean staged_finalizer_is_active(void)
{
    return !systemd_is_running() || systemd_is_active(FINALIZER);
}

gboolean staged_start_finalizer(Job *job, GError **error)
{
    g_autoptr(GError) local = NULL;

    if (!systemd_is_running())
        return TRUE;
    if (!systemd_start(FINALIZER, job->cancellable, &local))
        return update_throw(error, ERROR_FINALIZE_UNIT, "%s", local->message);
    /* A condition that fails is no failure of `start`. */
    if (!systemd_is_active(FINALIZER))
        return update_throw(error, ERROR_FINALIZE_UNIT, "it was started and is not active");
    return TRUE;
}
