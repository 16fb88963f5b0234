/* SPDX-License-Identifier: MIT */
/* A directory for one test, gone afterwards also when the test failed:
 *
 *     TestSuite(file, .fini = scratch_remove);
 *     CLAIM(file, …) { int dir = scratch_open(); … }
 */
#pragma once

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macro.h"

static char scratch_path[256];
static int scratch_fd = -EBADF;

static int scratch_remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    return remove(path);
}

static inline void scratch_remove(void)
{
    scratch_fd = close_fd(scratch_fd);
    if (!*scratch_path)
        return;
    umount2(scratch_path, MNT_DETACH); /* fails where scratch_open_small() was not called: fine */
    nftw(scratch_path, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    *scratch_path = '\0';
}

/* A descriptor of the new directory; scratch_remove() closes it. */
static inline int scratch_open(void)
{
    snprintf(scratch_path, sizeof(scratch_path), "%s/azl-unit-XXXXXX", getenv("TMPDIR") ?: "/tmp");
    cr_assert_not_null(mkdtemp(scratch_path), "no directory for the test: %m");
    scratch_fd = open(scratch_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert(scratch_fd >= 0, "%s: %m", scratch_path);
    return scratch_fd;
}

/* The same on a file system of its own that holds `options` (e.g. "size=64k"), seen by this process
 * only. Skips the test when not root. */
static inline int scratch_open_small(const char *options)
{
    if (geteuid() != 0)
        cr_skip_test("a small file system can be mounted by root only");
    scratch_open();
    cr_assert(unshare(CLONE_NEWNS) == 0, "unshare: %m");
    cr_assert(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "mount: %m");
    cr_assert(mount("azl-unit", scratch_path, "tmpfs", 0, options) == 0, "mount: %m");
    close_fd(scratch_fd);
    scratch_fd = open(scratch_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert(scratch_fd >= 0, "%s: %m", scratch_path);
    return scratch_fd;
}

/* Puts a file there without the code under test. */
static inline void scratch_put(int dir, const char *name, const void *data, size_t size)
{
    _cleanup_close_ int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    cr_assert(fd >= 0 && write(fd, data, size) == (ssize_t)size, "%s: %m", name);
}

/* How many entries the directory has: nothing may stay behind. */
static inline int scratch_count(int dir)
{
    struct dirent **names = NULL;
    int n = scandirat(dir, ".", &names, NULL, NULL);

    cr_assert(n >= 2, "scandirat: %m");
    for (int i = 0; i < n; i++)
        free(names[i]);
    free(names);
    return n - 2;
}
