/* SPDX-License-Identifier: MIT */
#include "agent/ctl/backend.h"

#include <stdio.h>
#include <string.h>

#include "agent/ctl/follow.h"
#include "agent/ctl/hold-check.h"
#include "base/json.h"
#include "base/wire.h"

#define OPTION_NAME_MAX 32

static const struct {
    const char *op, *member;
} methods[] = {
    {"check", "Check"},   {"update", "Update"},   {"rollback", "Rollback"}, {"cleanup", "Cleanup"},
    {"reboot", "Reboot"}, {"history", "History"}, {"finalize", "Finalize"},
};

static int need_root(const Verb *verb, const Arguments *args, Problem *p)
{
    if (verb->changes && verb->changes(args) && geteuid() != 0)
        return failure_set(&p->failure, -EPERM, ERROR_NOT_ROOT, "`azlctl %s`", verb->name);
    return 0;
}

/* What the admin said that only the worker understands; NULL: nothing. */
static const char *direct_reason(const Verb *verb, const Arguments *args)
{
    const char *direct = secure_getenv("AZL_DIRECT");

    if (args->sysroot)
        return "--sysroot was given";
    if (args->lock_timeout >= 0)
        return "--lock-timeout was given";
    if (direct && *direct && strcmp(direct, "0") != 0)
        return "AZL_DIRECT is set";
    if (verb->offered && !verb->offered(args))
        return "it does not offer this";
    return NULL;
}

static int without_daemon(Ctl *ctl, const Verb *verb, const char *reason, Problem *p)
{
    if (verb->route == ROUTE_AGENT || ctl->args->no_wait)
        return failure_set(&p->failure, -ENOENT, ERROR_AGENT_MISSING, "%s", reason);
    return need_root(verb, ctl->args, p);
}

/* Root is never left without a rollback; who only looks may look as ever. */
static int daemon_missing(Ctl *ctl, const Verb *verb, const char *reason, Problem *p)
{
    bool reads = !verb->changes || !verb->changes(ctl->args);

    ctl->daemon_missing = true;
    if (verb->route == ROUTE_AGENT || ctl->args->no_wait || (geteuid() != 0 && !reads))
        return failure_set(&p->failure, -ENOENT, ERROR_AGENT_MISSING, "%s", reason);
    if (geteuid() == 0)
        term_line(&ctl->err, STYLE_WARN, "azl-agentd cannot be reached (%s); working without it",
                  reason);
    return 0;
}

/* What the worker does for root alone; a hold is respected, unless the agent was left out on
 * purpose. */
static int direct(Ctl *ctl, const Verb *verb, Problem *p)
{
    const char *on_purpose = secure_getenv("AZL_DIRECT");

    int r = need_root(verb, ctl->args, p);
    if (r < 0 || !verb->brings_in || !verb->changes(ctl->args) || ctl->args->sysroot ||
        (on_purpose && *on_purpose && strcmp(on_purpose, "0") != 0))
        return r;
    return hold_check(p);
}

int backend_choose(Ctl *ctl, const Verb *verb, Problem *p)
{
    _cleanup_failure_ Failure f = {0};
    const char *reason;

    switch (verb->route) {
    case ROUTE_WORKER:
        return direct(ctl, verb, p);
    case ROUTE_NONE:
        return 0;
    case ROUTE_BOTH:
    case ROUTE_AGENT:
        break;
    }
    reason = direct_reason(verb, ctl->args);
    if (reason && verb->route == ROUTE_BOTH && !ctl->args->no_wait)
        return direct(ctl, verb, p);
    if (reason)
        return without_daemon(ctl, verb, reason, p);
    if (daemon_open(&ctl->daemon, &f) < 0)
        return daemon_missing(ctl, verb, f.detail ?: "", p);
    return 0;
}

/* "keep_etc": true becomes "keep-etc" = true, by the type that JSON has. */
static int append_option(sd_bus_message *call, const char *member, json_object *value)
{
    char name[OPTION_NAME_MAX];

    snprintf(name, sizeof(name), "%s", member);
    for (char *c = name; (c = strchr(c, '_'));)
        *c = '-';
    switch (json_object_get_type(value)) {
    case json_type_string:
        return sd_bus_message_append(call, "{sv}", name, "s", json_object_get_string(value));
    case json_type_boolean:
        return sd_bus_message_append(call, "{sv}", name, "b", (int)json_object_get_boolean(value));
    case json_type_int:
        return sd_bus_message_append(call, "{sv}", name, "t",
                                     (uint64_t)json_object_get_int64(value));
    case json_type_null:
    case json_type_double:
    case json_type_object:
    case json_type_array:
        break;
    }
    return -EINVAL;
}

/* The checksum of Finalize stands before the options. */
static int append_arguments(sd_bus_message *call, const char *op, json_object *arguments)
{
    bool positional = strcmp(op, "finalize") == 0;
    int r = 0;

    if (positional)
        r = sd_bus_message_append(call, "s", json_get_string(arguments, "checksum") ?: "");
    if (r >= 0)
        r = sd_bus_message_open_container(call, 'a', "{sv}");
    if (r < 0)
        return r;
    json_object_object_foreach (arguments, name, value) {
        if (r >= 0 && !(positional && strcmp(name, "checksum") == 0))
            r = append_option(call, name, value);
    }
    return r < 0 ? r : sd_bus_message_close_container(call);
}

static int build(Ctl *ctl, const char *op, json_object *arguments, sd_bus_message **ret)
{
    for (size_t i = 0; i < ELEMENTSOF(methods); i++)
        if (strcmp(methods[i].op, op) == 0) {
            int r = daemon_method(ctl->daemon, DAEMON_PATH, DAEMON_MANAGER, methods[i].member, ret);
            return r < 0 ? r : append_arguments(*ret, op, arguments);
        }
    return -EOPNOTSUPP;
}

static int get_status(Ctl *ctl, json_object **ret_result, Problem *p)
{
    _cleanup_free_ char *text = NULL;
    _cleanup_json_ json_object *status = NULL;

    int r = daemon_get_text(ctl->daemon, "GetStatus", DAEMON_READ_MS, &text, p);
    if (r < 0)
        return r;
    if (json_parse(text, strlen(text), WIRE_DEPTH_MAX, &status) < 0 ||
        !json_object_is_type(status, json_type_object))
        return failure_set(&p->failure, -EBADMSG, ERROR_PROTOCOL_GARBAGE, "the status");
    *ret_result = TAKE_PTR(status);
    return 0;
}

/* A reboot may take the daemon, or the bus, before its answer. */
static bool system_is_stopping(Daemon *daemon)
{
    _cleanup_free_ char *state = NULL;

    return sd_bus_get_property_string(
               daemon->bus, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
               "org.freedesktop.systemd1.Manager", "SystemState", NULL, &state) < 0 ||
           strcmp(state, "stopping") == 0;
}

/* Some things the worker does for root, and for no daemon: taking a deny entry away (the undo of a
 * rollback), dropping what another tool has staged. Nothing was changed then. */
static bool is_for_root(const char *op, const Problem *p)
{
    if (geteuid() != 0 || strcmp(op, "update") == 0)
        return false;
    return p->failure.id == ERROR_PROTOCOL_NOT_AUTHORIZED || p->failure.id == ERROR_FOREIGN_STAGED;
}

int backend_ask_daemon(Ctl *ctl, const char *op, json_object *arguments, json_object **ret_result,
                       Problem *p)
{
    _cleanup_message_ sd_bus_message *call = NULL;

    if (strcmp(op, "status") == 0)
        return get_status(ctl, ret_result, p);
    int built = build(ctl, op, arguments, &call);
    int r = follow_call(ctl, ctl->daemon, built, call, ret_result, p);
    if (r < 0 && p->failure.id == ERROR_AGENT_LOST && strcmp(op, "reboot") == 0 &&
        system_is_stopping(ctl->daemon)) {
        problem_clear(p);
        *ret_result = json_object_new_object();
        return 0;
    }
    if (r < 0 && is_for_root(op, p)) {
        problem_clear(p);
        return 1;
    }
    return r;
}

int backend_start(Ctl *ctl, const char *op, json_object *arguments, Problem *p)
{
    _cleanup_json_ json_object *owned = arguments;
    _cleanup_message_ sd_bus_message *call = NULL;
    unsigned id;

    int built = build(ctl, op, owned, &call);
    int r = follow_start(ctl->daemon, built, call, &id, p);
    if (r < 0)
        return r;
    term_line(&ctl->out, STYLE_PLAIN, "job %u runs; follow it with `azlctl monitor %u`", id, id);
    return EXIT_DONE;
}
