/* SPDX-License-Identifier: MIT */
/* azl-update: the worker that changes deployments. One request in, events and one end line out;
 * the contract is docs/worker-protocol.md. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/wire.h"
#include "update/abandon.h"
#include "update/cancel.h"
#include "update/error.h"
#include "update/flags.h"
#include "update/io-priority.h"
#include "update/line.h"
#include "update/operation.h"
#include "update/reconcile.h"
#include "update/restart.h"
#include "update/sentinel.h"

static int end_with_error(int fd, ErrorId id, const char *detail)
{
    return line_end_with_error(fd, id, detail, WIRE_SEND_MS);
}

static int end_with_result(int fd, json_object *result)
{
    _cleanup_json_ json_object *end = json_object_new_object();

    json_object_object_add(end, "result", result);
    return line_end(fd, end, EXIT_DONE, WIRE_SEND_MS);
}

static gboolean run_job(Job *job, json_object **ret_result, GError **error)
{
    const Operation *operation = job->request->operation;

    io_priority_set(operation->io_class);
    if (!job_open_sysroot(job, error))
        return FALSE;

    g_autoptr(Reconciled) reconciled = job_changes(job) ? reconcile_intent(job) : NULL;
    job->reconciled = reconciled;
    gboolean good = operation->run(job, ret_result, error);
    if (job_changes(job) || operation->run == op_reconcile)
        sentinel_update(job);
    return good;
}

/* What a step says while it is being torn down, with its connections taken away: not the reason. */
static gboolean may_be_teardown(ErrorId id)
{
    return id == ERROR_INTERNAL || id == ERROR_SERVER_UNREACHABLE || id == ERROR_SERVER_STALLED ||
           id == ERROR_OBJECT_CORRUPT;
}

static int serve(const Request *request, int in_fd, int out_fd, const Flags *flags)
{
    g_autoptr(GError) error = NULL;
    json_object *result = NULL;
    int code;
    Job job;

    job_init(&job, request, in_fd, out_fd, flags->private_mounts);
    job.resume = flags->resume;
    if (run_job(&job, &result, &error))
        code = end_with_result(out_fd, result);
    else {
        ErrorId id = update_error_id(error);
        if (g_cancellable_is_cancelled(job.cancellable) && may_be_teardown(id))
            id = ERROR_CANCELLED;
        code = end_with_error(out_fd, id, error->message);
    }
    job_clear(&job);
    return code;
}

static int read_request(int fd, int line_fd, const Flags *flags, Request *ret_request, Failure *f)
{
    _cleanup_wire_reader_ WireReader reader = {.fd = fd, .max = WIRE_REQUEST_MAX};
    size_t length = 0;
    char *line = NULL;
    int r = wire_read_line(&reader, WIRE_REQUEST_MS, &line, &length);

    if (r == -ETIMEDOUT)
        return failure_set(f, r, ERROR_PROTOCOL_TIMEOUT, "waited %d s", WIRE_REQUEST_MS / 1000);
    if (r == -EMSGSIZE)
        return failure_set(f, r, ERROR_PROTOCOL_TOO_LARGE, "more than %d bytes", WIRE_REQUEST_MAX);
    if (r < 0)
        return failure_set_errno(f, r, ERROR_PROTOCOL_INVALID, "reading the request");
    if (r == 0)
        return failure_set(f, -ENODATA, ERROR_PROTOCOL_INVALID, "the input ended before a request");
    if (reader.filled > reader.used)
        return failure_set(f, -EINVAL, ERROR_PROTOCOL_INVALID, "more than one line");
    restart_prepare(line, length, flags->private_mounts, line_fd);
    return request_parse(line, length, peer_of(fd), ret_request, f);
}

/* The process of before has read the request already. Who asks is found out again. */
static int resume_request(int fd, int line_fd, Flags *flags, Request *ret_request, Failure *f)
{
    g_autofree char *request = NULL;
    gsize length = 0;
    int r = restart_read(flags->resume_fd, &request, &length, &flags->resume);

    flags->resume_fd = close_fd(flags->resume_fd);
    if (r < 0)
        return failure_set_errno(f, r, ERROR_PROTOCOL_INVALID, "--resume");
    restart_prepare(request, length, flags->private_mounts, line_fd);
    return request_parse(request, length, peer_of(fd), ret_request, f);
}

static int take_request(int line_fd, Flags *flags, Request *ret_request, Failure *f)
{
    static const char reconcile[] = "{\"v\":1,\"op\":\"reconcile\"}";

    if (flags->reconcile)
        return request_parse(reconcile, strlen(reconcile), PEER_OWNER, ret_request, f);
    if (flags->resume_fd >= 0)
        return resume_request(STDIN_FILENO, line_fd, flags, ret_request, f);
    return read_request(STDIN_FILENO, line_fd, flags, ret_request, f);
}

/* The caller's line, out of reach of libraries: libostree prints what it has freed to standard
 * output. From here on that is standard error. Returns the descriptor of the line. */
static int take_line(void)
{
    int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);

    return fd < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0 ? -errno : fd;
}

int main(int argc, char *argv[])
{
    _cleanup_failure_ Failure failure = {0};
    Flags flags = {.resume_fd = -EBADF};
    Request request = {0};

    int code = flags_parse(argc, argv, &flags);
    if (code >= 0)
        return code;

    int line = take_line();
    if (line < 0) {
        fprintf(stderr, "azl-update: standard output: %s\n", strerror(-line));
        return EXIT_FAILED;
    }
    cancel_block_signals();
    abandon_prepare(line);
    if (take_request(line, &flags, &request, &failure) < 0)
        code = end_with_error(line, failure.id, failure.detail);
    else
        code = serve(&request, flags.reconcile ? -EBADF : STDIN_FILENO, line, &flags);
    request_clear(&request);
    return code;
}
