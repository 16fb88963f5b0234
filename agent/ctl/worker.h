/* SPDX-License-Identifier: MIT */
/* One request to a worker that we start ourselves: docs/worker-protocol.md, the caller's side.
 *
 * SIGINT, SIGTERM and SIGHUP during a call ask the worker to cancel and wait for what it says to
 * that; a second one ends it at once. One that comes between two calls, or after the answer, makes
 * the next call ERROR_CANCELLED. Whatever happens, the worker is gone when the call returns; and if
 * we are killed, the closed socket tells it to stop. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>

#include "base/problem.h"

#define WORKER_IDLE_MS   (10 * 60 * 1000)
#define WORKER_CANCEL_MS (30 * 1000)

typedef struct WorkerHost {
    const char *program; /* absolute path */
    int idle_ms;         /* longest silence before it counts as hung */
    int cancel_ms;       /* how long it may take to cancel */
    bool cancelled;      /* a signal came: no further request is sent */
} WorkerHost;

/* Called for every event line ("progress", "log", and kinds that we do not know). */
typedef void (*WorkerEvent)(json_object *event, void *userdata);

/* Sends the request, hands every event on, and returns what the end line holds: *ret_result, owned
 * by the caller. 0, or a negative errno with the problem filled: what the worker answered,
 * ERROR_CANCELLED, ERROR_WORKER_MISSING, ERROR_WORKER_DIED, ERROR_PROTOCOL_GARBAGE. */
int worker_call(WorkerHost *host, json_object *request, WorkerEvent event, void *userdata,
                json_object **ret_result, Problem *p);
