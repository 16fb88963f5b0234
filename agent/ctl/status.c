/* SPDX-License-Identifier: MIT */
#include "agent/ctl/status.h"

#include <string.h>

#include "agent/ctl/release.h"
#include "agent/ctl/view.h"

/* The reasons of `next_boot` that name a deployment; "default": the first in boot order. */
static const char *const roles[] = {"booted", "staged", "pending", "rollback"};

json_object *status_next(json_object *status)
{
    json_object *next = json_get(status, "next_boot");
    const char *reason = json_get_string(next, "reason") ?: "";

    for (size_t i = 0; i < ELEMENTSOF(roles); i++) {
        json_object *deployment = json_get(status, roles[i]);
        if (strcmp(reason, roles[i]) == 0 && release_equal(next, deployment))
            return deployment;
    }

    json_object *list = json_get(status, "deployments");
    for (size_t i = 0; i < list_length(list); i++)
        if (release_equal(next, list_at(list, i)))
            return list_at(list, i);
    return next;
}

bool status_is_waiting(json_object *status)
{
    json_object *booted = json_get(status, "booted"), *next = json_get(status, "next_boot");
    const char *reason = json_get_string(next, "reason");

    return booted && reason && strcmp(reason, "booted") != 0;
}
