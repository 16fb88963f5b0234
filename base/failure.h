/* SPDX-License-Identifier: MIT */
/* What went wrong, for people and for programs.
 *
 * Functions return an int: 0 is success, a negative errno is a failure that is forwarded unchanged,
 * a positive value is a documented condition that the direct caller must handle. The text travels
 * in a Failure as last parameter. NULL is allowed there by every function, for callers who need no
 * text. */
#pragma once

#include "base/error-id.h"
#include "base/macro.h"

typedef struct Failure {
    int code;     /* negative errno; 0 while nothing failed */
    ErrorId id;   /* which row of the table */
    char *detail; /* the object and the cause, one line of UTF-8; owned; may be NULL */
} Failure;

/* Fills *f (freeing what was there) and returns code, which must be a negative errno. */
int failure_set(Failure *f, int code, ErrorId id, const char *format, ...) _printf_(4, 5);

/* The same, with ": " and the text of the errno at the end of the detail. */
int failure_set_errno(Failure *f, int code, ErrorId id, const char *format, ...) _printf_(4, 5);

/* Out of memory; returns -ENOMEM. */
int failure_oom(Failure *f);

/* Puts "what: " in front of the detail; without one, "what" becomes the detail. */
void failure_prefix(Failure *f, const char *format, ...) _printf_(2, 3);

/* The line a person reads: "<summary>: <detail>; <next step> [<id>]". Owned by the caller;
 * NULL when out of memory. */
char *failure_to_text(const Failure *f);

/* The same with another next step than the table's. */
char *failure_to_text_with(const Failure *f, const char *next_step);

/* Moves what *from holds into *to (which may be NULL). Returns the code. */
int failure_move(Failure *to, Failure *from);

/* Frees and empties. */
void failure_clear(Failure *f);

#define _cleanup_failure_ _cleanup_(failure_clear)
