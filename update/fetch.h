/* SPDX-License-Identifier: MIT */
/* Brings one commit into the repository: deltas first, retries, a stall watchdog, progress. */
#pragma once

#include "update/source.h"

typedef struct FetchPlan {
    const Source *source;
    const Offer *offer;
    OstreeRepo *cache; /* already has the commit object; asked first */
    guint64 expected;  /* bytes on the wire without a delta; 0: unknown */
    gboolean deltas;
    guint64 retries;
    guint64 stall_timeout; /* seconds */
} FetchPlan;

typedef struct FetchStats {
    guint64 bytes;
    guint64 objects;
    guint64 attempts;
    gboolean delta; /* static delta parts were used */
} FetchStats;

/* Pulls a commit that has been verified: it is named by its checksum, so it is no other. A broken
 * delta is left aside and its objects fetched one by one. What networks and servers do in passing
 * is tried again: pauses of 1, 2, 4 … 30 s with jitter; libostree keeps complete objects, so an
 * attempt in the same boot goes on where the last one stopped. ERROR_SERVER_UNREACHABLE,
 * _SERVER_STALLED, _OBJECT_CORRUPT, _SIGNATURE_*, _NO_SPACE_SYSROOT, _CANCELLED. */
gboolean fetch_run(Job *job, const FetchPlan *plan, FetchStats *ret, GError **error);
