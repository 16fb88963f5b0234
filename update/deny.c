/* SPDX-License-Identifier: MIT */
#include "update/deny.h"

#include <ostree.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "update/error.h"

#define DENY_NAME  "deny.json"
#define DENY_OLDER "deny.json.1"

struct DenyList {
    json_object *record;
    char *damage; /* NULL: readable */
};

static json_object *new_record(void)
{
    json_object *record = json_object_new_object();

    json_add_string(record, "schema", DENY_SCHEMA);
    json_object_object_add(record, "entries", json_object_new_array());
    return record;
}

/* Every entry must say what it denies, or it might deny nothing. */
static gboolean load_checked(Records *records, const char *name, json_object **ret, GError **error)
{
    _cleanup_json_ json_object *record = NULL;

    if (!records_load(records, name, DENY_SCHEMA, &record, error))
        return FALSE;
    json_object *entries = json_get(record, "entries");
    if (record && !json_object_is_type(entries, json_type_array))
        return update_throw(error, ERROR_RECORD_CORRUPT, "%s has no list of entries", name);

    for (size_t i = 0; record && i < json_object_array_length(entries); i++) {
        json_object *entry = json_object_array_get_idx(entries, i);
        if (!json_get_string(entry, "checksum") && !json_get_string(entry, "version"))
            return update_throw(error, ERROR_RECORD_CORRUPT, "%s: entry %zu denies nothing", name,
                                i);
    }
    *ret = TAKE_PTR(record);
    return TRUE;
}

DenyList *deny_list_load(Records *records)
{
    DenyList *list = g_new0(DenyList, 1);
    g_autoptr(GError) error = NULL;

    if (!load_checked(records, DENY_NAME, &list->record, &error))
        list->damage = g_strdup(error->message);
    if (!list->record)
        list->record = new_record();
    return list;
}

void deny_list_free(DenyList *list)
{
    if (!list)
        return;
    json_object_put(list->record);
    g_free(list->damage);
    g_free(list);
}

const char *deny_list_damage(const DenyList *list)
{
    return list->damage;
}

json_object *deny_list_entries(const DenyList *list)
{
    return json_get(list->record, "entries");
}

static gboolean denies(json_object *entry, const Release *release)
{
    const char *checksum = json_get_string(entry, "checksum");
    const char *version = json_get_string(entry, "version");
    const char *ref = json_get_string(entry, "ref");

    if (checksum && g_strcmp0(checksum, release->checksum) == 0)
        return TRUE;
    return version && g_strcmp0(version, release->version) == 0 &&
           g_strcmp0(ref, release->ref) == 0;
}

json_object *deny_list_find(const DenyList *list, const Release *release)
{
    json_object *entries = deny_list_entries(list);

    for (size_t i = 0; i < json_object_array_length(entries); i++) {
        json_object *entry = json_object_array_get_idx(entries, i);
        if (denies(entry, release))
            return entry;
    }
    return NULL;
}

json_object *deny_list_remove(DenyList *list, const char *what)
{
    json_object *entries = deny_list_entries(list), *removed = json_object_new_array();
    const char *member = ostree_validate_checksum_string(what, NULL) ? "checksum" : "version";

    for (size_t i = json_object_array_length(entries); i-- > 0;) {
        json_object *entry = json_object_array_get_idx(entries, i);
        if (g_strcmp0(json_get_string(entry, member), what) != 0)
            continue;
        json_object_array_add(removed, json_object_get(entry));
        json_object_array_del_idx(entries, i, 1);
    }
    return removed;
}

void deny_list_remove_entry(DenyList *list, json_object *entry)
{
    json_object *entries = deny_list_entries(list);

    for (size_t i = json_object_array_length(entries); i-- > 0;)
        if (json_object_array_get_idx(entries, i) == entry)
            json_object_array_del_idx(entries, i, 1);
}

json_object *deny_list_add(DenyList *list, const Release *release, const char *reason,
                           const char *source, const char *fallback)
{
    json_object *entry = json_object_new_object();

    json_object_put(deny_list_remove(list, release->checksum ?: release->version));

    json_add_string(entry, "checksum", release->checksum);
    json_add_string(entry, "version", release->version);
    json_add_string(entry, "ref", release->ref);
    json_add_string(entry, "reason", reason);
    json_add_string(entry, "source", source);
    json_add_string(entry, "fallback", fallback);
    json_add_time(entry, "at", clock_now());
    json_object_array_add(deny_list_entries(list), entry);
    return entry;
}

gboolean deny_list_save(DenyList *list, Records *records, GError **error)
{
    _cleanup_json_ json_object *older = NULL;

    if (list->damage)
        return update_throw(error, ERROR_DENY_UNREADABLE, "%s", list->damage);
    if (!load_checked(records, DENY_NAME, &older, error))
        return FALSE;
    if (older && !records_save(records, DENY_OLDER, older, error))
        return FALSE;
    return records_save(records, DENY_NAME, list->record, error);
}

gboolean deny_list_reset(Records *records, DenyReset *ret, GError **error)
{
    _cleanup_json_ json_object *record = NULL;
    g_autoptr(DenyList) list = deny_list_load(records);
    DenyReset reset = {.damaged = TRUE, .aside = DENY_NAME ".corrupt", .from = DENY_OLDER};

    if (!list->damage) {
        *ret = (DenyReset){0};
        return TRUE;
    }
    if (!records_keep_aside(records, DENY_NAME, error))
        return FALSE;
    if (!load_checked(records, DENY_OLDER, &record, NULL) || !record) {
        record = new_record();
        reset.from = NULL;
    }
    reset.entries = json_object_array_length(json_get(record, "entries"));
    if (!records_save(records, DENY_NAME, record, error))
        return FALSE;
    *ret = reset;
    return TRUE;
}

char *deny_entry_describe(json_object *entry)
{
    const char *source = json_get_string(entry, "source");
    const char *reason = json_get_string(entry, "reason");

    return g_strdup_printf("denied %s at %s%s%s",
                           g_strcmp0(source, "rollback") == 0 ? "by the rollback from it"
                                                              : "by the administrator",
                           json_get_string(entry, "at") ?: "an unknown time",
                           reason ? ", because: " : "", reason ?: "");
}
