/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include "base/macro.h"
#include "tests/unit/leak.h"

static const struct {
    const char *in, *utf8, *line;
} cases[] = {
    {"", "", ""},
    {"plain ASCII ~", "plain ASCII ~", "plain ASCII ~"},
    {"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\xa7", "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\xa7",
     "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\xa7"},
    {"two\nlines\r\t", "two\nlines\r\t", "two lines  "},
    {"\x1b]0;title\a\x7f", "\x1b]0;title\a\x7f", " ]0;title  "},
    {"c1 \xc2\x9b"
     "31m \xc2\xa0",
     "c1 \xc2\x9b"
     "31m \xc2\xa0",
     "c1   31m \xc2\xa0"},
    {"latin \xe4", "latin ?", "latin ?"},
    {"cut \xe2\x82", "cut ??", "cut ??"},
    {"cut \xf0\x9f\x90", "cut ???", "cut ???"},
    {"lone \x80\xbf", "lone ??", "lone ??"},
    {"overlong \xc0\xaf \xe0\x80\xaf", "overlong ?? ???", "overlong ?? ???"},
    {"overlong \xf0\x80\x80\xaf", "overlong ????", "overlong ????"},
    {"surrogate \xed\xa0\x80", "surrogate ???", "surrogate ???"},
    {"beyond \xf4\x90\x80\x80 \xf5\x80", "beyond ???? ??", "beyond ???? ??"},
    {"lead then ascii \xc3(", "lead then ascii ?(", "lead then ascii ?("},
};

CLAIM(text, what_is_not_utf_8_becomes_question_marks)
{
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_free_ char *text = strdup(cases[i].in);
        text_make_utf8(text, strlen(text));
        cr_assert_str_eq(text, cases[i].utf8, "case %zu: %s", i, text);
    }
}

CLAIM(text, what_needs_no_change_is_utf_8_and_nothing_else_is)
{
    for (size_t i = 0; i < ELEMENTSOF(cases); i++)
        cr_assert_eq(text_is_utf8(cases[i].in, strlen(cases[i].in)),
                     strcmp(cases[i].in, cases[i].utf8) == 0, "case %zu", i);
}

CLAIM(text, a_line_has_no_control_characters)
{
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_free_ char *text = strdup(cases[i].in);
        text_make_line(text);
        cr_assert_str_eq(text, cases[i].line, "case %zu: %s", i, text);
    }
    text_make_line(NULL);
}

CLAIM(text, nothing_behind_the_size_is_read_or_changed)
{
    char *text = malloc(2); /* exactly: the address sanitizer watches the byte behind it */

    text[0] = 'a';
    text[1] = '\xe2';
    text_make_utf8(text, 2);
    cr_assert_arr_eq(text, "a?", 2);
    free(text);
}

CLAIM(text, an_embedded_nul_is_kept_as_any_ascii)
{
    char text[] = "a\0b\xff";

    text_make_utf8(text, 4);
    cr_assert_arr_eq(text, "a\0b?", 5);
}
