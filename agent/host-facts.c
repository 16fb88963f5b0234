/* SPDX-License-Identifier: MIT */
#include "agent/host-facts.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

static bool is_checksum(const char *text)
{
    return strlen(text) == HOST_CHECKSUM_MAX - 1 &&
           strspn(text, "0123456789abcdef") == HOST_CHECKSUM_MAX - 1;
}

void host_release_read(HostRelease *release, json_object *object)
{
    const char *checksum = json_get_string(object, "checksum") ?: "",
               *time = json_get_string(object, "timestamp");

    *release = (HostRelease){0};
    if (!is_checksum(checksum))
        return;
    strcpy(release->checksum, checksum);
    snprintf(release->version, sizeof(release->version), "%s",
             json_get_string(object, "version") ?: "");
    text_make_line(release->version); /* it may have been cut within a character */
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
        .staged_denied = json_get_bool(staged, "denied"),
        .reboot_required = reason && strcmp(reason, "booted") != 0,
        .deny_unreadable = deny && strcmp(deny, "ok") != 0,
        .held = json_object_is_type(json_get(status, "held"), json_type_object),
    };
    host_release_read(&facts->booted, json_get(status, "booted"));
    host_release_read(&facts->staged, staged);
    read_path(facts->staged_path, staged);
    host_release_read(&facts->pending, json_get(status, "pending"));
    host_release_read(&facts->fallback, json_get(status, "rollback"));
    host_release_read(&facts->next, next);
}
