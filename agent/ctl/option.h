/* SPDX-License-Identifier: MIT */
/* Command line options, taken by tables: a row says what the option is called, what it takes, where
 * in the target struct that goes, and what `--help` says of it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

typedef enum OptionKind {
    OPTION_FLAG,   /* bool: true when given */
    OPTION_STRING, /* const char *: borrowed from argv; the last one wins */
    OPTION_NUMBER, /* int64_t, min…max */
    OPTION_LIST,   /* char **: copies, owned by the target; may be given again and again */
} OptionKind;

typedef struct Option {
    const char *name; /* without the dashes; NULL ends a table */
    char letter;      /* the short form; 0: none. Only flags have one */
    OptionKind kind;
    size_t offset;     /* offsetof() in the target */
    const char *value; /* how help calls the value; NULL for flags */
    const char *help;
    int64_t max, min; /* OPTION_NUMBER */
} Option;

/* Takes the option at argv[*index] (`--name`, `--name=value`, `--name value`, `-x`), looked up in
 * `tables` (NULL-terminated), and moves *index to the last word it used.
 * 0, or a negative errno with ERROR_USAGE and the nearest option in the detail. */
int option_take(const Option *const tables[], char *const argv[], int *index, void *target,
                Failure *f);
