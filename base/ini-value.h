/* SPDX-License-Identifier: MIT */
/* One key of a configuration: what it is called, what it may hold, what it holds when nobody says
 * anything, and the sentence that explains it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum IniKind {
    INI_BOOL,     /* bool: yes/no, true/false, on/off, 1/0, in any case */
    INI_DURATION, /* int64_t: seconds (base/duration.h) */
    INI_SIZE,     /* uint64_t: bytes (base/size.h) */
    INI_UINT,     /* uint64_t: a whole number */
    INI_ENUM,     /* an enum from 0 on: one of `words` */
    INI_STRING,   /* char *: as it is written, owned by the target; NULL: not set */
    INI_PATH,     /* char *: absolute, without "." and ".."; the same */
    INI_LIST,     /* char **: words between blanks or commas, owned by the target; NULL: none */
} IniKind;

/* The longest string and the longest list where the key names no `max`. */
#define INI_STRING_MAX 256
#define INI_LIST_MAX   64

typedef struct IniKey {
    const char *section;
    const char *name;
    IniKind kind;
    size_t offset; /* offsetof() in the target, or in the item of a repeated section */
    /* As a file would say it, in the form of ini_value_format(). NULL: zero, or nothing. */
    const char *fallback;
    bool required;     /* in a repeated section: each one says it */
    uint64_t min, max; /* of numbers, in seconds or bytes; INI_STRING: bytes; INI_LIST: words.
                          max 0: no bound */
    const char *const *words; /* INI_ENUM: by value; NULL ends it */
    /* Looks at a text that is of the kind; returns what is wrong with it, static, or NULL. May be
     * NULL. */
    const char *(*check)(const char *text);
    const char *help; /* one sentence; the man page has it word for word */
} IniKey;

/* Puts what the text means into `slot`, freeing what was there. 0; -EINVAL with *ret_why saying
 * what is wrong (owned by the caller, NULL when out of memory), or -ENOMEM; then `slot` is as it
 * was. */
int ini_value_parse(const IniKey *key, const char *text, void *slot, char **ret_why);

/* Puts the default into `slot`, freeing what was there. 0, or -ENOMEM. */
int ini_value_reset(const IniKey *key, void *slot);

/* How a file would say it, always in the same form: "yes", "1h 30min", "64 KiB", "a b". Owned by
 * the caller. 0, or -ENOMEM; *ret is NULL for a string that is not set. */
int ini_value_format(const IniKey *key, const void *slot, char **ret);

/* Frees what `slot` owns. */
void ini_value_clear(const IniKey *key, void *slot);
