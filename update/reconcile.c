/* SPDX-License-Identifier: MIT */
#include "update/reconcile.h"

#include "base/json.h"
#include "update/deployment.h"
#include "update/error.h"
#include "update/history.h"
#include "update/operation.h"
#include "update/prune.h"

static void note(Job *job, const char *event, const Intent *intent, const char *reason)
{
    g_autoptr(GError) error = NULL;
    json_object *fields = json_object_new_object(), *to = json_object_new_object();

    json_add_string(to, "checksum", intent->checksum);
    json_add_string(to, "version", intent->version);
    json_object_object_add(fields, "to", to);
    if (reason)
        json_add_string(fields, "reason", reason);
    if (!history_append(job->records, event, fields, &error))
        job_warning(job, "%s, ignoring", error->message);
}

static void write_down(Job *job, const Intent *intent, IntentOutcome outcome, const char *reason)
{
    g_autoptr(GError) error = NULL;
    gboolean written = TRUE;

    switch (outcome) {
    case INTENT_NONE:
        return;
    case INTENT_APPLIED:
        note(job, "booted", intent, NULL);
        prune_note_due(job->records);
        written = last_failure_clear(job->records, &error);
        break;
    case INTENT_FAILED:
        note(job, "finalize-failed", intent, reason);
        written = last_failure_write(job->records, intent, reason, &error);
        break;
    case INTENT_DROPPED:
        note(job, "dropped", intent, reason);
        written = last_failure_write(job->records, intent, reason, &error);
        break;
    case INTENT_UNDONE:
        note(job, "interrupted", intent, NULL);
        break;
    }
    if (!written || !intent_clear(job->records, &error))
        job_warning(job, "%s, ignoring", error->message);
}

Reconciled *reconcile_intent(Job *job)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Intent) intent = intent_load(job->records, &error);
    Reconciled *result = g_new0(Reconciled, 1);

    if (error) {
        job_warning(job, "the intent record is damaged (%s), kept aside as intent.json.corrupt",
                    error->message);
        (void)records_keep_aside(job->records, "intent.json", NULL);
    }
    result->outcome =
        intent_judge(intent, job->booted, ostree_sysroot_get_fd(job->sysroot), &result->reason);
    write_down(job, intent, result->outcome, result->reason);
    return result;
}

void reconciled_free(Reconciled *reconciled)
{
    if (reconciled)
        g_free(reconciled->reason);
    g_free(reconciled);
}

/* Every job that changes something begins with it; this one is nothing else. */
gboolean op_reconcile(Job *job, json_object **ret_result, GError **error)
{
    static const char *const names[] = {
        [INTENT_NONE] = "none",       [INTENT_APPLIED] = "applied", [INTENT_FAILED] = "failed",
        [INTENT_DROPPED] = "dropped", [INTENT_UNDONE] = "undone",
    };

    *ret_result = json_object_new_object();
    json_add_string(*ret_result, "outcome", names[job->reconciled->outcome]);
    json_add_string(*ret_result, "reason", job->reconciled->reason);
    return TRUE;
}
