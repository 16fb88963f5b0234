/* SPDX-License-Identifier: MIT */
/* The table of operations: name, who may ask, which arguments, which function. */
#pragma once

#include <stdbool.h>

#include "update/job.h"

typedef struct Operation {
    const char *name;
    bool for_agent;   /* may azl-agentd ask for it? */
    const char *args; /* names of its arguments, space separated, besides the common ones */
    bool (*changes)(
        const Args *args); /* such a request takes the sysroot lock; others leave no trace */
    int io_class;          /* IOPRIO_CLASS_*, the disk's share while it runs */
    gboolean (*run)(Job *job, json_object **ret_result, GError **error);
} Operation;

/* The operation of this name; NULL if there is none. */
const Operation *operation_find(const char *name);

/* Those that there are, by number; NULL beyond the end. */
const Operation *operation_at(size_t i);

gboolean op_status(Job *job, json_object **ret_result, GError **error);
gboolean op_check(Job *job, json_object **ret_result, GError **error);
gboolean op_pull(Job *job, json_object **ret_result, GError **error);
gboolean op_verify(Job *job, json_object **ret_result, GError **error);
gboolean op_stage(Job *job, json_object **ret_result, GError **error);
gboolean op_deploy(Job *job, json_object **ret_result, GError **error);
gboolean op_finalize(Job *job, json_object **ret_result, GError **error);
gboolean op_lock(Job *job, json_object **ret_result, GError **error);
gboolean op_hooks(Job *job, json_object **ret_result, GError **error);
gboolean op_rollback(Job *job, json_object **ret_result, GError **error);
gboolean op_reboot(Job *job, json_object **ret_result, GError **error);
gboolean op_pin(Job *job, json_object **ret_result, GError **error);
gboolean op_cleanup(Job *job, json_object **ret_result, GError **error);
gboolean op_kargs(Job *job, json_object **ret_result, GError **error);
gboolean op_diff(Job *job, json_object **ret_result, GError **error);
gboolean op_deny(Job *job, json_object **ret_result, GError **error);
gboolean op_history(Job *job, json_object **ret_result, GError **error);
gboolean op_reconcile(Job *job, json_object **ret_result, GError **error);
