/* SPDX-License-Identifier: MIT */
/* What the worker says of the host, kept until something changes.
 *
 * The kernel tells when it does (inotify): libostree touches ostree/deploy with every change of
 * deployments, keeps what is staged in /run/ostree, and the worker's records are in /var/lib/azl.
 * Settings are watched as well, because the status compares them with those of the fallback.
 * So a status costs nothing while nothing happens, and is right after another tool was here. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/problem.h"

#define HOST_CHECKSUM_MAX 65
#define HOST_VERSION_MAX  64
#define HOST_PATH_MAX     384

typedef struct Host Host;

/* A release as far as policy looks at it. checksum "": there is none. */
typedef struct HostRelease {
    char checksum[HOST_CHECKSUM_MAX];
    char version[HOST_VERSION_MAX];
    int64_t timestamp;
} HostRelease;

/* What the state machine and the bus want to know of it. */
typedef struct HostFacts {
    bool known; /* false: the worker has not answered yet; the rest is zero */
    HostRelease booted, staged, pending, fallback, next;
    char staged_path[HOST_PATH_MAX]; /* where it is written already; "": nothing is, or not known */
    bool staged_locked, staged_foreign, staged_denied;
    bool reboot_required; /* the next boot brings something else than what runs */
    bool deny_unreadable;
    bool held; /* by the boot loader's environment: the hold of last resort */
} HostFacts;

typedef struct HostWatcher {
    /* The facts were read again; `what changed` is for the watcher to find out. */
    void (*read)(void *userdata);
    /* Is a job under way that changes something? Then what changes is read again when it ends, and
     * not all the time. */
    bool (*busy)(void *userdata);
    void *userdata;
} HostWatcher;

/* Answers one host_ask(): the status (borrowed), or what stood in the way. */
typedef void (*HostAnswer)(json_object *status, const Problem *problem, void *userdata);

/* `socket`: where workers listen (borrowed). Watches what is there to watch. */
int host_new(sd_event *loop, const char *socket, const HostWatcher *watcher, Host **ret);
Host *host_free(Host *host);

const HostFacts *host_facts(const Host *host);

/* Is what is kept as new as it can be? */
bool host_is_fresh(const Host *host);

/* Calls back with the status: at once if it is known, else after the worker has answered. A waiting
 * caller is not forgotten, unless host_forget() says so. 0, or a negative errno with
 * ERROR_AGENT_BUSY (too many wait) or ERROR_WORKER_MISSING; then it is not called. */
int host_ask(Host *host, HostAnswer answer, void *userdata, Failure *f);
void host_forget(Host *host, const void *userdata);

/* Takes a status that a worker just gave (NULL: it could not; what is kept counts as old). */
void host_take(Host *host, json_object *status);

/* Reads it again soon, if it is old or was never read. */
void host_refresh(Host *host);
