/* SPDX-License-Identifier: MIT */
/* Views into JSON that may hold something else than expected: a newer or broken worker must not
 * crash a renderer. */
#pragma once

#include <json-c/json.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"

/* A count or a size; 0 where there is none, or a negative one. */
static inline uint64_t count_get(json_object *object, const char *name)
{
    int64_t number = json_get_int(object, name);

    return number < 0 ? 0 : (uint64_t)number;
}

/* How many items; 0 for what is no array. */
static inline size_t list_length(json_object *list)
{
    return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

/* The item, borrowed; NULL beyond the end. */
static inline json_object *list_at(json_object *list, size_t index)
{
    return index < list_length(list) ? json_object_array_get_idx(list, index) : NULL;
}

/* The item as text, borrowed; "" where it is none. */
static inline const char *list_text_at(json_object *list, size_t index)
{
    json_object *item = list_at(list, index);

    return json_object_is_type(item, json_type_string) ? json_object_get_string(item) : "";
}
