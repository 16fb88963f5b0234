/* SPDX-License-Identifier: MIT */
/* The list of deployments in `azlctl status`. */
#pragma once

#include <json-c/json.h>
#include <stdint.h>

#include "agent/ctl/term.h"

/* Prints the deployments of an azl.status/1 object, in boot order, one line each. */
void render_deployments(Term *term, json_object *status, int64_t now);
