/* SPDX-License-Identifier: MIT */
/* azl-agentd, as azlctl reaches it: over the system bus, with an upper bound for every wait.
 * units/org.azurelinux.Agent1.xml says what it answers. */
#pragma once

#include <json-c/json.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "base/macro.h"
#include "base/problem.h"

#define DAEMON_NAME    "org.azurelinux.Agent1"
#define DAEMON_PATH    "/org/azurelinux/Agent1"
#define DAEMON_MANAGER DAEMON_NAME ".Manager"
#define DAEMON_JOB     DAEMON_NAME ".Job"

#define DAEMON_PROPERTIES "org.freedesktop.DBus.Properties"

/* How long a call may take: what is answered from memory; what a worker reads first; and what a
 * person types a password for. */
#define DAEMON_CALL_MS   5000
#define DAEMON_READ_MS   30000
#define DAEMON_PERSON_MS 130000

typedef struct Daemon {
    sd_bus *bus;
    char *owner; /* the unique name it had when we found it: nobody else can answer to that */
} Daemon;

/* Connects, and has the daemon started if it is not there. *ret is the caller's: daemon_free().
 * 0, or a negative errno with ERROR_AGENT_MISSING; the detail is the reason alone. */
int daemon_open(Daemon **ret, Failure *f);

/* Finds the daemon again after it was restarted, without having it started. 0, or a negative errno.
 */
int daemon_find(Daemon *daemon);

/* Returns NULL. NULL is fine. */
Daemon *daemon_free(Daemon *daemon);

/* A method call of the daemon's object at `path`, to be filled and sent; the caller unrefs it. */
int daemon_method(Daemon *daemon, const char *path, const char *interface, const char *member,
                  sd_bus_message **ret);

/* Sends it and waits for the answer, owned by the caller (`ret` NULL: not wanted). `r` is what
 * building the call came to: negative, and only the problem is filled.
 * 0, or a negative errno with *p filled: what the daemon said, or ERROR_AGENT_MISSING. */
int daemon_call(Daemon *daemon, int r, sd_bus_message *call, int timeout_ms, sd_bus_message **ret,
                Problem *p);

/* A method of the manager without arguments that answers with text; *ret is the caller's. */
int daemon_get_text(Daemon *daemon, const char *member, int timeout_ms, char **ret, Problem *p);

/* Hands every signal of the daemon, and each change of its name's owner, to the handler, until the
 * caller gives the slots back (sd_bus_slot_unref()), which it does after a failure too. 0, or a
 * negative errno with *p filled. */
#define DAEMON_WATCHES 2
int daemon_watch(Daemon *daemon, sd_bus_message_handler_t handler, void *userdata,
                 sd_bus_slot *slots[static DAEMON_WATCHES], Problem *p);

/* Dispatches a message, or waits for one until `deadline` (by clock_monotonic_ms()).
 * 1: a signal waits at the descriptor `signals`; 0: look, and call it again; -ETIMEDOUT; or another
 * negative errno: the bus is gone. */
int daemon_wait(Daemon *daemon, int signals, int64_t deadline);

/* Is it the news that the daemon we talk to is gone? */
bool daemon_is_gone(const Daemon *daemon, sd_bus_message *m);

/* Fills the problem with what an error from the bus means. Returns a negative errno. */
int daemon_problem(const sd_bus_error *error, int code, Problem *p);

static inline void daemon_freep(Daemon **daemon)
{
    daemon_free(*daemon);
}

#define _cleanup_message_ _cleanup_(sd_bus_message_unrefp)
