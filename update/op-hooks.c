/* SPDX-License-Identifier: MIT */
/* hooks: what is asked before an automatic reboot. */
#include <string.h>

#include "base/json.h"
#include "update/deployment.h"
#include "update/error.h"
#include "update/hooks.h"
#include "update/operation.h"

gboolean op_hooks(Job *job, json_object **ret_result, GError **error)
{
    g_auto(Cast) cast = {0};
    guint ran = 0;

    cast_read(job, &cast);
    if (!cast.staged)
        return update_throw(error, ERROR_NOTHING_STAGED, "hooks are asked about what is staged");
    const char *checksum = ostree_deployment_get_csum(cast.staged);
    if (job->args->checksum && strcmp(job->args->checksum, checksum) != 0)
        return update_throw(error, ERROR_STAGED_OTHER, "%.12s, not %.12s", checksum,
                            job->args->checksum);
    g_autofree char *version = commit_version(job->repo, checksum);
    if (!hooks_run(job, checksum, version, &ran, error))
        return FALSE;
    *ret_result = json_object_new_object();
    json_add_int(*ret_result, "ran", ran);
    return TRUE;
}
