/* SPDX-License-Identifier: MIT */
#include "base/problem.h"

#include "base/json.h"
#include "tests/unit/leak.h"

static int from_json(Problem *p, const char *text)
{
    _cleanup_json_ json_object *error = json_tokener_parse(text);

    cr_assert_not_null(error);
    return problem_from_json(p, error);
}

CLAIM(problem, a_known_id_brings_its_row)
{
    _cleanup_problem_ Problem p = {0};

    cr_assert_lt(from_json(&p, "{\"id\":\"update.denied\",\"detail\":\"1.1.0, by rollback\"}"), 0);
    _cleanup_free_ char *text = problem_to_text(&p, NULL);
    cr_assert_eq(p.failure.id, ERROR_DENIED);
    cr_assert_eq(problem_exit_code(&p), EXIT_REFUSED);
    cr_assert_str_eq(text, "the release is denied on this machine: 1.1.0, by rollback; if it is "
                           "good now: `azlctl deny remove` [update.denied]");
}

CLAIM(problem, an_id_of_a_newer_worker_is_passed_through)
{
    _cleanup_problem_ Problem p = {0};

    cr_assert_lt(from_json(&p, "{\"id\":\"update.unheard-of\",\"detail\":\"all is new\"}"), 0);
    _cleanup_free_ char *text = problem_to_text(&p, NULL);
    _cleanup_json_ json_object *object = problem_to_json(&p);
    cr_assert_str_eq(text, "all is new [update.unheard-of]");
    cr_assert_eq(problem_exit_code(&p), EXIT_FAILED);
    cr_assert_str_eq(json_get_string(json_get(object, "error"), "id"), "update.unheard-of");
    cr_assert_str_eq(json_get_string(json_get(object, "error"), "detail"), "all is new");
}

CLAIM(problem, an_error_without_an_id_is_garbage)
{
    _cleanup_problem_ Problem p = {0};

    cr_assert_lt(from_json(&p, "{\"detail\":\"x\"}"), 0);
    cr_assert_eq(p.failure.id, ERROR_PROTOCOL_GARBAGE);
}

CLAIM(problem, an_error_without_a_detail_is_one_still)
{
    _cleanup_problem_ Problem p = {0};

    cr_assert_lt(from_json(&p, "{\"id\":\"update.busy\"}"), 0);
    cr_assert_eq(problem_exit_code(&p), EXIT_BUSY);
    cr_assert_str_eq(problem_id(&p), "update.busy");
}
