/* SPDX-License-Identifier: MIT */
#include "agent/ctl/option.h"

#include <stdbool.h>
#include <string.h>

#include "base/suggest.h"
#include "base/strv.h"

#define NAMES_MAX 63

static const Option *find_option(const Option *const tables[], const char *word, size_t length)
{
    bool is_letter = word[1] != '-' && length == 2;

    for (; *tables; tables++)
        for (const Option *o = *tables; o->name; o++)
            if (is_letter ? o->letter == word[1]
                          : strlen(o->name) + 2 == length && word[1] == '-' &&
                                strncmp(o->name, word + 2, length - 2) == 0)
                return o;
    return NULL;
}

static int unknown_option(const Option *const tables[], const char *word, size_t length, Failure *f)
{
    const char *names[NAMES_MAX + 1] = {NULL}, *near = NULL;
    size_t n = 0;

    for (; *tables; tables++)
        for (const Option *o = *tables; o->name && n < NAMES_MAX; o++)
            names[n++] = o->name;

    _cleanup_free_ char *name = strndup(word, length);
    if (!name)
        return failure_oom(f);
    near = suggest_nearest(name + strspn(name, "-"), names);
    if (near)
        return failure_set(f, -EINVAL, ERROR_USAGE,
                           "there is no option %s here (did you mean --%s?)", name, near);
    return failure_set(f, -EINVAL, ERROR_USAGE, "there is no option %s here", name);
}

static int take_number(const Option *option, const char *value, int64_t *slot, Failure *f)
{
    char *end;

    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (errno != 0 || *end || *value < '0' || *value > '9' || number > option->max ||
        number < option->min)
        return failure_set(f, -EINVAL, ERROR_USAGE,
                           "--%s takes a number from %lld to %lld, not \"%s\"", option->name,
                           (long long)option->min, (long long)option->max, value);
    *slot = number;
    return 0;
}

static int take_value(const Option *option, const char *value, void *slot, Failure *f)
{
    switch (option->kind) {
    case OPTION_FLAG:
        if (value)
            return failure_set(f, -EINVAL, ERROR_USAGE, "--%s takes no value", option->name);
        *(bool *)slot = true;
        return 0;
    case OPTION_STRING:
        *(const char **)slot = value;
        return 0;
    case OPTION_NUMBER:
        return take_number(option, value, slot, f);
    case OPTION_LIST:
        return strv_push_copy(slot, value) < 0 ? failure_oom(f) : 0;
    }
    return -EINVAL;
}

int option_take(const Option *const tables[], char *const argv[], int *index, void *target,
                Failure *f)
{
    const char *word = argv[*index], *value = NULL;
    size_t length = strcspn(word, "=");
    const Option *option = find_option(tables, word, length);

    if (!option)
        return unknown_option(tables, word, length, f);
    if (word[length] == '=')
        value = word + length + 1;
    else if (option->kind != OPTION_FLAG) {
        /* "--to --reboot" is a forgotten value; who means it writes "--to=--reboot". */
        value = argv[*index + 1];
        if (!value || strncmp(value, "--", 2) == 0)
            value = NULL;
        else
            ++*index;
    }
    if (option->kind != OPTION_FLAG && (!value || !*value))
        return failure_set(f, -EINVAL, ERROR_USAGE, "--%s needs a value: %s", option->name,
                           option->value);
    return take_value(option, value, (char *)target + option->offset, f);
}
