/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/macro.h"

static int open_beneath(int dir_fd, const char *path, int flags)
{
    struct open_how how = {
        .flags = flags | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    int fd = syscall(SYS_openat2, dir_fd, path, &how, sizeof(how));

    return fd < 0 ? -errno : fd;
}

/* Makes one directory if it is missing; returns a descriptor of it. */
static int make_directory(int parent, const char *name)
{
    bool made = mkdirat(parent, name, 0755) == 0;

    if (!made && errno != EEXIST)
        return -errno;

    int fd = open_beneath(parent, name, O_RDONLY | O_DIRECTORY);
    if (fd >= 0 && made && (fchmod(fd, 0755) < 0 || fsync(fd) < 0 || fsync(parent) < 0)) {
        int r = -errno;
        close_fd(fd);
        return r;
    }
    return fd;
}

/* Makes each missing directory of `path`, from the first to the last. */
static int make_directories(int dir_fd, const char *path)
{
    _cleanup_free_ char *copy = strdup(path);
    char *rest = copy, *part;
    /* The caller's may be O_PATH or AT_FDCWD; this one can be fsynced. */
    _cleanup_close_ int parent = open_beneath(dir_fd, ".", O_RDONLY | O_DIRECTORY);

    if (!copy)
        return -ENOMEM;
    if (parent < 0)
        return parent;

    while ((part = strsep(&rest, "/"))) {
        if (!*part)
            continue;
        int next = make_directory(parent, part);
        if (next < 0)
            return next;
        close_fd(parent);
        parent = next;
    }
    return 0;
}

int dir_open_beneath(int dir_fd, const char *path, bool create)
{
    int fd = open_beneath(dir_fd, path, O_RDONLY | O_DIRECTORY);

    if (fd != -ENOENT || !create)
        return fd;

    int r = make_directories(dir_fd, path);
    if (r < 0)
        return r;
    return open_beneath(dir_fd, path, O_RDONLY | O_DIRECTORY);
}

/* Reads until the end of file, or until `size` bytes are there. */
static ssize_t read_all(int fd, char *buf, size_t size)
{
    size_t have = 0;

    while (have < size) {
        ssize_t n = read(fd, buf + have, size - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        have += n;
    }
    return have;
}

int file_read_fd(int fd, size_t max, char **ret, size_t *ret_size)
{
    _cleanup_free_ char *buf = NULL;
    struct stat st;

    if (fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EBADF;
    if ((size_t)st.st_size > max)
        return -EFBIG;

    /* Files below /proc and /sys say 0. One byte more than expected tells whether max was the end.
     */
    size_t capacity = (st.st_size > 0 ? (size_t)st.st_size : max) + 1;
    buf = malloc(capacity + 1);
    if (!buf)
        return -ENOMEM;

    ssize_t n = read_all(fd, buf, capacity);
    if (n < 0)
        return n;
    if ((size_t)n > max)
        return -EFBIG;
    buf[n] = '\0';
    if (ret_size)
        *ret_size = n;
    *ret = TAKE_PTR(buf);
    return 0;
}

int file_read_at(int dir_fd, const char *name, size_t max, char **ret, size_t *ret_size)
{
    _cleanup_close_ int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    return fd < 0 ? -errno : file_read_fd(fd, max, ret, ret_size);
}

int file_open_in_root(int root_fd, const char *path, int flags)
{
    struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
    int fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));

    return fd < 0 ? -errno : fd;
}

static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        data += n;
        size -= n;
    }
    return 0;
}

static int fsync_dir(int dir_fd)
{
    /* The caller's descriptor may be O_PATH; "." of it is not. */
    _cleanup_close_ int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || fsync(fd) < 0)
        return -errno;
    return 0;
}

static int write_temporary(int dir_fd, const char *name, const void *data, size_t size, mode_t mode)
{
    _cleanup_close_ int fd =
        openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return -errno;

    int r = write_all(fd, data, size);
    if (r >= 0 && (fchmod(fd, mode) < 0 || fsync(fd) < 0))
        r = -errno;
    return r;
}

int file_write_at(int dir_fd, const char *name, const void *data, size_t size, mode_t mode)
{
    _cleanup_free_ char *temporary = NULL;
    uint64_t random = 0;

    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
        random = (uint64_t)getpid();
    if (asprintf(&temporary, ".%s.%016llx.tmp", name, (unsigned long long)random) < 0)
        return -ENOMEM;

    int r = write_temporary(dir_fd, temporary, data, size, mode);
    if (r >= 0 && renameat(dir_fd, temporary, dir_fd, name) < 0)
        r = -errno;
    if (r < 0) {
        if (r != -EEXIST) /* then it is somebody else's */
            unlinkat(dir_fd, temporary, 0);
        return r;
    }
    return fsync_dir(dir_fd);
}

int file_rename_at(int dir_fd, const char *from, const char *to)
{
    if (renameat(dir_fd, from, dir_fd, to) < 0)
        return -errno;
    return fsync_dir(dir_fd);
}

int file_remove_at(int dir_fd, const char *name)
{
    if (unlinkat(dir_fd, name, 0) < 0)
        return errno == ENOENT ? 0 : -errno;
    return fsync_dir(dir_fd);
}
