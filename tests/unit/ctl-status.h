/* SPDX-License-Identifier: MIT */
/* Samples of azl.status/1 for tests of what is made of them. */
#pragma once

/* Commits: A is 1.0.0, B is 1.1.0. */
#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

#define ORIGIN   "\"remote\":\"azl\",\"ref\":\"azl/stable\","
#define SIGNED   "\"signature\":{\"state\":\"good\",\"signer\":\"Azl <azl@example.org>\"},"
#define DEPLOYED "\"deployed_at\":\"2026-11-25T10:00:00Z\","
#define RELEASE_A                                                                                  \
    "\"checksum\":\"" A64 "\",\"version\":\"1.0.0\",\"slot\":\"A\"," ORIGIN SIGNED DEPLOYED
#define RELEASE_B                                                                                  \
    "\"checksum\":\"" B64 "\",\"version\":\"1.1.0\",\"slot\":\"B\"," ORIGIN SIGNED DEPLOYED

#define BOOTED_A   "{" RELEASE_A "\"role\":\"booted\",\"booted\":true,\"unlocked\":\"none\"}"
#define FIRST_A    "{" RELEASE_A "\"role\":\"pending\",\"unlocked\":\"none\"}"
#define ROLLBACK_B "{" RELEASE_B "\"role\":\"rollback\",\"unlocked\":\"none\"}"
#define DENIED_B   "{" RELEASE_B "\"role\":\"rollback\",\"denied\":true,\"pinned\":true}"
#define STAGED_B   "{" RELEASE_B "\"role\":\"staged\",\"staged\":true,\"locked\":false}"
#define LOCKED_B   "{" RELEASE_B "\"role\":\"staged\",\"staged\":true,\"locked\":true}"
#define PENDING_B  "{" RELEASE_B "\"role\":\"pending\"}"

#define NEXT(checksum, version, reason, detail)                                                    \
    "{\"checksum\":\"" checksum "\",\"version\":\"" version "\",\"reason\":\"" reason              \
    "\",\"detail\":\"" detail "\"}"

#define SPACE                                                                                      \
    "\"space\":{\"sysroot\":{\"free\":5368709120,\"total\":10737418240},"                          \
    "\"boot\":{\"free\":314572800,\"total\":1073741824}},"

/* `more` holds further members, each with a comma behind it. */
#define STATUS(more, booted, staged, pending, rollback, deployments, next)                         \
    "{\"schema\":\"azl.status/1\",\"sysroot\":\"/\"," SPACE more "\"booted\":" booted              \
    ",\"staged\":" staged ",\"pending\":" pending ",\"rollback\":" rollback                        \
    ",\"deployments\":[" deployments "],\"next_boot\":" next "}"

/* 1.0.0 runs, nothing waits, 1.1.0 is the fallback. */
#define STATUS_QUIET(more)                                                                         \
    STATUS(more, BOOTED_A, "null", "null", ROLLBACK_B, BOOTED_A "," ROLLBACK_B,                    \
           NEXT(A64, "1.0.0", "booted", "nothing is waiting"))
