/* SPDX-License-Identifier: MIT */
/* A failure as a caller of a worker meets it: one of ours, or one that the worker named.
 *
 * A newer worker may know error ids that our table lacks; its name is kept, so that a script still
 * sees it. */
#pragma once

#include <json-c/json.h>

#include "base/failure.h"

typedef struct Problem {
    Failure failure;  /* what is known of it; its id is ERROR_INTERNAL where foreign_id is set */
    char *foreign_id; /* a name that is not in our table; owned; NULL: it is */
} Problem;

/* Fills *p from the worker's {"id","detail"}. Returns the negative errno it stands for. */
int problem_from_json(Problem *p, json_object *error);

/* Fills *to with a copy. */
void problem_copy(Problem *to, const Problem *from);

/* The stable name of what happened. Borrowed. */
const char *problem_id(const Problem *p);

/* The line a person reads, as failure_to_text(), or failure_to_text_with() where `next_step` is not
 * NULL. Owned by the caller; NULL when out of memory. */
char *problem_to_text(const Problem *p, const char *next_step);

/* {"error":{"id","detail"}}, owned by the caller. */
json_object *problem_to_json(const Problem *p);

/* What a program exits with. */
int problem_exit_code(const Problem *p);

void problem_clear(Problem *p);

#define _cleanup_problem_ _cleanup_(problem_clear)
