/* SPDX-License-Identifier: MIT */
/* What one operation works with: the request, the sysroot, the records, and the line to the caller.
 */
#pragma once

#include <gio/gio.h>
#include <json-c/json.h>
#include <ostree.h>

#include "update/request.h"
#include "update/restart.h"

typedef struct Records Records;

typedef struct Job {
    const Request *request; /* borrowed */
    const Args *args;       /* &request->args */
    int in_fd;              /* the caller's side, watched for cancelling; -EBADF: nobody's */
    int out_fd;             /* the caller; borrowed */
    gboolean private_mounts;
    Resume resume; /* how far an earlier process had come with this request */
    GCancellable *cancellable;

    /* Filled by job_open_sysroot(). */
    OstreeSysroot *sysroot;
    OstreeRepo *repo;
    OstreeDeployment *booted; /* NULL: this sysroot does not run */
    char *stateroot;
    Records *records; /* never NULL afterwards */

    /* What became of the intent record (reconcile.h); NULL for who changes nothing. Borrowed. */
    const struct Reconciled *reconciled;
} Job;

/* Starts a job for a parsed request; both borrowed. Free with job_clear(). */
void job_init(Job *job, const Request *request, int in_fd, int out_fd, gboolean private_mounts);

/* Does this request change something? Then it holds the sysroot lock. */
gboolean job_changes(const Job *job);

/* Opens the sysroot, begins to watch for cancelling, locks (if the operation does) and loads. Ends
 * with ERROR_SYSROOT_MISSING, _SYSROOT_READ_ONLY, _SYSROOT_DAMAGED, _BUSY, _NO_DEPLOYMENT,
 * _CANCELLED. */
gboolean job_open_sysroot(Job *job, GError **error);

/* Loads the deployments again after something changed them. */
gboolean job_reload(Job *job, GError **error);

void job_clear(Job *job);

/* A `log` event. A caller who has gone away is noticed by the cancel watch, not here. */
void job_log(Job *job, const char *level, const char *format, ...) G_GNUC_PRINTF(3, 4);
#define job_info(job, ...)    job_log(job, "info", __VA_ARGS__)
#define job_notice(job, ...)  job_log(job, "notice", __VA_ARGS__)
#define job_warning(job, ...) job_log(job, "warning", __VA_ARGS__)

/* A `progress` event: `event` is completed and freed here. */
void job_progress(Job *job, const char *phase, json_object *event);
