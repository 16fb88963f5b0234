/* SPDX-License-Identifier: MIT */
/* NULL-terminated lists of strings; NULL is the empty list. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/macro.h"

size_t strv_length(char *const *list);
bool strv_contains(char *const *list, const char *item);

/* Appends and takes ownership of `item` on success. 0, or -ENOMEM. */
int strv_push(char ***list, char *item);

/* Appends a copy. 0, or -ENOMEM. */
int strv_push_copy(char ***list, const char *item);

/* Frees all of it; returns NULL. */
char **strv_free(char **list);

static inline void strv_freep(char ***list)
{
    *list = strv_free(*list);
}

#define _cleanup_strv_ _cleanup_(strv_freep)
