/* SPDX-License-Identifier: MIT */
#include "agent/ctl/option.h"

#include <stdbool.h>

#include "base/strv.h"
#include "tests/unit/leak.h"

typedef struct Target {
    bool check, help;
    const char *to;
    int64_t limit;
    char **append;
} Target;

static const Option table[] = {
    {"check", 0, OPTION_FLAG, offsetof(Target, check), NULL, "", 0},
    {"to", 0, OPTION_STRING, offsetof(Target, to), "VERSION", "", 0},
    {"limit", 0, OPTION_NUMBER, offsetof(Target, limit), "N", "", 100},
    {"append", 0, OPTION_LIST, offsetof(Target, append), "KEY", "", 0},
    {NULL},
};
static const Option common[] = {{"help", 'h', OPTION_FLAG, offsetof(Target, help), NULL, "", 0},
                                {NULL}};
static const Option *const tables[] = {common, table, NULL};

#define ARGV(...)                                                                                  \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

/* Takes all of argv, which is options only. */
static int take_all(const char *const words[], Target *target, Failure *f)
{
    char *const *argv = (char *const *)words; /* as main() has it */
    int r = 0;

    for (int i = 0; r == 0 && argv[i]; i++)
        r = option_take(tables, argv, &i, target, f);
    return r;
}

CLAIM(option, every_kind_lands_in_its_member)
{
    Target t = {0};

    cr_assert_eq(take_all(ARGV("--check", "--to", "1.1.0", "--limit=7", "-h", "--append", "a=b",
                               "--append=c"),
                          &t, NULL),
                 0);
    cr_assert(t.check && t.help);
    cr_assert_str_eq(t.to, "1.1.0");
    cr_assert_eq(t.limit, 7);
    cr_assert_eq(strv_length(t.append), 2);
    cr_assert_str_eq(t.append[0], "a=b");
    cr_assert_str_eq(t.append[1], "c");
    strv_free(t.append);
}

CLAIM(option, only_the_first_equals_sign_divides)
{
    Target t = {0};

    cr_assert_eq(take_all(ARGV("--to=a=b"), &t, NULL), 0);
    cr_assert_str_eq(t.to, "a=b");
}

CLAIM(option, the_last_one_wins)
{
    Target t = {0};

    cr_assert_eq(take_all(ARGV("--to=1", "--to=2"), &t, NULL), 0);
    cr_assert_str_eq(t.to, "2");
}

CLAIM(option, a_value_that_begins_with_dashes_needs_the_equals_sign)
{
    Target t = {0};

    cr_assert_eq(take_all(ARGV("--to", "--check"), &t, NULL), -EINVAL);
    cr_assert_not(t.check);
    cr_assert_eq(take_all(ARGV("--to=--check"), &t, NULL), 0);
    cr_assert_str_eq(t.to, "--check");
}

CLAIM(option, what_is_wrong_is_refused_as_usage)
{
    static const char *const wrong[][2] = {
        {"--to"},           {"--to="},      {"--check=yes"}, {"--limit", "x"},
        {"--limit", "101"}, {"--limit=-1"}, {"--limit=7x"},  {"--limit=+1"},
        {"--limit= 1"},     {"--limit="},   {"-x"},          {"--unknown"},
        {"--che"},          {"-check"},     {"--=x"},        {"--limit=99999999999999999999999"}};

    for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
        const char *const argv[] = {wrong[i][0], wrong[i][1], NULL};
        _cleanup_failure_ Failure f = {0};
        Target t = {0};

        cr_assert_eq(take_all(argv, &t, &f), -EINVAL, "%s", wrong[i][0]);
        cr_assert_eq(f.id, ERROR_USAGE);
        cr_assert_not_null(f.detail);
    }
}

CLAIM(option, a_slip_is_answered_with_the_nearest_option)
{
    _cleanup_failure_ Failure f = {0};
    Target t = {0};

    cr_assert_eq(take_all(ARGV("--chekc"), &t, &f), -EINVAL);
    cr_assert_not_null(strstr(f.detail, "did you mean --check?"), "%s", f.detail);
}
