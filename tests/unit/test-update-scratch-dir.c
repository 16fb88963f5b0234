/* SPDX-License-Identifier: MIT */
#include "update/scratch-dir.h"

#include <signal.h>
#include <sys/wait.h>

#include "tests/unit/leak.h"
#include "tests/unit/scratch.h"

TestSuite(scratch_dir, .fini = scratch_remove);

static gboolean is_there(const char *name)
{
    return faccessat(scratch_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* As if a process had made it with something in it, and was killed. */
static void leave(const char *name, mode_t mode)
{
    cr_assert_eq(mkdirat(scratch_fd, name, mode), 0);
    g_autofree char *file = g_build_filename(name, "objects", NULL);
    cr_assert_eq(mkdirat(scratch_fd, file, 0755), 0);
}

static void make_and_remove(void)
{
    g_autofree char *path = NULL;
    _cleanup_close_ int fd = -EBADF;

    cr_assert_eq(scratch_dir_make(scratch_path, &path, &fd), 0);
    scratch_dir_remove(path);
    cr_assert(access(path, F_OK) < 0);
}

CLAIM(scratch_dir, what_a_dead_owner_left_is_removed_by_the_next)
{
    scratch_open();
    leave("azl-scratch.aB3dEf", 0700);
    make_and_remove();
    cr_assert_not(is_there("azl-scratch.aB3dEf"));
}

CLAIM(scratch_dir, what_its_owner_holds_stays)
{
    g_autofree char *path = NULL;
    _cleanup_close_ int fd = -EBADF;

    scratch_open();
    cr_assert_eq(scratch_dir_make(scratch_path, &path, &fd), 0);
    make_and_remove();
    cr_assert_eq(access(path, F_OK), 0);
    fd = close_fd(fd);
    make_and_remove();
    cr_assert(access(path, F_OK) < 0);
}

CLAIM(scratch_dir, an_owner_that_is_killed_holds_nothing)
{
    int ends[2];
    char ready;

    scratch_open();
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char *path;
        int fd;
        if (scratch_dir_make(scratch_path, &path, &fd) == 0 && write(ends[1], path, 1) == 1)
            pause();
        _exit(1);
    }
    cr_assert_eq(read(ends[0], &ready, 1), 1);
    kill(pid, SIGKILL);
    cr_assert_eq(waitpid(pid, NULL, 0), pid);
    make_and_remove();
    cr_assert(rmdir(scratch_path) == 0, "something was left: %m");
    close(ends[0]);
    close(ends[1]);
}

CLAIM(scratch_dir, what_is_not_ours_stays)
{
    static const char *const names[] = {"azl-scratch.short", "azl-scratch.toolong",
                                        "azl-scratch.aB3d.f", "azl-other.aB3dEf"};

    scratch_open();
    for (size_t i = 0; i < ELEMENTSOF(names); i++)
        leave(names[i], 0700);
    leave("azl-scratch.Shared", 0755);
    leave("elsewhere", 0700);
    cr_assert_eq(symlinkat("elsewhere", scratch_fd, "azl-scratch.aLinkX"), 0);
    if (geteuid() == 0) {
        leave("azl-scratch.Theirs", 0700);
        cr_assert_eq(fchownat(scratch_fd, "azl-scratch.Theirs", 1, 1, 0), 0);
    }

    make_and_remove();
    for (size_t i = 0; i < ELEMENTSOF(names); i++)
        cr_assert(is_there(names[i]), "%s", names[i]);
    cr_assert(is_there("azl-scratch.Shared/objects"));
    cr_assert(is_there("elsewhere/objects"));
    cr_assert(is_there("azl-scratch.aLinkX"));
    cr_assert(geteuid() != 0 || is_there("azl-scratch.Theirs/objects"));
}
