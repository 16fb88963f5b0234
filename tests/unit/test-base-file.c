/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include "tests/unit/leak.h"
#include "tests/unit/scratch.h"

TestSuite(file, .fini = scratch_remove);

static mode_t mode_of(int dir, const char *name)
{
    struct stat st;

    cr_assert_eq(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW), 0, "%s: %m", name);
    return st.st_mode;
}

static int read_into(int dir, const char *name, size_t max, char **ret)
{
    size_t size = 0;
    int r = file_read_at(dir, name, max, ret, &size);

    if (r == 0)
        cr_assert_eq((*ret)[size], '\0', "not NUL-terminated");
    return r;
}

CLAIM(file, what_is_written_is_read_back_with_its_mode)
{
    int dir = scratch_open();
    _cleanup_free_ char *text = NULL;
    size_t size;

    umask(077);
    cr_assert_eq(file_write_at(dir, "record", "a\0b", 3, 0644), 0);
    cr_assert_eq(file_read_at(dir, "record", 100, &text, &size), 0);
    cr_assert_eq(size, 3);
    cr_assert_arr_eq(text, "a\0b", 4);
    cr_assert_eq(mode_of(dir, "record"), S_IFREG | 0644);
    cr_assert_eq(scratch_count(dir), 1);
}

CLAIM(file, a_file_of_exactly_the_limit_is_read_and_one_more_byte_is_too_big)
{
    int dir = scratch_open();
    _cleanup_free_ char *text = NULL, *none = NULL;

    scratch_put(dir, "x", "0123456789", 10);
    cr_assert_eq(read_into(dir, "x", 10, &text), 0);
    cr_assert_str_eq(text, "0123456789");
    cr_assert_eq(read_into(dir, "x", 9, &none), -EFBIG);
    cr_assert_null(none);
}

CLAIM(file, an_empty_file_is_an_empty_string)
{
    int dir = scratch_open();
    _cleanup_free_ char *text = NULL;

    scratch_put(dir, "x", "", 0);
    cr_assert_eq(file_read_at(dir, "x", 10, &text, NULL), 0);
    cr_assert_str_eq(text, "");
}

CLAIM(file, a_file_that_does_not_tell_its_size_is_read_up_to_the_limit_or_refused)
{
    _cleanup_close_ int proc = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    _cleanup_free_ char *text = NULL, *none = NULL;

    cr_assert_eq(read_into(proc, "status", 1 << 20, &text), 0);
    cr_assert(strstr(text, "\nPid:"));
    cr_assert_eq(read_into(proc, "status", 20, &none), -EFBIG, "it was cut silently");
}

CLAIM(file, a_terabyte_of_nothing_is_refused_before_memory_is_asked_for)
{
    int dir = scratch_open();
    char *none = NULL;

    scratch_put(dir, "x", "", 0);
    _cleanup_close_ int fd = openat(dir, "x", O_WRONLY | O_CLOEXEC);
    cr_assert_eq(ftruncate(fd, 1LL << 40), 0);
    cr_assert_eq(read_into(dir, "x", 1 << 20, &none), -EFBIG);
}

CLAIM(file, links_pipes_and_directories_are_not_read)
{
    int dir = scratch_open();
    char *none = NULL;

    scratch_put(dir, "real", "secret", 6);
    cr_assert_eq(symlinkat("real", dir, "link"), 0);
    cr_assert_eq(mkfifoat(dir, "fifo", 0600), 0);
    cr_assert_eq(mkdirat(dir, "dir", 0700), 0);
    cr_assert_eq(read_into(dir, "link", 100, &none), -ELOOP);
    cr_assert_eq(read_into(dir, "fifo", 100, &none), -EBADF, "or it would have waited");
    cr_assert_eq(read_into(dir, "dir", 100, &none), -EBADF);
    cr_assert_eq(read_into(dir, "none", 100, &none), -ENOENT);
    cr_assert_null(none);
}

CLAIM(file, writing_replaces_a_link_and_leaves_alone_what_it_points_to)
{
    int dir = scratch_open();
    _cleanup_free_ char *text = NULL;

    scratch_put(dir, "real", "old", 3);
    cr_assert_eq(symlinkat("real", dir, "record"), 0);
    cr_assert_eq(file_write_at(dir, "record", "new", 3, 0600), 0);
    cr_assert_eq(mode_of(dir, "record"), S_IFREG | 0600);
    cr_assert_eq(read_into(dir, "real", 10, &text), 0);
    cr_assert_str_eq(text, "old");
}

CLAIM(file, a_write_that_cannot_succeed_leaves_the_old_content_and_nothing_else)
{
    int dir = scratch_open();

    cr_assert_eq(mkdirat(dir, "record", 0700), 0);
    cr_assert_eq(file_write_at(dir, "record", "x", 1, 0600), -EISDIR);
    cr_assert_eq(scratch_count(dir), 1);
    cr_assert_eq(file_write_at(dir, "no-dir/record", "x", 1, 0600), -ENOENT);
    cr_assert_eq(file_write_at(-EBADF, "record", "x", 1, 0600), -EBADF);
}

CLAIM(file, a_full_disk_leaves_the_old_content_and_nothing_else)
{
    int dir = scratch_open_small("size=64k");
    _cleanup_free_ char *text = NULL, *big = calloc(1, 1 << 20);

    cr_assert_eq(file_write_at(dir, "record", "old", 3, 0600), 0);
    cr_assert_eq(file_write_at(dir, "record", big, 1 << 20, 0600), -ENOSPC);
    cr_assert_eq(read_into(dir, "record", 10, &text), 0);
    cr_assert_str_eq(text, "old");
    cr_assert_eq(scratch_count(dir), 1, "the half-written file stayed");
}

CLAIM(file, a_disk_without_inodes_is_an_error_that_changes_nothing)
{
    int dir = scratch_open_small("size=64k,nr_inodes=2");

    cr_assert_eq(file_write_at(dir, "a", "x", 1, 0600), 0);
    cr_assert_eq(file_write_at(dir, "b", "x", 1, 0600), -ENOSPC);
    cr_assert_eq(dir_open_beneath(dir, "c/d", true), -ENOSPC);
    cr_assert_eq(scratch_count(dir), 1);
}

CLAIM(file, renaming_replaces_and_removing_twice_is_fine)
{
    int dir = scratch_open();
    _cleanup_free_ char *text = NULL;

    scratch_put(dir, "a", "new", 3);
    scratch_put(dir, "b", "old", 3);
    cr_assert_eq(file_rename_at(dir, "a", "b"), 0);
    cr_assert_eq(read_into(dir, "b", 10, &text), 0);
    cr_assert_str_eq(text, "new");
    cr_assert_eq(file_rename_at(dir, "a", "b"), -ENOENT);
    cr_assert_eq(file_remove_at(dir, "b"), 0);
    cr_assert_eq(file_remove_at(dir, "b"), 0);
    cr_assert_eq(scratch_count(dir), 0);
    cr_assert_eq(mkdirat(dir, "d", 0700), 0);
    cr_assert_eq(file_remove_at(dir, "d"), -EISDIR);
}

CLAIM(file, missing_directories_are_made_open_to_read_whatever_the_umask)
{
    int dir = scratch_open();

    umask(077);
    cr_assert_eq(dir_open_beneath(dir, "a/b//c/", false), -ENOENT);
    _cleanup_close_ int made = dir_open_beneath(dir, "a/b//c/", true);
    cr_assert(made >= 0, "%s", strerror(-made));
    cr_assert_eq(mode_of(dir, "a"), S_IFDIR | 0755);
    cr_assert_eq(mode_of(dir, "a/b/c"), S_IFDIR | 0755);
    _cleanup_close_ int again = dir_open_beneath(dir, "a/b/c", true);
    cr_assert(again >= 0);
    cr_assert(fcntl(again, F_GETFD) & FD_CLOEXEC);
}

CLAIM(file, directories_are_made_below_a_path_descriptor_and_below_the_working_directory)
{
    int dir = scratch_open();
    _cleanup_close_ int path = openat(dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    _cleanup_close_ int a = dir_open_beneath(path, "a/b", true);

    cr_assert(a >= 0, "%s", strerror(-a));
    cr_assert_eq(file_write_at(path, "record", "x", 1, 0600), 0);
    cr_assert_eq(fchdir(dir), 0);
    _cleanup_close_ int c = dir_open_beneath(AT_FDCWD, "c/d", true);
    cr_assert(c >= 0, "%s", strerror(-c));
}

CLAIM(file, a_path_that_leaves_the_directory_is_refused_and_makes_nothing)
{
    static const char *const paths[] = {"..", "../x", "a/../../x", "/tmp", "/", "a/../../../x/y"};
    int dir = scratch_open();

    cr_assert_eq(mkdirat(dir, "a", 0700), 0);
    for (size_t i = 0; i < ELEMENTSOF(paths); i++)
        for (int create = 0; create < 2; create++)
            cr_assert_eq(dir_open_beneath(dir, paths[i], create), -EXDEV, "%s", paths[i]);
    cr_assert_eq(scratch_count(dir), 1);
}

CLAIM(file, a_planted_link_is_followed_neither_in_the_middle_nor_at_the_end)
{
    int dir = scratch_open();

    cr_assert_eq(mkdirat(dir, "real", 0700), 0);
    cr_assert_eq(symlinkat("real", dir, "link"), 0);
    cr_assert_eq(symlinkat("nowhere", dir, "dangling"), 0);
    scratch_put(dir, "file", "", 0);
    for (int create = 0; create < 2; create++) {
        cr_assert_eq(dir_open_beneath(dir, "link", create), -ELOOP);
        cr_assert_eq(dir_open_beneath(dir, "link/x", create), -ELOOP);
        cr_assert_eq(dir_open_beneath(dir, "dangling", create), -ELOOP);
        cr_assert_eq(dir_open_beneath(dir, "file", create), -ENOTDIR);
        cr_assert_eq(dir_open_beneath(dir, "file/x", create), -ENOTDIR);
        cr_assert_eq(dir_open_beneath(dir, "", create), -ENOENT);
    }
    cr_assert_eq(scratch_count(dir), 4);
}

CLAIM(file, no_descriptor_is_lost_whatever_fails)
{
    int dir = scratch_open();
    int lowest = dup(dir);
    char *none = NULL;

    close(lowest);
    for (int i = 0; i < 3; i++) {
        read_into(dir, "none", 10, &none);
        file_write_at(dir, "x/y", "", 0, 0600);
        file_write_at(dir, "z", "", 0, 0600);
        dir_open_beneath(dir, "z/a", true);
        dir_open_beneath(dir, "../a", true);
        dir_open_beneath(dir, "q/z/../../../a", true);
    }
    int now = dup(dir);
    cr_assert_eq(now, lowest, "%d descriptors were lost", now - lowest);
    close(now);
}

CLAIM(file, a_root_is_not_left_by_any_link)
{
    int dir = scratch_open();
    _cleanup_free_ char *text = NULL;

    cr_assert_eq(file_write_at(dir, "inside", "here", 4, 0644), 0);
    cr_assert_eq(symlinkat("/inside", dir, "absolute"), 0);
    cr_assert_eq(symlinkat("../../../../inside", dir, "up"), 0);
    cr_assert_eq(symlinkat("/etc/passwd", dir, "outside"), 0);

    _cleanup_close_ int absolute = file_open_in_root(dir, "/absolute", O_RDONLY);
    _cleanup_close_ int up = file_open_in_root(dir, "up", O_RDONLY);
    cr_assert_eq(file_read_fd(absolute, 4, &text, NULL), 0);
    cr_assert_str_eq(text, "here");
    cr_assert_geq(up, 0);
    cr_assert_eq(file_read_fd(up, 3, &text, NULL), -EFBIG);
    cr_assert_eq(file_open_in_root(dir, "outside", O_RDONLY), -ENOENT);
}
