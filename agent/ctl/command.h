/* SPDX-License-Identifier: MIT */
/* What the command line said: the verb from verb.c's table, its options and its words. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/ctl/option.h"

typedef struct Verb Verb;

/* The target of every option table. Strings are borrowed from argv; lists are owned. */
typedef struct Arguments {
    /* everywhere */
    const char *sysroot;
    int64_t lock_timeout; /* -1: not given */
    bool json, help, version;
    /* verbs */
    bool check, download_only, allow_downgrade, no_deltas, reboot, exit_unchanged;
    bool no_deny, keep_etc, staged, rollback, no_wait;
    const char *to, *from, *reason, *until, *root;
    int64_t limit; /* -1: not given */
    char **append, **delete, **replace;
    char **words; /* what is no option, behind the verb */
} Arguments;

typedef struct Command {
    const Verb *verb; /* NULL: none was named */
    bool has_action;  /* verb is the row that its second word named, not the first of its name */
    Arguments args;
} Command;

/* Reads the command line. A verb of two words ("deny add") is found by both. Words are counted
 * unless help is asked for. 0, or a negative errno with ERROR_USAGE; what had been read before
 * stays in *command, which command_clear() frees either way. */
int command_parse(int argc, char *const argv[], Command *command, Failure *f);

/* Where a person who got the command line wrong finds out: "see `azlctl deny add --help`". Owned by
 * the caller; NULL when out of memory. */
char *command_next_step(const Command *command);

void command_clear(Command *command);

#define _cleanup_command_ _cleanup_(command_clear)
