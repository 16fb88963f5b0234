/* SPDX-License-Identifier: MIT */
#include "base/size.h"

#include "base/macro.h"
#include "tests/unit/leak.h"

static const struct {
    uint64_t bytes;
    const char *text;
} cases[] = {
    {0, "0 B"},
    {1, "1 B"},
    {1023, "1023 B"},
    {1024, "1.00 KiB"},
    {10 * 1024, "10.0 KiB"},
    {100 * 1024, "100 KiB"},
    {7549747, "7.20 MiB"},
    {1ULL << 30, "1.00 GiB"},
    {5ULL << 40, "5.00 TiB"},
    {1ULL << 50, "1.00 PiB"},
    {UINT64_MAX, "16.0 EiB"},
};

CLAIM(size, sizes_have_three_digits_and_a_binary_unit)
{
    char text[SIZE_TEXT_MAX];

    for (size_t i = 0; i < ELEMENTSOF(cases); i++)
        cr_assert_str_eq(size_format(cases[i].bytes, text), cases[i].text);
}

CLAIM(size, rounding_never_shows_1024_of_a_unit)
{
    char text[SIZE_TEXT_MAX];

    for (uint64_t unit = 1024; unit <= 1ULL << 50; unit *= 1024)
        for (uint64_t part = 0; part <= 1000; part++) {
            size_format(unit * 1023 + unit / 1000 * part, text);
            cr_assert_neq(strncmp(text, "1024", 4), 0, "%s", text);
        }
    cr_assert_str_eq(size_format(1023 * 1024 + 400, text), "1023 KiB");
    cr_assert_str_eq(size_format(1023 * 1024 + 700, text), "1.00 MiB");
}

CLAIM(size, rounding_never_shows_a_fourth_digit_below_1000)
{
    char text[SIZE_TEXT_MAX];

    cr_assert_str_eq(size_format(10239, text), "10.0 KiB");
    cr_assert_str_eq(size_format(102369, text), "100 KiB");
    cr_assert_str_eq(size_format(102399, text), "100 KiB");
}

CLAIM(size, numbers_and_binary_units_are_read)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {
        {"0", 0},
        {"812", 812},
        {"812 B", 812},
        {"64K", 65536},
        {"64 KiB", 65536},
        {"3G", 3ULL << 30},
        {"15 EiB", 15ULL << 60},
        {"18446744073709551615", UINT64_MAX},
    };
    static const char *const bad[] = {"",    " 1",   "-1", "1.5G", "1MB",
                                      "1kB", "1Kib", "K",  "1K1",  "0x1"};
    uint64_t bytes = 7;
    char text[SIZE_TEXT_MAX];

    for (size_t i = 0; i < ELEMENTSOF(bad); i++)
        cr_assert_eq(size_parse(bad[i], &bytes), -EINVAL, "%s", bad[i]);
    cr_assert_eq(size_parse("16 EiB", &bytes), -ERANGE);
    cr_assert_eq(size_parse("18446744073709551616", &bytes), -ERANGE);
    cr_assert_eq(bytes, 7);
    for (size_t i = 0; i < ELEMENTSOF(good); i++) {
        cr_assert_eq(size_parse(good[i].text, &bytes), 0, "%s", good[i].text);
        cr_assert_eq(bytes, good[i].bytes, "%s", good[i].text);
        cr_assert_eq(size_parse(size_format_exact(bytes, text), &bytes), 0, "%s", text);
        cr_assert_eq(bytes, good[i].bytes, "%s", text);
    }
}
