/* SPDX-License-Identifier: MIT */
#include "agent/clock-watch.h"

#include <errno.h>
#include <stdint.h>
#include <sys/timerfd.h>

#include "base/macro.h"

struct ClockWatch {
    int fd; /* a timer that never comes, and is cancelled by every jump */
    void (*set)(void *userdata);
    void *userdata;
    sd_event_source *source;
};

static int arm(const ClockWatch *watch)
{
    const struct itimerspec never = {.it_value = {.tv_sec = INT32_MAX}};

    return timerfd_settime(watch->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) < 0
               ? -errno
               : 0;
}

static int on_jump(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    ClockWatch *watch = userdata;
    uint64_t expirations;

    /* ECANCELED is what we wait for; it would have expired in 2038. */
    if (read(fd, &expirations, sizeof(expirations)) >= 0)
        (void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
    watch->set(watch->userdata);
    return 0;
}

int clock_watch_new(sd_event *loop, void (*set)(void *userdata), void *userdata, ClockWatch **ret)
{
    ClockWatch *watch = calloc(1, sizeof(*watch));

    if (!watch)
        return -ENOMEM;
    *watch = (ClockWatch){.set = set, .userdata = userdata};
    watch->fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    int r = watch->fd < 0 ? -errno : arm(watch);
    if (r >= 0)
        r = sd_event_add_io(loop, &watch->source, watch->fd, EPOLLIN, on_jump, watch);
    if (r < 0) {
        clock_watch_free(watch);
        return r;
    }
    *ret = watch;
    return 0;
}

ClockWatch *clock_watch_free(ClockWatch *watch)
{
    if (!watch)
        return NULL;
    sd_event_source_disable_unref(watch->source);
    close_fd(watch->fd);
    free(watch);
    return NULL;
}
