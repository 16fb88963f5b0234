/* SPDX-License-Identifier: MIT */
/* deny: releases that no update may bring back. */
#include "base/json.h"
#include "update/deny-target.h"
#include "update/error.h"
#include "update/history.h"
#include "update/hold.h"
#include "update/next-boot.h"
#include "update/operation.h"
#include "update/origin.h"
#include "update/staged.h"

static json_object *result_new(void)
{
    json_object *result = json_object_new_object();

    json_add_string(result, "schema", DENY_SCHEMA);
    json_object_object_add(result, "warnings", json_object_new_array());
    return result;
}

/* `entries` are those that came or went; borrowed. */
static void note(Job *job, const char *event, json_object *entries)
{
    for (gsize i = 0; i < json_object_array_length(entries); i++) {
        json_object *entry = json_object_array_get_idx(entries, i), *to = json_object_new_object();
        json_object *fields = json_object_new_object();

        json_add_string(to, "checksum", json_get_string(entry, "checksum"));
        json_add_string(to, "version", json_get_string(entry, "version"));
        json_object_object_add(fields, "to", to);
        json_add_string(fields, "reason", job->args->reason);
        history_note_or_warn(job, event, fields);
    }
}

/* What the caller should know besides: told at once, and part of the result. */
static void add_warning(Job *job, json_object *result, const char *level, const char *text)
{
    job_log(job, level, "%s", text);
    json_object_array_add(json_get(result, "warnings"), json_object_new_string(text));
}

static void describe(json_object *result, const DenyList *deny)
{
    json_add_string(result, "state", deny_list_damage(deny) ? "unreadable" : "ok");
    json_add_string(result, "detail", deny_list_damage(deny));
    json_object_object_add(result, "entries", json_object_get(deny_list_entries(deny)));
}

/* What is staged and open would boot, at the next reboot by whomever: from now on it does not. */
static void lock_denied(Job *job, const Cast *cast, const DenyList *deny, json_object *result)
{
    g_autoptr(GError) error = NULL;

    if (!cast->staged || staged_is_locked(cast->staged) || !origin_is_ours(cast->staged))
        return;
    const char *checksum = ostree_deployment_get_csum(cast->staged);
    g_autofree char *version = commit_version(job->repo, checksum);
    g_autofree char *refspec = origin_refspec(cast->staged);
    const Release release = {checksum, version, refspec};
    if (!deny_list_find(deny, &release))
        return;
    if (!staged_lock(job, cast->staged, &error)) {
        job_warning(job, "%s", error->message);
        return;
    }
    g_autofree char *text = g_strdup_printf(
        "%s is staged; it has been locked, so that a reboot does not take it", version ?: checksum);
    add_warning(job, result, "notice", text);
}

static gboolean add(Job *job, DenyList *deny, json_object *result, GError **error)
{
    g_auto(Cast) cast = {0};
    g_auto(DenyTarget) target = {0};

    cast_read(job, &cast);
    if (!deny_target_read(job, &cast, job->args->target, &target, error))
        return FALSE;

    const Release release = {target.checksum, target.version, target.refspec};
    _cleanup_json_ json_object *added = json_object_new_array();
    json_object_array_add(
        added, json_object_get(deny_list_add(deny, &release, job->args->reason, "admin", NULL)));
    if (!deny_list_save(deny, job->records, error))
        return FALSE;
    note(job, "deny-add", added);
    if (!target.known)
        add_warning(job, result, "notice",
                    "nothing on this machine has that version; it will be refused when offered");
    lock_denied(job, &cast, deny, result);
    g_autofree char *boots = next_boot_denied(job, &cast, deny);
    if (boots)
        add_warning(job, result, "warning", boots);
    return TRUE;
}

static gboolean remove_entry(Job *job, DenyList *deny, GError **error)
{
    g_auto(Cast) cast = {0};

    cast_read(job, &cast);
    OstreeDeployment *d = cast_select_release(job, &cast, job->args->target, NULL);
    const char *what = d ? ostree_deployment_get_csum(d) : job->args->target;
    _cleanup_json_ json_object *removed = deny_list_remove(deny, what);

    if (json_object_array_length(removed) == 0) {
        json_object_put(removed);
        removed = deny_list_remove(deny, job->args->target);
    }
    if (deny_list_damage(deny))
        return update_throw(error, ERROR_DENY_UNREADABLE, "%s", deny_list_damage(deny));
    if (json_object_array_length(removed) == 0)
        return update_throw(error, ERROR_NOT_DENIED, "'%s'", job->args->target);
    if (!deny_list_save(deny, job->records, error))
        return FALSE;
    note(job, "deny-remove", removed);
    return TRUE;
}

static json_object *reset_to_json(const DenyReset *done)
{
    json_object *object = json_object_new_object();

    json_add_string(object, "aside", done->aside);
    json_add_string(object, "from", done->from);
    json_add_int(object, "entries", (gint64)done->entries);
    return object;
}

/* What was denied last may be missing now: only the admin can tell, with both files at hand. */
static void report_reset(Job *job, const DenyReset *done, json_object *result)
{
    g_autofree char *text =
        done->from ? g_strdup_printf("%s, the list before the last change, took the place of the "
                                     "damaged one, with %" G_GSIZE_FORMAT " entr%s; compare it "
                                     "with /var/lib/azl/%s, which may hold a later denial",
                                     done->from, done->entries, done->entries == 1 ? "y" : "ies",
                                     done->aside)
                   : g_strdup_printf("an empty list took the place of the damaged one, for there "
                                     "is no older one that can be read; what had been denied is "
                                     "only in /var/lib/azl/%s",
                                     done->aside);

    add_warning(job, result, "warning", text);
}

static void note_reset(Job *job, const DenyReset *done, const char *hold)
{
    json_object *fields = json_object_new_object();

    json_object_object_add(fields, "reset", done->damaged ? reset_to_json(done) : NULL);
    json_add_string(fields, "hold", hold);
    history_note_or_warn(job, "deny-reset", fields);
}

static gboolean reset(Job *job, json_object *result, GError **error)
{
    g_autofree char *hold = hold_get(ostree_sysroot_get_fd(job->sysroot));
    DenyReset done = {0};

    if (!deny_list_reset(job->records, &done, error))
        return FALSE;
    json_object_object_add(result, "reset", done.damaged ? reset_to_json(&done) : NULL);
    if (done.damaged)
        report_reset(job, &done, result);
    if (!hold_set(ostree_sysroot_get_fd(job->sysroot), NULL, error))
        return FALSE;
    if (done.damaged || hold)
        note_reset(job, &done, hold);
    return TRUE;
}

static gboolean act(Job *job, DenyList *deny, json_object *result, GError **error)
{
    const char *action = job->args->action ?: "list";
    gboolean needs_target = g_str_equal(action, "add") || g_str_equal(action, "remove");

    if (needs_target && !job->args->target)
        return update_throw(error, ERROR_PROTOCOL_INVALID, "\"target\" is missing");
    if (g_str_equal(action, "list"))
        return TRUE;
    if (g_str_equal(action, "add"))
        return add(job, deny, result, error);
    if (g_str_equal(action, "remove"))
        return remove_entry(job, deny, error);
    if (g_str_equal(action, "reset"))
        return reset(job, result, error);
    return update_throw(error, ERROR_PROTOCOL_INVALID,
                        "\"action\" is none of list, add, remove, reset");
}

gboolean op_deny(Job *job, json_object **ret_result, GError **error)
{
    g_autoptr(DenyList) deny = deny_list_load(job->records);
    _cleanup_json_ json_object *result = result_new();

    if (!act(job, deny, result, error))
        return FALSE;

    g_autoptr(DenyList) now = deny_list_load(job->records);
    describe(result, now);
    *ret_result = TAKE_PTR(result);
    return TRUE;
}
