/* SPDX-License-Identifier: MIT */
#include "base/strv.h"

#include <string.h>

size_t strv_length(char *const *list)
{
    size_t n = 0;

    while (list && list[n])
        n++;
    return n;
}

bool strv_contains(char *const *list, const char *item)
{
    for (; list && *list; list++)
        if (strcmp(*list, item) == 0)
            return true;
    return false;
}

int strv_push(char ***list, char *item)
{
    size_t n = strv_length(*list);
    char **grown = reallocarray(*list, n + 2, sizeof(char *));

    if (!grown)
        return -ENOMEM;
    grown[n] = item;
    grown[n + 1] = NULL;
    *list = grown;
    return 0;
}

int strv_push_copy(char ***list, const char *item)
{
    char *copy = strdup(item);

    if (!copy)
        return -ENOMEM;
    int r = strv_push(list, copy);
    if (r < 0)
        free(copy);
    return r;
}

char **strv_free(char **list)
{
    for (char **item = list; item && *item; item++)
        free(*item);
    free(list);
    return NULL;
}
