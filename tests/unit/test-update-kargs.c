/* SPDX-License-Identifier: MIT */
#include "update/kargs.h"

#include "tests/unit/leak.h"
#include "update/error.h"

#define LIST(...) ((char **)(const char *[]){__VA_ARGS__, NULL})

static void assert_list(char **actual, char *const *expected)
{
    g_autofree char *a = g_strjoinv(" ", actual), *e = g_strjoinv(" ", (char **)expected);

    cr_assert_str_eq(a, e);
}

CLAIM(kargs, an_update_swaps_the_old_defaults_for_the_new_and_keeps_local_ones)
{
    g_auto(GStrv) result = kargs_update(LIST("root=LABEL=root", "console=ttyS0", "debug"),
                                        LIST("console=ttyS0"), LIST("console=ttyS1", "panic=30"));

    assert_list(result, LIST("root=LABEL=root", "debug", "console=ttyS1", "panic=30"));
}

CLAIM(kargs, a_default_that_an_admin_took_away_stays_away)
{
    g_auto(GStrv) result = kargs_update(LIST("rw"), LIST("rw", "quiet"), LIST("rw", "quiet"));

    assert_list(result, LIST("rw"));
}

CLAIM(kargs, without_defaults_everything_stays_in_its_order)
{
    g_auto(GStrv) result = kargs_update(LIST("b", "a", "b"), LIST(NULL), LIST(NULL));

    assert_list(result, LIST("b", "a", "b"));
}

CLAIM(kargs, edits_delete_replace_and_append_in_that_order)
{
    g_auto(GStrv) result =
        kargs_edit(LIST("a=1", "b=2", "c"), LIST("d=4"), LIST("c"), LIST("b=3"), NULL);

    assert_list(result, LIST("a=1", "b=3", "d=4"));
}

CLAIM(kargs, what_is_not_there_cannot_be_deleted)
{
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) result = kargs_edit(LIST("a=1"), NULL, LIST("z"), NULL, &error);

    cr_assert_null(result);
    cr_assert(g_error_matches(error, UPDATE_ERROR, ERROR_KARGS_INVALID));
}

CLAIM(kargs, an_argument_that_would_break_the_boot_entry_is_refused)
{
    static const char *const bad[] = {"", "=x", "a\nb", "ostree=/elsewhere", "a=b c=d"};

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) result = kargs_edit(LIST("a"), LIST(bad[i]), NULL, NULL, &error);

        cr_assert_null(result, "'%s' was taken", bad[i]);
        cr_assert(g_error_matches(error, UPDATE_ERROR, ERROR_KARGS_INVALID));
    }
}
