/* SPDX-License-Identifier: MIT */
/* The deployments of one stateroot and the part each plays. */
#pragma once

#include <json-c/json.h>
#include <ostree.h>

#include "update/deny.h"
#include "update/job.h"

typedef enum Role {
    ROLE_OTHER, /* another stateroot, or beyond the fallback: pinned, or made by other tools */
    ROLE_BOOTED,
    ROLE_STAGED,   /* to be written at shutdown */
    ROLE_PENDING,  /* boots next, without being staged */
    ROLE_ROLLBACK, /* what `rollback` goes to, or what it came from */
    _ROLE_MAX,
} Role;

/* Who plays which part. All borrowed from `all`; NULL where nobody does. */
typedef struct Cast {
    GPtrArray *all; /* boot order, the staged one first; owned */
    OstreeDeployment *booted;
    OstreeDeployment *staged;
    OstreeDeployment *pending;
    OstreeDeployment *rollback;
} Cast;

/* Casts the deployments of job->stateroot. On a sysroot that does not run, the first in boot order
 * is pending and the next one is the rollback. */
void cast_read(Job *job, Cast *ret);
void cast_clear(Cast *cast);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Cast, cast_clear)

Role cast_role(const Cast *cast, OstreeDeployment *deployment);
const char *role_name(Role role);

/* The one that counts as "what this machine is": what runs, else what boots first. Never NULL. */
OstreeDeployment *cast_current(const Cast *cast);

/* What boots next when nothing else happens: staged and unlocked, else pending, else booted. */
OstreeDeployment *cast_next(const Cast *cast, gboolean staged_locked);

/* The slot letter, stored or derived; '\0' for those beyond A and B. */
char cast_slot(const Cast *cast, OstreeDeployment *deployment);

/* The letter a new deployment gets: not the current one's. */
char cast_new_slot(const Cast *cast);

/* The deployment a selector names (docs/worker-protocol.md). Borrowed from `cast`.
 * NULL with ERROR_TARGET_UNKNOWN or ERROR_TARGET_AMBIGUOUS. */
OstreeDeployment *cast_select(Job *job, const Cast *cast, const char *selector, GError **error);

/* The same for who means a release: several deployments of one release are no ambiguity. */
OstreeDeployment *cast_select_release(Job *job, const Cast *cast, const char *selector,
                                      GError **error);

/* The commit's "version"; NULL without one. Free with g_free(). */
char *commit_version(OstreeRepo *repo, const char *checksum);

/* The commit's time in seconds since the epoch; 0 when it cannot be read. */
gint64 commit_timestamp(OstreeRepo *repo, const char *checksum);

/* Is the commit here, with all that belongs to it? ERROR_NOT_COMMITTED. */
gboolean commit_require(OstreeRepo *repo, const char *checksum, GError **error);

/* {"checksum","version","timestamp"}; `null` for NULL. */
json_object *release_to_json(OstreeRepo *repo, const char *checksum);

/* The version of the kernel in a deployment (its usr/lib/modules/NAME); NULL if there is none. */
char *deployment_kernel(OstreeSysroot *sysroot, OstreeDeployment *deployment);

/* Is its release denied, by its checksum or by its version within its ref? */
gboolean deployment_is_denied(Job *job, OstreeDeployment *deployment, const DenyList *deny);

/* Everything that is known of it, as in azl.status/1. */
json_object *deployment_to_json(Job *job, const Cast *cast, OstreeDeployment *deployment,
                                const DenyList *deny);
