/* SPDX-License-Identifier: MIT */
#include "update/staged.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/macro.h"
#include "update/error.h"
#include "update/systemd.h"

#define LOCK_DIR      "/run/ostree"
#define LOCK_FILE     LOCK_DIR "/staged-deployment-locked"
#define FINALIZER     "ostree-finalize-staged.service"
#define START_WAIT_S  30
#define START_POLL_MS 50

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

static gboolean remove_lock_file(GError **error)
{
    if (unlink(LOCK_FILE) < 0 && errno != ENOENT)
        return update_throw(error, ERROR_INTERNAL, "%s: %s", LOCK_FILE, g_strerror(errno));
    return TRUE;
}

gboolean staged_prepare_lock(gboolean locked, GError **error)
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

gboolean staged_finalizer_is_active(void)
{
    if (!systemd_is_running())
        return TRUE;
    g_autofree char *state = systemd_active_state(FINALIZER, NULL, NULL);
    return g_strcmp0(state, "active") == 0;
}

gboolean staged_start_finalizer(Job *job, GError **error)
{
    g_autoptr(GError) local = NULL;
    g_autofree char *state = NULL;

    if (!systemd_is_running())
        return TRUE;
    if (!systemd_start_unit(FINALIZER, "replace", job->cancellable, &local))
        return update_throw(error, ERROR_FINALIZE_UNIT, "%s", local->message);

    for (int waited = 0; waited < START_WAIT_S * 1000; waited += START_POLL_MS) {
        g_free(state);
        state = systemd_active_state(FINALIZER, job->cancellable, &local);
        if (!state)
            return update_throw(error, ERROR_FINALIZE_UNIT, "%s", local->message);
        if (g_str_equal(state, "active"))
            return TRUE;
        if (g_str_equal(state, "failed"))
            break;
        g_usleep(START_POLL_MS * 1000);
    }
    return update_throw(error, ERROR_FINALIZE_UNIT, "it is '%s'", state);
}
