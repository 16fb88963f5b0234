/* SPDX-License-Identifier: MIT */
#include "base/error-id.h"

#include <assert.h>
#include <string.h>

static const struct {
    const char *name;
    int exit_code;
    const char *summary;
    const char *next_step;
} table[_ERROR_MAX] = {[ERROR_NONE] = {"", EXIT_DONE, "", ""},
#define X(name, ...) [ERROR_##name] = {__VA_ARGS__},
                       AZL_ERRORS(X)
#undef X
};

const char *error_id_name(ErrorId id)
{
    assert(id < _ERROR_MAX);
    return table[id].name;
}

const char *error_id_summary(ErrorId id)
{
    assert(id < _ERROR_MAX);
    return table[id].summary;
}

const char *error_id_next_step(ErrorId id)
{
    assert(id < _ERROR_MAX);
    return table[id].next_step;
}

int error_id_exit_code(ErrorId id)
{
    assert(id < _ERROR_MAX);
    return table[id].exit_code;
}

char *error_id_bus_name(ErrorId id, char buf[static ERROR_BUS_NAME_MAX])
{
    size_t length = 0;
    bool starts = true;

    for (const char *c = error_id_name(id); *c && length < ERROR_BUS_NAME_MAX - 1; c++) {
        bool separates = *c == '.' || *c == '-';
        if (!separates)
            buf[length++] = starts && *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
        starts = separates;
    }
    buf[length] = '\0';
    return buf;
}

ErrorId error_id_from_bus_name(const char *name)
{
    char buf[ERROR_BUS_NAME_MAX];

    for (ErrorId id = ERROR_NONE + 1; id < _ERROR_MAX; id++)
        if (strcmp(error_id_bus_name(id, buf), name) == 0)
            return id;
    return ERROR_NONE;
}

ErrorId error_id_from_name(const char *name)
{
    for (ErrorId id = ERROR_NONE + 1; id < _ERROR_MAX; id++)
        if (name && strcmp(table[id].name, name) == 0)
            return id;
    return ERROR_NONE;
}
