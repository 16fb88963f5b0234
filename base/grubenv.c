/* SPDX-License-Identifier: MIT */
#include "base/grubenv.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "base/macro.h"

static const char header[] = "# GRUB Environment Block\n";

/* The end of the line that starts at `at`: behind its newline, over escaped ones. */
static size_t line_end(const char *block, size_t at)
{
    for (; at < GRUBENV_SIZE; at++) {
        if (block[at] == '\\')
            at++;
        else if (block[at] == '\n')
            return at + 1;
    }
    return GRUBENV_SIZE + 1;
}

/* Where the lines end and the filling begins: as GRUB looks for it, from behind, because a comment
 * line starts with '#' as well. 0 when the block is broken. */
static size_t content_end(const char *block)
{
    size_t end = GRUBENV_SIZE, at = sizeof(header) - 1;

    while (block[end - 1] == '#' && end > at)
        end--;
    while (at < end)
        at = line_end(block, at);
    return at == end ? end : 0;
}

/* Opens the file and reads the block. Returns a descriptor that the caller owns. */
static int open_block(int dir_fd, const char *name, int access, char block[static GRUBENV_SIZE])
{
    /* O_NONBLOCK: a FIFO in the file's place must not stop the boot. */
    _cleanup_close_ int fd = openat(dir_fd, name, access | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode) || st.st_size != GRUBENV_SIZE)
        return -EBADMSG;

    ssize_t n = pread(fd, block, GRUBENV_SIZE, 0);
    if (n < 0)
        return -errno;
    if (n != GRUBENV_SIZE || memcmp(block, header, sizeof(header) - 1) != 0 || !content_end(block))
        return -EBADMSG;
    return TAKE_FD(fd);
}

/* Finds the line of `name`; false when there is none. */
static bool find_line(const char *block, const char *name, size_t *ret_start, size_t *ret_end)
{
    size_t length = strlen(name), limit = content_end(block);

    for (size_t at = sizeof(header) - 1; at < limit;) {
        size_t end = line_end(block, at);

        if (end - at > length && memcmp(block + at, name, length) == 0 &&
            block[at + length] == '=') {
            *ret_start = at;
            *ret_end = end;
            return true;
        }
        at = end;
    }
    return false;
}

int grubenv_get(int dir_fd, const char *name_of_file, const char *name, char **ret)
{
    char block[GRUBENV_SIZE], value[GRUBENV_SIZE];
    _cleanup_close_ int fd = open_block(dir_fd, name_of_file, O_RDONLY, block);
    size_t start, end, n = 0;

    if (fd < 0)
        return fd;
    if (!find_line(block, name, &start, &end))
        return -ENOENT;

    for (size_t i = start + strlen(name) + 1; i < end && block[i] != '\n'; i++) {
        if (block[i] == '\\' && i + 1 < end)
            i++;
        value[n++] = block[i];
    }
    *ret = strndup(value, n);
    return *ret ? 0 : -ENOMEM;
}

/* Appends with escapes; the new end, or 0 when it does not fit. */
static size_t append(char *block, size_t at, const char *text, bool escape)
{
    for (; *text; text++) {
        bool special = escape && (*text == '\\' || *text == '\n');

        if (at + 1 + special > GRUBENV_SIZE)
            return 0;
        if (special)
            block[at++] = '\\';
        block[at++] = *text;
    }
    return at;
}

static bool name_is_valid(const char *name)
{
    return *name && *name != '#' && !strpbrk(name, "=\\\n");
}

static int change(char *block, const char *name, const char *value)
{
    size_t start, end, at = content_end(block);

    if (find_line(block, name, &start, &end)) {
        memmove(block + start, block + end, at - end);
        at -= end - start;
    }
    if (value) {
        at = append(block, at, name, false);
        at = at ? append(block, at, "=", false) : 0;
        at = at ? append(block, at, value, true) : 0;
        at = at ? append(block, at, "\n", false) : 0;
        if (at == 0)
            return -ENOSPC;
    }
    memset(block + at, '#', GRUBENV_SIZE - at);
    return 0;
}

int grubenv_set(int dir_fd, const char *name_of_file, const char *name, const char *value)
{
    char block[GRUBENV_SIZE];
    _cleanup_close_ int fd = open_block(dir_fd, name_of_file, O_RDWR, block);

    if (fd < 0)
        return fd;
    int r = name_is_valid(name) ? change(block, name, value) : -EINVAL;
    if (r < 0)
        return r;

    ssize_t n = pwrite(fd, block, GRUBENV_SIZE, 0);
    if (n < 0 || fdatasync(fd) < 0)
        return -errno;
    return n == GRUBENV_SIZE ? 0 : -EIO;
}
