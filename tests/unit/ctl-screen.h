/* SPDX-License-Identifier: MIT */
/* A Term that prints into memory, for tests of what people see:
 *
 *     _cleanup_screen_ Screen screen;
 *     screen_open(&screen, 80);
 *     …(&screen.term, …);
 *     cr_assert_str_eq(screen_text(&screen), "…");
 */
#pragma once

#include <criterion/criterion.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/ctl/printable.h"
#include "agent/ctl/term.h"

typedef struct Screen {
    Term term;
    char *text;
    size_t size;
} Screen;

/* `width` 0 is a pipe. */
static inline void screen_open(Screen *screen, unsigned width)
{
    cr_assert_not_null(setlocale(LC_ALL, "C.UTF-8"));
    *screen = (Screen){.term = {.utf8 = true, .width = width}};
    screen->term.file = open_memstream(&screen->text, &screen->size);
    cr_assert_not_null(screen->term.file);
}

/* What was printed so far. */
static inline const char *screen_text(Screen *screen)
{
    fflush(screen->term.file);
    return screen->text;
}

/* Columns of the widest line. */
static inline size_t screen_widest(Screen *screen)
{
    char *copy = strdup(screen_text(screen)), *rest = copy, *line;
    size_t widest = 0;

    while ((line = strsep(&rest, "\n"))) {
        size_t width = printable_width(line);
        widest = width > widest ? width : widest;
    }
    free(copy);
    return widest;
}

static inline void screen_close(Screen *screen)
{
    fclose(screen->term.file);
    free(screen->text);
}

#define _cleanup_screen_ __attribute__((cleanup(screen_close)))
