/* SPDX-License-Identifier: MIT */
/* The only way to print for people.
 *
 * What is printed goes through printable_copy() as a whole, newlines included; a line ends only
 * where the code says term_end(). So no text from outside can forge a line, a colour or a cursor
 * movement, whatever a renderer forgets. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/macro.h"

typedef enum Style {
    STYLE_PLAIN,
    STYLE_STRONG,
    STYLE_FAINT,
    STYLE_GOOD,
    STYLE_WARN,
    STYLE_BAD,
} Style;

typedef struct Term {
    FILE *file;       /* borrowed */
    bool interactive; /* a terminal that can draw a line again */
    bool colour;
    bool utf8;
    unsigned width; /* columns; 0: no limit (pipe, file) */
} Term;

/* Looks at the stream, TERM, NO_COLOR and the locale (call setlocale() before). */
void term_init(Term *term, FILE *file);

/* Asks the terminal for its width again: windows are resized. */
void term_refresh_width(Term *term);

/* A piece of a line. */
void term_put(Term *term, Style style, const char *format, ...) _printf_(3, 4);

/* A piece of a line that takes at least `columns`, filled up with spaces. */
void term_cell(Term *term, size_t columns, Style style, const char *format, ...) _printf_(4, 5);

/* Ends the line. */
void term_end(Term *term);

/* A whole line. */
void term_line(Term *term, Style style, const char *format, ...) _printf_(3, 4);

/* The rest of a line that stands at column `indent`, broken between words to the terminal's width;
 * further lines start at the same column. Ends the line. */
void term_text(Term *term, size_t indent, Style style, const char *format, ...) _printf_(4, 5);
