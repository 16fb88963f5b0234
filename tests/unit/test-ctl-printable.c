/* SPDX-License-Identifier: MIT */
#include "agent/ctl/printable.h"

#include <locale.h>

#include "base/macro.h"
#include "tests/unit/leak.h"

#define BAD "\xEF\xBF\xBD" /* U+FFFD */

static const struct {
    const char *text, *utf8, *ascii;
} cases[] = {
    {"1.1.0", "1.1.0", "1.1.0"},
    {"", "", ""},
    {"\x1b[2J", BAD "[2J", "?[2J"}, /* ESC */
    {"a\nb\tc\rd\x7f", "a" BAD "b" BAD "c" BAD "d" BAD, "a?b?c?d?"},
    {"\xC2\x9B"
     "31m",
     BAD "31m", "?31m"}, /* C1: CSI in one character */
    {"\x9b"
     "31m",
     BAD "31m", "?31m"},                           /* the same as a lone byte: no UTF-8 */
    {"\xE2\x80\xAEgpj", BAD "gpj", "?gpj"},        /* right-to-left override */
    {"a\xE2\x80\x8B", "a" BAD, "a?"},              /* zero width space */
    {"\xC0\xAF", BAD BAD, "??"},                   /* overlong */
    {"\xED\xA0\x80", BAD BAD BAD, "???"},          /* surrogate */
    {"\xE2\x82", BAD BAD, "??"},                   /* cut off */
    {"\xF4\x90\x80\x80", BAD BAD BAD BAD, "????"}, /* beyond U+10FFFF */
    {"gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F", "gr??"},
    {"\u25CF a \u2192 b\u2026", "\u25CF a \u2192 b\u2026", "* a -> b..."},
};

CLAIM(printable, nothing_is_left_that_a_terminal_obeys)
{
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_free_ char *utf8 = printable_copy(cases[i].text, true);
        _cleanup_free_ char *ascii = printable_copy(cases[i].text, false);

        cr_assert_str_eq(utf8, cases[i].utf8, "case %zu: %s", i, utf8);
        cr_assert_str_eq(ascii, cases[i].ascii, "case %zu: %s", i, ascii);
    }
}

CLAIM(printable, every_single_byte_becomes_something_printable)
{
    for (unsigned byte = 1; byte < 256; byte++) {
        const char text[] = {(char)byte, '\0'};
        _cleanup_free_ char *ascii = printable_copy(text, false);

        cr_assert(ascii[0] >= 0x20 && ascii[0] < 0x7F && !ascii[1], "byte %u: %s", byte, ascii);
    }
}

CLAIM(printable, width_counts_columns_not_bytes)
{
    cr_assert_not_null(setlocale(LC_ALL, "C.UTF-8"));
    cr_assert_eq(printable_width(""), 0);
    cr_assert_eq(printable_width("gr\u00FC\u00DF"), 4);
    cr_assert_eq(printable_width("\u65E5\u672C"), 4);
    cr_assert_eq(printable_width("e\u0301"), 1);
}

CLAIM(printable, a_cut_never_falls_into_a_character)
{
    cr_assert_not_null(setlocale(LC_ALL, "C.UTF-8"));
    cr_assert_eq(printable_fit("abc", 2), 2);
    cr_assert_eq(printable_fit("abc", 9), 3);
    cr_assert_eq(printable_fit("gr\u00FC\u00DF", 3), 4);
    cr_assert_eq(printable_fit("\u65E5\u672C", 3), 3);
    cr_assert_eq(printable_fit("\u65E5\u672C", 1), 0);
}
