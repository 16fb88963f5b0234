/* SPDX-License-Identifier: MIT */
#include "base/problem-list.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

int problem_list_add(ProblemList *list, const char *file, unsigned line, const char *format, ...)
{
    va_list ap;
    char *message = NULL;

    if (list->n >= PROBLEM_LIST_MAX) {
        list->n_more++;
        return 0;
    }

    va_start(ap, format);
    int r = vasprintf(&message, format, ap);
    va_end(ap);
    if (r < 0)
        return -ENOMEM;

    char *copy = strdup(file);
    ProblemEntry *grown = reallocarray(list->entries, list->n + 1, sizeof(*grown));
    if (grown)
        list->entries = grown;
    if (!copy || !grown) {
        free(copy);
        free(message);
        return -ENOMEM;
    }
    text_make_line(message);
    text_make_line(copy);
    grown[list->n++] = (ProblemEntry){.file = copy, .line = line, .message = message};
    return 0;
}

json_object *problem_list_to_json(const ProblemList *list)
{
    json_object *array = json_object_new_array();

    for (size_t i = 0; array && i < list->n; i++) {
        const ProblemEntry *entry = &list->entries[i];
        json_object *object = json_object_new_object();

        json_add_string(object, "file", entry->file);
        if (entry->line > 0)
            json_add_int(object, "line", entry->line);
        else
            json_object_object_add(object, "line", NULL);
        json_add_string(object, "message", entry->message);
        json_object_array_add(array, object);
    }
    return array;
}

int problem_list_to_failure(const ProblemList *list, ErrorId id, Failure *f)
{
    if (list->n == 0)
        return 0;

    const ProblemEntry *first = &list->entries[0];
    char line[16] = "", more[40] = "";

    if (first->line > 0)
        snprintf(line, sizeof(line), ":%u", first->line);
    if (list->n + list->n_more > 1)
        snprintf(more, sizeof(more), " (and %zu more)", list->n + list->n_more - 1);
    return failure_set(f, -EINVAL, id, "%s%s: %s%s", first->file, line, first->message, more);
}

void problem_list_clear(ProblemList *list)
{
    if (!list)
        return;
    for (size_t i = 0; i < list->n; i++) {
        free(list->entries[i].file);
        free(list->entries[i].message);
    }
    free(list->entries);
    *list = (ProblemList){0};
}
