/* SPDX-License-Identifier: MIT */
/* status: what runs, what boots next and why, what to fall back to. Takes no lock, writes nothing,
 * and has an answer whatever else is broken. */
#include "base/json.h"
#include "update/config-diff.h"
#include "update/error.h"
#include "update/hold.h"
#include "update/intent.h"
#include "update/next-boot.h"
#include "update/operation.h"
#include "update/rollback.h"
#include "update/space.h"

#define LOW_SPACE_PERCENT 5

static json_object *warning(const char *id, const char *format, ...) G_GNUC_PRINTF(2, 3);
static json_object *warning(const char *id, const char *format, ...)
{
    json_object *object = json_object_new_object();
    va_list ap;

    va_start(ap, format);
    g_autofree char *detail = g_strdup_vprintf(format, ap);
    va_end(ap);
    json_add_string(object, "id", id);
    json_add_string(object, "detail", detail);
    return object;
}

static void add_space(Job *job, json_object *result, json_object *warnings)
{
    static const struct {
        const char *name;
        const char *path;
    } places[] = {{"sysroot", "."}, {"boot", "boot"}};
    json_object *object = json_object_new_object();

    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
        Space space = space_of(job, places[i].path);
        json_object *one = json_object_new_object();

        json_add_int(one, "free", (gint64)space.free);
        json_add_int(one, "total", (gint64)space.total);
        json_object_object_add(object, places[i].name, one);
        if (space.total > 0 && space.free < space.total / 100 * LOW_SPACE_PERCENT)
            json_object_array_add(warnings,
                                  warning("status.low-space", "less than %d %% is free on %s",
                                          LOW_SPACE_PERCENT, places[i].name));
    }
    json_object_object_add(result, "space", object);
}

static json_object *intent_to_json(const Intent *intent)
{
    json_object *object = json_object_new_object();

    json_add_string(object, "operation", intent->operation);
    json_add_string(object, "phase", intent_phase_name(intent->phase));
    json_add_string(object, "checksum", intent->checksum);
    json_add_string(object, "version", intent->version);
    json_add_string(object, "at", intent->at);
    return object;
}

/* A failure that `reconcile` has not written down yet is told all the same. */
static json_object *failure_from_intent(const Intent *intent, const char *reason)
{
    json_object *object = json_object_new_object();

    json_add_string(object, "operation", "finalize");
    json_add_string(object, "checksum", intent->checksum);
    json_add_string(object, "version", intent->version);
    json_add_string(object, "reason", reason);
    json_add_string(object, "at", intent->at);
    return object;
}

static void add_intent(Job *job, json_object *result, json_object *warnings)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Intent) intent = intent_load(job->records, &error);
    g_autofree char *reason = NULL;
    IntentOutcome outcome =
        intent_judge(intent, job->booted, ostree_sysroot_get_fd(job->sysroot), &reason);
    json_object *failure = last_failure_read(job->records);

    if (error)
        json_object_array_add(warnings,
                              warning(error_id_name(ERROR_RECORD_CORRUPT), "%s", error->message));
    if (outcome == INTENT_FAILED || outcome == INTENT_DROPPED) {
        json_object_put(failure);
        failure = failure_from_intent(intent, reason);
    }
    json_object_object_add(result, "last_failure", failure);
    json_object_object_add(result, "intent",
                           intent && outcome == INTENT_NONE ? intent_to_json(intent) : NULL);
}

static void add_deny(Job *job, const Cast *cast, const DenyList *deny, json_object *result,
                     json_object *warnings)
{
    json_object *object = json_object_new_object(), *held = NULL;
    g_autofree char *hold = hold_get(ostree_sysroot_get_fd(job->sysroot));
    g_autofree char *denied = next_boot_denied(job, cast, deny);

    json_add_string(object, "state", deny_list_damage(deny) ? "unreadable" : "ok");
    json_add_int(object, "entries", (gint64)json_object_array_length(deny_list_entries(deny)));
    json_object_object_add(result, "deny_list", object);
    if (deny_list_damage(deny))
        json_object_array_add(
            warnings, warning(error_id_name(ERROR_DENY_UNREADABLE), "%s", deny_list_damage(deny)));
    if (denied)
        json_object_array_add(warnings, warning("status.denied-next", "%s", denied));
    if (hold) {
        held = json_object_new_object();
        json_add_string(held, "reason", hold);
    }
    json_object_object_add(result, "held", held);
}

/* Each deployment has its own /etc: a rollback takes settings back that nobody thinks of. */
static void add_config(Job *job, const Cast *cast, json_object *warnings)
{
    OstreeDeployment *current = cast_current(cast), *to = rollback_default_target(cast);

    if (!to || to == current)
        return;
    g_autofree char *names = config_diff(job->sysroot, current, to);
    g_autofree char *version = commit_version(job->repo, ostree_deployment_get_csum(to));
    if (!version)
        version = g_strndup(ostree_deployment_get_csum(to), 12);
    if (names)
        json_object_array_add(warnings, warning("status.config-differs",
                                                "a rollback to %s brings back other settings: %s",
                                                version, names));
}

static void add_deployments(Job *job, const Cast *cast, const DenyList *deny, json_object *result)
{
    const struct {
        const char *name;
        OstreeDeployment *deployment;
    } parts[] = {
        {"booted", cast->booted},
        {"staged", cast->staged},
        {"pending", cast->pending},
        {"rollback", cast->rollback},
    };
    json_object *list = json_object_new_array();

    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
        json_object_object_add(
            result, parts[i].name,
            parts[i].deployment ? deployment_to_json(job, cast, parts[i].deployment, deny) : NULL);
    for (guint i = 0; i < cast->all->len; i++)
        json_object_array_add(list, deployment_to_json(job, cast, cast->all->pdata[i], deny));
    json_object_object_add(result, "deployments", list);
}

gboolean op_status(Job *job, json_object **ret_result, GError **error)
{
    g_autoptr(DenyList) deny = deny_list_load(job->records);
    g_auto(Cast) cast = {0};
    json_object *result = json_object_new_object(), *warnings = json_object_new_array();

    cast_read(job, &cast);
    json_add_string(result, "schema", "azl.status/1");
    json_add_string(result, "sysroot", job->args->sysroot ?: "/");
    json_add_string(result, "stateroot", job->stateroot);
    add_deployments(job, &cast, deny, result);
    json_object_object_add(result, "next_boot", next_boot_to_json(job, &cast));
    add_space(job, result, warnings);
    add_deny(job, &cast, deny, result, warnings);
    add_intent(job, result, warnings);
    add_config(job, &cast, warnings);
    json_object_object_add(result, "warnings", warnings);
    *ret_result = result;
    return TRUE;
}
