/* SPDX-License-Identifier: MIT */
#include "update/operation.h"

#include <linux/ioprio.h>
#include <string.h>

/* Fetching and pruning give way to everybody (etcd on the same disk misses its heartbeats
 * otherwise); what an admin or a shutdown waits for does not. */
#define IDLE   IOPRIO_CLASS_IDLE
#define NORMAL IOPRIO_CLASS_BE

static const Operation operations[] = {
    /* name, for agentd, arguments, takes the lock, I/O, function */
    {"status", true, "", false, NORMAL, op_status},
    {"check", true, "refspec to allow_downgrade", false, IDLE, op_check},
    {"pull", true,
     "refspec to checksum from deltas retries stall_timeout allow_downgrade allow_denied", true,
     IDLE, op_pull},
    {"verify", true, "checksum refspec", false, NORMAL, op_verify},
    {"stage", true, "checksum refspec lock allow_downgrade allow_denied", true, NORMAL, op_stage},
    {"deploy", false, "checksum refspec allow_downgrade allow_denied", true, NORMAL, op_deploy},
    {"finalize", true, "checksum discard", true, NORMAL, op_finalize},
    {"rollback", true, "check to reason deny keep_etc", true, NORMAL, op_rollback},
    {"reboot", true, "", false, NORMAL, op_reboot},
    {"pin", false, "target pin", true, NORMAL, op_pin},
    {"cleanup", true, "staged rollback", true, IDLE, op_cleanup},
    {"kargs", false, "append delete replace check", true, NORMAL, op_kargs},
    {"diff", false, "from to", false, NORMAL, op_diff},
    {"deny", false, "action target reason", false, NORMAL, op_deny},
    {"history", true, "limit", false, NORMAL, op_history},
    {"reconcile", false, "", false, NORMAL, op_reconcile},
};

const Operation *operation_find(const char *name)
{
    for (size_t i = 0; i < ELEMENTSOF(operations); i++)
        if (strcmp(operations[i].name, name) == 0)
            return &operations[i];
    return NULL;
}
