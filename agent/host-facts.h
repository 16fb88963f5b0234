/* SPDX-License-Identifier: MIT */
/* From an azl.status/1 object to the facts that policy looks at. */
#pragma once

#include "agent/host.h"

/* Fills *release from {checksum, version, timestamp}; empty unless the checksum is one. The
 * version, which is what a commit's metadata says, is one line of UTF-8, cut to HOST_VERSION_MAX.
 */
void host_release_read(HostRelease *release, json_object *object);

/* Fills *facts; what the object lacks is zero. */
void host_facts_read(HostFacts *facts, json_object *status);
