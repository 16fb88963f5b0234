/* SPDX-License-Identifier: MIT */
/* The command line of azl-update: units and azlctl write it, so it has flags and no verbs. */
#pragma once

#include <getopt.h>
#include <glib.h>

#include "update/restart.h"

typedef struct Flags {
    gboolean private_mounts;
    gboolean reconcile;
    int resume_fd; /* -EBADF: a fresh start */
    Resume resume;
} Flags;

/* What there is, for getopt_long() and the check of the man page; a NULL name ends it. */
extern const struct option flags_options[];

/* Reads the command line. An exit code where it is answered already (help, version, a mistake);
 * -1: go on. */
int flags_parse(int argc, char *argv[], Flags *ret);
