/* SPDX-License-Identifier: MIT */
/* One request: which operation, for whom, with which arguments. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"

/* The arguments of all operations; each operation names those it takes (operation.h).
 * Their meaning is in docs/worker-protocol.md. */
typedef struct Args {
    char *sysroot;
    char *stateroot;
    uint64_t lock_timeout; /* seconds */
    uint64_t caller;       /* uid for whom azl-agentd asks; UINT64_MAX: nobody */
    char *refspec;
    char *to;
    char *from;
    char *checksum;
    char *target;
    char *action;
    char *reason;
    char **append;
    char **delete_;
    char **replace;
    uint64_t retries;
    uint64_t stall_timeout; /* seconds */
    uint64_t limit;
    uint64_t timeout; /* seconds, for one hook */
    bool deltas;
    bool allow_downgrade;
    bool allow_denied;
    bool lock;
    bool discard;
    bool check;
    bool deny;
    bool keep_etc;
    bool pin;
    bool staged;
    bool rollback;
} Args;

/* Who is at the other end of the connection. */
typedef enum Peer {
    PEER_OWNER, /* uid 0, or the very user we run as: may ask for what that user may do */
    PEER_AGENT, /* azl-agentd: only what a captured daemon may be trusted with */
    PEER_OTHER, /* nothing */
} Peer;

struct Operation;

typedef struct Request {
    Peer peer;
    const struct Operation *operation; /* static */
    Args args;
} Request;

/* Asks the kernel who is connected to fd; what is no socket belongs to the user we run as. */
Peer peer_of(int fd);

/* Decodes and authorises one request line.
 * Ends with ERROR_PROTOCOL_INVALID, _UNKNOWN_OP or _NOT_AUTHORIZED. Free with request_clear(). */
int request_parse(const char *line, size_t length, Peer peer, Request *ret, Failure *f);

void request_clear(Request *request);
