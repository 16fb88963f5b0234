/* SPDX-License-Identifier: MIT */
/* Options of a call, a{sv}, checked against a table and turned into what a worker is told. */
#pragma once

#include <json-c/json.h>
#include <systemd/sd-bus.h>

#define BUS_OPTION_TEXT_MAX 1024

typedef struct BusOption {
    const char *name;   /* as the bus calls it; NULL ends a table */
    char type;          /* 's', 'b' or 't' */
    const char *member; /* as the worker does */
} BusOption;

/* Reads a{sv} into *ret (owned by the caller). 0, or a negative errno with *error
 * (org.freedesktop.DBus.Error.InvalidArgs) for an option that is unknown, given twice, of another
 * type, or too long. */
int bus_options_read(sd_bus_message *call, const BusOption *allowed, json_object **ret,
                     sd_bus_error *error);
