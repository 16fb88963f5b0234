/* SPDX-License-Identifier: MIT */
/* What the daemon remembers over restarts and reboots: /var/lib/azl-agent/state.json.
 *
 * Nothing in it is needed to be safe: what is lost is asked of the worker and the server again. A
 * hold is the exception, and is why the file is written before a hold is said to be there. */
#pragma once

#include "agent/machine.h"
#include "base/failure.h"

#define STORE_REASON_MAX 1025

/* The last second that RFC 3339 can write. */
#define HOLD_UNTIL_MAX INT64_C(253402300799)

typedef struct Hold {
    bool held;
    int64_t until; /* 0: no end */
    char reason[STORE_REASON_MAX];
    bool lock; /* what is staged and open is still to be locked */
    char
        reopen[HOST_CHECKSUM_MAX]; /* what was an admin's open update, and is so again afterwards */
} Hold;

typedef struct Store Store;

/* Opens the directory (borrowed path). 0, or a negative errno with ERROR_RECORD_UNWRITABLE. */
int store_open(const char *directory, Store **ret, Failure *f);
Store *store_free(Store *store);

/* Reads the state. A file that cannot be understood, or that a newer version wrote, is kept aside
 * (state.json.corrupt, state.json.newer): then *machine is empty (and *hold, unless a newer version
 * wrote it), and the failure says so (ERROR_RECORD_CORRUPT). 0: read; 1: there was none; or a
 * negative errno. */
int store_load(Store *store, Machine *machine, Hold *hold, Failure *f);

/* Writes it, if it differs from what was written last. 0, or a negative errno with
 * ERROR_RECORD_UNWRITABLE. */
int store_save(Store *store, const Machine *machine, const Hold *hold, Failure *f);
