/* SPDX-License-Identifier: MIT */
/* What a rollback would do, decided before anything is touched: docs/architecture.md, "A/B". */
#pragma once

#include "update/deployment.h"

typedef enum RollbackKind {
    ROLLBACK_BACK, /* to the other deployment; the release it leaves is denied */
    ROLLBACK_UNDO, /* of the last rollback: to the release it left; its deny entry goes, none comes
                    */
    ROLLBACK_CANCEL, /* what waits for the reboot is taken back */
    _ROLLBACK_KIND_MAX,
} RollbackKind;

typedef struct RollbackPlan {
    RollbackKind kind;
    OstreeDeployment *from; /* the release it leaves; borrowed */
    OstreeDeployment *to;   /* borrowed */
    json_object *removes;   /* the deny entry it takes back; borrowed from the list, or NULL */
    gboolean adds;          /* does it deny `from`? */
} RollbackPlan;

const char *rollback_kind_name(RollbackKind kind);

/* Where a rollback goes when nobody names a place. NULL: there is nothing to go back to. */
OstreeDeployment *rollback_default_target(const Cast *cast);

/* Makes the plan. `to` is a selector or NULL: the fallback, or what runs when something else waits.
 * ERROR_NO_ROLLBACK, ERROR_TARGET_*. */
gboolean rollback_plan(Job *job, const Cast *cast, const DenyList *deny, RollbackPlan *ret,
                       GError **error);
