/* SPDX-License-Identifier: MIT */
/* What a rollback would change, or has changed, in plain words. */
#pragma once

#include <json-c/json.h>

#include "agent/ctl/term.h"

/* Prints the plan from the result of `rollback` with check. */
void render_plan(Term *term, json_object *result);

/* Prints what was done from the result of `rollback`. */
void render_rolled_back(Term *term, json_object *result);
