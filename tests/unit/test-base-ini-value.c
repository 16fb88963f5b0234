/* SPDX-License-Identifier: MIT */
#include "base/ini-value.h"

#include "base/macro.h"
#include "tests/unit/leak.h"

CLAIM(ini_value, a_path_leads_nowhere_else)
{
    static const char *const bad[] = {"/..", "/a/../b", "/./a", "/a/.", "a", "./a"};
    static const IniKey key = {"s", "path", INI_PATH};

    for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
        _cleanup_free_ char *why = NULL, *slot = NULL;
        cr_assert_eq(ini_value_parse(&key, bad[i], &slot, &why), -EINVAL, "%s", bad[i]);
        cr_assert_not_null(why);
    }
}

CLAIM(ini_value, what_is_wrong_leaves_the_old_value)
{
    static const IniKey key = {"s", "word", INI_STRING, .max = 3};
    _cleanup_free_ char *why = NULL, *slot = NULL;

    cr_assert_eq(ini_value_parse(&key, "old", &slot, &why), 0);
    cr_assert_eq(ini_value_parse(&key, "newer", &slot, &why), -EINVAL);
    cr_assert_str_eq(slot, "old");
    cr_assert_str_eq(why, "\"newer\" is longer than 3 bytes");
}
