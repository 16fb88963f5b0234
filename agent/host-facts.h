/* SPDX-License-Identifier: MIT */
/* From an azl.status/1 object to the facts that policy looks at. */
#pragma once

#include "agent/host.h"

/* Fills *facts; what the object lacks is zero. */
void host_facts_read(HostFacts *facts, json_object *status);
