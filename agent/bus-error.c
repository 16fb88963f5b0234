/* SPDX-License-Identifier: MIT */
#include "agent/bus-error.h"

#include <stdio.h>

int bus_error_set(sd_bus_error *error, const Failure *f)
{
    char last[ERROR_BUS_NAME_MAX], name[sizeof(BUS_ERROR_PREFIX) + ERROR_BUS_NAME_MAX];
    _cleanup_free_ char *text = failure_to_text(f);

    snprintf(name, sizeof(name), BUS_ERROR_PREFIX "%s", error_id_bus_name(f->id, last));
    return sd_bus_error_set(error, name, text ?: "out of memory");
}
