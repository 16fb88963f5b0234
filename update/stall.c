/* SPDX-License-Identifier: MIT */
#include "update/stall.h"

#include <dirent.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "update/abandon.h"
#include "update/cancel.h"
#include "update/error.h"
#include "update/line.h"
#include "update/threads.h"

#define LOOK_US (100 * 1000)
#define HUNG_US (3 * G_USEC_PER_SEC) /* how long a transfer may take to end */

struct StallGuard {
    StallPlan plan;
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

static guint64 count_received(StallGuard *guard)
{
    guint64 received = 0;

    if (guard->plan.activity)
        return (guint64)g_atomic_int_get(guard->plan.activity);
    for_each_connection(add_received, &received);
    return received;
}

static void end_transfer(StallGuard *guard)
{
    if (!guard->stalled && guard->plan.cancellable)
        g_cancellable_cancel(guard->plan.cancellable);
    guard->stalled = TRUE;
    stall_hang_up();
}

static void give_up(StallGuard *guard)
{
    if (guard->plan.hung)
        guard->plan.hung(guard->plan.data);
    abandon(ERROR_SERVER_STALLED,
            "nothing came for %" G_GUINT64_FORMAT " s, and the transfer did not end",
            guard->plan.seconds);
}

static gpointer guard_thread(gpointer data)
{
    StallGuard *guard = data;
    gint64 limit_us = (gint64)guard->plan.seconds * G_USEC_PER_SEC;
    gint64 idle_us = 0, before = g_get_monotonic_time();
    guint64 last = 0;

    g_mutex_lock(&guard->mutex);
    while (!guard->ended) {
        gint64 now = g_get_monotonic_time();
        guint64 received = count_received(guard);

        cancel_waiting_on_purpose();

        if (!guard->stalled && received != last)
            idle_us = 0;
        else if (threads_are_waiting() && !line_is_busy())
            idle_us += MIN(now - before, 10 * LOOK_US); /* we may have been stopped meanwhile */
        last = received;
        before = now;

        if (idle_us >= limit_us)
            end_transfer(guard);
        if (idle_us >= limit_us + HUNG_US)
            give_up(guard);
        g_cond_wait_until(&guard->ended_cond, &guard->mutex, now + LOOK_US);
    }
    g_mutex_unlock(&guard->mutex);
    return NULL;
}

StallGuard *stall_guard_new(const StallPlan *plan)
{
    StallGuard *guard = g_new0(StallGuard, 1);

    guard->plan = *plan;
    guard->plan.seconds = MAX(plan->seconds, 1);
    if (plan->cancellable)
        g_object_ref(plan->cancellable);
    g_mutex_init(&guard->mutex);
    g_cond_init(&guard->ended_cond);
    guard->thread = g_thread_new(THREAD_STALL, guard_thread, guard);
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
                     guard->plan.seconds);
    } else if (!done)
        g_propagate_error(error, transfer_error);
    g_mutex_clear(&guard->mutex);
    g_cond_clear(&guard->ended_cond);
    g_clear_object(&guard->plan.cancellable);
    g_free(guard);
    return done;
}
