/* SPDX-License-Identifier: MIT */
#include "base/macro.h"

#include <fcntl.h>
#include <stdint.h>

#include "tests/unit/leak.h"

CLAIM(macro, a_taken_pointer_has_one_owner)
{
    _cleanup_free_ char *old_owner = strdup("x"), *new_owner = NULL;

    new_owner = TAKE_PTR(old_owner);
    cr_assert_null(old_owner);
    cr_assert_str_eq(new_owner, "x");
}

CLAIM(macro, a_taken_descriptor_stays_open_and_the_rest_is_closed)
{
    int kept, closed;

    {
        _cleanup_close_ int a = open("/dev/null", O_RDONLY | O_CLOEXEC);
        _cleanup_close_ int b = open("/dev/null", O_RDONLY | O_CLOEXEC);
        closed = b;
        kept = TAKE_FD(a);
        cr_assert_eq(a, -EBADF);
    }
    cr_assert(fcntl(kept, F_GETFD) >= 0);
    cr_assert_eq(fcntl(closed, F_GETFD), -1);
    close(kept);
}

CLAIM(macro, closing_none_is_fine_and_keeps_errno)
{
    errno = ENOSPC;
    cr_assert_eq(close_fd(-EBADF), -EBADF);
    cr_assert_eq(close_fd(open("/dev/null", O_RDONLY | O_CLOEXEC)), -EBADF);
    errno = ENOSPC;
    close_fd(1 << 30); /* not open: close() itself says EBADF */
    cr_assert_eq(errno, ENOSPC);
}

static int looked;

static int64_t moving(void)
{
    return looked++ == 0 ? 1 : -1;
}

CLAIM(macro, the_larger_and_the_smaller_look_once)
{
    cr_assert_eq(MAX_OF(moving(), 0), 1, "a second look gave another answer");
    cr_assert_eq(looked, 1);
    looked = 0;
    cr_assert_eq(MIN_OF(5, moving()), 1);
    cr_assert_eq(looked, 1);
    cr_assert_eq(MIN_OF(MAX_OF(2, 3), 7), 3);
}
