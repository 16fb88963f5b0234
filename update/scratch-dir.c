/* SPDX-License-Identifier: MIT */
#include "update/scratch-dir.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/macro.h"

#define PREFIX    "azl-scratch."
#define LETTERS   6  /* what mkdtemp() puts in the place of the X */
#define SWEEP_MAX 64 /* a worker has other things to do; the next one goes on */
#define TRIES     8

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    return remove(path);
}

void scratch_dir_remove(const char *path)
{
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static gboolean is_name(const char *name)
{
    if (!g_str_has_prefix(name, PREFIX) || strlen(name) != strlen(PREFIX) + LETTERS)
        return FALSE;
    for (name += strlen(PREFIX); *name; name++)
        if (!g_ascii_isalnum(*name))
            return FALSE;
    return TRUE;
}

/* What mkdtemp() made for this user, on this file system. In /tmp others may make what looks alike.
 */
static gboolean is_ours(int fd, const struct stat *parent)
{
    struct stat st;

    return fstat(fd, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 07777) == 0700 &&
           st.st_dev == parent->st_dev;
}

static gboolean sweep_one(int dir_fd, const char *parent, const char *name)
{
    _cleanup_close_ int fd =
        openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    struct stat st;

    if (fd < 0 || fstat(dir_fd, &st) < 0 || !is_ours(fd, &st) || flock(fd, LOCK_EX | LOCK_NB) < 0)
        return FALSE;
    g_autofree char *path = g_build_filename(parent, name, NULL);
    scratch_dir_remove(path);
    return TRUE;
}

static void sweep(const char *parent)
{
    DIR *dir = opendir(parent);
    int swept = 0;

    for (struct dirent *entry; dir && swept < SWEEP_MAX && (entry = readdir(dir));)
        if (is_name(entry->d_name))
            swept += sweep_one(dirfd(dir), parent, entry->d_name);
    if (dir)
        closedir(dir);
}

/* Takes the lock. -EAGAIN: another process had swept the directory before it was locked. */
static int hold(const char *path)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;

    if (fd < 0)
        return errno == ENOENT ? -EAGAIN : -errno;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    if (fstat(fd, &st) < 0)
        return -errno;
    return st.st_nlink == 0 ? -EAGAIN : TAKE_FD(fd);
}

int scratch_dir_make(const char *parent, char **ret_path, int *ret_fd)
{
    int r = -EAGAIN;

    sweep(parent);
    for (int i = 0; i < TRIES && r == -EAGAIN; i++) {
        g_autofree char *path = g_build_filename(parent, PREFIX "XXXXXX", NULL);
        if (!g_mkdtemp(path))
            return -errno;
        r = hold(path);
        if (r >= 0) {
            *ret_path = g_steal_pointer(&path);
            *ret_fd = r;
            return 0;
        }
    }
    return r;
}
