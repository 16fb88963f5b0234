/* SPDX-License-Identifier: MIT */
/* What the admin should know before anything else, in `azlctl status`. */
#pragma once

#include <json-c/json.h>
#include <stdint.h>

#include "agent/ctl/term.h"

/* Prints the worker's warnings and those that follow from the rest of an azl.status/1 object, each
 * once; nothing if all is well. */
void render_warnings(Term *term, json_object *status, int64_t now);
