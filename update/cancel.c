/* SPDX-License-Identifier: MIT */
#include "update/cancel.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "update/abandon.h"
#include "update/error.h"
#include "update/line.h"
#include "update/stall.h"
#include "update/threads.h"

#define GRACE_S       2  /* without anything being done */
#define GRACE_MAX_S   15 /* at all */
#define HANG_UP_PER_S 10

/* When a job counts as stuck: a stalled server is found out first, a slow gpg gets the time that it
 * needs on a busy machine. */
#define LOOK_MS     1000
#define STUCK_MIN_S 10
#define STUCK_MORE  10

/* Some wait in a loop; who computes for less than this in a second does nothing. */
#define IDLE_CPU_NS (50 * 1000 * 1000)

static gint on_purpose;

typedef struct Watch {
    int fd;
    int signal_fd;
    GCancellable *cancellable;
    guint64 stuck_s;  /* how long nothing may happen */
    guint64 asleep_s; /* how long nothing has happened */
    guint64 cpu_ns;   /* when that was last looked at */
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

void cancel_waiting_on_purpose(void)
{
    g_atomic_int_set(&on_purpose, TRUE);
}

/* Once a second. */
static void look_if_stuck(Watch *watch)
{
    guint64 cpu_ns = threads_cpu_ns();
    gint64 spent_ns = (gint64)(cpu_ns - watch->cpu_ns); /* negative: a thread has ended */

    if (g_atomic_int_compare_and_exchange(&on_purpose, TRUE, FALSE))
        watch->asleep_s = 0;
    else if (spent_ns < IDLE_CPU_NS && threads_are_waiting() && !line_is_busy())
        watch->asleep_s++;
    else
        watch->asleep_s = 0;
    watch->cpu_ns = cpu_ns;
    if (watch->asleep_s >= watch->stuck_s)
        abandon(ERROR_STUCK, "for %" G_GUINT64_FORMAT " s nothing was done", watch->asleep_s);
}

static _Noreturn void end_soon(Watch *watch)
{
    int waited = 0;

    g_cancellable_cancel(watch->cancellable);
    for (int i = 0; i < GRACE_MAX_S * HANG_UP_PER_S && waited < GRACE_S * HANG_UP_PER_S; i++) {
        stall_hang_up();
        g_usleep(G_USEC_PER_SEC / HANG_UP_PER_S);
        waited += threads_are_waiting();
    }
    abandon(ERROR_CANCELLED, "what was being done did not end by itself");
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

    for (;;) {
        int r = poll(fds, G_N_ELEMENTS(fds), LOOK_MS);
        if (r > 0)
            end_soon(watch);
        if (r == 0)
            look_if_stuck(watch);
    }
}

gboolean cancel_watch(int fd, GCancellable *cancellable, guint64 stall_timeout, GError **error)
{
    static Watch watch;
    sigset_t set;

    signal_set(&set);
    watch = (Watch){
        .fd = fd,
        .signal_fd = signalfd(-1, &set, SFD_CLOEXEC),
        .cancellable = g_object_ref(cancellable),
        .stuck_s = MAX(stall_timeout, STUCK_MIN_S) + STUCK_MORE,
    };
    if (watch.signal_fd < 0)
        return update_throw(error, ERROR_INTERNAL, "signalfd: %s", g_strerror(errno));

    g_autoptr(GThread) thread = g_thread_try_new(THREAD_CANCEL, watch_thread, &watch, error);
    if (!thread)
        return FALSE;

    /* A quick end of the process must not meet a thread that is half started. */
    g_mutex_lock(&watch.mutex);
    while (!watch.started)
        g_cond_wait(&watch.cond, &watch.mutex);
    g_mutex_unlock(&watch.mutex);
    return TRUE;
}
