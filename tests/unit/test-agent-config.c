/* SPDX-License-Identifier: MIT */
#include "agent/config.h"

#include <ctype.h>

#include "base/json.h"
#include "tests/unit/ini-files.h"
#include "tests/unit/leak.h"

#define MAIN        "/etc/azl/azl-agent.conf"
#define UPDATE_CONF "/etc/flatcar/update.conf"
#define PAGE_MAX    (256 * 1024)

TestSuite(config, .fini = scratch_remove);

/* Loads what is in the scratch root. */
static int load(Config *config, ProblemList *problems)
{
    return config_load(scratch_path, config, problems);
}

static void load_good(Config *config)
{
    _cleanup_problem_list_ ProblemList problems = {0};

    cr_assert_eq(load(config, &problems), 0, "%s", problems.n ? problems.entries[0].message : "");
}

static void assert_source(const Config *config, const char *section, const char *item,
                          const char *key, const char *source)
{
    const IniValue *value = ini_values_find(&config->values, section, item, key);
    _cleanup_free_ char *found = value ? ini_value_source(value) : NULL;

    cr_assert_str_eq(found, source, "%s", key);
}

CLAIM(config, without_files_it_is_what_the_manual_says)
{
    _cleanup_config_ Config config = {0};

    scratch_open();
    load_good(&config);
    cr_assert(config.update.enabled);
    cr_assert_eq(config.update.check_interval, 3600);
    cr_assert_eq(config.update.check_splay, 360);
    cr_assert_eq(config.update.soak, 0);
    cr_assert_eq(config.update.boot_settle, 300);
    cr_assert_eq(config.update.retry_max, 4 * 3600);
    cr_assert_eq(config.reboot.strategy, CONFIG_STRATEGY_REBOOT);
    cr_assert_eq(config.reboot.sessions_wait, 600);
    cr_assert_eq(config.reboot.inhibitors, CONFIG_INHIBITORS_RESPECT);
    cr_assert_eq(config.reboot.hooks_timeout, 300);
    cr_assert_eq(config.n_windows, 0);
    cr_assert_null(config.metrics.textfile);
    cr_assert_not(config.clock.required);
    cr_assert_null(config.owner);
}

CLAIM(config, every_key_reaches_its_member)
{
    _cleanup_config_ Config config = {0};

    scratch_open();
    put_file(MAIN, "[update]\nenabled=no\ncheck-interval=1min\ncheck-splay=2s\nsoak=3d\n"
                   "boot-settle=4s\nretry-max=5min\n[reboot]\nstrategy=external\nsessions-wait=0\n"
                   "inhibitors=ignore\nhooks-timeout=6s\n[window a]\ndays=Sat,Sun\nstart=23:30\n"
                   "length=2h\ntime-zone=Europe/Berlin\nspread=7min\n[metrics]\n"
                   "textfile=/var/lib/node_exporter/azl.prom\n[clock]\nrequired=yes\n");
    load_good(&config);
    cr_assert_not(config.update.enabled);
    cr_assert_eq(config.update.check_interval, 60);
    cr_assert_eq(config.update.check_splay, 2);
    cr_assert_eq(config.update.soak, 3 * 86400);
    cr_assert_eq(config.update.boot_settle, 4);
    cr_assert_eq(config.update.retry_max, 300);
    cr_assert_eq(config.reboot.strategy, CONFIG_STRATEGY_EXTERNAL);
    cr_assert_eq(config.reboot.sessions_wait, 0);
    cr_assert_eq(config.reboot.inhibitors, CONFIG_INHIBITORS_IGNORE);
    cr_assert_eq(config.reboot.hooks_timeout, 6);
    cr_assert_eq(config.n_windows, 1);
    cr_assert_str_eq(config.windows[0].name, "a");
    cr_assert_str_eq(config.windows[0].days, "Sat,Sun");
    cr_assert_str_eq(config.windows[0].start, "23:30");
    cr_assert_str_eq(config.windows[0].time_zone, "Europe/Berlin");
    cr_assert_eq(config.windows[0].length, 7200);
    cr_assert_eq(config.windows[0].spread, 420);
    cr_assert_str_eq(config.metrics.textfile, "/var/lib/node_exporter/azl.prom");
    cr_assert(config.clock.required);
}

CLAIM(config, a_window_is_spread_over_half_of_it_unless_it_says_otherwise)
{
    _cleanup_config_ Config config = {0};

    scratch_open();
    put_file(MAIN,
             "[window a]\nstart=01:00\nlength=1h\n[window b]\nstart=01:00\nlength=1h\nspread=0\n");
    load_good(&config);
    cr_assert_eq(config.windows[0].spread, 1800);
    cr_assert_eq(config.windows[1].spread, 0);
    cr_assert_str_eq(config.windows[0].days, "daily");
    cr_assert_str_eq(config.windows[0].time_zone, "local");
}

CLAIM(config, a_failed_load_gives_no_config_and_every_problem)
{
    _cleanup_problem_list_ ProblemList problems = {0};
    Config config = {.windows = (ConfigWindow *)&problems};

    scratch_open();
    put_file(MAIN, "[update]\ncheck-intervall=2h\ncheck-interval=30s\n[window a]\nstart=25:00\n"
                   "length=1h\nspread=61min\n[window b]\nlength=8d\n");
    put_file(
        "/etc/azl/azl-agent.conf.d/50.conf",
        "[metrics]\ntextfile=/x.txt\n[window c]\nstart=1:00\nlength=1h\ntime-zone=/etc/passwd\n");
    put_file(UPDATE_CONF, "REBOOT_STRATEGY=never\n");
    cr_assert_eq(load(&config, &problems), -EINVAL);
    cr_assert(has_problem(&problems, MAIN, 2, "did you mean check-interval?"));
    cr_assert(has_problem(&problems, MAIN, 3, "\"30s\" is less than 1min"));
    cr_assert(has_problem(&problems, MAIN, 5, "[window a] start: \"25:00\""));
    cr_assert(has_problem(&problems, MAIN, 7, "more than the window's length, 1h"));
    cr_assert(has_problem(&problems, MAIN, 8, "[window b] does not say start"));
    cr_assert(has_problem(&problems, MAIN, 9, "\"8d\" is more than 7d"));
    cr_assert(has_problem(&problems, "/etc/azl/azl-agent.conf.d/50.conf", 2, ".prom"));
    cr_assert(has_problem(&problems, "/etc/azl/azl-agent.conf.d/50.conf", 4, "HH:MM"));
    cr_assert(has_problem(&problems, "/etc/azl/azl-agent.conf.d/50.conf", 6, "time zone"));
    cr_assert(has_problem(&problems, UPDATE_CONF, 1, "none of"));
    cr_assert_eq(problems.n, 10);
    cr_assert_eq(config.windows, (ConfigWindow *)&problems, "it was touched");
}

CLAIM(config, a_root_that_is_not_there_is_an_error)
{
    _cleanup_problem_list_ ProblemList problems = {0};
    Config config;

    cr_assert_eq(config_load("/nonexistent", &config, &problems), -ENOENT);
    cr_assert_eq(problems.n, 0);
}

CLAIM(config, times_of_day_have_two_digits_each)
{
    static const char *const good[] = {"00:00", "09:05", "19:59", "23:59"};
    static const char *const bad[] = {"24:00",  "00:60", "9:00",  "09:0",
                                      "09:000", "0900",  "a9:00", "-1:00"};
    const IniKey *key = NULL;

    for (size_t i = 0; i < config_table.n_keys; i++)
        if (strcmp(config_table.keys[i].name, "start") == 0)
            key = &config_table.keys[i];
    for (size_t i = 0; i < ELEMENTSOF(good); i++)
        cr_assert_null(key->check(good[i]), "%s", good[i]);
    for (size_t i = 0; i < ELEMENTSOF(bad); i++)
        cr_assert_not_null(key->check(bad[i]), "%s", bad[i]);
}

CLAIM(config, update_conf_fills_what_is_left_open)
{
    _cleanup_config_ Config config = {0};

    scratch_open();
    put_file(UPDATE_CONF, "SERVER=disabled\nREBOOT_STRATEGY=off\nREBOOT_WINDOW_START=Thu 4:00\n"
                          "REBOOT_WINDOW_LENGTH=1h30m\n");
    load_good(&config);
    cr_assert_str_eq(config.owner, UPDATE_CONF);
    cr_assert(config.update.enabled,
              "who owns updates, and whether they are wanted, are two things");
    cr_assert_eq(config.reboot.strategy, CONFIG_STRATEGY_OFF);
    cr_assert_eq(config.n_windows, 1);
    cr_assert_str_eq(config.windows[0].name, "locksmith");
    cr_assert_str_eq(config.windows[0].days, "Thu");
    cr_assert_str_eq(config.windows[0].start, "04:00");
    cr_assert_eq(config.windows[0].length, 5400);
    cr_assert_eq(config.windows[0].spread, 2700);
    assert_source(&config, "reboot", NULL, "strategy", UPDATE_CONF ":2");
    assert_source(&config, "window", "locksmith", "length", UPDATE_CONF ":4");
}

CLAIM(config, our_own_files_win_over_update_conf)
{
    _cleanup_config_ Config config = {0};

    scratch_open();
    put_file(UPDATE_CONF,
             "REBOOT_STRATEGY=off\nREBOOT_WINDOW_START=4:00\nREBOOT_WINDOW_LENGTH=1h\n");
    put_file("/usr/lib/azl/azl-agent.conf",
             "[reboot]\nstrategy=reboot\n[window night]\nstart=02:00\nlength=3h\n");
    load_good(&config);
    cr_assert_eq(config.reboot.strategy, CONFIG_STRATEGY_REBOOT);
    cr_assert_eq(config.n_windows, 1);
    cr_assert_str_eq(config.windows[0].name, "night");
    assert_source(&config, "reboot", NULL, "strategy", "/usr/lib/azl/azl-agent.conf:2");
}

CLAIM(config, defaults_are_in_the_form_in_which_values_are_shown)
{
    for (size_t i = 0; i < config_table.n_keys; i++) {
        const IniKey *key = &config_table.keys[i];
        _cleanup_free_ char *text = NULL;
        void *slot[2] = {NULL};

        cr_assert_eq(ini_value_reset(key, slot), 0, "%s is not a valid default", key->name);
        cr_assert_eq(ini_value_format(key, slot, &text), 0);
        if (key->fallback)
            cr_assert_str_eq(text, key->fallback);
        ini_value_clear(key, slot);
    }
}

/* The member of the value's row in the JSON. */
static const char *shown(json_object *object, const char *section, const char *key,
                         const char *member)
{
    json_object *values = json_get(object, "values");

    for (size_t i = 0; i < json_object_array_length(values); i++) {
        json_object *value = json_object_array_get_idx(values, i);
        if (strcmp(json_get_string(value, "section"), section) == 0 &&
            strcmp(json_get_string(value, "key"), key) == 0)
            return json_get_string(value, member);
    }
    cr_assert(false, "no [%s] %s", section, key);
    return NULL;
}

CLAIM(config, as_json_it_shows_every_key_and_where_its_value_is_from)
{
    _cleanup_config_ Config config = {0};
    const ProblemList none = {0};

    scratch_open();
    put_file(MAIN,
             "[update]\ncheck-interval = 90m\nenabled = 0\n[window a]\nstart=01:00\nlength=60m\n");
    load_good(&config);
    _cleanup_json_ json_object *object = config_to_json(&config, &none);
    cr_assert_str_eq(json_get_string(object, "schema"), "azl.config/1");
    cr_assert_null(json_get(object, "owner"));
    cr_assert_eq(json_object_array_length(json_get(object, "values")), config_table.n_keys);
    cr_assert_eq(json_object_array_length(json_get(object, "problems")), 0);
    cr_assert_str_eq(shown(object, "update", "check-interval", "value"), "1h 30min");
    cr_assert_str_eq(shown(object, "update", "check-interval", "default"), "1h");
    cr_assert_str_eq(shown(object, "update", "check-interval", "source"), MAIN ":2");
    cr_assert_str_eq(shown(object, "update", "enabled", "value"), "no");
    cr_assert_str_eq(shown(object, "window a", "length", "value"), "1h");
    cr_assert_str_eq(shown(object, "window a", "spread", "value"), "30min");
    cr_assert_str_eq(shown(object, "window a", "spread", "source"), "default");
    cr_assert_null(shown(object, "window a", "start", "default"));
    cr_assert_null(shown(object, "metrics", "textfile", "value"));
}

CLAIM(config, as_json_problems_stand_alone_where_nothing_could_be_loaded)
{
    _cleanup_problem_list_ ProblemList problems = {0};
    Config config;

    scratch_open();
    put_file(MAIN, "[update]\nenabled = perhaps\n");
    cr_assert_eq(load(&config, &problems), -EINVAL);
    _cleanup_json_ json_object *object = config_to_json(NULL, &problems);
    cr_assert_eq(json_object_array_length(json_get(object, "values")), 0);

    json_object *problem = json_object_array_get_idx(json_get(object, "problems"), 0);
    cr_assert_str_eq(json_get_string(problem, "file"), MAIN);
    cr_assert_eq(json_get_int(problem, "line"), 2);
    cr_assert_str_eq(json_get_string(problem, "message"),
                     "[update] enabled: \"perhaps\" is neither yes nor no");
}

/* The man page with all white space made one blank, so that line breaks do not count. */
static char *read_page(void)
{
    _cleanup_close_ int dir = open(AZL_MAN_DIR, O_DIRECTORY | O_CLOEXEC);
    char *page = NULL;

    cr_assert_eq(file_read_at(dir, "azl-agent.conf.5.scd", PAGE_MAX, &page, NULL), 0);

    char *to = page;
    for (const char *from = page; *from; from++)
        if (!isspace((unsigned char)*from))
            *to++ = *from;
        else if (to == page || to[-1] != ' ')
            *to++ = ' ';
    *to = '\0';
    return page;
}

/* The part of the page below the heading of a section. Owned by the caller. */
static char *section_of_page(const char *page, const IniSection *section)
{
    char head[64];

    snprintf(head, sizeof(head), "# [%s%s] ", section->name, section->item_size ? " NAME" : "");
    const char *start = strstr(page, head);
    cr_assert_not_null(start, "%s", head);
    const char *end = strstr(start + strlen(head), " # ");
    return strndup(start, end - start);
}

/* "*key* (duration, default *1h*; …) HELP": what the page has to say of a key, in its order. */
static void assert_in_page(const char *part, const IniKey *key)
{
    char head[64], fallback[64];

    snprintf(head, sizeof(head), " *%s* (", key->name);
    const char *at = strstr(part, head);
    cr_assert_not_null(at, "[%s] %s", key->section, key->name);

    const char *help = strstr(at, key->help);
    cr_assert_not_null(help, "%s: %s", key->name, key->help);
    snprintf(fallback, sizeof(fallback), "default *%s*", key->fallback ?: "");
    if (key->fallback) {
        const char *found = strstr(at, fallback);
        cr_assert(found && found < help, "%s: %s", key->name, fallback);
    }
    for (const char *const *word = key->words; word && *word; word++) {
        snprintf(head, sizeof(head), " *%s* ", *word);
        cr_assert_not_null(strstr(help, head), "%s: %s", key->name, *word);
    }
}

CLAIM(config, every_section_and_key_is_in_the_man_page)
{
    _cleanup_free_ char *page = read_page();

    for (size_t i = 0; i < config_table.n_sections; i++) {
        const IniSection *section = &config_table.sections[i];
        _cleanup_free_ char *part = section_of_page(page, section);

        cr_assert_not_null(strstr(part, section->help), "%s", section->help);
        for (size_t k = 0; k < config_table.n_keys; k++)
            if (strcmp(config_table.keys[k].section, section->name) == 0)
                assert_in_page(part, &config_table.keys[k]);
    }
}

CLAIM(config, the_man_page_has_no_key_that_is_not_there)
{
    _cleanup_free_ char *page = read_page();
    size_t found = 0;

    /* A key is the only thing that has a bracket with its kind or its default behind it. */
    for (const char *at = strstr(page, "* ("); at; at = strstr(at + 1, "* ("))
        found++;
    cr_assert_eq(found, config_table.n_keys, "%zu", found);
}

CLAIM(config, the_example_of_the_man_page_is_valid)
{
    _cleanup_close_ int dir = open(AZL_MAN_DIR, O_DIRECTORY | O_CLOEXEC);
    _cleanup_free_ char *page = NULL;
    _cleanup_config_ Config config = {0};

    cr_assert_eq(file_read_at(dir, "azl-agent.conf.5.scd", PAGE_MAX, &page, NULL), 0);
    char *start = strstr(page, "```\n") + 4;
    *strstr(start, "```\n") = '\0';
    scratch_open();
    put_file(MAIN, start);
    load_good(&config);
    cr_assert_eq(config.n_windows, 1);
    cr_assert_eq(config.update.soak, 3 * 86400);
}
