/* SPDX-License-Identifier: MIT */
/* The one table of verbs: dispatch, `--help`, completion and the check of the man page read it. */
#pragma once

#include <stdbool.h>

#include "agent/ctl/command.h"
#include "agent/ctl/ctl.h"

/* Who answers. */
typedef enum VerbRoute {
    ROUTE_WORKER, /* the worker alone: what is root's, whatever the daemon does */
    ROUTE_BOTH,   /* azl-agentd; without it the worker */
    ROUTE_AGENT,  /* azl-agentd alone: it is about the daemon itself */
    ROUTE_NONE,   /* nobody: the verb does it */
} VerbRoute;

struct Verb {
    const char *name;   /* NULL ends the table */
    const char *action; /* the second word of "deny add"; NULL: one word is enough */
    const char *words;  /* how help calls the arguments; "" for none */
    unsigned words_min, words_max;
    const char *group;     /* the heading in help */
    const char *summary;   /* one line */
    const char *about;     /* more, for the help of this verb; NULL: the summary says it all */
    const char *example;   /* command line and, behind "\t", what it does; one per line */
    const Option *options; /* NULL: only the common ones */
    bool json;             /* --json prints what it found */
    bool brings_in;        /* what boots next is another then: not during a hold */
    bool (*changes)(
        const Arguments *args); /* would it change the machine, and so need root? NULL: never */
    VerbRoute route;
    /* ROUTE_BOTH: does the daemon do what these arguments ask for? NULL: always. */
    bool (*offered)(const Arguments *args);
    int (*run)(Ctl *ctl, Problem *p); /* an exit code, or a negative errno */
};

extern const Verb verbs[];
extern const Option verb_common_options[];

/* The row with this name and second word; with action NULL the first row of that name. NULL: none.
 */
const Verb *verb_find(const char *name, const char *action);

/* "list, add, remove, reset": the second words of a verb. Static, until the next call. */
const char *verb_actions(const char *name);
