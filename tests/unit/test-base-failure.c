/* SPDX-License-Identifier: MIT */
#include "base/failure.h"

#include "tests/unit/leak.h"

CLAIM(failure, setting_one_returns_its_code_and_keeps_the_text)
{
    _cleanup_failure_ Failure f = {0};

    cr_assert_eq(failure_set(&f, -EIO, ERROR_OBJECT_CORRUPT, "object %d", 7), -EIO);
    cr_assert_eq(f.code, -EIO);
    cr_assert_eq(f.id, ERROR_OBJECT_CORRUPT);
    cr_assert_str_eq(f.detail, "object 7");
}

CLAIM(failure, a_second_one_replaces_the_first_and_may_quote_it)
{
    _cleanup_failure_ Failure f = {0};

    failure_set(&f, -EIO, ERROR_INTERNAL, "inner");
    failure_set(&f, -EPERM, ERROR_NOT_ROOT, "outer (%s)", f.detail);
    cr_assert_eq(f.code, -EPERM);
    cr_assert_str_eq(f.detail, "outer (inner)");
}

CLAIM(failure, the_text_of_an_errno_comes_last)
{
    _cleanup_failure_ Failure f = {0};

    cr_assert_eq(failure_set_errno(&f, -ENOENT, ERROR_INTERNAL, "/boot/%s", "x"), -ENOENT);
    cr_assert_str_eq(f.detail, "/boot/x: No such file or directory");
}

CLAIM(failure, no_failure_at_all_is_fine_everywhere)
{
    Failure from = {0};

    cr_assert_eq(failure_set(NULL, -EIO, ERROR_INTERNAL, "x"), -EIO);
    cr_assert_eq(failure_set_errno(NULL, -EIO, ERROR_INTERNAL, "x"), -EIO);
    cr_assert_eq(failure_oom(NULL), -ENOMEM);
    failure_prefix(NULL, "x");
    failure_clear(NULL);
    failure_set(&from, -EBUSY, ERROR_BUSY, "held by 1");
    cr_assert_eq(failure_move(NULL, &from), -EBUSY);
    cr_assert_null(from.detail);
}

CLAIM(failure, a_prefix_goes_in_front)
{
    _cleanup_failure_ Failure f = {0}, bare = {.code = -EIO, .id = ERROR_INTERNAL};

    failure_set(&f, -EIO, ERROR_INTERNAL, "no entry");
    failure_prefix(&f, "deployment %s", "B");
    cr_assert_str_eq(f.detail, "deployment B: no entry");
    failure_prefix(&bare, "deployment %s", "B");
    cr_assert_str_eq(bare.detail, "deployment B");
}

CLAIM(failure, the_line_for_people_has_cause_next_step_and_id)
{
    _cleanup_failure_ Failure f = {0};
    _cleanup_free_ char *text = NULL, *bare = NULL;

    failure_set(&f, -EBUSY, ERROR_BUSY, "pid 12");
    text = failure_to_text(&f);
    cr_assert_str_eq(text, "another program holds the sysroot lock: pid 12; wait for it to end, or "
                           "see who has <sysroot>/ostree/lock open (`fuser`) [update.busy]");
    failure_oom(&f);
    bare = failure_to_text(&f);
    cr_assert_str_eq(bare, "there is not enough memory; free memory, then try again; nothing was "
                           "changed [internal.out-of-memory]");
}

CLAIM(failure, a_hostile_detail_stays_one_harmless_line_of_utf_8)
{
    _cleanup_failure_ Failure f = {0};

    failure_set(&f, -EIO, ERROR_INTERNAL,
                "a\nb\r\tc\x1b[31md\xff"
                "e\xc2\x9b"
                "f");
    cr_assert_str_eq(f.detail, "a b  c [31md?e  f");
    failure_prefix(&f, "x\ny");
    cr_assert_str_eq(f.detail, "x y: a b  c [31md?e  f");
}

CLAIM(failure, moving_leaves_nothing_behind)
{
    _cleanup_failure_ Failure from = {0}, to = {0};

    failure_set(&to, -EIO, ERROR_INTERNAL, "old");
    failure_set(&from, -EBUSY, ERROR_BUSY, "new");
    cr_assert_eq(failure_move(&to, &from), -EBUSY);
    cr_assert_str_eq(to.detail, "new");
    cr_assert_eq(to.id, ERROR_BUSY);
    cr_assert(from.code == 0 && from.id == ERROR_NONE && !from.detail);
}

CLAIM(failure, a_huge_detail_is_kept_whole)
{
    _cleanup_failure_ Failure f = {0};
    _cleanup_free_ char *huge = malloc(1 << 20);

    memset(huge, 'x', (1 << 20) - 1);
    huge[(1 << 20) - 1] = '\0';
    failure_set(&f, -EIO, ERROR_INTERNAL, "%s", huge);
    cr_assert_str_eq(f.detail, huge);
}
