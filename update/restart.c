/* SPDX-License-Identifier: MIT */
#include "update/restart.h"

#include <errno.h>
#include <linux/close_range.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/json.h"
#include "base/macro.h"
#include "base/wire.h"

static struct {
    char *request;
    gboolean private_mounts;
    int line_fd;
} self;

void restart_prepare(const char *request, gsize length, gboolean private_mounts, int line_fd)
{
    self.request = g_strndup(request, length);
    self.private_mounts = private_mounts;
    self.line_fd = line_fd;
}

static json_object *resume_to_json(const Resume *resume)
{
    json_object *object = json_object_new_object();

    json_add_int(object, "failures", (gint64)resume->failures);
    json_add_int(object, "attempts", (gint64)resume->attempts);
    json_add_int(object, "bytes", (gint64)resume->bytes);
    json_add_int(object, "objects", (gint64)resume->objects);
    json_add_bool(object, "deltas", resume->deltas);
    return object;
}

/* Two lines: how far it was, and the request. */
static int write_down(const Resume *resume)
{
    _cleanup_json_ json_object *state = resume_to_json(resume);
    _cleanup_close_ int fd = memfd_create("azl-update-resume", MFD_CLOEXEC);

    if (fd < 0 ||
        dprintf(fd, "%s\n%s\n", json_object_to_json_string_ext(state, JSON_C_TO_STRING_PLAIN),
                self.request) < 0 ||
        lseek(fd, 0, SEEK_SET) < 0)
        return -errno;
    return TAKE_FD(fd);
}

void restart_worker(const Resume *resume)
{
    _cleanup_close_ int kept = self.request ? write_down(resume) : -EBADF;
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *option = NULL;

    /* dup() leaves the new one open over exec; of the others libraries may have forgotten some. */
    int fd = kept < 0 ? kept : dup(kept);
    if (fd < 0 || !program || dup2(self.line_fd, STDOUT_FILENO) < 0)
        return;
    (void)close_range(3, (unsigned)fd - 1, CLOSE_RANGE_CLOEXEC);
    (void)close_range((unsigned)fd + 1, ~0U, CLOSE_RANGE_CLOEXEC);

    option = g_strdup_printf("--resume=%d", fd);
    execl(program, "azl-update", option, self.private_mounts ? "--private-mounts" : NULL, NULL);
    (void)dup2(STDERR_FILENO, STDOUT_FILENO);
    close(fd);
}

int restart_read(int fd, char **ret_request, gsize *ret_length, Resume *ret)
{
    _cleanup_wire_reader_ WireReader reader = {.fd = fd, .max = 2 * WIRE_REQUEST_MAX};
    _cleanup_json_ json_object *state = NULL;
    size_t length;
    char *line;

    int r = wire_read_line(&reader, 0, &line, &length);
    if (r > 0)
        r = json_parse(line, length, WIRE_DEPTH_MAX, &state) < 0 ? -EBADMSG : 1;
    if (r > 0)
        r = wire_read_line(&reader, 0, &line, &length);
    if (r <= 0)
        return r < 0 ? r : -ENODATA;

    *ret = (Resume){
        .failures = (guint64)MAX(json_get_int(state, "failures"), 1),
        .attempts = (guint64)MAX(json_get_int(state, "attempts"), 0),
        .bytes = (guint64)MAX(json_get_int(state, "bytes"), 0),
        .objects = (guint64)MAX(json_get_int(state, "objects"), 0),
        .deltas = json_get_bool(state, "deltas"),
    };
    *ret_request = g_strndup(line, length);
    *ret_length = length;
    return 0;
}
