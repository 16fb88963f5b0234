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

ErrorId error_id_from_name(const char *name)
{
    for (ErrorId id = ERROR_NONE + 1; id < _ERROR_MAX; id++)
        if (name && strcmp(table[id].name, name) == 0)
            return id;
    return ERROR_NONE;
}
