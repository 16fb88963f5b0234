/* SPDX-License-Identifier: MIT */
#include "update/operation.h"

#include <linux/ioprio.h>
#include <string.h>

/* Fetching and pruning give way to everybody (etcd on the same disk misses its heartbeats
 * otherwise); what an admin or a shutdown waits for does not. */
#define IDLE   IOPRIO_CLASS_IDLE
#define NORMAL IOPRIO_CLASS_BE

static bool never(const Args *args)
{
    return false;
}

static bool always(const Args *args)
{
    return true;
}

static bool unless_check(const Args *args)
{
    return !args->check;
}

static bool with_arguments(const Args *args)
{
    return !args->check && (args->append || args->delete_ || args->replace);
}

static bool unless_list(const Args *args)
{
    return args->action && strcmp(args->action, "list") != 0;
}

static const Operation operations[] = {
    /* name, for agentd, arguments, changes something, I/O, function */
    {"status", true, "", never, NORMAL, op_status},
    {"check", true, "refspec to allow_downgrade", never, IDLE, op_check},
    {"pull", true,
     "refspec to checksum from deltas retries stall_timeout allow_downgrade allow_denied", always,
     IDLE, op_pull},
    {"verify", true, "checksum refspec", never, NORMAL, op_verify},
    {"stage", true, "checksum refspec lock allow_downgrade allow_denied", always, NORMAL, op_stage},
    {"deploy", false, "checksum refspec allow_downgrade allow_denied", always, NORMAL, op_deploy},
    {"finalize", true, "checksum discard", always, NORMAL, op_finalize},
    {"lock", true, "checksum", always, NORMAL, op_lock},
    {"hooks", true, "checksum timeout", never, NORMAL, op_hooks},
    {"rollback", true, "check to reason deny keep_etc", unless_check, NORMAL, op_rollback},
    {"reboot", true, "", never, NORMAL, op_reboot},
    {"pin", false, "target pin", always, NORMAL, op_pin},
    {"cleanup", true, "staged rollback", always, IDLE, op_cleanup},
    {"kargs", false, "append delete replace check", with_arguments, NORMAL, op_kargs},
    {"diff", false, "from to", never, NORMAL, op_diff},
    {"deny", false, "action target reason", unless_list, NORMAL, op_deny},
    {"history", true, "limit", never, NORMAL, op_history},
    {"reconcile", false, "", always, NORMAL, op_reconcile},
};

const Operation *operation_at(size_t i)
{
    return i < sizeof(operations) / sizeof(operations[0]) ? &operations[i] : NULL;
}

const Operation *operation_find(const char *name)
{
    for (size_t i = 0; i < ELEMENTSOF(operations); i++)
        if (strcmp(operations[i].name, name) == 0)
            return &operations[i];
    return NULL;
}
