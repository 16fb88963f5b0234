/* SPDX-License-Identifier: MIT */
#include "update/kernel.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/macro.h"

/* What libostree looks for in usr/lib/modules/VERSION (ostree-sysroot-deploy.c). */
static const char *const names[] = {"vmlinuz", "initramfs.img", "devicetree"};

void kernel_clear(Kernel *kernel)
{
    g_free(kernel->version);
    g_free(kernel->identity);
    *kernel = (Kernel){0};
}

gboolean kernel_equal(const Kernel *a, const Kernel *b)
{
    return a->version && b->version && g_str_equal(a->identity, b->identity);
}

/* Fills *ret from one directory; FALSE when it holds no kernel. */
static gboolean read_modules_dir(GFile *dir, Kernel *ret)
{
    g_autoptr(GString) identity = g_string_new(NULL);
    guint64 size = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GFile) file = g_file_get_child(dir, names[i]);
        g_autoptr(GFileInfo) info = g_file_query_info(
            file, G_FILE_ATTRIBUTE_STANDARD_SIZE, G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, NULL, NULL);
        if (!info && i == 0)
            return FALSE;
        if (!info)
            continue;
        size += (guint64)g_file_info_get_size(info);
        g_string_append(identity, ostree_repo_file_get_checksum(OSTREE_REPO_FILE(file)));
    }
    *ret = (Kernel){.version = g_file_get_basename(dir),
                    .identity = g_string_free(g_steal_pointer(&identity), FALSE),
                    .size = size};
    return TRUE;
}

gboolean kernel_of_commit(OstreeRepo *repo, const char *checksum, Kernel *ret,
                          GCancellable *cancellable, GError **error)
{
    g_autoptr(GFile) root = NULL, modules = NULL;
    g_autoptr(GFileEnumerator) entries = NULL;

    *ret = (Kernel){0};
    if (!ostree_repo_read_commit(repo, checksum, &root, NULL, cancellable, error))
        return FALSE;
    modules = g_file_resolve_relative_path(root, "usr/lib/modules");
    if (!g_file_query_exists(modules, cancellable))
        return TRUE;
    entries = g_file_enumerate_children(modules, "standard::name,standard::type",
                                        G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, cancellable, error);
    if (!entries)
        return FALSE;
    for (;;) {
        GFileInfo *info = NULL;
        GFile *child = NULL;

        if (!g_file_enumerator_iterate(entries, &info, &child, cancellable, error))
            return FALSE;
        if (!info)
            return TRUE;
        if (g_file_info_get_file_type(info) == G_FILE_TYPE_DIRECTORY &&
            read_modules_dir(child, ret))
            return TRUE;
    }
}

static void closedirp(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}

/* A directory below dir_fd, to iterate over; NULL when it cannot be. */
static DIR *open_dir(int dir_fd, const char *path)
{
    int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (!dir)
        close_fd(fd);
    return dir;
}

static guint64 size_of_dir(int dir_fd, const char *name)
{
    _cleanup_(closedirp)
    DIR *dir = open_dir(dir_fd, name);
    guint64 size = 0;

    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        struct stat st;
        if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode))
            size += (guint64)st.st_size;
    }
    return size;
}

guint64 kernel_largest_in_boot(int sysroot_fd)
{
    _cleanup_(closedirp)
    DIR *dir = open_dir(sysroot_fd, "boot/ostree");
    guint64 largest = 0;

    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (entry->d_name[0] != '.')
            largest = MAX(largest, size_of_dir(dirfd(dir), entry->d_name));
    return largest;
}
