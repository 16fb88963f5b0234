/* SPDX-License-Identifier: MIT */
#include "base/suggest.h"

#include <stdint.h>

#include "base/macro.h"
#include "tests/unit/leak.h"

static const char *const verb_names[] = {"status", "update", "rollback", "reboot", "pin",
                                         "unpin",  "deny",   "diff",     NULL};

CLAIM(suggest, distance_counts_single_slips)
{
    cr_assert_eq(suggest_distance("status", "status"), 0);
    cr_assert_eq(suggest_distance("statsu", "status"), 1);
    cr_assert_eq(suggest_distance("stats", "status"), 1);
    cr_assert_eq(suggest_distance("sttatus", "status"), 1);
    cr_assert_eq(suggest_distance("statys", "status"), 1);
    cr_assert_eq(suggest_distance("", "pin"), 3);
    cr_assert_eq(suggest_distance("rollback", "update"), suggest_distance("update", "rollback"));
}

CLAIM(suggest, a_slip_finds_what_was_meant)
{
    static const char *const slips[][2] = {{"statsu", "status"},    {"udpate", "update"},
                                           {"rolback", "rollback"}, {"rol", "rollback"},
                                           {"unpim", "unpin"},      {"dney", "deny"}};

    for (size_t i = 0; i < ELEMENTSOF(slips); i++) {
        const char *found = suggest_nearest(slips[i][0], verb_names);
        cr_assert_not_null(found, "%s", slips[i][0]);
        cr_assert_str_eq(found, slips[i][1]);
    }
}

CLAIM(suggest, something_else_finds_nothing)
{
    cr_assert_null(suggest_nearest("frobnicate", verb_names));
    cr_assert_null(suggest_nearest("xyz", verb_names));
    cr_assert_null(suggest_nearest("", verb_names));
}

CLAIM(suggest, an_endless_word_is_far_from_everything)
{
    char word[5000];

    memset(word, 'a', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    cr_assert_eq(suggest_distance(word, "status"), SIZE_MAX);
    cr_assert_null(suggest_nearest(word, verb_names));
}
