/* SPDX-License-Identifier: MIT */
/* An update that had nothing to do: the release that was wanted is here already. That is not to say
 * that it boots next: something else may be staged. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>

#include "agent/ctl/term.h"

/* Says in one line where the wanted release is, and what else waits. `named`: a person asked for
 * just this release, it need not be the newest. */
void render_unchanged(Term *term, json_object *status, json_object *target, bool named);
