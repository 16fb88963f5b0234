/* SPDX-License-Identifier: MIT */
/* Sizes as people read and write them. */
#pragma once

#include <stdint.h>

#define SIZE_TEXT_MAX 24

/* Bytes in binary units with three significant digits: "812 B", "7.20 MiB", "1.05 GiB"; four only
 * from 1000 to 1023. Returns buf. */
char *size_format(uint64_t bytes, char buf[static SIZE_TEXT_MAX]);

/* Reads a whole number of bytes ("812", "812 B") or of binary units ("64K", "64 KiB", "1G"). "MB"
 * is refused: it means one thing to some and another to others. 0, -EINVAL, or -ERANGE when it is
 * too large. */
int size_parse(const char *text, uint64_t *ret_bytes);

/* The shortest text that size_parse() reads back as exactly this: "64 KiB", "1000 B". Returns buf.
 */
char *size_format_exact(uint64_t bytes, char buf[static SIZE_TEXT_MAX]);
