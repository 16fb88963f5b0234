/* SPDX-License-Identifier: MIT */
/* Sizes as people read them. */
#pragma once

#include <stdint.h>

#define SIZE_TEXT_MAX 24

/* Bytes in binary units with three significant digits: "812 B", "7.20 MiB", "1.05 GiB"; four only
 * from 1000 to 1023. Returns buf. */
char *size_format(uint64_t bytes, char buf[static SIZE_TEXT_MAX]);
