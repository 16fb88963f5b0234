/* SPDX-License-Identifier: MIT */
#include "update/intent.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "update/boot-id.h"
#include "update/error.h"

#define INTENT_NAME    "intent.json"
#define INTENT_SCHEMA  "azl.intent/1"
#define FAILURE_NAME   "last-failure.json"
#define FAILURE_SCHEMA "azl.failure/1"

/* libostree writes why a finalization failed there, and ostree-boot-complete.service removes it
 * (ostree-sysroot-deploy.c, _OSTREE_FINALIZE_STAGED_FAILURE_PATH). */
#define FAILURE_STAMP "boot/ostree/finalize-failure.stamp"

static const char *const phase_names[_INTENT_PHASE_MAX] = {
    [INTENT_PULLING] = "pulling",
    [INTENT_STAGED] = "staged",
    [INTENT_FINALIZING] = "finalizing",
    [INTENT_DEPLOYING] = "deploying",
};

const char *intent_phase_name(IntentPhase phase)
{
    return phase_names[phase];
}

static gboolean phase_from_name(const char *name, IntentPhase *ret)
{
    for (IntentPhase p = 0; p < _INTENT_PHASE_MAX; p++)
        if (g_strcmp0(phase_names[p], name) == 0) {
            *ret = p;
            return TRUE;
        }
    return FALSE;
}

Intent *intent_load(Records *records, GError **error)
{
    _cleanup_json_ json_object *record = NULL;
    IntentPhase phase = INTENT_PULLING;

    if (!records_load(records, INTENT_NAME, INTENT_SCHEMA, &record, error) || !record)
        return NULL;
    if (!phase_from_name(json_get_string(record, "phase"), &phase) ||
        !json_get_string(record, "checksum")) {
        update_throw(error, ERROR_RECORD_CORRUPT, "%s names no known phase and checksum",
                     INTENT_NAME);
        return NULL;
    }

    Intent *intent = g_new0(Intent, 1);
    intent->phase = phase;
    intent->operation = g_strdup(json_get_string(record, "operation") ?: "");
    intent->checksum = g_strdup(json_get_string(record, "checksum"));
    intent->version = g_strdup(json_get_string(record, "version"));
    intent->boot = g_strdup(json_get_string(record, "boot") ?: "");
    intent->at = g_strdup(json_get_string(record, "at") ?: "");
    return intent;
}

void intent_free(Intent *intent)
{
    if (!intent)
        return;
    g_free(intent->operation);
    g_free(intent->checksum);
    g_free(intent->version);
    g_free(intent->boot);
    g_free(intent->at);
    g_free(intent);
}

static gboolean save(Records *records, const Intent *intent, GError **error)
{
    _cleanup_json_ json_object *record = json_object_new_object();

    json_add_string(record, "schema", INTENT_SCHEMA);
    json_add_string(record, "operation", intent->operation);
    json_add_string(record, "phase", phase_names[intent->phase]);
    json_add_string(record, "checksum", intent->checksum);
    json_add_string(record, "version", intent->version);
    json_add_string(record, "boot", intent->boot);
    json_add_string(record, "at", intent->at);
    return records_save(records, INTENT_NAME, record, error);
}

gboolean intent_write(Records *records, IntentPhase phase, const char *operation,
                      const Release *release, GError **error)
{
    char at[CLOCK_TEXT_MAX];
    const Intent intent = {
        .phase = phase,
        .operation = (char *)operation,
        .checksum = (char *)release->checksum,
        .version = (char *)release->version,
        .boot = (char *)boot_id(),
        .at = clock_format(clock_now(), at),
    };

    return save(records, &intent, error);
}

void intent_restore(Records *records, const Intent *earlier)
{
    if (earlier)
        (void)save(records, earlier, NULL);
    else
        (void)intent_clear(records, NULL);
}

gboolean intent_clear(Records *records, GError **error)
{
    return records_remove(records, INTENT_NAME, error);
}

/* Why a finalization that should have happened did not: libostree's own words where they are left.
 */
static char *failure_reason(const Intent *intent, int sysroot_fd)
{
    g_autofree char *text = NULL;

    if (g_str_equal(intent->operation, "rollback"))
        return g_strdup("the boot loader started another deployment than the first in boot order");

    if (file_read_at(sysroot_fd, FAILURE_STAMP, 16384, &text, NULL) == 0 && *g_strstrip(text))
        return g_strdup(text);
    return g_strdup("the shutdown did not write it: the power failed, the machine was reset, or "
                    "`journalctl -b -1 -u ostree-finalize-staged` says more");
}

IntentOutcome intent_judge(const Intent *intent, OstreeDeployment *booted, int sysroot_fd,
                           char **ret_reason)
{
    *ret_reason = NULL;
    if (!intent)
        return INTENT_NONE;

    gboolean runs = booted && g_str_equal(ostree_deployment_get_csum(booted), intent->checksum);
    gboolean same_boot = g_str_equal(intent->boot, boot_id());

    switch (intent->phase) {
    case INTENT_PULLING:
        return same_boot ? INTENT_NONE : INTENT_UNDONE; /* it may be under way: it holds no lock */
    case INTENT_DEPLOYING:
        return INTENT_UNDONE;
    case INTENT_STAGED:
        if (same_boot || !booted)
            return INTENT_NONE;
        if (runs)
            return INTENT_APPLIED;
        *ret_reason = g_strdup("the machine rebooted while the staged update was still locked");
        return INTENT_DROPPED;
    case INTENT_FINALIZING:
        if (same_boot || !booted)
            return INTENT_NONE;
        if (runs)
            return INTENT_APPLIED;
        *ret_reason = failure_reason(intent, sysroot_fd);
        return INTENT_FAILED;
    case _INTENT_PHASE_MAX:
        break;
    }
    return INTENT_NONE;
}

gboolean last_failure_write(Records *records, const Intent *intent, const char *reason,
                            GError **error)
{
    _cleanup_json_ json_object *record = json_object_new_object();

    json_add_string(record, "schema", FAILURE_SCHEMA);
    json_add_string(record, "operation", "finalize");
    json_add_string(record, "checksum", intent->checksum);
    json_add_string(record, "version", intent->version);
    json_add_string(record, "reason", reason);
    json_add_time(record, "at", clock_now());
    return records_save(records, FAILURE_NAME, record, error);
}

json_object *last_failure_read(Records *records)
{
    _cleanup_json_ json_object *record = NULL;

    if (!records_load(records, FAILURE_NAME, FAILURE_SCHEMA, &record, NULL) || !record)
        return NULL;
    json_object_object_del(record, "schema");
    return TAKE_PTR(record);
}

gboolean last_failure_clear(Records *records, GError **error)
{
    return records_remove(records, FAILURE_NAME, error);
}
