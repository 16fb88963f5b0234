/* SPDX-License-Identifier: MIT */
/* history: what was done to this machine. */
#include "base/json.h"
#include "update/history.h"
#include "update/operation.h"

gboolean op_history(Job *job, json_object **ret_result, GError **error)
{
    *ret_result = json_object_new_object();
    json_add_string(*ret_result, "schema", HISTORY_SCHEMA);
    json_object_object_add(*ret_result, "events", history_read(job->records, job->args->limit));
    return TRUE;
}
