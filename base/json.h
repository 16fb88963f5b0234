/* SPDX-License-Identifier: MIT */
/* JSON from outside goes through one table-driven decoder with limits; JSON to outside is built
 * with json-c's own calls and the few helpers here. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

/* How a member of an object becomes a member of a struct. */
typedef enum JsonKind {
    JSON_STRING, /* char *: a copy, owned by the struct */
    JSON_BOOL,   /* bool */
    JSON_UINT,   /* uint64_t, at most `max` when max > 0 */
    JSON_STRV,   /* char **: NULL-terminated copies, owned by the struct; at most `max` of them */
} JsonKind;

typedef struct JsonField {
    const char *name;
    JsonKind kind;
    size_t offset; /* offsetof() in the struct */
    bool required;
    uint64_t
        max; /* JSON_UINT: largest value; JSON_STRING: longest, in bytes; JSON_STRV: most items */
} JsonField;

typedef enum JsonUnknown {
    JSON_UNKNOWN_IS_ERROR, /* local input: a member that no row names is a mistake */
    JSON_UNKNOWN_IGNORED,  /* servers and newer versions may say more than we know */
} JsonUnknown;

/* Parses exactly one JSON value of at most `max_depth` levels (a number or string is one as well),
 * with nothing but white space behind it. A NUL is refused also as "\u0000": json-c would cut a
 * member's name there. *ret is owned by the caller (json_object_put), and NULL for `null`. 0;
 * -EINVAL for anything else. */
int json_parse(const char *text, size_t size, int max_depth, json_object **ret);

/* Fills `target` from the object by the table. What the object lacks stays as it is in `target`.
 * 0, or -EINVAL with ERROR_PROTOCOL_INVALID and the member's name in the detail; what had been
 * filled before stays filled and owned: free it with json_decode_clear() either way. */
int json_decode(json_object *object, const JsonField fields[], size_t n_fields, JsonUnknown unknown,
                void *target, Failure *f);

/* Frees every string and list of `target` that the table names. */
void json_decode_clear(const JsonField fields[], size_t n_fields, void *target);

/* Borrowed views into an object that may lack the member, or hold another type there. */
json_object *json_get(json_object *object, const char *name);
const char *json_get_string(json_object *object, const char *name); /* NULL */
bool json_get_bool(json_object *object, const char *name);          /* false */
int64_t json_get_int(json_object *object, const char *name);        /* 0 */

/* Adds a string, or null for NULL. */
void json_add_string(json_object *object, const char *name, const char *value);
void json_add_bool(json_object *object, const char *name, bool value);
void json_add_int(json_object *object, const char *name, int64_t value);
/* Adds seconds since the epoch as RFC 3339. */
void json_add_time(json_object *object, const char *name, int64_t seconds);

static inline void json_putp(json_object **object)
{
    json_object_put(*object);
}

#define _cleanup_json_ _cleanup_(json_putp)
