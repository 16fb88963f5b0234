/* SPDX-License-Identifier: MIT */
#include "agent/bus-property.h"

#include <stddef.h>
#include <stdio.h>
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
        const HostFacts *host _unused_ = host_facts(agent->host);                                  \
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
GETTER(booted, put_release(reply, &host->booted))
GETTER(staged, put_release(reply, &host->staged))
GETTER(fallback, put_release(reply, &host->fallback))
GETTER(target, put_release(reply, &machine->target))
GETTER(reboot_required, sd_bus_message_append(reply, "b", host->reboot_required))
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

/* What the properties show, so that only what differs is announced. */
struct Shown {
    MachineState state;
    MachineWait wait;
    int64_t since, until, last_check, next_check;
    char detail[MACHINE_DETAIL_MAX], owner[MACHINE_NAME_MAX];
    struct {
        bool held;
        int64_t until;
        char reason[256];
    } hold;
    HostRelease booted, staged, fallback, target;
    bool reboot_required;
};

static const struct {
    ManagerProperty property;
    size_t offset, size;
} shown[] = {
#define ROW(name, member)                                                                          \
    {                                                                                              \
        PROPERTY_##name, offsetof(struct Shown, member), sizeof(((struct Shown *)NULL)->member)    \
    }
    ROW(STATE, state),
    ROW(STATE_SINCE, since),
    ROW(WAIT_REASON, wait),
    ROW(WAIT_DETAIL, detail),
    ROW(WAIT_UNTIL, until),
    ROW(OWNER, owner),
    ROW(HELD, hold),
    ROW(BOOTED, booted),
    ROW(STAGED, staged),
    ROW(FALLBACK, fallback),
    ROW(TARGET, target),
    ROW(REBOOT_REQUIRED, reboot_required),
    ROW(LAST_CHECK, last_check),
    ROW(NEXT_CHECK, next_check),
#undef ROW
};

static void look(const Agent *agent, struct Shown *now)
{
    const Machine *m = driver_machine(agent->driver);
    const MachineFacts *facts = driver_facts(agent->driver);
    const HostFacts *host = host_facts(agent->host);

    memset(now, 0, sizeof(*now)); /* the padding, too: it is compared */
    now->state = m->state;
    now->wait = m->wait;
    now->since = m->since;
    now->until = m->until;
    now->last_check = m->last_check;
    now->next_check = m->next_check;
    machine_detail(m, facts, now->detail);
    memcpy(now->owner, facts->owner, sizeof(now->owner));
    now->hold.held = facts->held;
    now->hold.until = facts->hold_until;
    snprintf(now->hold.reason, sizeof(now->hold.reason), "%s", driver_hold_reason(agent->driver));
    now->booted = host->booted;
    now->staged = host->staged;
    now->fallback = host->fallback;
    now->target = m->target;
    now->reboot_required = host->reboot_required;
}

void bus_property_look(Agent *agent)
{
    struct Shown *last = agent->shown, *now = malloc(sizeof(*now));

    if (!now)
        return;
    look(agent, now);
    for (size_t i = 0; i < ELEMENTSOF(shown); i++)
        if (!last || memcmp((char *)last + shown[i].offset, (char *)now + shown[i].offset,
                            shown[i].size) != 0)
            bus_property_changed(agent, shown[i].property);
    free(last);
    agent->shown = now;
}
