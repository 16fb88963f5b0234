/* SPDX-License-Identifier: MIT */
/* A job of azl-agentd, watched to its end: the same bar and lines as if the worker were our own. */
#pragma once

#include <json-c/json.h>
#include <systemd/sd-bus.h>

#include "agent/ctl/ctl.h"
#include "agent/ctl/daemon.h"

#define FOLLOW_PATH_MAX 128

/* Sends the call that makes a job (`built`: what building it came to; negative: an error), and
 * waits for the job's end: *ret_result is what it answered, owned by the caller. The first signal
 * cancels the job and waits for that; the second only stops waiting.
 * 0, or a negative errno with *p filled: what the job or the daemon said, ERROR_CANCELLED,
 * ERROR_AGENT_LOST. */
int follow_call(Ctl *ctl, Daemon *daemon, int built, sd_bus_message *call, json_object **ret_result,
                Problem *p);

/* Attaches to a job that is there, as follow_call(), but a signal only stops watching: 1. A job
 * that is not there: ERROR_AGENT_NO_JOB. */
int follow_job(Ctl *ctl, Daemon *daemon, unsigned id, json_object **ret_result, Problem *p);

/* Makes a job, and does not wait for it: *ret_id is its number. 0, or a negative errno. */
int follow_start(Daemon *daemon, int built, sd_bus_message *call, unsigned *ret_id, Problem *p);

/* A Progress signal's (or property's) contents as the event a worker sends; owned by the caller;
 * NULL where the message holds something else. */
json_object *follow_progress_event(sd_bus_message *m);
