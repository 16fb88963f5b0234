/* SPDX-License-Identifier: MIT */
#include "base/ini.h"

#include <stdio.h>
#include <string.h>

#include "base/suggest.h"

#define NAMES_MAX 63

typedef struct Decoder {
    const IniTable *table;
    const IniEntries *entries;
    void *target;
    IniValues *values;
    ProblemList *problems;
} Decoder;

static const IniSection *find_section(const IniTable *table, const char *name)
{
    for (size_t i = 0; i < table->n_sections; i++)
        if (strcmp(table->sections[i].name, name) == 0)
            return &table->sections[i];
    return NULL;
}

static const IniKey *find_key(const IniTable *table, const char *section, const char *name)
{
    for (size_t i = 0; i < table->n_keys; i++)
        if (strcmp(table->keys[i].section, section) == 0 && strcmp(table->keys[i].name, name) == 0)
            return &table->keys[i];
    return NULL;
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* The item's struct; NULL if there is none of that name. */
static char *find_item(const IniSection *section, void *target, const char *name)
{
    if (!name)
        return NULL;

    char *items = *(char **)((char *)target + section->items);
    size_t n = *(size_t *)((char *)target + section->n_items);

    for (size_t i = 0; i < n; i++)
        if (strcmp(*(char **)(items + i * section->item_size), name) == 0)
            return items + i * section->item_size;
    return NULL;
}

IniValue *ini_values_find(const IniValues *values, const char *section, const char *item,
                          const char *key)
{
    for (size_t i = 0; i < values->n; i++) {
        IniValue *value = &values->values[i];

        if (strcmp(value->key->section, section) == 0 && strcmp(value->key->name, key) == 0 &&
            same(value->item, item))
            return value;
    }
    return NULL;
}

void *ini_value_slot(const IniTable *table, void *target, const IniValue *value)
{
    char *base = target;

    if (value->item)
        base = find_item(find_section(table, value->key->section), target, value->item);
    return base ? base + value->key->offset : NULL;
}

char *ini_value_source(const IniValue *value)
{
    char *text;

    if (!value->file)
        return strdup("default");
    return asprintf(&text, "%s:%u", value->file, value->line) < 0 ? NULL : text;
}

/* Puts the section's defaults into `base`, and a row for each of its keys into the values. */
static int add_defaults(const Decoder *decoder, const IniSection *section, const char *item,
                        char *base)
{
    IniValues *values = decoder->values;

    for (size_t i = 0; i < decoder->table->n_keys; i++) {
        const IniKey *key = &decoder->table->keys[i];

        if (strcmp(key->section, section->name) != 0)
            continue;
        IniValue *grown = reallocarray(values->values, values->n + 1, sizeof(*grown));
        if (!grown)
            return -ENOMEM;
        values->values = grown;
        grown[values->n] = (IniValue){.key = key};
        if (item && !(grown[values->n].item = strdup(item)))
            return -ENOMEM;
        values->n++;
        if (ini_value_reset(key, base + key->offset) < 0)
            return -ENOMEM;
    }
    return 0;
}

static int add_item(const Decoder *decoder, const IniSection *section, const char *name)
{
    char **items = (char **)((char *)decoder->target + section->items);
    size_t *n = (size_t *)((char *)decoder->target + section->n_items);
    char *grown = reallocarray(*items, *n + 1, section->item_size);

    if (!grown)
        return -ENOMEM;
    *items = grown;

    char *item = grown + *n * section->item_size;
    memset(item, 0, section->item_size);
    if (!(*(char **)item = strdup(name)))
        return -ENOMEM;
    ++*n;
    return add_defaults(decoder, section, name, item);
}

/* problem_list_add(), at the place of an entry. */
#define PROBLEM(decoder, entry, ...)                                                               \
    problem_list_add((decoder)->problems, (entry)->file, (entry)->line, __VA_ARGS__)

static int unknown_section(const Decoder *decoder, const IniEntry *entry)
{
    const char *names[NAMES_MAX + 1] = {NULL};
    const IniTable *table = decoder->table;

    for (size_t i = 0; i < table->n_sections && i < NAMES_MAX; i++)
        names[i] = table->sections[i].name;
    const char *near = suggest_nearest(entry->section, names);
    if (near)
        return PROBLEM(decoder, entry, "there is no section [%s] (did you mean [%s]?)",
                       entry->section, near);
    return PROBLEM(decoder, entry, "there is no section [%s]", entry->section);
}

static int unknown_key(const Decoder *decoder, const IniEntry *entry)
{
    const char *names[NAMES_MAX + 1] = {NULL}, *elsewhere = NULL;
    const IniTable *table = decoder->table;

    for (size_t i = 0, n = 0; i < table->n_keys && n < NAMES_MAX; i++) {
        const IniKey *key = &table->keys[i];
        if (strcmp(key->section, entry->section) == 0)
            names[n++] = key->name;
        else if (strcmp(key->name, entry->key) == 0)
            elsewhere = key->section;
    }
    if (elsewhere)
        return PROBLEM(decoder, entry, "[%s] has no key %s; it belongs into [%s]", entry->section,
                       entry->key, elsewhere);
    const char *near = suggest_nearest(entry->key, names);
    if (near)
        return PROBLEM(decoder, entry, "[%s] has no key %s (did you mean %s?)", entry->section,
                       entry->key, near);
    return PROBLEM(decoder, entry, "[%s] has no key %s", entry->section, entry->key);
}

/* What is wrong with the name of an item; NULL if nothing is. */
static const char *item_problem(const char *name)
{
    if (strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") !=
        strlen(name))
        return "a section's second word is of letters, digits, '.', '_' and '-'";
    if (strlen(name) > INI_ITEM_NAME_MAX)
        return "the name is too long";
    return NULL;
}

/* A header: is it one of ours? Makes the item. */
static int decode_header(const Decoder *decoder, const IniEntry *entry)
{
    const IniSection *section = find_section(decoder->table, entry->section);

    if (!section)
        return unknown_section(decoder, entry);
    if (section->item_size == 0)
        return entry->item ? PROBLEM(decoder, entry, "[%s] is there once, and has no second word",
                                     section->name)
                           : 0;
    if (!entry->item)
        return PROBLEM(decoder, entry, "[%s] needs a name: [%s NAME]", section->name,
                       section->name);
    if (item_problem(entry->item))
        return PROBLEM(decoder, entry, "[%s %s]: %s", section->name, entry->item,
                       item_problem(entry->item));
    if (find_item(section, decoder->target, entry->item))
        return 0;
    if (*(size_t *)((char *)decoder->target + section->n_items) >= INI_ITEMS_MAX)
        return PROBLEM(decoder, entry, "there are more than %d sections [%s NAME]", INI_ITEMS_MAX,
                       section->name);
    return add_item(decoder, section, entry->item);
}

/* The line that says the same key of the same section before, in the same file; 0: none. */
static unsigned said_before(const Decoder *decoder, const IniEntry *entry)
{
    for (const IniEntry *e = decoder->entries->entries; e < entry; e++)
        if (e->key && strcmp(e->file, entry->file) == 0 && strcmp(e->key, entry->key) == 0 &&
            strcmp(e->section, entry->section) == 0 && same(e->item, entry->item))
            return e->line;
    return 0;
}

static int set_value(const Decoder *decoder, const IniEntry *entry, IniValue *value, void *slot)
{
    _cleanup_free_ char *why = NULL, *file = NULL;
    int r;

    if (*entry->value) {
        file = strdup(entry->file);
        r = file ? ini_value_parse(value->key, entry->value, slot, &why) : -ENOMEM;
    } else
        r = ini_value_reset(value->key, slot);
    if (r == -EINVAL)
        return PROBLEM(decoder, entry, "[%s%s%s] %s: %s", entry->section, entry->item ? " " : "",
                       entry->item ?: "", entry->key, why ?: "not valid");
    if (r < 0)
        return r;
    free(value->file);
    value->file = TAKE_PTR(file);
    value->line = entry->line;
    return 0;
}

static int decode_entry(const Decoder *decoder, const IniEntry *entry)
{
    if (!entry->key)
        return decode_header(decoder, entry);

    const IniSection *section = find_section(decoder->table, entry->section);
    unsigned before;

    /* Told of with the header. */
    if (!section || (section->item_size == 0) != !entry->item ||
        (entry->item && !find_item(section, decoder->target, entry->item)))
        return 0;
    if (!find_key(decoder->table, entry->section, entry->key))
        return unknown_key(decoder, entry);
    if ((before = said_before(decoder, entry)) > 0)
        return PROBLEM(decoder, entry, "[%s] %s stands here a second time, after line %u",
                       entry->section, entry->key, before);

    IniValue *value = ini_values_find(decoder->values, entry->section, entry->item, entry->key);
    return set_value(decoder, entry, value, ini_value_slot(decoder->table, decoder->target, value));
}

/* Where an item is mentioned last. */
static const IniEntry *last_header(const IniEntries *entries, const IniValue *value)
{
    for (size_t i = entries->n; i > 0; i--) {
        const IniEntry *entry = &entries->entries[i - 1];
        if (!entry->key && strcmp(entry->section, value->key->section) == 0 &&
            same(entry->item, value->item))
            return entry;
    }
    return NULL;
}

/* Does the last word on the key say something? Where that was of no use it has been told of. */
static bool is_said(const IniEntries *entries, const IniValue *value)
{
    for (size_t i = entries->n; i > 0; i--) {
        const IniEntry *entry = &entries->entries[i - 1];
        if (entry->key && strcmp(entry->key, value->key->name) == 0 &&
            strcmp(entry->section, value->key->section) == 0 && same(entry->item, value->item))
            return *entry->value;
    }
    return false;
}

static int check_required(const Decoder *decoder)
{
    for (size_t i = 0; i < decoder->values->n; i++) {
        const IniValue *value = &decoder->values->values[i];
        const IniEntry *header = last_header(decoder->entries, value);

        if (!value->key->required || !header || is_said(decoder->entries, value))
            continue;
        if (PROBLEM(decoder, header, "[%s %s] does not say %s", value->key->section,
                    value->item ?: "", value->key->name) < 0)
            return -ENOMEM;
    }
    return 0;
}

int ini_decode(const IniTable *table, const IniEntries *entries, void *target, IniValues *values,
               ProblemList *problems)
{
    const Decoder decoder = {table, entries, target, values, problems};

    for (size_t i = 0; i < table->n_sections; i++)
        if (table->sections[i].item_size == 0 &&
            add_defaults(&decoder, &table->sections[i], NULL, target) < 0)
            return -ENOMEM;
    for (size_t i = 0; i < entries->n; i++)
        if (decode_entry(&decoder, &entries->entries[i]) < 0)
            return -ENOMEM;
    return check_required(&decoder);
}

static void clear_items(const IniTable *table, const IniSection *section, char *target)
{
    char **items = (char **)(target + section->items);
    size_t *n = (size_t *)(target + section->n_items);

    for (size_t i = 0; i < *n; i++) {
        char *item = *items + i * section->item_size;

        for (size_t k = 0; k < table->n_keys; k++)
            if (strcmp(table->keys[k].section, section->name) == 0)
                ini_value_clear(&table->keys[k], item + table->keys[k].offset);
        free(*(char **)item);
    }
    free(*items);
    *items = NULL;
    *n = 0;
}

void ini_decode_clear(const IniTable *table, void *target, IniValues *values)
{
    for (size_t i = 0; i < table->n_sections; i++)
        if (table->sections[i].item_size > 0)
            clear_items(table, &table->sections[i], target);
    for (size_t i = 0; i < table->n_keys; i++)
        if (find_section(table, table->keys[i].section)->item_size == 0)
            ini_value_clear(&table->keys[i], (char *)target + table->keys[i].offset);
    for (size_t i = 0; i < values->n; i++) {
        free(values->values[i].item);
        free(values->values[i].file);
    }
    free(values->values);
    *values = (IniValues){0};
}
