/* SPDX-License-Identifier: MIT */
#include "update/error.h"

#include <ostree.h>

#include "tests/unit/leak.h"

static ErrorId id_of(GQuark domain, int code, const char *message)
{
    g_autoptr(GError) error = g_error_new_literal(domain, code, message);

    return update_error_id(error);
}

CLAIM(error, an_error_of_our_own_is_its_id)
{
    g_autoptr(GError) error = NULL;

    cr_assert_not(update_throw(&error, ERROR_DENIED, "%s", "1.1.0"));
    cr_assert_eq(update_error_id(error), ERROR_DENIED);
    cr_assert_str_eq(error->message, "1.1.0");
}

CLAIM(error, what_libostree_says_in_words_finds_its_id)
{
    static const struct {
        const char *message;
        ErrorId id;
    } cases[] = {
        {"While fetching http://h/summary: [7] Couldn't connect to server",
         ERROR_SERVER_UNREACHABLE},
        {"Server returned HTTP 500", ERROR_SERVER_UNREACHABLE},
        {"Corrupted file object; checksum expected='a' actual='b'", ERROR_OBJECT_CORRUPT},
        {"Writing content object: min-free-space-percent '3%' would be exceeded, at least 1 kB "
         "requested",
         ERROR_NO_SPACE_SYSROOT},
        {"No such branch 'x' in repository summary", ERROR_REF_UNKNOWN},
        {"openat: Read-only file system", ERROR_SYSROOT_READ_ONLY},
        {"Something new", ERROR_INTERNAL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        cr_assert_eq(id_of(G_IO_ERROR, G_IO_ERROR_FAILED, cases[i].message), cases[i].id, "%s",
                     cases[i].message);
}

CLAIM(error, a_missing_signature_is_told_from_a_bad_one)
{
    cr_assert_eq(id_of(OSTREE_GPG_ERROR, OSTREE_GPG_ERROR_NO_SIGNATURE, ""),
                 ERROR_SIGNATURE_MISSING);
    cr_assert_eq(id_of(OSTREE_GPG_ERROR, OSTREE_GPG_ERROR_MISSING_KEY, ""),
                 ERROR_SIGNATURE_INVALID);
}

CLAIM(error, only_what_passes_by_itself_is_tried_again)
{
    static const struct {
        const char *message;
        gboolean transient;
    } cases[] = {
        {"Server returned HTTP 503", TRUE},
        {"While fetching http://h/x: [28] Timeout was reached", TRUE},
        {"Server returned HTTP 404", FALSE},
        {"Server returned HTTP 403", FALSE},
        {"Corrupted file object", FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error =
            g_error_new_literal(G_IO_ERROR, G_IO_ERROR_FAILED, cases[i].message);
        cr_assert_eq(update_error_is_transient(error), cases[i].transient, "%s", cases[i].message);
    }
}
