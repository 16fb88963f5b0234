/* SPDX-License-Identifier: MIT */
/* The daemon's configuration: azl-agent.conf(5), its drop-ins, and what Flatcar's update.conf adds.
 *
 * `config_table` is the one list of all keys. It parses, holds the defaults and ranges, and
 * explains: a new key is a member of Config, a row there, and its paragraph in the man page, which
 * a test compares. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/ini.h"
#include "base/problem-list.h"

typedef enum ConfigStrategy {
    CONFIG_STRATEGY_REBOOT,   /* the agent reboots, when every gate is open */
    CONFIG_STRATEGY_EXTERNAL, /* it unlocks the update, and tells another program to reboot */
    CONFIG_STRATEGY_OFF,      /* an admin reboots */
} ConfigStrategy;

typedef enum ConfigInhibitors {
    CONFIG_INHIBITORS_RESPECT,
    CONFIG_INHIBITORS_IGNORE,
} ConfigInhibitors;

/* A time in which the agent may reboot. */
typedef struct ConfigWindow {
    char *name;
    char *days;      /* "daily", or weekdays and ranges of them: "Mon-Fri,Sun" */
    char *start;     /* "HH:MM" */
    char *time_zone; /* a name of the IANA data base, or "local" */
    int64_t length;  /* seconds, as is the other; 1 minute to 7 days */
    int64_t spread;  /* the reboot is put off by a random time up to this; at most the length. Half
                        the length where nothing is said */
} ConfigWindow;

/* Spans are in seconds. */
typedef struct Config {
    struct {
        bool enabled;
        int64_t check_interval;
        int64_t check_splay; /* a random time up to this comes on top of each interval */
        int64_t soak;        /* a release younger than this is left to others */
        int64_t boot_settle; /* no check before that after the boot */
        int64_t retry_max;   /* the longest pause between attempts */
    } update;
    struct {
        ConfigStrategy strategy;
        int64_t sessions_wait; /* how long logged-in users hold up a reboot; 0: not at all */
        ConfigInhibitors inhibitors;
        int64_t hooks_timeout;
    } reboot;
    ConfigWindow *windows; /* none: at any time */
    size_t n_windows;
    struct {
        char *textfile; /* NULL: none */
    } metrics;
    struct {
        bool required; /* wait for a synchronised clock before what depends on the date */
    } clock;

    char *owner;      /* the file that says that updates are somebody else's business; or NULL */
    IniValues values; /* where each value came from */
} Config;

extern const IniTable config_table;

/* Reads it all below the directory `root` (NULL: "/"). 0, and *ret is owned by the caller:
 * config_clear(). Otherwise *ret is untouched: -EINVAL when something is wrong, all of which was
 * added to the problems; -ENOMEM; or the errno of opening `root`. For a caller in need of one line:
 * problem_list_to_failure(…, ERROR_CONFIG_INVALID, …). */
int config_load(const char *root, Config *ret, ProblemList *problems);

/* Frees and empties. NULL is fine. */
void config_clear(Config *config);

/* What holds, and what is wrong, as docs/schema/config.json says: each key with its value and its
 * default in the form a file would have them (null: not set), and where it came from. `config` is
 * NULL where none could be loaded. Owned by the caller; NULL when out of memory. */
json_object *config_to_json(const Config *config, const ProblemList *problems);

#define _cleanup_config_ _cleanup_(config_clear)
