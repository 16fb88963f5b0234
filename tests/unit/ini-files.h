/* SPDX-License-Identifier: MIT */
/* Configuration files in a scratch root, and a look into a list of problems. */
#pragma once

#include "base/file.h"
#include "base/problem-list.h"
#include "tests/unit/scratch.h"

/* Writes a file, in folders that are made. */
static inline void put_file(const char *path, const char *text)
{
    _cleanup_free_ char *folder = strndup(path + 1, strrchr(path, '/') - path - 1);
    _cleanup_close_ int fd = dir_open_beneath(scratch_fd, folder, true);

    cr_assert_eq(file_write_at(fd, strrchr(path, '/') + 1, text, strlen(text), 0644), 0, "%s",
                 path);
}

/* Makes a link, in folders that are made. */
static inline void put_link(const char *path, const char *target)
{
    _cleanup_free_ char *folder = strndup(path + 1, strrchr(path, '/') - path - 1);
    _cleanup_close_ int fd = dir_open_beneath(scratch_fd, folder, true);

    cr_assert_eq(symlinkat(target, fd, strrchr(path, '/') + 1), 0, "%s: %m", path);
}

/* Is there a problem with this place, with these words in its message? */
static inline bool has_problem(const ProblemList *problems, const char *file, unsigned line,
                               const char *words)
{
    for (size_t i = 0; i < problems->n; i++) {
        const ProblemEntry *entry = &problems->entries[i];

        if (strcmp(entry->file, file) == 0 && entry->line == line && strstr(entry->message, words))
            return true;
    }
    for (size_t i = 0; i < problems->n; i++)
        fprintf(stderr, "# %s:%u: %s\n", problems->entries[i].file, problems->entries[i].line,
                problems->entries[i].message);
    return false;
}
