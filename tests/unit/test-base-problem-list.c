/* SPDX-License-Identifier: MIT */
#include "base/problem-list.h"

#include "tests/unit/leak.h"

CLAIM(problem_list, as_json_each_is_one_line_of_utf8)
{
    _cleanup_problem_list_ ProblemList problems = {0};

    cr_assert_eq(problem_list_add(&problems, "/a\x1b", 3, "bad\n%s", "\xff"), 0);
    cr_assert_eq(problem_list_add(&problems, "/b", 0, "gone"), 0);
    json_object *array = problem_list_to_json(&problems);
    cr_assert_str_eq(json_object_to_json_string_ext(array, JSON_C_TO_STRING_NOSLASHESCAPE),
                     "[{\"file\":\"/a \",\"line\":3,\"message\":\"bad ?\"},"
                     "{\"file\":\"/b\",\"line\":null,\"message\":\"gone\"}]");
    json_object_put(array);
}

CLAIM(problem_list, as_a_failure_it_is_the_first_and_how_many_more)
{
    _cleanup_problem_list_ ProblemList problems = {0};
    _cleanup_failure_ Failure f = {0};

    cr_assert_eq(problem_list_to_failure(&problems, ERROR_CONFIG_INVALID, &f), 0);
    cr_assert_eq(problem_list_add(&problems, "/a", 0, "gone"), 0);
    cr_assert_eq(problem_list_to_failure(&problems, ERROR_CONFIG_INVALID, &f), -EINVAL);
    cr_assert_eq(f.id, ERROR_CONFIG_INVALID);
    cr_assert_str_eq(f.detail, "/a: gone");
    for (unsigned line = 1; line <= PROBLEM_LIST_MAX; line++)
        cr_assert_eq(problem_list_add(&problems, "/b", line, "bad"), 0);
    cr_assert_eq(problems.n, PROBLEM_LIST_MAX);
    cr_assert_eq(problem_list_to_failure(&problems, ERROR_CONFIG_INVALID, &f), -EINVAL);
    cr_assert_str_eq(f.detail, "/a: gone (and 50 more)");
}
