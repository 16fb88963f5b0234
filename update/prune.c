/* SPDX-License-Identifier: MIT */
#include "update/prune.h"

#include "base/clock.h"
#include "base/json.h"
#include "update/records.h"

#define DUE_NAME   "prune.json"
#define DUE_SCHEMA "azl.prune/1"

gboolean prune(Job *job, gint *ret_objects, guint64 *ret_freed, GError **error)
{
    /* libostree adds what deployments and refs need to this set; without one it would prune all. */
    g_autoptr(GHashTable) reachable = ostree_repo_traverse_new_reachable();
    OstreeRepoPruneOptions options = {.flags = OSTREE_REPO_PRUNE_FLAGS_REFS_ONLY,
                                      .reachable = reachable};
    gint total = 0, pruned = 0;
    guint64 freed = 0;

    if (!ostree_sysroot_prepare_cleanup(job->sysroot, job->cancellable, error) ||
        !ostree_sysroot_cleanup_prune_repo(job->sysroot, &options, &total, &pruned, &freed,
                                           job->cancellable, error))
        return FALSE;
    if (ret_objects)
        *ret_objects = pruned;
    if (ret_freed)
        *ret_freed = freed;
    return TRUE;
}

void prune_note_due(Records *records)
{
    _cleanup_json_ json_object *note = json_object_new_object();

    json_add_string(note, "schema", DUE_SCHEMA);
    json_add_time(note, "at", clock_now());
    (void)records_save(records, DUE_NAME, note, NULL);
}

void prune_if_due(Job *job)
{
    _cleanup_json_ json_object *note = NULL;
    g_autoptr(GError) error = NULL;

    /* A note that cannot be read is one. */
    if (records_load(job->records, DUE_NAME, DUE_SCHEMA, &note, NULL) && !note)
        return;
    if (!prune(job, NULL, NULL, &error) || !records_remove(job->records, DUE_NAME, &error))
        job_warning(job, "what old releases left could not be removed (%s), ignoring",
                    error->message);
}
