/* SPDX-License-Identifier: MIT */
/* One conversation with a worker, in the event loop: docs/worker-protocol.md, the caller's side.
 *
 * systemd starts the worker when we connect. It may die, hang or talk nonsense: then the
 * conversation ends with a problem, and nothing else does. */
#pragma once

#include <json-c/json.h>
#include <systemd/sd-event.h>

#include "base/problem.h"

/* Longer lines come from no worker of ours; the daemon stays small whatever it is told. */
#define LINK_LINE_MAX (1024 * 1024)

typedef struct Link Link;

typedef struct LinkHandler {
    /* A "progress" or "log" line, or of a kind that we do not know. Borrowed. */
    void (*event)(json_object *event, void *userdata);
    /* The end, exactly once; nothing comes after it. With a result (borrowed), or with a problem.
     * The link may be freed in it. */
    void (*ended)(json_object *result, const Problem *problem, void *userdata);
} LinkHandler;

/* Longest silence, and longest wait for the end after a cancel, in ms. */
typedef struct LinkLimits {
    unsigned idle_ms;
    unsigned cancel_ms;
} LinkLimits;

extern const LinkLimits link_limits;

/* Connects to the socket `path` and sends the request (borrowed). The handler is not called before
 * this returns. The caller frees *ret. 0, or a negative errno with ERROR_WORKER_MISSING (nobody
 * listens) or ERROR_WORKER_DIED. */
int link_start(sd_event *loop, const char *path, json_object *request, const LinkLimits *limits,
               const LinkHandler *handler, void *userdata, Link **ret, Failure *f);

/* Closes our sending side, which asks the worker to stop. It still ends as LinkHandler says, with
 * ERROR_CANCELLED at the latest when cancel_ms are over. */
void link_cancel(Link *link);

/* Hangs up without a word; the handler is not called. NULL is fine. Returns NULL. */
Link *link_free(Link *link);

static inline void link_freep(Link **link)
{
    *link = link_free(*link);
}

#define _cleanup_link_ _cleanup_(link_freep)
