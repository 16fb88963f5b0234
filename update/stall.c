/* SPDX-License-Identifier: MIT */
#include "update/stall.h"

#include <dirent.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "update/error.h"

#define LOOK_US (100 * 1000)

struct StallGuard {
    guint64 seconds;
    GMutex mutex;
    GCond ended_cond;
    gboolean ended;
    gboolean stalled;
    GThread *thread;
};

static gboolean is_tcp(int fd)
{
    int domain = 0, type = 0;
    socklen_t size = sizeof(int);

    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
           (domain == AF_INET || domain == AF_INET6) &&
           getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

static void for_each_connection(void (*function)(int fd, void *data), void *data)
{
    DIR *dir = opendir("/proc/self/fd");

    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        int fd = atoi(entry->d_name);
        if (entry->d_name[0] != '.' && is_tcp(fd))
            function(fd, data);
    }
    if (dir)
        closedir(dir);
}

static void hang_up(int fd, void *data)
{
    (void)shutdown(fd, SHUT_RDWR);
}

void stall_hang_up(void)
{
    for_each_connection(hang_up, NULL);
}

static void add_received(int fd, void *data)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof(info);
    guint64 *sum = data;

    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0)
        *sum += info.tcpi_bytes_received;
}

static gpointer guard_thread(gpointer data)
{
    StallGuard *guard = data;
    gint64 last_us = g_get_monotonic_time();
    guint64 last = 0;

    g_mutex_lock(&guard->mutex);
    while (!guard->ended) {
        gint64 now = g_get_monotonic_time();
        guint64 received = 0;

        for_each_connection(add_received, &received);
        if (received != last) {
            last = received;
            last_us = now;
        }
        guard->stalled |= now - last_us >= (gint64)guard->seconds * G_USEC_PER_SEC;
        if (guard->stalled)
            stall_hang_up();
        g_cond_wait_until(&guard->ended_cond, &guard->mutex, now + LOOK_US);
    }
    g_mutex_unlock(&guard->mutex);
    return NULL;
}

StallGuard *stall_guard_new(guint64 seconds)
{
    StallGuard *guard = g_new0(StallGuard, 1);

    guard->seconds = MAX(seconds, 1);
    g_mutex_init(&guard->mutex);
    g_cond_init(&guard->ended_cond);
    guard->thread = g_thread_new("stall", guard_thread, guard);
    return guard;
}

gboolean stall_guard_finish(StallGuard *guard, gboolean done, GError *transfer_error,
                            GError **error)
{
    g_mutex_lock(&guard->mutex);
    guard->ended = TRUE;
    g_cond_signal(&guard->ended_cond);
    g_mutex_unlock(&guard->mutex);
    g_thread_join(guard->thread);

    if (!done && guard->stalled) {
        g_error_free(transfer_error);
        update_throw(error, ERROR_SERVER_STALLED, "nothing came for %" G_GUINT64_FORMAT " s",
                     guard->seconds);
    } else if (!done)
        g_propagate_error(error, transfer_error);
    g_mutex_clear(&guard->mutex);
    g_cond_clear(&guard->ended_cond);
    g_free(guard);
    return done;
}
