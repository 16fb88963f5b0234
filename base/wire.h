/* SPDX-License-Identifier: MIT */
/* The worker protocol's lines: docs/worker-protocol.md. One JSON object per line, both ways. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"

#define WIRE_VERSION     1
#define WIRE_REQUEST_MAX (64 * 1024)
#define WIRE_LINE_MAX    (16 * 1024 * 1024)
#define WIRE_DEPTH_MAX   16
#define WIRE_REQUEST_MS  10000
#define WIRE_SEND_MS     30000

/* Cuts a byte stream into lines. Zero-initialise all but fd and max. */
typedef struct WireReader {
    int fd;        /* borrowed */
    size_t max;    /* longest line, without its end */
    char *buffer;  /* owned */
    size_t size;   /* allocated */
    size_t filled; /* bytes in buffer */
    size_t used;   /* bytes of the line that was handed out last */
} WireReader;

/* The next line, without "\n", NUL-terminated; borrowed until the next call. Waits at most
 * timeout_ms (-1: no bound; only where something else bounds it).
 * 1: a line; 0: end of input (what came after the last "\n" is dropped); -ETIMEDOUT; -EMSGSIZE:
 * longer than max; or another negative errno. */
int wire_read_line(WireReader *reader, int timeout_ms, char **ret_line, size_t *ret_length);

/* Is a whole line already there, so that the next call needs no read? Poll the fd only if not. */
bool wire_has_line(const WireReader *reader);

void wire_reader_clear(WireReader *reader);

/* The request for an operation; `args` (may be NULL) is consumed. Owned by the caller. */
json_object *wire_request(const char *op, json_object *args);

/* Sends the object as one line; the caller keeps it. Bytes in strings that are no UTF-8 become '?',
 * so that every line can be read. Takes at most WIRE_SEND_MS (timeout_ms) in all, also when the
 * reader does not read. 0, -ETIMEDOUT, -EPIPE, or another negative errno. Never raises SIGPIPE on
 * sockets. */
int wire_send(int fd, json_object *object);
int wire_send_within(int fd, json_object *object, int timeout_ms);

#define _cleanup_wire_reader_ _cleanup_(wire_reader_clear)
