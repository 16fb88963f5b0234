/* SPDX-License-Identifier: MIT */
/* "Did you mean …?" */
#pragma once

#include <stddef.h>

/* Letters to insert, remove, change or swap with their neighbour to make `a` into `b`. Words
 * longer than 32 bytes are as far from everything as can be: SIZE_MAX. */
size_t suggest_distance(const char *a, const char *b);

/* The candidate nearest to `word`, if it is near enough to be what was meant; else NULL.
 * `candidates` ends with NULL. */
const char *suggest_nearest(const char *word, const char *const candidates[]);
