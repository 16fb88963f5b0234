/* SPDX-License-Identifier: MIT */
/* Who does what the verbs ask for: the worker, started by us, or azl-agentd over the bus. Chosen
 * once; the verbs speak the worker's language (docs/worker-protocol.md) with both. */
#pragma once

#include <json-c/json.h>

#include "agent/ctl/ctl.h"
#include "agent/ctl/verb.h"
#include "base/problem.h"

/* Chooses for this verb and its arguments, and connects. Root works without a daemon, and is told
 * so in one line. 0, or a negative errno with *p filled: ERROR_AGENT_MISSING, ERROR_NOT_ROOT. */
int backend_choose(Ctl *ctl, const Verb *verb, Problem *p);

/* The operation as a method of the daemon. `arguments` are borrowed. As ctl_call(); 1: the worker
 * does this for root only, and we are root: ask it ourselves. */
int backend_ask_daemon(Ctl *ctl, const char *op, json_object *arguments, json_object **ret_result,
                       Problem *p);

/* For --no-wait: makes the job, and says how to follow it. An exit code, or a negative errno with
 * *p filled. `arguments` are consumed. */
int backend_start(Ctl *ctl, const char *op, json_object *arguments, Problem *p);
