/* SPDX-License-Identifier: MIT */
/* Text from outside (versions, refs, server messages, file names) made fit for a terminal.
 *
 * A release whose version holds an escape sequence must not be able to repaint the screen of the
 * admin who looks at it, so everything that is printed for people passes printable_copy(). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A copy in which nothing but printable characters is left: controls (C0, DEL, C1), line and
 * paragraph separators, direction overrides, invisible format characters and bytes that are no
 * UTF-8 become U+FFFD. With utf8 false the few glyphs we draw become their ASCII likeness, and
 * everything else beyond ASCII becomes "?". Owned by the caller; NULL when out of memory. */
char *printable_copy(const char *text, bool utf8);

/* Columns that a clean text takes. */
size_t printable_width(const char *text);

/* Bytes of the longest head of a clean text that takes at most `columns`, cut between characters.
 */
size_t printable_fit(const char *text, size_t columns);
