/* SPDX-License-Identifier: MIT */
#include "agent/ctl/ctl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/ctl/backend.h"
#include "agent/ctl/daemon.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/wire.h"

int ctl_usage(Problem *p, const char *format, ...)
{
    _cleanup_free_ char *text = NULL;
    va_list ap;

    va_start(ap, format);
    if (vasprintf(&text, format, ap) < 0)
        text = NULL;
    va_end(ap);
    return failure_set(&p->failure, -EINVAL, ERROR_USAGE, "%s", text ?: "");
}

int ctl_resolve_path(const char *path, ErrorId id, char **ret, Problem *p)
{
    char *absolute = realpath(path, NULL);

    if (!absolute)
        return failure_set_errno(&p->failure, -errno, id, "%s", path);
    *ret = absolute;
    return 0;
}

char *ctl_program(const char *name)
{
    const char *directory = secure_getenv("AZL_LIBEXEC_DIR") ?: AZL_LIBEXEC_DIR;
    char *path = NULL;

    return asprintf(&path, "%s/%s", directory, name) < 0 ? NULL : path;
}

int ctl_init(Ctl *ctl, Arguments *args, Problem *p)
{
    *ctl = (Ctl){.args = args};
    term_init(&ctl->out, stdout);
    term_init(&ctl->err, stderr);
    ctl->program = ctl_program("azl-update");
    if (!ctl->program)
        return failure_oom(&p->failure);
    /* Waiting for the sysroot lock is silent, and is no hang. */
    int patience_ms = (int)MAX_OF(args->lock_timeout, (int64_t)0) * 1000;
    ctl->worker = (WorkerHost){.program = ctl->program,
                               .idle_ms = WORKER_IDLE_MS + patience_ms,
                               .cancel_ms = WORKER_CANCEL_MS};
    if (!args->sysroot)
        return 0;
    return ctl_resolve_path(args->sysroot, ERROR_SYSROOT_MISSING, &ctl->sysroot, p);
}

bool ctl_is_elsewhere(const Ctl *ctl)
{
    return ctl->sysroot && strcmp(ctl->sysroot, "/") != 0;
}

void ctl_clear(Ctl *ctl)
{
    free(ctl->sysroot);
    free(ctl->program);
    ctl->daemon = daemon_free(ctl->daemon);
    ctl->sysroot = ctl->program = NULL;
}

static void show_log(Ctl *ctl, json_object *event)
{
    const char *level = json_get_string(event, "level"), *text = json_get_string(event, "message");
    bool is_warning = level && strcmp(level, "warning") == 0;

    if (!text)
        return;
    progress_erase(&ctl->progress, &ctl->err);
    term_line(&ctl->err, is_warning ? STYLE_WARN : STYLE_FAINT, "%s%s",
              is_warning ? "warning: " : "", text);
}

void ctl_show_event(json_object *event, void *userdata)
{
    const char *kind = json_get_string(event, "event");
    Ctl *ctl = userdata;

    if (strcmp(kind, "log") == 0)
        show_log(ctl, event);
    else if (strcmp(kind, "progress") == 0) {
        progress_update(&ctl->progress, event);
        progress_draw(&ctl->progress, &ctl->err, clock_monotonic_ms());
    }
}

int ctl_call(Ctl *ctl, const char *op, json_object *arguments, json_object **ret_result, Problem *p)
{
    _cleanup_json_ json_object *owned = arguments ?: json_object_new_object();

    if (ctl->daemon) {
        int r = backend_ask_daemon(ctl, op, owned, ret_result, p);
        if (r <= 0)
            return r;
    }
    if (ctl->sysroot)
        json_add_string(owned, "sysroot", ctl->sysroot);
    if (ctl->args->lock_timeout >= 0)
        json_add_int(owned, "lock_timeout", ctl->args->lock_timeout);

    _cleanup_json_ json_object *request = wire_request(op, TAKE_PTR(owned));
    int r = worker_call(&ctl->worker, request, ctl_show_event, ctl, ret_result, p);
    progress_erase(&ctl->progress, &ctl->err);
    return r;
}

/* Inside JSON strings json-c escapes C0 but leaves DEL and C1 (U+009B is "ESC [" to some terminals)
 * as they are; outside of strings neither can stand. */
static void put_json_safely(FILE *file, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c == 0x7F)
            fputs("\\u007f", file);
        else if (*c == 0xC2 && c[1] >= 0x80 && c[1] <= 0x9F)
            fprintf(file, "\\u00%02x", *++c);
        else
            fputc(*c, file);
    fputc('\n', file);
}

void ctl_print_json(Ctl *ctl, json_object *object)
{
    put_json_safely(ctl->out.file, json_object_to_json_string_ext(
                                       object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
                                                   JSON_C_TO_STRING_NOSLASHESCAPE));
}
