/* SPDX-License-Identifier: MIT */
/* All that is wrong with some files, each with its place: who mends them wants to do it once. */
#pragma once

#include <json-c/json.h>

#include "base/failure.h"
#include "base/macro.h"

/* Of more problems than this only the number is kept. */
#define PROBLEM_LIST_MAX 50

typedef struct ProblemEntry {
    char *file;    /* one line of UTF-8 */
    unsigned line; /* from 1; 0: the file as a whole */
    char *message; /* one line of UTF-8 */
} ProblemEntry;

typedef struct ProblemList {
    ProblemEntry *entries; /* in the order of their addition */
    size_t n;
    size_t n_more; /* how many there were after the list was full */
} ProblemList;

/* Adds one. 0, or -ENOMEM. */
int problem_list_add(ProblemList *list, const char *file, unsigned line, const char *format, ...)
    _printf_(4, 5);

/* [{"file","line","message"}…], `line` being null where it is 0. Owned by the caller; NULL when out
 * of memory. */
json_object *problem_list_to_json(const ProblemList *list);

/* Fills the failure with `id` and the first problem, "FILE:LINE: MESSAGE (and 2 more)". Returns
 * -EINVAL, or 0 when the list is empty. */
int problem_list_to_failure(const ProblemList *list, ErrorId id, Failure *f);

/* Frees and empties. NULL is fine. */
void problem_list_clear(ProblemList *list);

#define _cleanup_problem_list_ _cleanup_(problem_list_clear)
