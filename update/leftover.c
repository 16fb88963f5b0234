/* SPDX-License-Identifier: MIT */
#include "update/leftover.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include "base/macro.h"
#include "update/boot-id.h"

struct Leftovers {
    GArray *folders; /* of int: descriptors of staging folders; mostly one */
    const char *suffix;
};

Leftovers *leftovers_open(OstreeRepo *repo)
{
    Leftovers *leftovers = g_new0(Leftovers, 1);
    g_autofree char *prefix = g_strdup_printf("staging-%s-", boot_id());
    int fd = openat(ostree_repo_get_dfd(repo), "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    leftovers->folders = g_array_new(FALSE, FALSE, sizeof(int));
    leftovers->suffix = ostree_repo_get_mode(repo) == OSTREE_REPO_MODE_ARCHIVE ? "z" : "";
    if (!dir)
        close_fd(fd);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (!g_str_has_prefix(entry->d_name, prefix))
            continue;
        int folder = openat(fd, entry->d_name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (folder >= 0)
            g_array_append_val(leftovers->folders, folder);
    }
    if (dir)
        closedir(dir);
    return leftovers;
}

void leftovers_free(Leftovers *leftovers)
{
    if (!leftovers)
        return;
    for (guint i = 0; i < leftovers->folders->len; i++)
        close_fd(g_array_index(leftovers->folders, int, i));
    g_array_unref(leftovers->folders);
    g_free(leftovers);
}

gboolean leftovers_have(const Leftovers *leftovers, OstreeObjectType type, const char *checksum)
{
    g_autofree char *path =
        g_strdup_printf("%.2s/%s.%s%s", checksum, checksum + 2, ostree_object_type_to_string(type),
                        type == OSTREE_OBJECT_TYPE_FILE ? leftovers->suffix : "");

    for (guint i = 0; i < leftovers->folders->len; i++)
        if (faccessat(g_array_index(leftovers->folders, int, i), path, F_OK, AT_SYMLINK_NOFOLLOW) ==
            0)
            return TRUE;
    return FALSE;
}
