/* SPDX-License-Identifier: MIT */
/* What follows from an azl.status/1 object. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>

/* The deployment that boots next. By the reason that `next_boot` gives, since two deployments of
 * one commit differ in their kernel arguments; else by the commit. Borrowed; may be NULL. */
json_object *status_next(json_object *status);

/* Does something wait for a reboot of the running system? */
bool status_is_waiting(json_object *status);
