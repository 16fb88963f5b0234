/* SPDX-License-Identifier: MIT */
#include "base/ini-value.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/duration.h"
#include "base/macro.h"
#include "base/size.h"
#include "base/strv.h"
#include "base/suggest.h"

#define LIST_SEPARATORS ", \t"

/* Longer texts are shown up to here. */
#define SHOWN "\"%.100s\""

_printf_(2, 3)
static int wrong(char **ret_why, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    int r = vasprintf(ret_why, format, ap);
    va_end(ap);
    if (r < 0)
        *ret_why = NULL;
    return r < 0 ? -ENOMEM : -EINVAL;
}

static int parse_bool(const char *text, bool *slot, char **ret_why)
{
    static const char *const words[][4] = {{"no", "false", "off", "0"}, {"yes", "true", "on", "1"}};

    for (size_t value = 0; value < ELEMENTSOF(words); value++)
        for (size_t i = 0; i < ELEMENTSOF(words[value]); i++)
            if (strcasecmp(words[value][i], text) == 0) {
                *slot = value;
                return 0;
            }
    return wrong(ret_why, SHOWN " is neither yes nor no", text);
}

/* A number in the words of its kind. */
static const char *format_number(const IniKey *key, uint64_t number,
                                 char buf[static DURATION_TEXT_MAX])
{
    if (key->kind == INI_DURATION)
        return duration_format(number, buf);
    if (key->kind == INI_SIZE)
        return size_format_exact(number, buf);
    snprintf(buf, DURATION_TEXT_MAX, "%" PRIu64, number);
    return buf;
}

static int check_range(const IniKey *key, const char *text, uint64_t number, char **ret_why)
{
    char limit[DURATION_TEXT_MAX];

    if (number < key->min)
        return wrong(ret_why, SHOWN " is less than %s", text, format_number(key, key->min, limit));
    if (key->max > 0 && number > key->max)
        return wrong(ret_why, SHOWN " is more than %s", text, format_number(key, key->max, limit));
    return 0;
}

static int parse_uint(const char *text, uint64_t *ret)
{
    char *end;

    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end)
        return -EINVAL;
    *ret = number;
    return -errno;
}

static int parse_number(const IniKey *key, const char *text, void *slot, char **ret_why)
{
    const char *expected = "a whole number";
    uint64_t number = 0;
    int64_t seconds = 0;
    int r;

    if (key->kind == INI_DURATION) {
        expected = "a duration (such as 90s, 15min, 1h 30min, 2d)";
        r = duration_parse(text, &seconds);
        number = seconds;
    } else if (key->kind == INI_SIZE) {
        expected = "a size (such as 4096, 64 KiB, 10M)";
        r = size_parse(text, &number);
    } else
        r = parse_uint(text, &number);

    if (r == -ERANGE)
        return wrong(ret_why, SHOWN " is far too much", text);
    if (r < 0)
        return wrong(ret_why, SHOWN " is not %s", text, expected);
    r = check_range(key, text, number, ret_why);
    if (r < 0)
        return r;
    if (key->kind == INI_DURATION)
        *(int64_t *)slot = number;
    else
        *(uint64_t *)slot = number;
    return 0;
}

static int parse_enum(const IniKey *key, const char *text, unsigned *slot, char **ret_why)
{
    char all[256] = "";
    size_t used = 0;

    for (unsigned i = 0; key->words[i]; i++) {
        if (strcmp(key->words[i], text) == 0) {
            *slot = i;
            return 0;
        }
        if (used < sizeof(all))
            used +=
                snprintf(all + used, sizeof(all) - used, "%s%s", i > 0 ? ", " : "", key->words[i]);
    }
    const char *near = suggest_nearest(text, key->words);
    if (near)
        return wrong(ret_why, SHOWN " is none of: %s (did you mean %s?)", text, all, near);
    return wrong(ret_why, SHOWN " is none of: %s", text, all);
}

/* What is wrong with a path; NULL if it is absolute and has no part that leads elsewhere. */
static const char *path_problem(const char *path)
{
    if (*path != '/')
        return "is not an absolute path";
    for (const char *part = path; part; part = strchr(part, '/')) {
        part += strspn(part, "/");
        size_t length = strcspn(part, "/");
        if ((length == 1 || length == 2) && strncmp(part, "..", length) == 0)
            return "has a part that is \".\" or \"..\"";
    }
    return NULL;
}

static int parse_string(const IniKey *key, const char *text, char **slot, char **ret_why)
{
    size_t max = key->max ?: key->kind == INI_PATH ? PATH_MAX - 1 : INI_STRING_MAX;
    const char *problem = key->kind == INI_PATH ? path_problem(text) : NULL;

    if (strlen(text) > max)
        return wrong(ret_why, SHOWN " is longer than %zu bytes", text, max);
    if (problem)
        return wrong(ret_why, SHOWN " %s", text, problem);

    char *copy = strdup(text);
    if (!copy)
        return -ENOMEM;
    free(*slot);
    *slot = copy;
    return 0;
}

static int parse_list(const IniKey *key, const char *text, char ***slot, char **ret_why)
{
    size_t max = key->max ?: INI_LIST_MAX;
    _cleanup_strv_ char **list = NULL;

    for (const char *at = text + strspn(text, LIST_SEPARATORS); *at;) {
        size_t length = strcspn(at, LIST_SEPARATORS);
        char *word = strndup(at, length);

        if (!word || strv_push(&list, word) < 0) {
            free(word);
            return -ENOMEM;
        }
        at += length;
        at += strspn(at, LIST_SEPARATORS);
    }
    if (strv_length(list) > max)
        return wrong(ret_why, SHOWN " has more than %zu words", text, max);
    strv_free(*slot);
    *slot = TAKE_PTR(list);
    return 0;
}

int ini_value_parse(const IniKey *key, const char *text, void *slot, char **ret_why)
{
    const char *problem = key->check ? key->check(text) : NULL;

    if (problem)
        return wrong(ret_why, SHOWN " %s", text, problem);

    switch (key->kind) {
    case INI_BOOL:
        return parse_bool(text, slot, ret_why);
    case INI_DURATION:
    case INI_SIZE:
    case INI_UINT:
        return parse_number(key, text, slot, ret_why);
    case INI_ENUM:
        return parse_enum(key, text, slot, ret_why);
    case INI_STRING:
    case INI_PATH:
        return parse_string(key, text, slot, ret_why);
    case INI_LIST:
        return parse_list(key, text, slot, ret_why);
    }
    return -EINVAL;
}

int ini_value_reset(const IniKey *key, void *slot)
{
    _cleanup_free_ char *why = NULL;

    if (key->fallback)
        return ini_value_parse(key, key->fallback, slot, &why);

    ini_value_clear(key, slot);
    if (key->kind == INI_BOOL)
        *(bool *)slot = false;
    else if (key->kind == INI_ENUM)
        *(unsigned *)slot = 0;
    else if (key->kind == INI_DURATION || key->kind == INI_SIZE || key->kind == INI_UINT)
        *(uint64_t *)slot = 0;
    return 0;
}

static char *join(char *const *list)
{
    size_t size = 1;

    for (char *const *word = list; word && *word; word++)
        size += strlen(*word) + 1;
    char *text = malloc(size), *end = text;
    if (!text)
        return NULL;
    *end = '\0';
    for (char *const *word = list; word && *word; word++)
        end = stpcpy(stpcpy(end, word == list ? "" : " "), *word);
    return text;
}

int ini_value_format(const IniKey *key, const void *slot, char **ret)
{
    char buf[DURATION_TEXT_MAX];
    char *text = NULL;

    switch (key->kind) {
    case INI_BOOL:
        text = strdup(*(const bool *)slot ? "yes" : "no");
        break;
    case INI_DURATION:
    case INI_SIZE:
    case INI_UINT:
        text = strdup(format_number(key, *(const uint64_t *)slot, buf));
        break;
    case INI_ENUM:
        text = strdup(key->words[*(const unsigned *)slot]);
        break;
    case INI_STRING:
    case INI_PATH:
        if (!*(char *const *)slot) {
            *ret = NULL;
            return 0;
        }
        text = strdup(*(char *const *)slot);
        break;
    case INI_LIST:
        text = join(*(char **const *)slot);
        break;
    }
    if (!text)
        return -ENOMEM;
    *ret = text;
    return 0;
}

void ini_value_clear(const IniKey *key, void *slot)
{
    if (key->kind == INI_LIST)
        *(char ***)slot = strv_free(*(char ***)slot);
    else if (key->kind == INI_STRING || key->kind == INI_PATH) {
        free(*(char **)slot);
        *(char **)slot = NULL;
    }
}
