/* SPDX-License-Identifier: MIT */
/* What every verb works with: the command, the two streams, and who does the work. */
#pragma once

#include <json-c/json.h>

#include "agent/ctl/command.h"
#include "agent/ctl/progress.h"
#include "agent/ctl/term.h"
#include "agent/ctl/worker.h"
#include "base/problem.h"

typedef struct Daemon Daemon;

typedef struct Ctl {
    Arguments *args; /* borrowed */
    Term out;        /* data */
    Term err;        /* talk */
    WorkerHost worker;
    Daemon *daemon;      /* owned; NULL: the worker is started by us (backend.h) */
    bool daemon_missing; /* it was wanted, and is not there */
    Progress progress;
    char *sysroot; /* absolute; owned; NULL: the worker's default */
    char *program; /* owned; what worker.program points to */
} Ctl;

/* Sets everything up; `args` must outlive it. 0, or a negative errno with *p filled. */
int ctl_init(Ctl *ctl, Arguments *args, Problem *p);
void ctl_clear(Ctl *ctl);

/* One request: adds the common arguments to `arguments` (consumed; NULL: none), shows progress and
 * log lines on the error stream meanwhile. *ret_result is owned by the caller.
 * 0, or a negative errno with *p filled. */
int ctl_call(Ctl *ctl, const char *op, json_object *arguments, json_object **ret_result,
             Problem *p);

/* Shows a worker's event; `userdata` is the Ctl. */
void ctl_show_event(json_object *event, void *userdata);

/* The path of a program of ours in the libexec folder; the caller owns it; NULL: out of memory. */
char *ctl_program(const char *name);

/* Is it a sysroot other than the running system's, so that no reboot of ours concerns it? */
bool ctl_is_elsewhere(const Ctl *ctl);

/* The result as JSON on the output, as `--json` wants it. */
void ctl_print_json(Ctl *ctl, json_object *object);

/* The absolute form of a path from the command line; the caller owns it. 0, or a negative errno
 * with this error id. */
int ctl_resolve_path(const char *path, ErrorId id, char **ret, Problem *p);

/* A usage error that only the verb can see. Returns a negative errno. */
int ctl_usage(Problem *p, const char *format, ...) _printf_(2, 3);

#define _cleanup_ctl_ _cleanup_(ctl_clear)
