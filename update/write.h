/* SPDX-License-Identifier: MIT */
/* Makes and orders deployments: the only place that asks libostree to write them. */
#pragma once

#include "update/deployment.h"
#include "update/signature.h"

typedef struct NewDeployment {
    const char *checksum;
    const char *refspec;
    const Signature *signature;
    char **kargs;    /* NULL: inherited, with the release's own defaults brought up to date */
    gboolean locked; /* staged only: not applied before `finalize` */
} NewDeployment;

/* Makes a deployment with /etc merged from the current one: staged where the sysroot runs, else
 * written at once in front of all others. At most the current one stays beside it, and what is
 * pinned, or belongs to another stateroot. When it is staged, ostree-finalize-staged.service is
 * active on return. *ret is owned. ERROR_FOREIGN_STAGED, _FINALIZE_UNIT, _NO_SPACE_*. */
gboolean write_new(Job *job, const Cast *cast, const NewDeployment *what, OstreeDeployment **ret,
                   GError **error);

/* Puts `first` in front of the boot order; everything else keeps its place. What is staged is
 * dropped. */
gboolean write_first(Job *job, const Cast *cast, OstreeDeployment *first, GError **error);

/* Writes the boot order without this deployment (the staged one, or one that is not needed). */
gboolean write_without(Job *job, const Cast *cast, OstreeDeployment *gone, GError **error);

/* Refuses when another tool has staged something: ERROR_FOREIGN_STAGED. */
gboolean write_check_foreign(Job *job, const Cast *cast, GError **error);
