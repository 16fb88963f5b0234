/* SPDX-License-Identifier: MIT */
#include "agent/policy.h"

#include <stdio.h>

#include "agent/window-text.h"

const Policy policy_without_configuration = {.machine = {.enabled = false,
                                                         .strategy = STRATEGY_OFF,
                                                         .check_interval = 3600,
                                                         .retry_max = 4 * 3600,
                                                         .respect_inhibitors = true}};

static MachineStrategy strategy_of(ConfigStrategy strategy)
{
    switch (strategy) {
    case CONFIG_STRATEGY_REBOOT:
        return STRATEGY_REBOOT;
    case CONFIG_STRATEGY_EXTERNAL:
        return STRATEGY_EXTERNAL;
    case CONFIG_STRATEGY_OFF:
        break;
    }
    return STRATEGY_OFF;
}

static int add_window(Windows *windows, const ConfigWindow *from, Failure *f)
{
    Window window = {.length = from->length, .spread = from->spread};

    int r = window_parse_days(from->days, &window.days, f);
    if (r >= 0)
        r = window_parse_start(from->start, &window.start, f);
    if (r >= 0 && snprintf(window.zone, sizeof(window.zone), "%s", from->time_zone) >=
                      (int)sizeof(window.zone))
        r = failure_set(f, -EINVAL, ERROR_WINDOW_INVALID, "time-zone is too long");
    if (r >= 0)
        r = windows_add(windows, &window, f);
    if (r < 0)
        failure_prefix(f, "[window %s]", from->name);
    return r;
}

int policy_read(const Config *config, Policy *ret, Failure *f)
{
    Policy policy = {
        .machine = {
            .enabled = config->update.enabled,
            .strategy = strategy_of(config->reboot.strategy),
            .check_interval = config->update.check_interval,
            .check_splay = config->update.check_splay,
            .soak = config->update.soak,
            .boot_settle = config->update.boot_settle,
            .retry_max = config->update.retry_max,
            .sessions_wait = config->reboot.sessions_wait,
            .windows = config->n_windows > 0,
            .respect_inhibitors = config->reboot.inhibitors == CONFIG_INHIBITORS_RESPECT,
            .clock_required = config->clock.required,
        }};

    for (size_t i = 0; i < config->n_windows; i++) {
        int r = add_window(&policy.windows, &config->windows[i], f);
        if (r < 0)
            return r;
    }
    *ret = policy;
    return 0;
}
