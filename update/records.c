/* SPDX-License-Identifier: MIT */
#include "update/records.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"
#include "update/error.h"

#define RECORD_MAX   (4 * 1024 * 1024)
#define RECORD_DEPTH 16
#define RESERVE_NAME "reserve"
#define RESERVE_SIZE (256 * 1024)

struct Records {
    int root_fd; /* owned; `path` is below it */
    char *path;
    int dir_fd; /* owned, or a negative errno */
};

Records *records_open(int sysroot_fd, gboolean booted, const char *stateroot, gboolean create)
{
    Records *records = g_new0(Records, 1);

    if (booted) {
        records->root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        records->path = g_strdup("var/lib/azl");
    } else {
        records->root_fd = fcntl(sysroot_fd, F_DUPFD_CLOEXEC, 3);
        records->path = g_strdup_printf("ostree/deploy/%s/var/lib/azl", stateroot);
    }
    records->dir_fd = dir_open_beneath(records->root_fd, records->path, create);
    return records;
}

void records_free(Records *records)
{
    if (!records)
        return;
    close_fd(records->root_fd);
    close_fd(records->dir_fd);
    g_free(records->path);
    g_free(records);
}

int records_existing_dir_fd(const Records *records)
{
    return records->dir_fd;
}

int records_dir_fd(Records *records)
{
    if (records->dir_fd < 0)
        records->dir_fd = dir_open_beneath(records->root_fd, records->path, true);
    return records->dir_fd;
}

gboolean records_throw_errno(GError **error, int code, const char *name)
{
    ErrorId id = code == -ENOSPC || code == -EDQUOT ? ERROR_NO_SPACE_VAR : ERROR_RECORD_UNWRITABLE;

    return update_throw(error, id, "%s: %s", name, g_strerror(-code));
}

gboolean records_load(Records *records, const char *name, const char *schema, json_object **ret,
                      GError **error)
{
    _cleanup_json_ json_object *record = NULL;
    g_autofree char *text = NULL;
    gsize size = 0;

    *ret = NULL;
    if (records->dir_fd == -ENOENT)
        return TRUE; /* never written */
    if (records->dir_fd < 0)
        return update_throw(error, ERROR_RECORD_CORRUPT, "the folder of %s: %s", name,
                            g_strerror(-records->dir_fd));

    int r = file_read_at(records->dir_fd, name, RECORD_MAX, &text, &size);
    if (r == -ENOENT)
        return TRUE;
    if (r < 0)
        return update_throw(error, ERROR_RECORD_CORRUPT, "%s: %s", name, g_strerror(-r));
    if (json_parse(text, size, RECORD_DEPTH, &record) < 0)
        return update_throw(error, ERROR_RECORD_CORRUPT, "%s is not JSON", name);
    if (g_strcmp0(json_get_string(record, "schema"), schema) != 0)
        return update_throw(error, ERROR_RECORD_CORRUPT, "%s is not of schema %s", name, schema);

    *ret = TAKE_PTR(record);
    return TRUE;
}

gboolean records_save(Records *records, const char *name, json_object *record, GError **error)
{
    size_t length = 0;
    const char *text = json_object_to_json_string_length(
        record, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE, &length);
    int fd = records_dir_fd(records);

    int r = fd < 0 ? fd : file_write_at(fd, name, text, length, 0644);
    if ((r == -ENOSPC || r == -EDQUOT) && fd >= 0 && records_release_reserve(records))
        r = file_write_at(fd, name, text, length, 0644);
    return r < 0 ? records_throw_errno(error, r, name) : TRUE;
}

gboolean records_keep_aside(Records *records, const char *name, GError **error)
{
    g_autofree char *aside = g_strconcat(name, ".corrupt", NULL);
    int fd = records_dir_fd(records);
    int r = fd < 0 ? fd : file_rename_at(fd, name, aside);

    return r < 0 && r != -ENOENT ? records_throw_errno(error, r, aside) : TRUE;
}

gboolean records_remove(Records *records, const char *name, GError **error)
{
    int r = records->dir_fd < 0 ? 0 : file_remove_at(records->dir_fd, name);

    return r < 0 ? records_throw_errno(error, r, name) : TRUE;
}

void records_ensure_reserve(Records *records)
{
    int fd = records_dir_fd(records);
    struct stat st;

    if (fd < 0 ||
        (fstatat(fd, RESERVE_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_size == RESERVE_SIZE))
        return;

    _cleanup_close_ int reserve =
        openat(fd, RESERVE_NAME, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    /* Half a reserve is none: it would look like one. */
    if (reserve >= 0 && posix_fallocate(reserve, 0, RESERVE_SIZE) != 0)
        (void)unlinkat(fd, RESERVE_NAME, 0);
}

gboolean records_release_reserve(Records *records)
{
    return records->dir_fd >= 0 && unlinkat(records->dir_fd, RESERVE_NAME, 0) == 0;
}
