/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include <string.h>

#include "base/clock.h"
#include "base/strv.h"
#include "base/text.h"

/* Longest string taken where the table names no limit. */
#define STRING_MAX_DEFAULT 4096

static void tokener_freep(json_tokener **tokener)
{
    if (*tokener)
        json_tokener_free(*tokener);
}

static bool only_space(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!strchr(" \t\r\n", text[i]) || !text[i])
            return false;
    return true;
}

/* Is there a NUL, as it is or written as an escape? */
static bool holds_nul(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\0')
            return true;
        if (text[i] == '\\' && ++i < size && text[i] == 'u' && size - i > 4 &&
            memcmp(text + i + 1, "0000", 4) == 0)
            return true;
    }
    return false;
}

int json_parse(const char *text, size_t size, int max_depth, json_object **ret)
{
    _cleanup_(tokener_freep)
    json_tokener *tokener = json_tokener_new_ex(max_depth);
    _cleanup_json_ json_object *object = NULL;

    if (!tokener)
        return -ENOMEM;
    /* json-c's own check takes surrogates and overlong forms. */
    if (size > INT32_MAX || holds_nul(text, size) || !text_is_utf8(text, size))
        return -EINVAL;

    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
    object = json_tokener_parse_ex(tokener, text, (int)size);
    size_t end = json_tokener_get_parse_end(tokener);

    /* After a bare number more digits could follow; a NUL says that none do. */
    if (json_tokener_get_error(tokener) == json_tokener_continue) {
        object = json_tokener_parse_ex(tokener, "", 1);
        end = size;
    }
    if (json_tokener_get_error(tokener) != json_tokener_success)
        return -EINVAL;
    if (!only_space(text + end, size - end))
        return -EINVAL;
    *ret = TAKE_PTR(object);
    return 0;
}

static int wrong_type(const JsonField *field, const char *expected, Failure *f)
{
    return failure_set(f, -EINVAL, ERROR_PROTOCOL_INVALID, "\"%s\" is not %s", field->name,
                       expected);
}

static int decode_string(json_object *value, const JsonField *field, void *slot, Failure *f)
{
    size_t max = field->max ?: STRING_MAX_DEFAULT;

    if (!json_object_is_type(value, json_type_string))
        return wrong_type(field, "a string", f);

    const char *text = json_object_get_string(value);
    size_t length = json_object_get_string_len(value);
    if (length > max || strlen(text) != length)
        return wrong_type(field, "a string of the allowed length", f);

    char *copy = strdup(text);
    if (!copy)
        return failure_oom(f);
    free(*(char **)slot);
    *(char **)slot = copy;
    return 0;
}

static int decode_uint(json_object *value, const JsonField *field, void *slot, Failure *f)
{
    if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0)
        return wrong_type(field, "a whole number", f);

    uint64_t number = json_object_get_uint64(value);
    if (field->max > 0 && number > field->max)
        return failure_set(f, -EINVAL, ERROR_PROTOCOL_INVALID, "\"%s\" is more than %llu",
                           field->name, (unsigned long long)field->max);
    *(uint64_t *)slot = number;
    return 0;
}

static int decode_strv(json_object *value, const JsonField *field, void *slot, Failure *f)
{
    _cleanup_strv_ char **list = NULL;

    if (!json_object_is_type(value, json_type_array))
        return wrong_type(field, "a list of strings", f);

    size_t n = json_object_array_length(value);
    if (n > (field->max ?: 64))
        return wrong_type(field, "a list of the allowed length", f);

    for (size_t i = 0; i < n; i++) {
        _cleanup_free_ char *item = NULL;
        const JsonField one = {.name = field->name};
        int r = decode_string(json_object_array_get_idx(value, i), &one, &item, f);

        if (r < 0)
            return r;
        if (strv_push(&list, item) < 0)
            return failure_oom(f);
        item = NULL;
    }
    strv_free(*(char ***)slot);
    *(char ***)slot = TAKE_PTR(list);
    return 0;
}

static int decode_field(json_object *value, const JsonField *field, void *target, Failure *f)
{
    void *slot = (char *)target + field->offset;

    switch (field->kind) {
    case JSON_STRING:
        return decode_string(value, field, slot, f);
    case JSON_UINT:
        return decode_uint(value, field, slot, f);
    case JSON_STRV:
        return decode_strv(value, field, slot, f);
    case JSON_BOOL:
        if (!json_object_is_type(value, json_type_boolean))
            return wrong_type(field, "true or false", f);
        *(bool *)slot = json_object_get_boolean(value);
        return 0;
    }
    return wrong_type(field, "of a known kind", f);
}

static const JsonField *find_field(const JsonField fields[], size_t n_fields, const char *name)
{
    for (size_t i = 0; i < n_fields; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

static int check_required(json_object *object, const JsonField fields[], size_t n_fields,
                          Failure *f)
{
    for (size_t i = 0; i < n_fields; i++)
        if (fields[i].required && !json_object_object_get_ex(object, fields[i].name, NULL))
            return failure_set(f, -EINVAL, ERROR_PROTOCOL_INVALID, "\"%s\" is missing",
                               fields[i].name);
    return 0;
}

int json_decode(json_object *object, const JsonField fields[], size_t n_fields, JsonUnknown unknown,
                void *target, Failure *f)
{
    if (!json_object_is_type(object, json_type_object))
        return failure_set(f, -EINVAL, ERROR_PROTOCOL_INVALID, "not an object");

    json_object_object_foreach (object, name, value) {
        const JsonField *field = find_field(fields, n_fields, name);
        if (!field && unknown == JSON_UNKNOWN_IGNORED)
            continue;
        if (!field)
            return failure_set(f, -EINVAL, ERROR_PROTOCOL_INVALID, "unknown member \"%.64s\"",
                               name);

        int r = decode_field(value, field, target, f);
        if (r < 0)
            return r;
    }
    return check_required(object, fields, n_fields, f);
}

void json_decode_clear(const JsonField fields[], size_t n_fields, void *target)
{
    for (size_t i = 0; i < n_fields; i++) {
        void *slot = (char *)target + fields[i].offset;

        if (fields[i].kind == JSON_STRING) {
            free(*(char **)slot);
            *(char **)slot = NULL;
        } else if (fields[i].kind == JSON_STRV)
            *(char ***)slot = strv_free(*(char ***)slot);
    }
}

json_object *json_get(json_object *object, const char *name)
{
    json_object *value = NULL;

    if (json_object_is_type(object, json_type_object))
        json_object_object_get_ex(object, name, &value);
    return value;
}

const char *json_get_string(json_object *object, const char *name)
{
    json_object *value = json_get(object, name);

    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

bool json_get_bool(json_object *object, const char *name)
{
    json_object *value = json_get(object, name);

    return json_object_is_type(value, json_type_boolean) && json_object_get_boolean(value);
}

int64_t json_get_int(json_object *object, const char *name)
{
    json_object *value = json_get(object, name);

    return json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : 0;
}

void json_add_string(json_object *object, const char *name, const char *value)
{
    json_object_object_add(object, name, value ? json_object_new_string(value) : NULL);
}

void json_add_bool(json_object *object, const char *name, bool value)
{
    json_object_object_add(object, name, json_object_new_boolean(value));
}

void json_add_int(json_object *object, const char *name, int64_t value)
{
    json_object_object_add(object, name, json_object_new_int64(value));
}

void json_add_time(json_object *object, const char *name, int64_t seconds)
{
    char text[CLOCK_TEXT_MAX];

    json_add_string(object, name, clock_format(seconds, text));
}
