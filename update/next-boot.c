/* SPDX-License-Identifier: MIT */
#include "update/next-boot.h"

#include "base/json.h"
#include "update/staged.h"

static gboolean is_written_at_shutdown(const Cast *cast)
{
    return cast->staged && !staged_is_locked(cast->staged) && staged_finalizer_is_active();
}

OstreeDeployment *next_boot_of(const Cast *cast)
{
    return cast_next(cast, !is_written_at_shutdown(cast));
}

json_object *next_boot_to_json(Job *job, const Cast *cast)
{
    gboolean locked = staged_is_locked(cast->staged);
    OstreeDeployment *next = next_boot_of(cast);
    const char *reason = role_name(cast_role(cast, next)), *detail;

    if (next == cast->staged)
        detail = "the staged release is written at shutdown";
    else if (cast->staged && locked)
        detail = "what is staged is locked: a reboot drops it until `azlctl finalize`";
    else if (cast->staged)
        detail = "what is staged would be lost: ostree-finalize-staged.service is not active";
    else if (!cast->booted) {
        reason = "default";
        detail = "it is first in boot order";
    } else if (next == cast->pending)
        detail = "it was put first in boot order and waits for the reboot";
    else
        detail = "nothing is waiting";

    const char *checksum = ostree_deployment_get_csum(next);
    g_autofree char *version = commit_version(job->repo, checksum);
    json_object *object = json_object_new_object();
    json_add_string(object, "checksum", checksum);
    json_add_string(object, "version", version);
    json_add_string(object, "reason", reason);
    json_add_string(object, "detail", detail);
    return object;
}

static char *describe_denied(const Cast *cast, OstreeDeployment *denied, OstreeDeployment *next,
                             const char *name)
{
    if (denied == cast->staged && denied != next)
        return g_strdup_printf("%s is denied and still staged; `azlctl cleanup --staged` drops it",
                               name);
    if (denied == cast->staged)
        return g_strdup_printf("%s is denied and still boots next, for it is staged; `azlctl "
                               "cleanup --staged` drops it",
                               name);
    if (cast->booted && denied == cast->pending)
        return g_strdup_printf("%s is denied and still boots next, for it was put first in boot "
                               "order; `azlctl rollback` takes that back",
                               name);
    if (cast->rollback)
        return g_strdup_printf("%s is denied and still boots next; `azlctl rollback` leaves it",
                               name);
    return g_strdup_printf(
        "%s is denied and still boots next; there is nothing else here: `azlctl update`", name);
}

char *next_boot_denied(Job *job, const Cast *cast, const DenyList *deny)
{
    OstreeDeployment *next = next_boot_of(cast), *denied = NULL;

    if (cast->staged && deployment_is_denied(job, cast->staged, deny))
        denied = cast->staged;
    else if (deployment_is_denied(job, next, deny))
        denied = next;
    if (!denied)
        return NULL;

    g_autofree char *version = commit_version(job->repo, ostree_deployment_get_csum(denied));
    return describe_denied(cast, denied, next, version ?: ostree_deployment_get_csum(denied));
}
