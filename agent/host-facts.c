/* SPDX-License-Identifier: MIT */
#include "agent/host-facts.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"

static void read_release(HostRelease *release, json_object *object)
{
    const char *time = json_get_string(object, "timestamp");

    *release = (HostRelease){0};
    snprintf(release->checksum, sizeof(release->checksum), "%s",
             json_get_string(object, "checksum") ?: "");
    snprintf(release->version, sizeof(release->version), "%s",
             json_get_string(object, "version") ?: "");
    if (time)
        (void)clock_parse(time, &release->timestamp);
}

/* Where libostree has it (ostree_sysroot_get_deployment_dirpath()). What leads elsewhere is none.
 */
static void read_path(char ret[static HOST_PATH_MAX], json_object *deployment)
{
    const char *stateroot = json_get_string(deployment, "stateroot"),
               *checksum = json_get_string(deployment, "checksum");

    if (!stateroot || !checksum || strchr(stateroot, '/') || strchr(checksum, '/') ||
        stateroot[0] == '.')
        return;
    int n = snprintf(ret, HOST_PATH_MAX, "/ostree/deploy/%s/deploy/%s.%lld", stateroot, checksum,
                     (long long)json_get_int(deployment, "serial"));
    if (n >= HOST_PATH_MAX)
        ret[0] = '\0';
}

void host_facts_read(HostFacts *facts, json_object *status)
{
    json_object *staged = json_get(status, "staged"), *next = json_get(status, "next_boot");
    const char *deny = json_get_string(json_get(status, "deny_list"), "state"),
               *reason = json_get_string(next, "reason");

    *facts = (HostFacts){
        .known = true,
        .staged_locked = json_get_bool(staged, "locked"),
        .staged_foreign = json_get_bool(staged, "foreign"),
        .reboot_required = reason && strcmp(reason, "booted") != 0,
        .deny_unreadable = deny && strcmp(deny, "ok") != 0,
        .held = json_object_is_type(json_get(status, "held"), json_type_object),
    };
    read_release(&facts->booted, json_get(status, "booted"));
    read_release(&facts->staged, staged);
    read_path(facts->staged_path, staged);
    read_release(&facts->pending, json_get(status, "pending"));
    read_release(&facts->fallback, json_get(status, "rollback"));
    read_release(&facts->next, next);
}
