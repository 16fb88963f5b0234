/* SPDX-License-Identifier: MIT */
/* `azlctl status` for people: the lines that answer the pager, then what is wrong, then the rest.
 */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/ctl/term.h"

/* Prints an azl.status/1 object. `started_at`: when the running system was started, 0 if unknown.
 * `agent_missing`: azl-agentd was looked for, and not found. */
void render_status(Term *term, json_object *status, int64_t now, int64_t started_at,
                   bool agent_missing);
