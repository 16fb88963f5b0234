/* SPDX-License-Identifier: MIT */
#include "base/problem.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"

int problem_from_json(Problem *p, json_object *error)
{
    const char *name = json_get_string(error, "id"), *detail = json_get_string(error, "detail");
    ErrorId id = name ? error_id_from_name(name) : ERROR_NONE;

    if (!name)
        return failure_set(&p->failure, -EBADMSG, ERROR_PROTOCOL_GARBAGE, "an error without an id");

    problem_clear(p);
    if (id == ERROR_NONE) {
        p->foreign_id = strdup(name);
        if (!p->foreign_id)
            return failure_oom(&p->failure);
        id = ERROR_INTERNAL;
    }
    return failure_set(&p->failure, -EREMOTEIO, id, "%s", detail ?: "");
}

void problem_copy(Problem *to, const Problem *from)
{
    problem_clear(to);
    failure_set(&to->failure, from->failure.code, from->failure.id, "%s",
                from->failure.detail ?: "");
    to->foreign_id = from->foreign_id ? strdup(from->foreign_id) : NULL;
}

const char *problem_id(const Problem *p)
{
    return p->foreign_id ?: error_id_name(p->failure.id);
}

char *problem_to_text(const Problem *p, const char *next_step)
{
    char *text = NULL;

    if (!p->foreign_id)
        return failure_to_text_with(&p->failure, next_step ?: error_id_next_step(p->failure.id));
    if (asprintf(&text, "%s [%s]", p->failure.detail ?: "", p->foreign_id) < 0)
        return NULL;
    return text;
}

json_object *problem_to_json(const Problem *p)
{
    json_object *outer = json_object_new_object(), *inner = json_object_new_object();

    json_add_string(inner, "id", problem_id(p));
    json_add_string(inner, "detail", p->failure.detail ?: "");
    json_object_object_add(outer, "error", inner);
    return outer;
}

int problem_exit_code(const Problem *p)
{
    return error_id_exit_code(p->failure.id);
}

void problem_clear(Problem *p)
{
    failure_clear(&p->failure);
    free(p->foreign_id);
    p->foreign_id = NULL;
}
