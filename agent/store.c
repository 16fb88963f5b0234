/* SPDX-License-Identifier: MIT */
#include "agent/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/host-facts.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

#define STATE_FILE  "state.json"
#define STATE_MAX   (64 * 1024)
#define STATE_DEPTH 6
#define SCHEMA_STEM "azl.agent-state/"
#define SCHEMA      SCHEMA_STEM "1"
#define STATE_MODE  0644

struct Store {
    int fd;
    char *written; /* what stands in the file, as far as we know */
};

int store_open(const char *directory, Store **ret, Failure *f)
{
    Store *store = calloc(1, sizeof(*store));

    if (!store)
        return failure_oom(f);
    store->fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->fd < 0) {
        int r = -errno;
        free(store);
        return failure_set_errno(f, r, ERROR_RECORD_UNWRITABLE, "%s", directory);
    }
    *ret = store;
    return 0;
}

Store *store_free(Store *store)
{
    if (!store)
        return NULL;
    close_fd(store->fd);
    free(store->written);
    free(store);
    return NULL;
}

static void add_release(json_object *object, const char *name, const HostRelease *release)
{
    json_object *inner = NULL;

    if (release->checksum[0]) {
        inner = json_object_new_object();
        json_add_string(inner, "checksum", release->checksum);
        json_add_string(inner, "version", release->version[0] ? release->version : NULL);
        json_add_time(inner, "timestamp", release->timestamp);
    }
    json_object_object_add(object, name, inner);
}

static void add_retry(json_object *object, const char *name, const MachineRetry *retry)
{
    json_object *inner = NULL;

    if (retry->failures > 0) {
        inner = json_object_new_object();
        json_add_int(inner, "failures", retry->failures);
        json_add_int(inner, "failed", retry->failed);
        json_add_int(inner, "at", retry->at);
    }
    json_object_object_add(object, name, inner);
}

static json_object *to_json(const Machine *m, const Hold *hold)
{
    json_object *object = json_object_new_object(), *inner = NULL;

    json_add_string(object, "schema", SCHEMA);
    add_release(object, "target", &m->target);
    json_add_bool(object, "pulled", m->pulled);
    json_add_string(object, "finalized", m->finalized);
    add_retry(object, "bringing", &m->bringing);
    add_retry(object, "applying", &m->applying);
    add_retry(object, "coming", &m->coming);
    json_add_string(object, "lost", m->lost);
    json_add_int(object, "last_check", m->last_check);
    json_add_int(object, "next_check", m->next_check);
    if (hold->held) {
        inner = json_object_new_object();
        json_add_int(inner, "until", hold->until);
        json_add_string(inner, "reason", hold->reason);
        json_add_bool(inner, "lock", hold->lock);
        json_add_string(inner, "reopen", hold->reopen);
    }
    json_object_object_add(object, "hold", inner);
    return object;
}

static void read_text(char *to, size_t size, json_object *object, const char *name)
{
    snprintf(to, size, "%s", json_get_string(object, name) ?: "");
}

static void read_retry(MachineRetry *retry, json_object *object)
{
    int64_t failures = json_get_int(object, "failures"), failed = json_get_int(object, "failed");

    retry->failures = (unsigned)MIN_OF(MAX_OF(failures, INT64_C(0)), INT64_C(1000000));
    retry->failed =
        failed >= ACTION_NONE && failed <= ACTION_REBOOT ? (MachineAction)failed : ACTION_NONE;
    retry->at = json_get_int(object, "at");
}

static void read_hold(Hold *hold, json_object *object)
{
    json_object *held = json_get(object, "hold");

    hold->held = json_object_is_type(held, json_type_object);
    hold->until = MIN_OF(MAX_OF(json_get_int(held, "until"), INT64_C(0)), HOLD_UNTIL_MAX);
    hold->lock = json_get_bool(held, "lock");
    read_text(hold->reopen, sizeof(hold->reopen), held, "reopen");
    read_text(hold->reason, sizeof(hold->reason), held, "reason");
}

static void from_json(Machine *m, json_object *object)
{
    host_release_read(&m->target, json_get(object, "target"));
    m->pulled = json_get_bool(object, "pulled");
    read_text(m->finalized, sizeof(m->finalized), object, "finalized");
    read_retry(&m->bringing, json_get(object, "bringing"));
    read_retry(&m->applying, json_get(object, "applying"));
    read_retry(&m->coming, json_get(object, "coming"));
    read_text(m->lost, sizeof(m->lost), object, "lost");
    m->last_check = json_get_int(object, "last_check");
    m->next_check = json_get_int(object, "next_check");
}

static int keep_aside(Store *store, const char *as, const char *why, Failure *f)
{
    int r = file_rename_at(store->fd, STATE_FILE, as);

    if (r < 0)
        return failure_set_errno(f, r, ERROR_RECORD_UNWRITABLE, "%s: %s", STATE_FILE, why);
    return failure_set(f, -EBADMSG, ERROR_RECORD_CORRUPT, "%s: %s; kept as %s", STATE_FILE, why,
                       as);
}

int store_load(Store *store, Machine *machine, Hold *hold, Failure *f)
{
    _cleanup_json_ json_object *object = NULL;
    _cleanup_free_ char *text = NULL;
    size_t size = 0;

    *machine = (Machine){0};
    *hold = (Hold){0};
    int r = file_read_at(store->fd, STATE_FILE, STATE_MAX, &text, &size);
    if (r == -ENOENT)
        return 1;
    if (r == -EFBIG)
        return keep_aside(store, STATE_FILE ".corrupt", "too long", f);
    if (r < 0)
        return failure_set_errno(f, r, ERROR_RECORD_UNWRITABLE, STATE_FILE);

    const char *schema = NULL;
    if (json_parse(text, size, STATE_DEPTH, &object) >= 0)
        schema = json_get_string(object, "schema");
    if (!schema || strncmp(schema, SCHEMA_STEM, strlen(SCHEMA_STEM)) != 0)
        return keep_aside(store, STATE_FILE ".corrupt", "it is not what this program writes", f);
    /* That one has been there in every version: a rollback to an older agent must not end it. */
    read_hold(hold, object);
    if (strcmp(schema, SCHEMA) != 0)
        return keep_aside(store, STATE_FILE ".newer", "another version wrote it", f);
    from_json(machine, object);
    return 0;
}

int store_save(Store *store, const Machine *machine, const Hold *hold, Failure *f)
{
    _cleanup_json_ json_object *object = to_json(machine, hold);
    _cleanup_free_ char *text = strdup(json_object_to_json_string_ext(
        object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));

    if (!text)
        return failure_oom(f);
    text_make_utf8(text, strlen(text)); /* else it could not be read again, nor the hold in it */
    if (store->written && strcmp(store->written, text) == 0)
        return 0;
    int r = file_write_at(store->fd, STATE_FILE, text, strlen(text), STATE_MODE);
    if (r < 0)
        return failure_set_errno(f, r, ERROR_RECORD_UNWRITABLE, STATE_FILE);
    free(store->written);
    store->written = TAKE_PTR(text);
    return 0;
}
