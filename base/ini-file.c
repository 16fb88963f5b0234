/* SPDX-License-Identifier: MIT */
#include "base/ini-file.h"

#include <ini.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

#define BLANKS          " \t\r"
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

static void clear_entry(IniEntry *entry)
{
    free(entry->section);
    free(entry->item);
    free(entry->key);
    free(entry->value);
    free(entry->file);
    *entry = (IniEntry){0};
}

static int grow(IniEntries *list, size_t by)
{
    IniEntry *grown = reallocarray(list->entries, list->n + by, sizeof(*grown));

    if (!grown)
        return -ENOMEM;
    list->entries = grown;
    return 0;
}

int ini_entries_add(IniEntries *list, const IniEntry *entry)
{
    IniEntry copy = {
        .section = strdup(entry->section),
        .item = entry->item ? strdup(entry->item) : NULL,
        .key = entry->key ? strdup(entry->key) : NULL,
        .value = entry->value ? strdup(entry->value) : NULL,
        .file = strdup(entry->file),
        .line = entry->line,
    };

    if (!copy.section || !copy.item != !entry->item || !copy.key != !entry->key ||
        !copy.value != !entry->value || !copy.file || grow(list, 1) < 0) {
        clear_entry(&copy);
        return -ENOMEM;
    }
    list->entries[list->n++] = copy;
    return 0;
}

int ini_entries_append(IniEntries *to, IniEntries *from)
{
    if (from->n == 0)
        return 0;
    if (grow(to, from->n) < 0)
        return -ENOMEM;
    memcpy(to->entries + to->n, from->entries, from->n * sizeof(*from->entries));
    to->n += from->n;
    from->n = 0;
    return 0;
}

void ini_entries_clear(IniEntries *list)
{
    if (!list)
        return;
    for (size_t i = 0; i < list->n; i++)
        clear_entry(&list->entries[i]);
    free(list->entries);
    *list = (IniEntries){0};
}

typedef struct Reader {
    const char *file;
    const char *at, *end;
    unsigned line;
    bool ignored; /* what stands here: no section has begun, or not one that can be read */
    bool full;    /* too many entries, which has been told */
    char section[INI_NAME_MAX + 1], *item;
    IniEntries *list;
    ProblemList *problems;
    int r; /* -ENOMEM once that happened */
} Reader;

#define PROBLEM(reader, ...)                                                                       \
    ({                                                                                             \
        Reader *_reader = (reader);                                                                \
        if (problem_list_add(_reader->problems, _reader->file, _reader->line, __VA_ARGS__) < 0)    \
            _reader->r = -ENOMEM;                                                                  \
    })

static void add(Reader *reader, const char *key, const char *value)
{
    IniEntry entry = {.section = reader->section,
                      .item = reader->item,
                      .key = (char *)key,
                      .value = (char *)value,
                      .file = (char *)reader->file,
                      .line = reader->line};

    if (reader->list->n >= INI_ENTRIES_MAX) {
        if (!reader->full)
            PROBLEM(reader, "there are more than %d values from here on", INI_ENTRIES_MAX);
        reader->full = true;
    } else if (ini_entries_add(reader->list, &entry) < 0)
        reader->r = -ENOMEM;
}

/* Looks at "[section]" or "[section item]", and enters it. */
static bool enter_section(Reader *reader, const char *line, size_t length)
{
    reader->ignored = true;
    if (line[length - 1] != ']' || memchr(line + 1, '[', length - 1) ||
        memchr(line, ']', length - 1)) {
        PROBLEM(reader, "a section is written as [NAME], with nothing behind it");
        return false;
    }
    if (length - 2 > INI_NAME_MAX) {
        PROBLEM(reader, "the section's name is longer than %d bytes", INI_NAME_MAX);
        return false;
    }
    for (line++, length -= 2; length > 0 && strchr(BLANKS, line[length - 1]);)
        length--;
    memcpy(reader->section, line, length);
    reader->section[length] = '\0';
    reader->item = strpbrk(reader->section, BLANKS);
    if (reader->item) {
        *reader->item++ = '\0';
        reader->item += strspn(reader->item, BLANKS);
    }
    reader->ignored = false;
    add(reader, NULL, NULL);
    return true;
}

static bool check_assignment(Reader *reader, const char *line, size_t length)
{
    const char *equals = memchr(line, '=', length);
    size_t key = equals ? (size_t)(equals - line) : 0;

    while (key > 0 && strchr(BLANKS, line[key - 1]))
        key--;
    if (key == 0 || memchr(line, ':', key))
        PROBLEM(reader, "\"%.*s\" is neither KEY = VALUE, nor a [SECTION], nor a # comment",
                (int)MIN_OF(length, (size_t)60), line);
    else if (key > INI_NAME_MAX)
        PROBLEM(reader, "the key is longer than %d bytes", INI_NAME_MAX);
    else if (line[length - 1] == '\\')
        PROBLEM(reader, "a line cannot be continued with a backslash; write it as one");
    else if (reader->ignored && !*reader->section)
        PROBLEM(reader, "\"%.*s\" stands above the first [SECTION]", (int)key, line);
    else
        return true;
    return false;
}

/* Is this a line that libinih reads as we do? Tells of it where it is not. */
static bool check_line(Reader *reader, const char *line, size_t length)
{
    if (length == 0 || *line == '#' || *line == ';')
        return false;
    if (length > INI_LINE_MAX) {
        PROBLEM(reader, "the line is longer than %d bytes", INI_LINE_MAX);
        return false;
    }
    for (size_t i = 0; i < length; i++)
        if (((unsigned char)line[i] < 0x20 && line[i] != '\t') || line[i] == 0x7f) {
            PROBLEM(reader, "the line has a control character at byte %zu", i + 1);
            return false;
        }
    if (!text_is_utf8(line, length)) {
        PROBLEM(reader, "the line is not valid UTF-8");
        return false;
    }
    if (*line == '[')
        return enter_section(reader, line, length);
    return check_assignment(reader, line, length);
}

/* Gives libinih the next line: as it is, or an empty one. An ini_reader. */
static char *next_line(char *buf, int size, void *user)
{
    Reader *reader = user;

    if (reader->at >= reader->end || reader->r < 0)
        return NULL;

    const char *line = reader->at;
    const char *newline = memchr(line, '\n', reader->end - line);
    const char *stop = newline ?: reader->end;
    reader->at = newline ? newline + 1 : reader->end;
    reader->line++;
    while (line < stop && strchr(BLANKS, *line) && *line)
        line++;
    while (stop > line && strchr(BLANKS, stop[-1]) && stop[-1])
        stop--;

    size_t length = check_line(reader, line, stop - line) ? stop - line : 0;
    if (length >= (size_t)size) { /* so much was asked for: this libinih does not heed it */
        PROBLEM(reader, "the line is longer than %d bytes", size - 1);
        length = 0;
    }
    memcpy(buf, line, length);
    buf[length] = '\0';
    return buf;
}

/* What libinih has read. An ini_handler. */
static int take_value(void *user, const char *section, const char *name, const char *value)
{
    Reader *reader = user;

    if (!reader->ignored)
        add(reader, name, value);
    return 1;
}

int ini_read_text(const char *file, const char *text, size_t size, IniEntries *list,
                  ProblemList *problems)
{
    Reader reader = {.file = file,
                     .at = text,
                     .end = text + size,
                     .ignored = true,
                     .list = list,
                     .problems = problems};

    if (size >= 3 && memcmp(text, BYTE_ORDER_MARK, 3) == 0)
        reader.at += 3;

    ini_allow_multiline = false;
    ini_allow_inline_comments = false;
    ini_allow_no_value = false;
    ini_use_stack = false;
    ini_max_line = ini_initial_alloc = INI_LINE_MAX + 3;
    int r = ini_parse_stream(next_line, &reader, take_value, &reader);
    if (r == -2)
        return -ENOMEM;
    if (r > 0 && problem_list_add(problems, file, r, "the line cannot be understood") < 0)
        return -ENOMEM;
    return reader.r;
}
