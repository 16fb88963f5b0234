/* SPDX-License-Identifier: MIT */
/* A test whose name is the claim it makes, and which a leak turns red.
 *
 * Criterion counts what fails in the body only (a failing .fini is shown, and forgotten), and a
 * leak is no crash. So the body is a function of its own, and LeakSanitizer looks once that has
 * returned: then no local variable holds on to what was lost. */
#pragma once

#include <criterion/criterion.h>

#ifdef AZL_SANITIZERS
#include <sanitizer/lsan_interface.h>

static inline void assert_no_leak(void)
{
    cr_assert(__lsan_do_recoverable_leak_check() == 0, "memory was leaked, see above");
}
#else
static inline void assert_no_leak(void) {}
#endif

/* No test waits for longer than this, in seconds. */
#define CLAIM_TIMEOUT 20

/* CLAIM(json, a_number_alone_is_a_value) { … } */
#define CLAIM(suite, claim)                                                                        \
    static void suite##_##claim(void);                                                             \
    Test(suite, claim, .timeout = CLAIM_TIMEOUT)                                                   \
    {                                                                                              \
        suite##_##claim();                                                                         \
        assert_no_leak();                                                                          \
    }                                                                                              \
    __attribute__((noinline)) static void suite##_##claim(void)
