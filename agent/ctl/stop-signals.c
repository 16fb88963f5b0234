/* SPDX-License-Identifier: MIT */
#include "agent/ctl/stop-signals.h"

#include <sys/signalfd.h>

/* What we were told to ignore (nohup, `&` in a script) stays ignored: a signal that is blocked
 * would reach the signalfd all the same. */
static void fill(sigset_t *set)
{
    static const int stop_signals[] = {SIGINT, SIGTERM, SIGHUP};

    sigemptyset(set);
    for (size_t i = 0; i < ELEMENTSOF(stop_signals); i++) {
        struct sigaction action;

        if (sigaction(stop_signals[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(set, stop_signals[i]);
    }
}

/* A signal came while nothing watched. */
static volatile sig_atomic_t came;

static void on_stop(int number)
{
    (void)number;
    came = 1;
}

bool stop_signals_came(void)
{
    return came;
}

/* Between two waits of one run a signal must not end us without a word: what comes next is not done
 * instead, which is told like any other cancel. A second one ends us all the same. */
static void catch_between(const sigset_t *set)
{
    const struct sigaction action = {.sa_handler = on_stop, .sa_flags = SA_RESETHAND | SA_RESTART};

    for (int number = 1; number < NSIG; number++)
        if (sigismember(set, number) == 1)
            (void)sigaction(number, &action, NULL);
}

int stop_signals_watch(StopSignals *signals)
{
    sigset_t set;

    signals->fd = -EBADF;
    fill(&set);
    catch_between(&set);
    if (sigprocmask(SIG_BLOCK, &set, &signals->before) < 0)
        return -errno;
    signals->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals->fd < 0) {
        int r = -errno;
        sigprocmask(SIG_SETMASK, &signals->before, NULL);
        return r;
    }
    return 0;
}

bool stop_signals_take(StopSignals *signals)
{
    struct signalfd_siginfo info;

    return read(signals->fd, &info, sizeof(info)) == sizeof(info);
}

void stop_signals_clear(StopSignals *signals)
{
    if (signals->fd < 0)
        return;
    signals->fd = close_fd(signals->fd);
    sigprocmask(SIG_SETMASK, &signals->before, NULL);
}
