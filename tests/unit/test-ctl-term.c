/* SPDX-License-Identifier: MIT */
#include "agent/ctl/term.h"

#include "tests/unit/ctl-screen.h"
#include "tests/unit/leak.h"

CLAIM(term, a_newline_in_the_text_ends_no_line)
{
    _cleanup_screen_ Screen screen;

    screen_open(&screen, 0);
    term_line(&screen.term, STYLE_PLAIN, "version %s", "1.0\nRunning  9.9");
    cr_assert_str_eq(screen_text(&screen), "version 1.0\uFFFDRunning  9.9\n");
}

CLAIM(term, colour_is_ours_only)
{
    _cleanup_screen_ Screen screen;

    screen_open(&screen, 0);
    screen.term.colour = true;
    term_line(&screen.term, STYLE_BAD, "%s", "\x1b[32mgood");
    cr_assert_str_eq(screen_text(&screen), "\x1b[31m\uFFFD[32mgood\x1b[0m\n");
}

CLAIM(term, without_colour_there_is_no_escape)
{
    _cleanup_screen_ Screen screen;

    screen_open(&screen, 0);
    term_line(&screen.term, STYLE_BAD, "bad");
    cr_assert_str_eq(screen_text(&screen), "bad\n");
}

CLAIM(term, cells_are_filled_by_columns_and_never_cut)
{
    _cleanup_screen_ Screen screen;

    screen_open(&screen, 0);
    term_cell(&screen.term, 6, STYLE_PLAIN, "gr\u00FCn");
    term_cell(&screen.term, 2, STYLE_PLAIN, "long");
    term_end(&screen.term);
    cr_assert_str_eq(screen_text(&screen), "gr\u00FCn  long\n");
}

CLAIM(term, text_is_broken_between_words_under_its_column)
{
    _cleanup_screen_ Screen screen;

    screen_open(&screen, 30);
    term_cell(&screen.term, 4, STYLE_PLAIN, "!");
    term_text(&screen.term, 4, STYLE_PLAIN, "the update did not come true, see the journal");
    cr_assert_str_eq(screen_text(&screen), "!   the update did not come\n"
                                           "    true, see the journal\n");
}

CLAIM(term, no_broken_line_is_wider_than_the_terminal)
{
    for (unsigned width = 24; width <= 100; width++) {
        _cleanup_screen_ Screen screen;

        screen_open(&screen, width);
        term_text(&screen.term, 0, STYLE_PLAIN,
                  "one two three four five six seven eight nine ten eleven twelve thirteen");
        cr_assert_leq(screen_widest(&screen), width);
    }
}

CLAIM(term, a_word_wider_than_the_terminal_is_not_lost)
{
    _cleanup_screen_ Screen screen;

    screen_open(&screen, 24);
    term_text(&screen.term, 0, STYLE_PLAIN, "a %s b", "0123456789012345678901234567890123456789");
    cr_assert_str_eq(screen_text(&screen), "a\n0123456789012345678901234567890123456789\nb\n");
}

CLAIM(term, a_pipe_gets_one_line)
{
    _cleanup_screen_ Screen screen;

    screen_open(&screen, 0);
    term_text(&screen.term, 10, STYLE_PLAIN, "%0200d", 0);
    cr_assert_eq(strlen(screen_text(&screen)), 201);
}

CLAIM(term, a_stream_that_is_no_terminal_gets_neither_colour_nor_bar)
{
    _cleanup_screen_ Screen screen;
    FILE *file = tmpfile();
    Term term;

    screen_open(&screen, 0);
    setenv("TERM", "xterm-256color", 1);
    term_init(&term, file);
    cr_assert(!term.interactive && !term.colour && term.utf8);
    cr_assert_eq(term.width, 0);
    fclose(file);
}
