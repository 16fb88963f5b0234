/* SPDX-License-Identifier: MIT */
/* com.coreos.update1: the interface of Flatcar's update_engine, so that what watches that
 * (locksmithd, the Flatcar Linux Update Operator's agent) works with us unchanged.
 *
 * The signatures and status words are update_engine's (client_library and dbus_service.xml of
 * flatcar/update_engine, 7382641). One thing is decided here: UPDATED_NEED_REBOOT is said only of
 * what a reboot really applies; while it is staged and locked, the word is FINALIZING. */
#pragma once

#include "agent/agent.h"

/* Puts the object on the bus and asks for the name; where another program has it, we are silent. */
int update1_add(Agent *agent);

/* Something may have changed: sends StatusUpdate, if it has (a new word, or 1 % more). */
void update1_changed(Agent *agent);
