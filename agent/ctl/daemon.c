/* SPDX-License-Identifier: MIT */
#include "agent/ctl/daemon.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

#define USEC_PER_MS 1000ULL
#define MATCH_MAX   256
#define DBUS        "org.freedesktop.DBus"

/* sd_bus_open_system() only begins to connect. */
static int wait_connected(sd_bus *bus)
{
    int64_t deadline = clock_monotonic_ms() + DAEMON_CALL_MS;
    int r;

    while ((r = sd_bus_is_ready(bus)) == 0) {
        int64_t left = deadline - clock_monotonic_ms();
        if (left <= 0)
            return -ETIMEDOUT;
        r = sd_bus_process(bus, NULL);
        if (r == 0)
            r = sd_bus_wait(bus, (uint64_t)left * USEC_PER_MS);
        if (r < 0)
            return r;
    }
    return MIN_OF(r, 0);
}

/* Has it started if it is not there, and learns its unique name from the answer. */
static int find_owner(Daemon *daemon, bool start, sd_bus_error *error)
{
    _cleanup_message_ sd_bus_message *call = NULL, *reply = NULL;

    int r = sd_bus_message_new_method_call(daemon->bus, &call, DAEMON_NAME, DAEMON_PATH,
                                           "org.freedesktop.DBus.Peer", "Ping");
    if (r >= 0)
        r = sd_bus_message_set_auto_start(call, start);
    if (r >= 0)
        r = sd_bus_call(daemon->bus, call, DAEMON_CALL_MS * USEC_PER_MS, error, &reply);
    if (r < 0)
        return r;
    char *owner = strdup(sd_bus_message_get_sender(reply) ?: DAEMON_NAME);
    if (!owner)
        return -ENOMEM;
    free(daemon->owner);
    daemon->owner = owner;
    return 0;
}

int daemon_find(Daemon *daemon)
{
    _cleanup_(sd_bus_error_free)
    sd_bus_error error = SD_BUS_ERROR_NULL;

    return find_owner(daemon, false, &error);
}

int daemon_open(Daemon **ret, Failure *f)
{
    _cleanup_(sd_bus_error_free)
    sd_bus_error error = SD_BUS_ERROR_NULL;
    _cleanup_(daemon_freep)
    Daemon *daemon = calloc(1, sizeof(*daemon));

    if (!daemon)
        return failure_oom(f);
    int r = sd_bus_open_system(&daemon->bus);
    if (r >= 0)
        r = wait_connected(daemon->bus);
    if (r < 0)
        return failure_set_errno(f, r, ERROR_AGENT_MISSING, "the system bus");
    (void)sd_bus_set_method_call_timeout(daemon->bus, DAEMON_CALL_MS * USEC_PER_MS);
    (void)sd_bus_set_allow_interactive_authorization(daemon->bus, true);
    r = find_owner(daemon, true, &error);
    if (r < 0)
        return failure_set(f, r, ERROR_AGENT_MISSING, "%s", error.message ?: strerror(-r));
    *ret = TAKE_PTR(daemon);
    return 0;
}

Daemon *daemon_free(Daemon *daemon)
{
    if (!daemon)
        return NULL;
    sd_bus_close_unref(daemon->bus);
    free(daemon->owner);
    free(daemon);
    return NULL;
}

int daemon_method(Daemon *daemon, const char *path, const char *interface, const char *member,
                  sd_bus_message **ret)
{
    return sd_bus_message_new_method_call(daemon->bus, ret, daemon->owner, path, interface, member);
}

int daemon_call(Daemon *daemon, int r, sd_bus_message *call, int timeout_ms, sd_bus_message **ret,
                Problem *p)
{
    _cleanup_(sd_bus_error_free)
    sd_bus_error error = SD_BUS_ERROR_NULL;

    if (r < 0)
        return failure_set_errno(&p->failure, r, ERROR_INTERNAL, "a call on the bus");
    r = sd_bus_call(daemon->bus, call, (uint64_t)timeout_ms * USEC_PER_MS, &error, ret);
    return r < 0 ? daemon_problem(&error, r, p) : 0;
}

int daemon_get_text(Daemon *daemon, const char *member, int timeout_ms, char **ret, Problem *p)
{
    _cleanup_message_ sd_bus_message *call = NULL, *reply = NULL;
    const char *text;

    int r = daemon_method(daemon, DAEMON_PATH, DAEMON_MANAGER, member, &call);
    r = daemon_call(daemon, r, call, timeout_ms, &reply, p);
    if (r < 0)
        return r;
    r = sd_bus_message_read(reply, "s", &text);
    if (r < 0)
        return failure_set_errno(&p->failure, r, ERROR_PROTOCOL_GARBAGE, "%s", member);
    *ret = strdup(text);
    return *ret ? 0 : failure_oom(&p->failure);
}

int daemon_watch(Daemon *daemon, sd_bus_message_handler_t handler, void *userdata,
                 sd_bus_slot *slots[static DAEMON_WATCHES], Problem *p)
{
    char match[MATCH_MAX];

    snprintf(match, sizeof(match), "type='signal',sender='%s'", daemon->owner);
    int r = sd_bus_add_match(daemon->bus, &slots[0], match, handler, userdata);
    snprintf(match, sizeof(match),
             "type='signal',sender='" DBUS "',member='NameOwnerChanged',arg0='" DAEMON_NAME "'");
    if (r >= 0)
        r = sd_bus_add_match(daemon->bus, &slots[1], match, handler, userdata);
    return r < 0 ? failure_set_errno(&p->failure, r, ERROR_AGENT_MISSING, "its signals") : 0;
}

/* How long poll() may sleep: until the deadline, or until a call that waits for its reply has to be
 * given up. */
static int sleep_ms(sd_bus *bus, int64_t deadline)
{
    int64_t left = MAX_OF(deadline - clock_monotonic_ms(), (int64_t)0);
    struct timespec now;
    uint64_t at;

    if (sd_bus_get_timeout(bus, &at) >= 0 && at != UINT64_MAX) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        uint64_t is = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
        left = MIN_OF(left, at > is ? (int64_t)((at - is) / USEC_PER_MS) + 1 : 0);
    }
    return (int)MIN_OF(left, (int64_t)INT32_MAX);
}

int daemon_wait(Daemon *daemon, int signals, int64_t deadline)
{
    int r = sd_bus_process(daemon->bus, NULL);
    if (r != 0)
        return MIN_OF(r, 0);

    int fd = sd_bus_get_fd(daemon->bus), events = sd_bus_get_events(daemon->bus);
    if (fd < 0 || events < 0)
        return MIN_OF(fd, events);
    struct pollfd fds[] = {{.fd = fd, .events = (short)events}, {.fd = signals, .events = POLLIN}};
    r = poll(fds, ELEMENTSOF(fds), sleep_ms(daemon->bus, deadline));
    if (r < 0)
        return errno == EINTR ? 0 : -errno;
    if (fds[1].revents)
        return 1;
    return r == 0 && clock_monotonic_ms() >= deadline ? -ETIMEDOUT : 0;
}

bool daemon_is_gone(const Daemon *daemon, sd_bus_message *m)
{
    const char *name, *before, *after;

    return sd_bus_message_is_signal(m, DBUS, "NameOwnerChanged") > 0 &&
           sd_bus_message_read(m, "sss", &name, &before, &after) >= 0 &&
           strcmp(before, daemon->owner) == 0;
}
