/* SPDX-License-Identifier: MIT */
/* Drives the state machine with the real world: gathers the facts, starts its actions as jobs,
 * keeps what it must remember, and wakes it when time has come. */
#pragma once

#include "agent/agent.h"

int driver_new(Agent *agent, Driver **ret, Failure *f);
Driver *driver_free(Driver *driver);

/* A fact has changed: steps soon, from the event loop. */
void driver_wake(Driver *driver);

/* The host is known for the first time: steps at once, so that nobody is told "starting" of it. */
void driver_begin(Driver *driver);

/* Reads the configuration (again). 0, or a negative errno with ERROR_CONFIG_INVALID; then the one
 * before stays in force. */
int driver_configure(Driver *driver, Failure *f);

/* The configuration in force, azl.config/1 as text. Owned by the caller; NULL: out of memory. */
char *driver_config_text(const Driver *driver);

/* Steps at that time at the latest. */
void driver_wake_at(Driver *driver, int64_t time);

/* Are updates held, by what was asked last? */
bool driver_is_held(const Driver *driver);

/* Holds updates until then (0: no end), or no longer. 0, or a negative errno with
 * ERROR_AGENT_TIME_PAST or ERROR_RECORD_UNWRITABLE. */
int driver_hold(Driver *driver, int64_t until, const char *reason, Failure *f);
int driver_unhold(Driver *driver, Failure *f);

const Machine *driver_machine(const Driver *driver);
const MachineFacts *driver_facts(const Driver *driver);
const char *driver_textfile(
    const Driver *driver); /* where metrics are wanted, too; NULL: nowhere */
const char *driver_hold_reason(const Driver *driver); /* "" */
