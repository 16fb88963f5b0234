/* SPDX-License-Identifier: MIT */
/* A configuration by one table, which is its parser, its defaults, its ranges, and its help:
 *
 *     ini_read_layers(root_fd, "azl-agent", &entries, &problems);
 *     ini_decode(&table, &entries, &config, &values, &problems);
 *
 * Local files have no right to surprises: what the table does not name is a problem. */
#pragma once

#include "base/ini-file.h"
#include "base/ini-value.h"

#define INI_ITEMS_MAX     16 /* sections "[window NAME]" of one kind */
#define INI_ITEM_NAME_MAX 32

typedef struct IniSection {
    const char *name;
    const char *help; /* one sentence */
    /* 0: "[name]", there once. Else "[name ITEM]" may be there again and again, and this is the
     * size of the struct for one, which begins with `char *name`. */
    size_t item_size;
    size_t items, n_items; /* offsetof() in the target: struct item *, owned; size_t */
} IniSection;

typedef struct IniTable {
    const IniSection *sections;
    size_t n_sections;
    const IniKey *keys; /* those of a section stand together */
    size_t n_keys;
} IniTable;

/* Where a value came from. */
typedef struct IniValue {
    const IniKey *key;
    char *item; /* the ITEM; NULL in a section that is there once */
    char *file; /* NULL: it is the default */
    unsigned line;
} IniValue;

typedef struct IniValues {
    IniValue
        *values; /* each key of the table in its order; of items in the order of their appearance */
    size_t n;
} IniValues;

/* Fills a zeroed target with the defaults, and with what the entries say; a later one wins, and one
 * without a value is the default again. Every entry is looked at, also one that is overruled.
 * 0, or -ENOMEM. Either way *target and *values own what was filled in so far, see
 * ini_decode_clear(). The target is of use only when no problem was added. */
int ini_decode(const IniTable *table, const IniEntries *entries, void *target, IniValues *values,
               ProblemList *problems);

/* Frees what a target and its values own, and zeroes the items. */
void ini_decode_clear(const IniTable *table, void *target, IniValues *values);

/* The value of a key. NULL if the table has no such key, or there is no such item. */
IniValue *ini_values_find(const IniValues *values, const char *section, const char *item,
                          const char *key);

/* Where in the target the value is; NULL when the target has no such item. */
void *ini_value_slot(const IniTable *table, void *target, const IniValue *value);

/* "FILE:LINE", or "default". Owned by the caller; NULL when out of memory. */
char *ini_value_source(const IniValue *value);
