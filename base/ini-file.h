/* SPDX-License-Identifier: MIT */
/* The text of INI files as a list of what they say, in the order in which it counts, each with its
 * place. What it means is for a table to say (base/ini.h).
 *
 * libinih does the reading. It cuts off long lines and names without a word, takes what is indented
 * as more of the line before, and tells only of the first line it does not understand. So every
 * line is looked at before it gets it. */
#pragma once

#include <stddef.h>

#include "base/problem-list.h"

#define INI_FILE_MAX    (256 * 1024) /* bytes */
#define INI_LINE_MAX    1024         /* bytes */
#define INI_NAME_MAX    40           /* bytes of "[section name]", and of a key */
#define INI_ENTRIES_MAX 1024         /* of all files together */
#define INI_DROP_IN_MAX 64

typedef struct IniEntry {
    char *section; /* the first word of its header */
    char *item;    /* what stands behind it, in "[window night]"; NULL: nothing */
    char *key;     /* NULL: the header itself */
    char *value;   /* "" when there is nothing behind the '='; NULL in a header */
    char *file;
    unsigned line; /* from 1 */
} IniEntry;

typedef struct IniEntries {
    IniEntry *entries;
    size_t n;
} IniEntries;

/* Adds copies of it all. 0, or -ENOMEM. */
int ini_entries_add(IniEntries *list, const IniEntry *entry);

/* Moves what *from holds to the end of *to, where it wins. 0, or -ENOMEM; then nothing has moved.
 */
int ini_entries_append(IniEntries *to, IniEntries *from);

/* Frees and empties. NULL is fine. */
void ini_entries_clear(IniEntries *list);

/* Reads a text. `file` is what problems call it. What cannot be read is added to the problems, and
 * the rest is read on. 0, or -ENOMEM. */
int ini_read_text(const char *file, const char *text, size_t size, IniEntries *list,
                  ProblemList *problems);

/* Reads NAME.conf and the drop-ins NAME.conf.d/?*.conf as systemd does (systemd.unit(5),
 * "drop-in"): of each file name the one in the first of /etc/azl, /run/azl, /usr/lib/azl; an empty
 * one, or a link to /dev/null, hides the others. The main file comes first, then the drop-ins by
 * name; what comes later wins. Nothing there is fine. Paths are looked up below `root_fd`, and
 * named as seen from there. 0, or -ENOMEM; what cannot be read is among the problems. */
int ini_read_layers(int root_fd, const char *name, IniEntries *list, ProblemList *problems);

#define _cleanup_ini_entries_ _cleanup_(ini_entries_clear)
