/* SPDX-License-Identifier: MIT */
/* Facts of the machine that nobody tells us of: looked up when the state machine is about to step.
 * Each lookup reads a few small files and waits for nobody. */
#pragma once

#include "agent/extensions.h"
#include "agent/machine.h"

/* A node that is still being set up has this file; who sets it up makes and removes it. */
#define FACTS_BOOTSTRAP_MARK "/run/azl/bootstrap-pending"

/* Seconds since the system was started: by the age of PID 1, which is right in a container too. */
int64_t facts_uptime(void);

/* Is the clock being synchronised, as far as the kernel knows? */
bool facts_clock_trusted(void);

/* Is it behind the release that runs? Then it is wrong, whatever else is known. */
bool facts_clock_absurd(const HostFacts *host, int64_t now);

/* Logged-in people: sessions of users that have a terminal or a seat and are not closing. */
unsigned facts_sessions(void);

bool facts_bootstrapping(void);

/* Is there an extension in use that does not fit what is staged? Then ret says which, and why. A
 * release that cannot be looked into is no reason to wait. */
bool facts_extensions_differ(const HostFacts *host, char ret[static EXTENSION_DETAIL_MAX]);

/* A number that differs between machines and stays: made of the machine id, which is not told. */
uint64_t facts_seed(void);

uint32_t facts_random(void);
