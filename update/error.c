/* SPDX-License-Identifier: MIT */
#include "update/error.h"

#include <ostree.h>
#include <stdarg.h>
#include <string.h>

G_DEFINE_QUARK(azl - update - error, update_error)

gboolean update_throw(GError **error, ErrorId id, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    g_autofree char *detail = g_strdup_vprintf(format, ap);
    va_end(ap);

    g_set_error_literal(error, UPDATE_ERROR, (int)id, detail);
    return FALSE;
}

static ErrorId id_of_io_error(const GError *error)
{
    switch ((GIOErrorEnum)error->code) {
    case G_IO_ERROR_CANCELLED:
        return ERROR_CANCELLED;
    case G_IO_ERROR_NO_SPACE:
        return ERROR_NO_SPACE_SYSROOT;
    case G_IO_ERROR_READ_ONLY:
        return ERROR_SYSROOT_READ_ONLY;
    case G_IO_ERROR_TIMED_OUT:
    case G_IO_ERROR_HOST_NOT_FOUND:
    case G_IO_ERROR_HOST_UNREACHABLE:
    case G_IO_ERROR_NETWORK_UNREACHABLE:
    case G_IO_ERROR_CONNECTION_REFUSED:
    case G_IO_ERROR_CONNECTION_CLOSED:
    case G_IO_ERROR_NOT_CONNECTED:
    case G_IO_ERROR_PROXY_FAILED:
        return ERROR_SERVER_UNREACHABLE;
    case G_IO_ERROR_INVALID_DATA:
    case G_IO_ERROR_PARTIAL_INPUT:
        return ERROR_OBJECT_CORRUPT;
    default:
        return ERROR_INTERNAL;
    }
}

/* libostree says most of what goes wrong in a transfer as G_IO_ERROR_FAILED; only the text tells
 * them apart. The texts are those of 2022.7 to 2026.4 (ostree-fetcher-curl.c, ostree-repo-pull.c,
 * ostree-core.c, ostree-repo-commit.c, ostree-sysroot.c). */
static ErrorId id_of_text(const char *message)
{
    static const struct {
        const char *part;
        ErrorId id;
    } texts[] = {
        {"min-free-space-", ERROR_NO_SPACE_SYSROOT},
        {"Delta requires ", ERROR_NO_SPACE_SYSROOT},
        {"No space left on device", ERROR_NO_SPACE_SYSROOT},
        {"Read-only file system", ERROR_SYSROOT_READ_ONLY},
        {"orrupted ", ERROR_OBJECT_CORRUPT},
        {"checksum expected", ERROR_OBJECT_CORRUPT},
        {"ot normal form", ERROR_OBJECT_CORRUPT},
        {"Invalid checksum", ERROR_OBJECT_CORRUPT},
        {"nexpected end of", ERROR_OBJECT_CORRUPT},
        {"ransferred a partial file", ERROR_OBJECT_CORRUPT},
        {"signature", ERROR_SIGNATURE_INVALID},
        {"No such branch '", ERROR_REF_UNKNOWN},
        {"ref binding metadata", ERROR_REF_MISMATCH},
        {"While fetching ", ERROR_SERVER_UNREACHABLE},
        {"Server returned HTTP ", ERROR_SERVER_UNREACHABLE},
        {"Server returned status ", ERROR_SERVER_UNREACHABLE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        if (strstr(message, texts[i].part))
            return texts[i].id;
    return ERROR_INTERNAL;
}

ErrorId update_error_id(const GError *error)
{
    if (error->domain == UPDATE_ERROR)
        return (ErrorId)error->code;
    if (error->domain == OSTREE_GPG_ERROR)
        return error->code == OSTREE_GPG_ERROR_NO_SIGNATURE ? ERROR_SIGNATURE_MISSING
                                                            : ERROR_SIGNATURE_INVALID;
    ErrorId id = error->domain == G_IO_ERROR ? id_of_io_error(error) : ERROR_INTERNAL;
    return id == ERROR_INTERNAL ? id_of_text(error->message) : id;
}

gboolean update_error_is_transient(const GError *error)
{
    ErrorId id = update_error_id(error);

    /* A server that answers "no" (4xx) says the same next time. */
    if (strstr(error->message, "HTTP 408") || strstr(error->message, "HTTP 429"))
        return TRUE; /* these two mean "later" */
    if (strstr(error->message, "HTTP 4") || strstr(error->message, "status 4"))
        return FALSE;
    return id == ERROR_SERVER_UNREACHABLE || id == ERROR_SERVER_STALLED;
}
