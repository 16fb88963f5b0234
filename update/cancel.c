/* SPDX-License-Identifier: MIT */
#include "update/cancel.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/error-id.h"
#include "update/error.h"
#include "update/stall.h"

#define GRACE_S       15
#define HANG_UP_PER_S 10

typedef struct Watch {
    int fd;
    int signal_fd;
    GCancellable *cancellable;
    GMutex mutex;
    GCond cond;
    gboolean started;
} Watch;

static void signal_set(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
}

void cancel_block_signals(void)
{
    sigset_t set;

    signal_set(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* Anything on the caller's side is a reason to stop: nothing may come after the request. */
static gpointer watch_thread(gpointer data)
{
    Watch *watch = data;
    struct pollfd fds[] = {
        {.fd = watch->fd, .events = POLLIN | POLLRDHUP},
        {.fd = watch->signal_fd, .events = POLLIN},
    };

    g_mutex_lock(&watch->mutex);
    watch->started = TRUE;
    g_cond_signal(&watch->cond);
    g_mutex_unlock(&watch->mutex);

    while (poll(fds, G_N_ELEMENTS(fds), -1) <= 0)
        ;
    g_cancellable_cancel(watch->cancellable);

    for (int left = GRACE_S * HANG_UP_PER_S; left > 0; left--) {
        stall_hang_up();
        g_usleep(G_USEC_PER_SEC / HANG_UP_PER_S);
    }
    _exit(error_id_exit_code(ERROR_CANCELLED));
}

gboolean cancel_watch(int fd, GCancellable *cancellable, GError **error)
{
    static Watch watch;
    sigset_t set;

    signal_set(&set);
    watch = (Watch){
        .fd = fd,
        .signal_fd = signalfd(-1, &set, SFD_CLOEXEC),
        .cancellable = g_object_ref(cancellable),
    };
    if (watch.signal_fd < 0)
        return update_throw(error, ERROR_INTERNAL, "signalfd: %s", g_strerror(errno));

    g_autoptr(GThread) thread = g_thread_try_new("cancel", watch_thread, &watch, error);
    if (!thread)
        return FALSE;

    /* A quick end of the process must not meet a thread that is half started. */
    g_mutex_lock(&watch.mutex);
    while (!watch.started)
        g_cond_wait(&watch.cond, &watch.mutex);
    g_mutex_unlock(&watch.mutex);
    return TRUE;
}
