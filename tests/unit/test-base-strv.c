/* SPDX-License-Identifier: MIT */
#include "base/strv.h"

#include <stdio.h>

#include "tests/unit/leak.h"

CLAIM(strv, null_is_the_empty_list)
{
    cr_assert_eq(strv_length(NULL), 0);
    cr_assert_not(strv_contains(NULL, "x"));
    cr_assert_null(strv_free(NULL));
}

CLAIM(strv, items_keep_their_order_and_the_end_is_null)
{
    _cleanup_strv_ char **list = NULL;
    char name[16];

    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "item %d", i);
        cr_assert_eq(strv_push_copy(&list, name), 0);
    }
    cr_assert_eq(strv_length(list), 100);
    cr_assert_str_eq(list[0], "item 0");
    cr_assert_str_eq(list[99], "item 99");
    cr_assert_null(list[100]);
}

CLAIM(strv, push_takes_the_item_over_and_push_copy_does_not)
{
    _cleanup_strv_ char **list = NULL;
    char *mine = strdup("given");
    char lent[] = "lent";

    cr_assert_eq(strv_push(&list, mine), 0);
    cr_assert_eq(strv_push_copy(&list, lent), 0);
    cr_assert_eq(list[0], mine);
    cr_assert_neq(list[1], (char *)lent);
}

CLAIM(strv, an_item_is_found_only_as_a_whole)
{
    _cleanup_strv_ char **list = NULL;

    strv_push_copy(&list, "quiet");
    strv_push_copy(&list, "");
    strv_push_copy(&list, "root=LABEL=root");
    cr_assert(strv_contains(list, "root=LABEL=root"));
    cr_assert(strv_contains(list, ""));
    cr_assert_not(strv_contains(list, "root"));
    cr_assert_not(strv_contains(list, "quiet "));
}
