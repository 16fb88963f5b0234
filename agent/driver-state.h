/* SPDX-License-Identifier: MIT */
/* What the driver's own files share. */
#pragma once

#include "agent/clock-watch.h"
#include "agent/config.h"
#include "agent/driver.h"
#include "agent/inhibitors.h"
#include "agent/owner-stamp.h"
#include "agent/policy.h"
#include "agent/store.h"

struct Driver {
    Agent *agent;
    Machine machine;
    MachineFacts facts;
    Policy policy;
    Config config;
    bool configured;
    OwnerStamp owner; /* of the files that may say that updates are not ours */
    Hold hold;
    int64_t lock_retry; /* when a lock that the hold wants is tried again */
    Store *store;
    bool unwritable; /* said already */
    uint64_t seed;
    MachineEvent event; /* what the next step is about */
    Inhibitors *inhibitors;
    ClockWatch *clock_watch;
    sd_event_source *tick, *timer;
};

/* Is the hold over by the clock? A clock that nobody vouches for is given time to be set first. */
bool hold_is_over(const Hold *hold, const MachineFacts *facts, int64_t now);

/* Forgets the hold; what it had locked of an admin's is opened again. */
void hold_end(Driver *driver);

/* Locks what is staged and open, as long as the hold wants that. */
void hold_keep(Driver *driver, int64_t now);
