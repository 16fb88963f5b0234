/* SPDX-License-Identifier: MIT */
/* Text from outside, made harmless: file names, commit metadata and server replies may hold
 * anything, a terminal obeys escape sequences, and a JSON reader refuses what is not UTF-8. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Is all of it valid UTF-8 (RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF)? */
bool text_is_utf8(const char *text, size_t size);

/* Replaces by '?', in place, each byte that is not part of valid UTF-8. The length stays. */
void text_make_utf8(char *text, size_t size);

/* The same for a C string, and turns it into one line that a terminal can show: control characters
 * (C0, DEL, C1) become spaces. NULL is fine. */
void text_make_line(char *text);
