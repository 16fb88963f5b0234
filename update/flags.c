/* SPDX-License-Identifier: MIT */
#include "update/flags.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error-id.h"

static const char help[] =
    "azl-update - worker of azl-agent: changes OS deployments\n"
    "\n"
    "It is started by systemd or azlctl and speaks the worker protocol on standard input and "
    "output.\n"
    "People want azlctl(8).\n"
    "\n"
    "  --private-mounts   the unit has made a mount namespace for this process\n"
    "  --reconcile        compare the intent record with what booted, and exit\n"
    "  --help, --version\n";

const struct option flags_options[] = {
    {"private-mounts", no_argument, NULL, 'p'},
    {"reconcile", no_argument, NULL, 'r'},
    {"resume", required_argument, NULL, 'R'}, /* restart.h */
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

int flags_parse(int argc, char *argv[], Flags *ret)
{
    for (int c; (c = getopt_long(argc, argv, "h", flags_options, NULL)) != -1;) {
        if (c == 'p')
            ret->private_mounts = TRUE;
        else if (c == 'r')
            ret->reconcile = TRUE;
        else if (c == 'R')
            ret->resume_fd = atoi(optarg);
        else if (c == 'h' || c == 'V') {
            fputs(c == 'h' ? help : PACKAGE_STRING "\n", stdout);
            return EXIT_DONE;
        } else
            return EXIT_USAGE;
    }
    if (optind < argc) {
        fprintf(stderr, "azl-update: unexpected argument '%s'; see --help\n", argv[optind]);
        return EXIT_USAGE;
    }
    return -1; /* go on */
}
