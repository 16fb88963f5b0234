/* SPDX-License-Identifier: MIT */
#include "agent/bus-property.h"

#include <string.h>

#include "agent/bus-error.h"
#include "agent/driver.h"
#include "agent/report.h"

typedef int (*Getter)(Agent *agent, sd_bus_message *reply);

static int put_release(sd_bus_message *reply, const HostRelease *release)
{
    return sd_bus_message_append(reply, "(sst)", release->checksum, release->version,
                                 (uint64_t)MAX_OF(release->timestamp, (int64_t)0));
}

static int put_time(sd_bus_message *reply, int64_t time)
{
    return sd_bus_message_append(reply, "t", (uint64_t)MAX_OF(time, (int64_t)0));
}

#define GETTER(name, expression)                                                                   \
    static int get_##name(Agent *agent, sd_bus_message *reply)                                     \
    {                                                                                              \
        const Machine *machine _unused_ = driver_machine(agent->driver);                           \
        const MachineFacts *facts _unused_ = driver_facts(agent->driver);                          \
        return expression;                                                                         \
    }
#define TEXT(text) sd_bus_message_append(reply, "s", text)

GETTER(version, TEXT(PACKAGE_VERSION))
GETTER(state, TEXT(machine_state_name(machine->state)))
GETTER(state_since, put_time(reply, machine->since))
GETTER(wait_reason, TEXT(machine_wait_name(machine->wait)))
GETTER(wait_detail, TEXT(machine_detail(machine, facts, (char[MACHINE_DETAIL_MAX]){0})))
GETTER(wait_until, put_time(reply, machine->until))
GETTER(owner, TEXT(facts->owned_elsewhere ? facts->owner : "agent"))
GETTER(held, sd_bus_message_append(reply, "(bts)", facts->held, (uint64_t)facts->hold_until,
                                   driver_hold_reason(agent->driver)))
GETTER(booted, put_release(reply, &facts->host.booted))
GETTER(staged, put_release(reply, &facts->host.staged))
GETTER(fallback, put_release(reply, &facts->host.fallback))
GETTER(target, put_release(reply, &machine->target))
GETTER(reboot_required, sd_bus_message_append(reply, "b", facts->host.reboot_required))
GETTER(last_check, put_time(reply, machine->last_check))
GETTER(next_check, put_time(reply, machine->next_check))
GETTER(last_error, sd_bus_message_append(reply, "(sst)", agent->last_error.id,
                                         agent->last_error.detail, (uint64_t)agent->last_error.at))
GETTER(config_error, TEXT(agent->config_error))

static const struct {
    const char *name;
    Getter get;
} properties[] = {
    [PROPERTY_STATE] = {"State", get_state},
    [PROPERTY_STATE_SINCE] = {"StateSince", get_state_since},
    [PROPERTY_WAIT_REASON] = {"WaitReason", get_wait_reason},
    [PROPERTY_WAIT_DETAIL] = {"WaitDetail", get_wait_detail},
    [PROPERTY_WAIT_UNTIL] = {"WaitUntil", get_wait_until},
    [PROPERTY_OWNER] = {"Owner", get_owner},
    [PROPERTY_HELD] = {"Held", get_held},
    [PROPERTY_BOOTED] = {"Booted", get_booted},
    [PROPERTY_STAGED] = {"Staged", get_staged},
    [PROPERTY_FALLBACK] = {"Fallback", get_fallback},
    [PROPERTY_TARGET] = {"Target", get_target},
    [PROPERTY_REBOOT_REQUIRED] = {"RebootRequired", get_reboot_required},
    [PROPERTY_LAST_CHECK] = {"LastCheck", get_last_check},
    [PROPERTY_NEXT_CHECK] = {"NextCheck", get_next_check},
    [PROPERTY_LAST_ERROR] = {"LastError", get_last_error},
    [PROPERTY_CONFIG_ERROR] = {"ConfigError", get_config_error},
    [_PROPERTY_MAX] = {"Version", get_version},
};

int bus_property_get(sd_bus *bus, const char *path, const char *interface, const char *property,
                     sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
    for (size_t i = 0; i < ELEMENTSOF(properties); i++)
        if (strcmp(properties[i].name, property) == 0)
            return properties[i].get(userdata, reply);
    return -ENOENT;
}

void bus_property_announce(Agent *agent)
{
    char *names[_PROPERTY_MAX + 1] = {NULL};
    size_t n = 0;

    for (unsigned i = 0; i < _PROPERTY_MAX; i++)
        if (agent->dirty & (UINT64_C(1) << i))
            names[n++] = (char *)properties[i].name;
    agent->dirty = 0;
    if (n > 0 && agent->bus)
        (void)sd_bus_emit_properties_changed_strv(agent->bus, BUS_PATH, BUS_MANAGER, names);
}

static int on_announce(sd_event_source *source, void *userdata)
{
    bus_property_announce(userdata);
    return 0;
}

void bus_property_changed(Agent *agent, ManagerProperty property)
{
    agent->dirty |= UINT64_C(1) << property;
    report_forget(agent);
    if (agent->announce)
        (void)sd_event_source_set_enabled(agent->announce, SD_EVENT_ONESHOT);
    else
        (void)sd_event_add_defer(agent->loop, &agent->announce, on_announce, agent);
}

void bus_property_all_changed(Agent *agent)
{
    for (unsigned i = 0; i < PROPERTY_LAST_ERROR; i++)
        bus_property_changed(agent, i);
}
