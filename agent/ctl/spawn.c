/* SPDX-License-Identifier: MIT */
#include "agent/ctl/spawn.h"

#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/strv.h"

/* What the admin may have set on purpose: proxies, debugging. A name that ends in "*" is a prefix.
 */
static const char *const environment_names[] = {
    "http_proxy", "https_proxy", "all_proxy",    "no_proxy",      "HTTPS_PROXY",
    "ALL_PROXY",  "NO_PROXY",    "TZ",           "G_DEBUG",       "G_MESSAGES_DEBUG",
    "OSTREE_*",   "AZL_*",       "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS",
};

static bool is_passed_on(const char *entry)
{
    size_t length = strcspn(entry, "=");

    for (size_t i = 0; i < ELEMENTSOF(environment_names); i++) {
        const char *name = environment_names[i];
        size_t n = strcspn(name, "*");

        if (name[n] ? strncmp(entry, name, n) == 0
                    : n == length && strncmp(entry, name, length) == 0)
            return true;
    }
    return false;
}

static int make_environment(char ***ret)
{
    _cleanup_strv_ char **list = NULL;
    int r =
        strv_push_copy(&list, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");

    if (r >= 0)
        r = strv_push_copy(&list, "LC_ALL=C.UTF-8");
    for (char **entry = environ; r >= 0 && *entry; entry++)
        if (is_passed_on(*entry))
            r = strv_push_copy(&list, *entry);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(list);
    return 0;
}

/* A child that starts with every signal as a fresh login would have it. */
static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    int r = posix_spawnattr_setsigmask(attributes, &none);
    if (r == 0)
        r = posix_spawnattr_setsigdefault(attributes, &all);
    if (r == 0)
        r = posix_spawnattr_setpgroup(attributes, 0);
    if (r == 0)
        r = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                     POSIX_SPAWN_SETPGROUP);
    return r;
}

static int spawn_with(const char *program, char *const argv[], int socket,
                      char *const environment[], pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;

    int r = posix_spawn_file_actions_init(&actions);
    if (r != 0)
        return -r;
    r = posix_spawnattr_init(&attributes);
    if (r != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return -r;
    }

    r = set_attributes(&attributes);
    if (r == 0)
        r = posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO);
    if (r == 0)
        r = posix_spawn_file_actions_adddup2(&actions, socket, STDOUT_FILENO);
    if (r == 0)
        r = posix_spawn(ret_pid, program, &actions, &attributes, argv, environment);

    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return -r;
}

int spawn_on_socket(const char *program, char *const argv[], pid_t *ret_pid, int *ret_pidfd,
                    int *ret_socket)
{
    _cleanup_strv_ char **environment = NULL;
    int pair[2];
    pid_t pid = -1;

    int r = make_environment(&environment);
    if (r < 0)
        return r;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;

    _cleanup_close_ int ours = pair[0], theirs = pair[1];
    r = spawn_with(program, argv, theirs, environment, &pid);
    if (r < 0)
        return r;

    int pidfd = pidfd_open(pid, 0);
    if (pidfd < 0) {
        r = -errno;
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        return r;
    }
    *ret_pid = pid;
    *ret_pidfd = pidfd;
    *ret_socket = TAKE_FD(ours);
    return 0;
}
