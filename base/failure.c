/* SPDX-License-Identifier: MIT */
#include "base/failure.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* A detail is one line of UTF-8: what comes from servers, files and libraries must break neither
 * the log, nor the terminal, nor the JSON that carries it. */
static void set_detail(Failure *f, int code, ErrorId id, char *detail)
{
    failure_clear(f);
    text_make_line(detail);
    *f = (Failure){.code = code, .id = id, .detail = detail};
}

int failure_set(Failure *f, int code, ErrorId id, const char *format, ...)
{
    char *detail = NULL;
    va_list ap;

    assert(code < 0);
    if (!f)
        return code;

    va_start(ap, format);
    if (vasprintf(&detail, format, ap) < 0)
        detail = NULL;
    va_end(ap);

    set_detail(f, code, id, detail);
    return code;
}

int failure_set_errno(Failure *f, int code, ErrorId id, const char *format, ...)
{
    _cleanup_free_ char *head = NULL;
    va_list ap;

    assert(code < 0);
    if (!f)
        return code;

    va_start(ap, format);
    if (vasprintf(&head, format, ap) < 0)
        head = NULL;
    va_end(ap);

    return failure_set(f, code, id, "%s: %s", head ?: "?", strerror(-code));
}

int failure_oom(Failure *f)
{
    if (f) {
        failure_clear(f);
        *f = (Failure){.code = -ENOMEM, .id = ERROR_OUT_OF_MEMORY};
    }
    return -ENOMEM;
}

void failure_prefix(Failure *f, const char *format, ...)
{
    _cleanup_free_ char *head = NULL;
    char *joined = NULL;
    va_list ap;

    if (!f)
        return;

    va_start(ap, format);
    if (vasprintf(&head, format, ap) < 0)
        head = NULL;
    va_end(ap);

    if (!head)
        return;
    if (!f->detail)
        joined = TAKE_PTR(head);
    else if (asprintf(&joined, "%s: %s", head, f->detail) < 0)
        return;
    text_make_line(joined);
    free(f->detail);
    f->detail = joined;
}

char *failure_to_text(const Failure *f)
{
    return failure_to_text_with(f, error_id_next_step(f->id));
}

char *failure_to_text_with(const Failure *f, const char *next_step)
{
    char *text = NULL;
    int r;

    if (f->detail && *f->detail)
        r = asprintf(&text, "%s: %s; %s [%s]", error_id_summary(f->id), f->detail, next_step,
                     error_id_name(f->id));
    else
        r = asprintf(&text, "%s; %s [%s]", error_id_summary(f->id), next_step,
                     error_id_name(f->id));
    return r < 0 ? NULL : text;
}

int failure_move(Failure *to, Failure *from)
{
    int code = from->code;

    if (!to) {
        failure_clear(from);
        return code;
    }
    failure_clear(to);
    *to = *from;
    *from = (Failure){0};
    return code;
}

void failure_clear(Failure *f)
{
    if (!f)
        return;
    free(f->detail);
    *f = (Failure){0};
}
