/* SPDX-License-Identifier: MIT */
/* The line to the caller, where two threads may have something to say: the one that works, and the
 * one that ends a process whose work hangs (abandon.h). Whole messages, and one end line. */
#pragma once

#include <glib.h>
#include <json-c/json.h>

#include "base/error-id.h"

/* Sends an event; the caller keeps it. After the end line it is dropped. A caller who has gone away
 * is noticed by the cancel watch, not here. */
void line_send(int fd, json_object *event);

/* Sends the end line, unless there was one; waits at most patience_ms for a message under way and
 * for the caller to read. Returns `code`, or that of the end line that was sent before; EXIT_FAILED
 * when a result could not be sent. */
int line_end(int fd, json_object *end, int code, int patience_ms);

/* The same with {"error": …}; returns the id's exit code. */
int line_end_with_error(int fd, ErrorId id, const char *detail, int patience_ms);

/* Is a message under way, so that it may be the caller who is waited for? */
gboolean line_is_busy(void);
