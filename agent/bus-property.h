/* SPDX-License-Identifier: MIT */
/* The Manager's properties: read when asked, announced when they change, several at a time. */
#pragma once

#include "agent/agent.h"

typedef enum ManagerProperty {
    PROPERTY_STATE,
    PROPERTY_STATE_SINCE,
    PROPERTY_WAIT_REASON,
    PROPERTY_WAIT_DETAIL,
    PROPERTY_WAIT_UNTIL,
    PROPERTY_OWNER,
    PROPERTY_HELD,
    PROPERTY_BOOTED,
    PROPERTY_STAGED,
    PROPERTY_FALLBACK,
    PROPERTY_TARGET,
    PROPERTY_REBOOT_REQUIRED,
    PROPERTY_LAST_CHECK,
    PROPERTY_NEXT_CHECK,
    PROPERTY_LAST_ERROR,
    PROPERTY_CONFIG_ERROR,
    _PROPERTY_MAX
} ManagerProperty;

/* The getter of all of them, for sd-bus's table; userdata is the Agent. */
int bus_property_get(sd_bus *bus, const char *path, const char *interface, const char *property,
                     sd_bus_message *reply, void *userdata, sd_bus_error *error);

/* This one may have changed: announced from the event loop, or by bus_property_announce(). */
void bus_property_changed(Agent *agent, ManagerProperty property);

/* Looks at the state machine and the host, and announces what differs from the last look. */
void bus_property_look(Agent *agent);

/* Sends what is due, now: before a signal that says that something is over. */
void bus_property_announce(Agent *agent);
