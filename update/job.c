/* SPDX-License-Identifier: MIT */
#include "update/job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/json.h"
#include "update/cancel.h"
#include "update/error.h"
#include "update/line.h"
#include "update/operation.h"
#include "update/records.h"

#define LOCK_POLL_MS 200

void job_init(Job *job, const Request *request, int in_fd, int out_fd, gboolean private_mounts)
{
    *job = (Job){
        .request = request,
        .args = &request->args,
        .in_fd = in_fd,
        .out_fd = out_fd,
        .private_mounts = private_mounts,
        .cancellable = g_cancellable_new(),
    };
}

gboolean job_changes(const Job *job)
{
    return job->request->operation->changes(job->args);
}

/* Waits for the lock with a word about it, but not for ever. */
static gboolean lock_sysroot(Job *job, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)job->args->lock_timeout * G_USEC_PER_SEC;
    gboolean acquired = FALSE, told = FALSE;

    for (;;) {
        if (g_cancellable_set_error_if_cancelled(job->cancellable, error))
            return FALSE;
        if (!ostree_sysroot_try_lock(job->sysroot, &acquired, error))
            return FALSE;
        if (acquired)
            return TRUE;
        if (g_get_monotonic_time() >= deadline)
            return update_throw(error, ERROR_BUSY,
                                "it was not released within %" G_GUINT64_FORMAT " s",
                                job->args->lock_timeout);
        if (!told)
            job_notice(job,
                       "waiting up to %" G_GUINT64_FORMAT
                       " s for another program to release the sysroot lock",
                       job->args->lock_timeout);
        told = TRUE;
        cancel_waiting_on_purpose();
        g_usleep(LOCK_POLL_MS * 1000);
    }
}

static gboolean stateroot_exists(GPtrArray *deployments, const char *name)
{
    for (guint i = 0; i < deployments->len; i++)
        if (g_str_equal(ostree_deployment_get_osname(deployments->pdata[i]), name))
            return TRUE;
    return FALSE;
}

static gboolean choose_stateroot(Job *job, GError **error)
{
    g_autoptr(GPtrArray) deployments = ostree_sysroot_get_deployments(job->sysroot);
    const char *wanted = job->args->stateroot;

    if (wanted && !stateroot_exists(deployments, wanted))
        return update_throw(error, ERROR_NO_DEPLOYMENT, "stateroot '%s'", wanted);
    if (deployments->len == 0)
        return update_throw(error, ERROR_NO_DEPLOYMENT, "%s", job->args->sysroot ?: "/");

    if (wanted)
        job->stateroot = g_strdup(wanted);
    else
        job->stateroot =
            g_strdup(ostree_deployment_get_osname(job->booted ?: deployments->pdata[0]));
    return TRUE;
}

static gboolean load_sysroot(Job *job, GError **error)
{
    const char *path = job->args->sysroot ?: "/";
    g_autofree char *repo_path = g_build_filename(path, "ostree/repo/config", NULL);
    g_autoptr(GFile) file = g_file_new_for_path(path);

    if (!g_file_test(repo_path, G_FILE_TEST_EXISTS))
        return update_throw(error, ERROR_SYSROOT_MISSING, "%s", path);

    job->sysroot = ostree_sysroot_new(file);
    if (job->private_mounts)
        ostree_sysroot_set_mount_namespace_in_use(job->sysroot);
    else if (!job->args->sysroot && geteuid() == 0 &&
             !ostree_sysroot_initialize_with_mount_namespace(job->sysroot, job->cancellable, error))
        return FALSE;

    /* The mount namespace concerns only the calling thread: the watch is the first other one. */
    if (!ostree_sysroot_initialize(job->sysroot, error))
        return FALSE;
    if (job->in_fd >= 0 &&
        !cancel_watch(job->in_fd, job->cancellable, job->args->stall_timeout, error))
        return FALSE;
    if (job_changes(job) && !lock_sysroot(job, error))
        return FALSE;
    return ostree_sysroot_load(job->sysroot, job->cancellable, error) &&
           ostree_sysroot_get_repo(job->sysroot, &job->repo, job->cancellable, error);
}

static void take_booted(Job *job)
{
    OstreeDeployment *booted = ostree_sysroot_get_booted_deployment(job->sysroot);

    g_set_object(&job->booted, booted);
}

gboolean job_open_sysroot(Job *job, GError **error)
{
    g_autoptr(GError) local = NULL;

    if (!load_sysroot(job, &local)) {
        if (geteuid() != 0 && g_error_matches(local, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
            return update_throw(error, ERROR_NOT_ROOT, "%s", local->message);
        if (update_error_id(local) == ERROR_INTERNAL)
            return update_throw(error, ERROR_SYSROOT_DAMAGED, "%s", local->message);
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    take_booted(job);
    if (!choose_stateroot(job, error))
        return FALSE;
    job->records = records_open(ostree_sysroot_get_fd(job->sysroot), job->booted != NULL,
                                job->stateroot, job_changes(job));
    return TRUE;
}

gboolean job_reload(Job *job, GError **error)
{
    if (!ostree_sysroot_load(job->sysroot, job->cancellable, error))
        return FALSE;
    take_booted(job);
    return TRUE;
}

void job_clear(Job *job)
{
    g_clear_pointer(&job->records, records_free);
    g_clear_pointer(&job->stateroot, g_free);
    g_clear_object(&job->booted);
    g_clear_object(&job->repo);
    if (job->sysroot)
        ostree_sysroot_unload(job->sysroot);
    g_clear_object(&job->sysroot);
    g_clear_object(&job->cancellable);
}

void job_log(Job *job, const char *level, const char *format, ...)
{
    _cleanup_json_ json_object *event = json_object_new_object();
    va_list ap;

    va_start(ap, format);
    g_autofree char *message = g_strdup_vprintf(format, ap);
    va_end(ap);

    json_add_string(event, "event", "log");
    json_add_string(event, "level", level);
    json_add_string(event, "message", message);
    line_send(job->out_fd, event);
}

void job_progress(Job *job, const char *phase, json_object *event)
{
    json_add_string(event, "event", "progress");
    json_add_string(event, "phase", phase);
    line_send(job->out_fd, event);
    json_object_put(event);
}
