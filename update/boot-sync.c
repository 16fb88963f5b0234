/* SPDX-License-Identifier: MIT */
#include "update/boot-sync.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdbool.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macro.h"

#define GUARD_MS 10000

/* Beside the repository's: on a booted composefs host / is on no disk at all. */
static bool is_own_file_system(OstreeSysroot *sysroot, int boot_fd)
{
    struct stat root, boot;

    return fstat(ostree_repo_get_dfd(ostree_sysroot_repo(sysroot)), &root) == 0 &&
           fstat(boot_fd, &boot) == 0 && root.st_dev != boot.st_dev;
}

/* The child: thaws when the parent says so, when it died (its end of the pipe closes), or is late.
 */
static _Noreturn void guard(int pipe_fd, int boot_fd)
{
    struct pollfd p = {.fd = pipe_fd, .events = POLLIN};

    (void)poll(&p, 1, GUARD_MS);
    (void)ioctl(boot_fd, FITHAW, 0);
    _exit(0);
}

/* A file system that stays frozen hangs the machine, so a child of ours thaws it whatever happens.
 */
static void freeze_and_thaw(int boot_fd)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return;
    pid_t pid = fork();
    if (pid == 0) {
        close_fd(ends[1]);
        guard(ends[0], boot_fd);
    }
    close_fd(ends[0]);
    if (pid > 0) {
        bool frozen = ioctl(boot_fd, FIFREEZE, 0) == 0;
        if (frozen)
            (void)ioctl(boot_fd, FITHAW, 0);
    }
    close_fd(ends[1]);
    if (pid > 0)
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
}

void boot_sync(OstreeSysroot *sysroot)
{
    _cleanup_close_ int boot_fd =
        openat(ostree_sysroot_get_fd(sysroot), "boot", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (boot_fd < 0)
        return;
    (void)syncfs(boot_fd);
    if (is_own_file_system(sysroot, boot_fd))
        freeze_and_thaw(boot_fd);
}
