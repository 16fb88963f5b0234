/* SPDX-License-Identifier: MIT */
/* Which files count: see ini_read_layers() in base/ini-file.h. */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/file.h"
#include "base/ini-file.h"

/* The first has the last word. */
static const char *const layers[] = {"/etc/azl", "/run/azl", "/usr/lib/azl"};

typedef struct Layers {
    int root_fd;
    IniEntries *list;
    ProblemList *problems;
} Layers;

/* Is `path` a link to /dev/null? A root that is looked at from outside has none, so this does not
 * follow it. 1, 0, or a negative errno: -ENOENT when there is nothing. */
static int is_link_to_null(int root_fd, const char *path)
{
    char target[16];
    _cleanup_close_ int fd = file_open_in_root(root_fd, path, O_PATH | O_NOFOLLOW);

    if (fd < 0)
        return fd;
    ssize_t n = readlinkat(fd, "", target, sizeof(target));
    return n == strlen("/dev/null") && memcmp(target, "/dev/null", n) == 0;
}

static bool is_null_device(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

static const char *why_unreadable(int r)
{
    switch (r) {
    case -EFBIG:
        return "the file is larger than 256 KiB";
    case -EBADF:
        return "this is not a regular file";
    case -ENOENT:
        return "this is a link to something that does not exist";
    default:
        return strerror(-r);
    }
}

/* 1 when something is there, even if it hides the others or cannot be read; 0; or -ENOMEM. */
static int read_file(const Layers *layers_of, const char *path)
{
    _cleanup_free_ char *text = NULL;
    _cleanup_close_ int fd = -EBADF;
    size_t size = 0;
    int r = is_link_to_null(layers_of->root_fd, path);

    if (r == -ENOENT || r > 0)
        return r > 0;
    if (r == 0)
        r = fd = file_open_in_root(layers_of->root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0 && is_null_device(fd))
        return 1;
    if (fd >= 0)
        r = file_read_fd(fd, INI_FILE_MAX, &text, &size);
    if (r == -ENOMEM)
        return r;
    if (r < 0)
        r = problem_list_add(layers_of->problems, path, 0, "%s", why_unreadable(r));
    else
        r = ini_read_text(path, text, size, layers_of->list, layers_of->problems);
    return r < 0 ? r : 1;
}

static int read_main(const Layers *layers_of, const char *name)
{
    for (size_t i = 0; i < ELEMENTSOF(layers); i++) {
        _cleanup_free_ char *path = NULL;

        if (asprintf(&path, "%s/%s.conf", layers[i], name) < 0)
            return -ENOMEM;
        int r = read_file(layers_of, path);
        if (r != 0)
            return MIN_OF(r, 0);
    }
    return 0;
}

typedef struct DropIn {
    char *path;
    const char *name; /* the last part of it */
} DropIn;

typedef struct DropIns {
    DropIn found[INI_DROP_IN_MAX];
    size_t n;
} DropIns;

static void clear_drop_ins(DropIns *drop_ins)
{
    while (drop_ins->n > 0)
        free(drop_ins->found[--drop_ins->n].path);
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const DropIn *)a)->name, ((const DropIn *)b)->name);
}

static bool is_wanted(const DropIns *drop_ins, const char *name)
{
    size_t length = strlen(name);

    if (*name == '.' || length <= strlen(".conf") ||
        strcmp(name + length - strlen(".conf"), ".conf") != 0)
        return false;
    for (size_t i = 0; i < drop_ins->n; i++)
        if (strcmp(drop_ins->found[i].name, name) == 0)
            return false;
    return true;
}

static void closedirp(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}

/* Opens a folder. 1; 0 when it is not there; or -ENOMEM. */
static int open_folder(const Layers *layers_of, const char *path, DIR **ret)
{
    int fd = file_open_in_root(layers_of->root_fd, path, O_RDONLY | O_DIRECTORY);

    if (fd == -ENOENT)
        return 0;
    if (fd < 0)
        return problem_list_add(layers_of->problems, path, 0, "%s", strerror(-fd));
    *ret = fdopendir(fd);
    if (*ret)
        return 1;
    close_fd(fd);
    return -ENOMEM;
}

/* Collects what an earlier layer does not have. */
static int find_drop_ins(const Layers *layers_of, const char *folder, DropIns *drop_ins)
{
    _cleanup_(closedirp)
    DIR *dir = NULL;
    struct dirent *entry;
    int r = open_folder(layers_of, folder, &dir);

    if (r <= 0)
        return r;
    for (errno = 0; (entry = readdir(dir)); errno = 0) {
        char *path;

        if (!is_wanted(drop_ins, entry->d_name))
            continue;
        if (drop_ins->n == INI_DROP_IN_MAX)
            return problem_list_add(layers_of->problems, folder, 0,
                                    "there are more than %d drop-ins", INI_DROP_IN_MAX);
        if (asprintf(&path, "%s/%s", folder, entry->d_name) < 0)
            return -ENOMEM;
        drop_ins->found[drop_ins->n++] = (DropIn){path, strrchr(path, '/') + 1};
    }
    return errno == 0 ? 0 : problem_list_add(layers_of->problems, folder, 0, "%s", strerror(errno));
}

int ini_read_layers(int root_fd, const char *name, IniEntries *list, ProblemList *problems)
{
    const Layers layers_of = {.root_fd = root_fd, .list = list, .problems = problems};
    _cleanup_(clear_drop_ins)
    DropIns drop_ins = {.n = 0};
    int r = read_main(&layers_of, name);

    for (size_t i = 0; r >= 0 && i < ELEMENTSOF(layers); i++) {
        _cleanup_free_ char *folder = NULL;

        if (asprintf(&folder, "%s/%s.conf.d", layers[i], name) < 0)
            return -ENOMEM;
        r = find_drop_ins(&layers_of, folder, &drop_ins);
    }
    qsort(drop_ins.found, drop_ins.n, sizeof(*drop_ins.found), compare);
    for (size_t i = 0; r >= 0 && i < drop_ins.n; i++)
        r = read_file(&layers_of, drop_ins.found[i].path);
    return MIN_OF(r, 0);
}
