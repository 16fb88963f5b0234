/* SPDX-License-Identifier: MIT */
/* JSON arrays that may not be there: a newer or broken worker must not crash a renderer. */
#pragma once

#include <json-c/json.h>
#include <stddef.h>

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
