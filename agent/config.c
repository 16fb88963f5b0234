/* SPDX-License-Identifier: MIT */
#include "agent/config.h"

#include <fcntl.h>
#include <string.h>

#include "agent/update-conf.h"
#include "base/duration.h"

#define CONFIG_NAME "azl-agent"

#define MINUTE 60
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static const char *const strategy_words[] = {
    [CONFIG_STRATEGY_REBOOT] = "reboot",
    [CONFIG_STRATEGY_EXTERNAL] = "external",
    [CONFIG_STRATEGY_OFF] = "off",
    NULL,
};
static const char *const inhibitors_words[] = {
    [CONFIG_INHIBITORS_RESPECT] = "respect",
    [CONFIG_INHIBITORS_IGNORE] = "ignore",
    NULL,
};

static const char *check_start(const char *text)
{
    static const char form[] = "00:00";

    for (size_t i = 0; i < sizeof(form); i++)
        if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
            return "is not a time of day as HH:MM";
    if (strncmp(text, "24", 2) >= 0 || text[3] > '5')
        return "is not a time from 00:00 to 23:59";
    return NULL;
}

static const char *check_time_zone(const char *text)
{
    if (strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_+-") !=
            strlen(text) ||
        *text == '/')
        return "is neither \"local\" nor the name of a time zone, such as Europe/Berlin";
    return NULL;
}

static const char *check_textfile(const char *text)
{
    size_t length = strlen(text);

    if (length < strlen("/x.prom") || strcmp(text + length - strlen(".prom"), ".prom") != 0)
        return "does not end with .prom, and node_exporter reads only what does";
    return NULL;
}

static const IniSection sections[] = {
    {.name = "update", .help = "When the agent looks for releases, and takes them."},
    {.name = "reboot", .help = "Who reboots into a release that is staged, and what holds it up."},
    {.name = "window",
     .help = "A time in which the agent may reboot; there may be several, and without one it may "
             "at any time.",
     .item_size = sizeof(ConfigWindow),
     .items = offsetof(Config, windows),
     .n_items = offsetof(Config, n_windows)},
    {.name = "metrics", .help = "Where numbers about the agent go."},
    {.name = "clock", .help = "What is needed of the clock."},
};

/* clang-format off */
static const IniKey keys[] = {
    {"update", "enabled", INI_BOOL, offsetof(Config, update.enabled), "yes",
     .help = "Whether the agent looks for releases and takes them by itself."},
    {"update", "check-interval", INI_DURATION, offsetof(Config, update.check_interval), "1h",
     .min = MINUTE, .max = 7 * DAY,
     .help = "The time from one look for a release to the next."},
    {"update", "check-splay", INI_DURATION, offsetof(Config, update.check_splay), "6min",
     .max = DAY,
     .help = "A random time up to this is added to each interval, so that a fleet does not ask all "
             "at once."},
    {"update", "soak", INI_DURATION, offsetof(Config, update.soak), "0",
     .max = 90 * DAY,
     .help = "A release is taken only when so much time has passed since its timestamp, and is left "
             "to others before."},
    {"update", "boot-settle", INI_DURATION, offsetof(Config, update.boot_settle), "5min",
     .max = DAY,
     .help = "There is no look for a release before so much time has passed since the boot."},
    {"update", "retry-max", INI_DURATION, offsetof(Config, update.retry_max), "4h",
     .min = MINUTE, .max = 7 * DAY,
     .help = "The longest pause before another attempt after failures, each of which makes the "
             "pause longer."},

    {"reboot", "strategy", INI_ENUM, offsetof(Config, reboot.strategy), "reboot",
     .words = strategy_words,
     .help = "Who reboots once an update is staged."},
    {"reboot", "sessions-wait", INI_DURATION, offsetof(Config, reboot.sessions_wait), "10min",
     .max = 7 * DAY,
     .help = "How long users who are logged in hold up a reboot; with 0 they do not."},
    {"reboot", "inhibitors", INI_ENUM, offsetof(Config, reboot.inhibitors), "respect",
     .words = inhibitors_words,
     .help = "Whether a program that holds a lock against shutdown holds up a reboot."},
    {"reboot", "hooks-timeout", INI_DURATION, offsetof(Config, reboot.hooks_timeout), "5min",
     .min = 1, .max = DAY,
     .help = "How long the hooks that run before a reboot may take."},

    {"window", "days", INI_STRING, offsetof(ConfigWindow, days), "daily",
     .help = "The weekdays on which the window begins."},
    {"window", "start", INI_STRING, offsetof(ConfigWindow, start), NULL, .required = true,
     .check = check_start,
     .help = "The time of day at which the window begins."},
    {"window", "length", INI_DURATION, offsetof(ConfigWindow, length), NULL, .required = true,
     .min = MINUTE, .max = 7 * DAY,
     .help = "How long the window is open."},
    {"window", "time-zone", INI_STRING, offsetof(ConfigWindow, time_zone), "local",
     .check = check_time_zone,
     .help = "Where the window's days and time count."},
    {"window", "spread", INI_DURATION, offsetof(ConfigWindow, spread), NULL,
     .max = 7 * DAY,
     .help = "The reboot is put off by a random time up to this, so that a fleet does not reboot "
             "all at once."},

    {"metrics", "textfile", INI_PATH, offsetof(Config, metrics.textfile), NULL,
     .check = check_textfile,
     .help = "A file for node_exporter's textfile collector to which the metrics are written as "
             "well."},

    {"clock", "required", INI_BOOL, offsetof(Config, clock.required), "no",
     .help = "Whether decisions that depend on the date wait until the clock is synchronised."},
};
/* clang-format on */

const IniTable config_table = {sections, ELEMENTSOF(sections), keys, ELEMENTSOF(keys)};

/* Leaves what our own files say in its place, and takes from update.conf what they leave open.
 * Their windows replace the one there: who writes one means that no other holds. */
static int add_update_conf(UpdateConf *conf, IniEntries *entries)
{
    IniEntries all = {0};
    bool has_windows = false;
    int r = 0;

    for (size_t i = 0; i < entries->n; i++)
        has_windows |= strcmp(entries->entries[i].section, "window") == 0;
    for (size_t i = 0; r >= 0 && i < conf->entries.n; i++)
        if (!has_windows || strcmp(conf->entries.entries[i].section, "window") != 0)
            r = ini_entries_add(&all, &conf->entries.entries[i]);
    if (r >= 0)
        r = ini_entries_append(&all, entries);
    if (r < 0) {
        ini_entries_clear(&all);
        return r;
    }
    ini_entries_clear(entries);
    *entries = all;
    return 0;
}

/* What the table cannot say: how the values of a window go together. */
static int finish_windows(Config *config, ProblemList *problems)
{
    for (size_t i = 0; i < config->n_windows; i++) {
        ConfigWindow *window = &config->windows[i];
        const IniValue *spread = ini_values_find(&config->values, "window", window->name, "spread");
        char length[DURATION_TEXT_MAX];

        if (!spread->file)
            window->spread = window->length / 2;
        if (window->length > 0 && window->spread > window->length &&
            problem_list_add(problems, spread->file, spread->line,
                             "[window %s] spread: it is more than the window's length, %s",
                             window->name, duration_format(window->length, length)) < 0)
            return -ENOMEM;
    }
    return 0;
}

static int read_entries(int root_fd, IniEntries *entries, char **ret_owner, ProblemList *problems)
{
    _cleanup_update_conf_ UpdateConf conf = {0};
    int r = ini_read_layers(root_fd, CONFIG_NAME, entries, problems);

    if (r >= 0)
        r = update_conf_read(root_fd, &conf, problems);
    if (r >= 0)
        r = add_update_conf(&conf, entries);
    if (r < 0)
        return r;
    *ret_owner = TAKE_PTR(conf.owner);
    return 0;
}

int config_load(const char *root, Config *ret, ProblemList *problems)
{
    _cleanup_ini_entries_ IniEntries entries = {0};
    _cleanup_config_ Config config = {0};
    _cleanup_close_ int root_fd = open(root ?: "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    size_t before = problems->n;
    int r;

    if (root_fd < 0)
        return -errno;
    r = read_entries(root_fd, &entries, &config.owner, problems);
    if (r >= 0)
        r = ini_decode(&config_table, &entries, &config, &config.values, problems);
    if (r >= 0)
        r = finish_windows(&config, problems);
    if (r < 0)
        return r;
    if (problems->n > before || problems->n_more > 0)
        return -EINVAL;
    *ret = config;
    config = (Config){0};
    return 0;
}

void config_clear(Config *config)
{
    if (!config)
        return;
    ini_decode_clear(&config_table, config, &config->values);
    free(config->owner);
    *config = (Config){0};
}
