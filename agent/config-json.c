/* SPDX-License-Identifier: MIT */
/* The configuration for programs: config_to_json() of agent/config.h. */
#include <stdio.h>

#include "agent/config.h"
#include "base/json.h"

static int add_value(json_object *array, const Config *config, const IniValue *value)
{
    const void *slot = ini_value_slot(&config_table, (Config *)config, value);
    const IniKey *key = value->key;
    _cleanup_free_ char *section = NULL, *text = NULL, *source = ini_value_source(value);
    _cleanup_json_ json_object *object = json_object_new_object();

    if (asprintf(&section, "%s%s%s", key->section, value->item ? " " : "", value->item ?: "") < 0)
        section = NULL;
    if (!object || !section || !source || !slot || ini_value_format(key, slot, &text) < 0)
        return -ENOMEM;
    json_add_string(object, "section", section);
    json_add_string(object, "key", key->name);
    json_add_string(object, "value", text);
    json_add_string(object, "default", key->fallback);
    json_add_string(object, "source", source);
    return json_object_array_add(array, TAKE_PTR(object)) < 0 ? -ENOMEM : 0;
}

json_object *config_to_json(const Config *config, const ProblemList *problems)
{
    _cleanup_json_ json_object *object = json_object_new_object();
    _cleanup_json_ json_object *values = json_object_new_array();
    json_object *list = problem_list_to_json(problems);

    if (!object || !values || !list) {
        json_object_put(list);
        return NULL;
    }
    json_add_string(object, "schema", "azl.config/1");
    json_add_string(object, "owner", config ? config->owner : NULL);
    for (size_t i = 0; config && i < config->values.n; i++)
        if (add_value(values, config, &config->values.values[i]) < 0) {
            json_object_put(list);
            return NULL;
        }
    json_object_object_add(object, "values", TAKE_PTR(values));
    json_object_object_add(object, "problems", list);
    return TAKE_PTR(object);
}
