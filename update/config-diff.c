/* SPDX-License-Identifier: MIT */
#include "update/config-diff.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/macro.h"
#include "base/text.h"

#define FILE_MAX  (1024 * 1024)
#define FILES_MAX 200
#define DEPTH_MAX 4
#define NAMES_MAX 5

/* What decides about updates: our own, and where releases come from. Below /etc. */
static const struct {
    const char *folder, *name;
} places[] = {
    {"azl", "azl-agent.conf"},  {"azl", "azl-agent.conf.d"}, {"azl", "hooks"},
    {"flatcar", "update.conf"}, {"ostree", "remotes.d"},
};

typedef struct Walk {
    int a, b;         /* the deployments */
    GPtrArray *names; /* what differs, below /etc; at most NAMES_MAX */
    guint more;
    guint left; /* files that may still be looked at */
} Walk;

/* A name in a folder; -EBADF as folder: there is none. */
typedef struct Place {
    int dir;
    const char *name;
} Place;

/* false: it is not there. */
static gboolean place_stat(const Place *place, struct stat *ret)
{
    *ret = (struct stat){0};
    return place->dir >= 0 && fstatat(place->dir, place->name, ret, AT_SYMLINK_NOFOLLOW) == 0;
}

static int place_open(const Place *place)
{
    return place->dir < 0 ? -EBADF : dir_open_beneath(place->dir, place->name, false);
}

static gboolean same_link(const Place *a, const Place *b)
{
    char to_a[PATH_MAX], to_b[PATH_MAX];
    ssize_t n_a = readlinkat(a->dir, a->name, to_a, sizeof(to_a)),
            n_b = readlinkat(b->dir, b->name, to_b, sizeof(to_b));

    return n_a >= 0 && n_a == n_b && memcmp(to_a, to_b, n_a) == 0;
}

static gboolean same_text(const Place *a, const Place *b)
{
    g_autofree char *text_a = NULL, *text_b = NULL;
    gsize size_a = 0, size_b = 0;
    int r_a = file_read_at(a->dir, a->name, FILE_MAX, &text_a, &size_a);
    int r_b = file_read_at(b->dir, b->name, FILE_MAX, &text_b, &size_b);

    if (r_a < 0 || r_b < 0)
        return r_a == r_b;
    return size_a == size_b && memcmp(text_a, text_b, size_a) == 0;
}

/* Folders are the same: what is in them is compared by itself. */
static gboolean same(const Place *a, const Place *b)
{
    struct stat st_a, st_b;
    gboolean is_a = place_stat(a, &st_a), is_b = place_stat(b, &st_b);

    if (!is_a || !is_b)
        return is_a == is_b;
    if ((st_a.st_mode & S_IFMT) != (st_b.st_mode & S_IFMT))
        return FALSE;
    if (S_ISLNK(st_a.st_mode))
        return same_link(a, b);
    if (!S_ISREG(st_a.st_mode) || (st_a.st_dev == st_b.st_dev && st_a.st_ino == st_b.st_ino))
        return TRUE;
    return st_a.st_size == st_b.st_size && (st_a.st_mode & S_IXUSR) == (st_b.st_mode & S_IXUSR) &&
           same_text(a, b);
}

/* Is it in this deployment's /etc as the release brought it, or in neither? */
static gboolean is_default(int deployment, const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path), *name = g_path_get_basename(path);
    g_autofree char *own = g_build_filename("etc", folder, NULL);
    g_autofree char *brought = g_build_filename("usr/etc", folder, NULL);
    _cleanup_close_ int own_fd = dir_open_beneath(deployment, own, false);
    _cleanup_close_ int brought_fd = dir_open_beneath(deployment, brought, false);
    const Place here = {own_fd, name}, there = {brought_fd, name};

    return same(&here, &there);
}

static void compare_folders(Walk *walk, int a, int b, const char *path, guint depth);

static void compare(Walk *walk, const Place *a, const Place *b, const char *path, guint depth)
{
    struct stat st_a, st_b;
    gboolean is_a = place_stat(a, &st_a), is_b = place_stat(b, &st_b);

    if ((!is_a || S_ISDIR(st_a.st_mode)) && (!is_b || S_ISDIR(st_b.st_mode))) {
        _cleanup_close_ int fd_a = place_open(a), fd_b = place_open(b);
        compare_folders(walk, fd_a, fd_b, path, depth + 1);
        return;
    }
    if (walk->left == 0)
        return;
    walk->left--;
    if (same(a, b) || (is_default(walk->a, path) && is_default(walk->b, path)))
        return;
    if (walk->names->len < NAMES_MAX)
        g_ptr_array_add(walk->names, g_strconcat("/etc/", path, NULL));
    else
        walk->more++;
}

/* Adds the names in a folder that are not hidden. */
static void list(int folder, GHashTable *names)
{
    int fd = folder < 0 ? -EBADF : openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (!dir) {
        close_fd(fd);
        return;
    }
    for (struct dirent *entry; g_hash_table_size(names) < 2 * FILES_MAX && (entry = readdir(dir));)
        if (entry->d_name[0] != '.')
            g_hash_table_add(names, g_strdup(entry->d_name));
    closedir(dir);
}

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(a, b);
}

static void compare_folders(Walk *walk, int a, int b, const char *path, guint depth)
{
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    if (depth > DEPTH_MAX)
        return;
    list(a, names);
    list(b, names);
    g_autoptr(GList) sorted = g_list_sort(g_hash_table_get_keys(names), by_name);
    for (GList *one = sorted; one; one = one->next) {
        const Place in_a = {a, one->data}, in_b = {b, one->data};
        g_autofree char *below = g_build_filename(path, one->data, NULL);

        compare(walk, &in_a, &in_b, below, depth);
    }
}

/* Not beneath: of a system that runs, the sysroot is "/", and /ostree a link. */
static int open_deployment(OstreeSysroot *sysroot, OstreeDeployment *deployment)
{
    g_autofree char *path = ostree_sysroot_get_deployment_dirpath(sysroot, deployment);

    return openat(ostree_sysroot_get_fd(sysroot), path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static char *to_text(const Walk *walk)
{
    if (walk->names->len == 0)
        return NULL;
    g_ptr_array_add(walk->names, NULL);
    char *text = g_strjoinv(", ", (char **)walk->names->pdata);
    if (walk->more > 0) {
        char *all = g_strdup_printf("%s and %u more", text, walk->more);
        g_free(text);
        text = all;
    }
    text_make_line(text);
    return text;
}

char *config_diff(OstreeSysroot *sysroot, OstreeDeployment *a, OstreeDeployment *b)
{
    _cleanup_close_ int fd_a = open_deployment(sysroot, a), fd_b = open_deployment(sysroot, b);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    Walk walk = {.a = fd_a, .b = fd_b, .names = names, .left = FILES_MAX};

    if (fd_a < 0 || fd_b < 0)
        return NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autofree char *etc = g_build_filename("etc", places[i].folder, NULL);
        g_autofree char *path = g_build_filename(places[i].folder, places[i].name, NULL);
        _cleanup_close_ int dir_a = dir_open_beneath(fd_a, etc, false),
                            dir_b = dir_open_beneath(fd_b, etc, false);
        const Place in_a = {dir_a, places[i].name}, in_b = {dir_b, places[i].name};

        compare(&walk, &in_a, &in_b, path, 0);
    }
    return to_text(&walk);
}
