/* SPDX-License-Identifier: MIT */
#include "agent/bus-options.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"

static int invalid(sd_bus_error *error, const char *name, const char *what)
{
    return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "option \"%.64s\": %s", name, what);
}

static const BusOption *find(const BusOption *allowed, const char *name)
{
    for (; allowed->name; allowed++)
        if (strcmp(allowed->name, name) == 0)
            return allowed;
    return NULL;
}

static int read_text(sd_bus_message *call, const BusOption *option, json_object *object,
                     sd_bus_error *error)
{
    const char *text;

    int r = sd_bus_message_read(call, "v", "s", &text);
    if (r < 0)
        return r;
    if (strlen(text) > BUS_OPTION_TEXT_MAX)
        return invalid(error, option->name, "too long");
    json_add_string(object, option->member, text);
    return 0;
}

static int read_value(sd_bus_message *call, const BusOption *option, json_object *object,
                      sd_bus_error *error)
{
    uint64_t number;
    int flag, r;

    if (option->type == 's')
        return read_text(call, option, object, error);
    if (option->type == 'b') {
        r = sd_bus_message_read(call, "v", "b", &flag);
        if (r >= 0)
            json_add_bool(object, option->member, flag);
        return r;
    }
    r = sd_bus_message_read(call, "v", "t", &number);
    if (r >= 0 && number > INT64_MAX)
        return invalid(error, option->name, "too large");
    if (r >= 0)
        json_add_int(object, option->member, (int64_t)number);
    return r;
}

static int read_option(sd_bus_message *call, const BusOption *allowed, json_object *object,
                       sd_bus_error *error)
{
    const char *name, *contents;
    char type;

    int r = sd_bus_message_read_basic(call, 's', &name);
    if (r < 0)
        return r;
    const BusOption *option = find(allowed, name);
    if (!option)
        return invalid(error, name, "there is no such option");
    if (json_object_object_get_ex(object, option->member, NULL))
        return invalid(error, name, "given twice");
    r = sd_bus_message_peek_type(call, &type, &contents);
    if (r < 0)
        return r;
    if (contents[0] != option->type || contents[1] != '\0')
        return invalid(error, name, "of the wrong type");
    return read_value(call, option, object, error);
}

int bus_options_read(sd_bus_message *call, const BusOption *allowed, json_object **ret,
                     sd_bus_error *error)
{
    _cleanup_json_ json_object *object = json_object_new_object();

    int r = sd_bus_message_enter_container(call, 'a', "{sv}");
    if (r < 0)
        return r;
    while ((r = sd_bus_message_enter_container(call, 'e', "sv")) > 0) {
        r = read_option(call, allowed, object, error);
        if (r >= 0)
            r = sd_bus_message_exit_container(call);
        if (r < 0)
            return r;
    }
    if (r >= 0)
        r = sd_bus_message_exit_container(call);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(object);
    return 0;
}
