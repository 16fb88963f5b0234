/* SPDX-License-Identifier: MIT */
/* Failures on the bus: org.azurelinux.Agent1.Error.UpdateDenied, and what a person reads. */
#pragma once

#include <systemd/sd-bus.h>

#include "base/failure.h"

#define BUS_NAME         "org.azurelinux.Agent1"
#define BUS_PATH         "/org/azurelinux/Agent1"
#define BUS_MANAGER      "org.azurelinux.Agent1.Manager"
#define BUS_JOB          "org.azurelinux.Agent1.Job"
#define BUS_ERROR_PREFIX "org.azurelinux.Agent1.Error."

/* Fills *error and returns the negative errno, as a handler of sd-bus does. */
int bus_error_set(sd_bus_error *error, const Failure *f);
