/* SPDX-License-Identifier: MIT */
#include "update/threads.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define TASKS "/proc/self/task"

typedef struct Thread {
    char name[32];
    char state; /* as in proc(5) */
    guint64 cpu_ns;
} Thread;

static char *read_file(const char *tid, const char *name)
{
    g_autofree char *path = g_build_filename(TASKS, tid, name, NULL);
    char *text = NULL;

    (void)g_file_get_contents(path, &text, NULL, NULL);
    return text ?: g_strdup("");
}

/* FALSE: it has just ended, or it watches. */
static gboolean look(const char *tid, Thread *ret)
{
    g_autofree char *stat = read_file(tid, "stat");
    g_autofree char *schedstat = read_file(tid, "schedstat");
    const char *open = strchr(stat, '('), *close = strrchr(stat, ')');

    if (!open || !close || strlen(close) < 3)
        return FALSE;
    g_strlcpy(ret->name, open + 1, MIN(sizeof(ret->name), (gsize)(close - open)));
    ret->state = close[2];
    ret->cpu_ns = g_ascii_strtoull(schedstat, NULL, 10);
    return strcmp(ret->name, THREAD_CANCEL) != 0 && strcmp(ret->name, THREAD_STALL) != 0;
}

static void for_each(void (*function)(const char *tid, const Thread *thread, void *data),
                     void *data)
{
    DIR *dir = opendir(TASKS);

    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        Thread thread = {0};
        if (entry->d_name[0] != '.' && look(entry->d_name, &thread))
            function(entry->d_name, &thread, data);
    }
    if (dir)
        closedir(dir);
}

static void check_waiting(const char *tid, const Thread *thread, void *data)
{
    gboolean *waiting = data;

    *waiting &= thread->state == 'S';
}

gboolean threads_are_waiting(void)
{
    gboolean waiting = TRUE;

    for_each(check_waiting, &waiting);
    return waiting;
}

static void add_cpu(const char *tid, const Thread *thread, void *data)
{
    guint64 *sum = data;

    *sum += thread->cpu_ns;
}

guint64 threads_cpu_ns(void)
{
    guint64 sum = 0;

    for_each(add_cpu, &sum);
    return sum;
}

static void describe(const char *tid, const Thread *thread, void *data)
{
    g_autofree char *waits_in = read_file(tid, "wchan");
    GString *text = data;

    g_string_append_printf(text, "%s%s: %c %s", text->len ? ", " : "", thread->name, thread->state,
                           waits_in);
}

char *threads_describe(void)
{
    GString *text = g_string_new(NULL);

    for_each(describe, text);
    return g_string_free(text, FALSE);
}
