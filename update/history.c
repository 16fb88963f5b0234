/* SPDX-License-Identifier: MIT */
#include "update/history.h"

#include <pwd.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "update/boot-id.h"

#define HISTORY_NAME "history.jsonl"
#define HISTORY_MAX  (512 * 1024)

/* Keeps the newer half, from the start of a line on. */
static int trim(int dir_fd)
{
    g_autofree char *text = NULL;
    gsize size = 0;
    struct stat st;

    if (fstatat(dir_fd, HISTORY_NAME, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_size < HISTORY_MAX)
        return 0;
    int r = file_read_at(dir_fd, HISTORY_NAME, 2 * HISTORY_MAX, &text, &size);
    if (r < 0)
        return r;

    const char *half = memchr(text + size / 2, '\n', size - size / 2);
    half = half ? half + 1 : text + size;
    return file_write_at(dir_fd, HISTORY_NAME, half, text + size - half, 0644);
}

/* One write(2) of the whole line; a torn line before it gets its end first. */
static int append_line(int dir_fd, const char *line, gsize length)
{
    _cleanup_close_ int fd =
        openat(dir_fd, HISTORY_NAME, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    struct stat st;
    char last = '\n';

    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (st.st_size > 0 && pread(fd, &last, 1, st.st_size - 1) < 0)
        return -errno;
    if (last != '\n' && write(fd, "\n", 1) < 0)
        return -errno;

    gssize n = write(fd, line, length);
    if (n < 0 || fsync(fd) < 0)
        return -errno;
    return (gsize)n == length ? 0 : -ENOSPC;
}

gboolean history_append(Records *records, const char *name, json_object *event, GError **error)
{
    _cleanup_json_ _unused_ json_object *owned = event;
    _cleanup_json_ json_object *whole = json_object_new_object();
    int fd = records_dir_fd(records);

    json_add_time(whole, "at", clock_now());
    json_add_string(whole, "event", name);
    json_add_string(whole, "boot", boot_id());
    json_object_object_foreach (event, key, value)
        json_object_object_add(whole, key, json_object_get(value));

    g_autofree char *line =
        g_strconcat(json_object_to_json_string_ext(whole, JSON_C_TO_STRING_PLAIN |
                                                              JSON_C_TO_STRING_NOSLASHESCAPE),
                    "\n", NULL);
    int r = fd < 0 ? fd : trim(fd);
    if (r >= 0)
        r = append_line(fd, line, strlen(line));
    return r < 0 ? records_throw_errno(error, r, HISTORY_NAME) : TRUE;
}

/* The daemon says for whom it asks. It could lie, so its own name stands there, too. */
static char *who_asked(Job *job)
{
    guint64 caller = job->args->caller;
    const struct passwd *user = caller < UINT32_MAX ? getpwuid((uid_t)caller) : NULL;

    if (job->request->peer != PEER_AGENT)
        return g_strdup("root");
    if (caller >= UINT32_MAX)
        return g_strdup("azl-agent");
    return user ? g_strdup_printf("%s (azl-agent)", user->pw_name)
                : g_strdup_printf("uid %" G_GUINT64_FORMAT " (azl-agent)", caller);
}

gboolean history_note(Job *job, const char *name, json_object *event, GError **error)
{
    g_autofree char *who = who_asked(job);

    json_add_string(event, "by", who);
    return history_append(job->records, name, event, error);
}

void history_note_or_warn(Job *job, const char *name, json_object *event)
{
    g_autoptr(GError) error = NULL;

    if (!history_note(job, name, event, &error))
        job_warning(job, "%s, ignoring", error->message);
}

json_object *history_read(Records *records, gsize limit)
{
    json_object *events = json_object_new_array();
    g_autofree char *text = NULL;
    gsize size = 0;
    int fd = records_existing_dir_fd(records);

    if (fd < 0 || file_read_at(fd, HISTORY_NAME, 4 * HISTORY_MAX, &text, &size) < 0)
        return events;

    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        json_object *event = NULL;
        if (json_parse(lines[i], strlen(lines[i]), 8, &event) == 0)
            json_object_array_add(events, event);
    }
    gsize n = json_object_array_length(events);
    if (n > limit)
        json_object_array_del_idx(events, 0, n - limit);
    return events;
}
