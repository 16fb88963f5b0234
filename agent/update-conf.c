/* SPDX-License-Identifier: MIT */
#include "agent/update-conf.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/duration.h"
#include "base/file.h"

#define UPDATE_CONF_MAX (64 * 1024)
#define VALUE_MAX       256
#define DAY             ((int64_t)24 * 3600)

static const char *const files[] = {"/etc/flatcar/update.conf", "/usr/share/flatcar/update.conf"};

enum { SERVER, STRATEGY, START, START_SHORT, LENGTH, LENGTH_SHORT, N_KEYS };

static const char *const keys[N_KEYS] = {
    [SERVER] = "SERVER",
    [STRATEGY] = "REBOOT_STRATEGY",
    [START] = "LOCKSMITHD_REBOOT_WINDOW_START",
    [START_SHORT] = "REBOOT_WINDOW_START",
    [LENGTH] = "LOCKSMITHD_REBOOT_WINDOW_LENGTH",
    [LENGTH_SHORT] = "REBOOT_WINDOW_LENGTH",
};

typedef struct Said {
    const char *file; /* NULL: nothing does */
    unsigned line;
    bool too_long;
    char text[VALUE_MAX + 1]; /* "" is as good as nothing said, but hides other files */
} Said;

/* Takes the value of KEY=VALUE, without blanks around it, and without the quotes that systemd's
 * EnvironmentFile= takes off. */
static void take_value(const char *value, size_t length, Said *said)
{
    while (length > 0 && strchr(" \t\r", *value))
        value++, length--;
    while (length > 0 && strchr(" \t\r", value[length - 1]))
        length--;
    if (length >= 2 && (*value == '"' || *value == '\'') && value[length - 1] == *value)
        value++, length -= 2;
    said->too_long = length > VALUE_MAX;
    length = MIN_OF(length, (size_t)VALUE_MAX);
    memcpy(said->text, value, length);
    said->text[length] = '\0';
}

static void take_line(const char *line, size_t length, const char *file, unsigned number,
                      Said found[static N_KEYS])
{
    size_t blank = strspn(line, " \t");
    const char *equals = memchr(line, '=', length);

    if (!equals || blank >= length)
        return;
    line += blank;

    size_t key_length = equals - line;
    while (key_length > 0 && strchr(" \t", line[key_length - 1]))
        key_length--;
    for (size_t key = 0; key < N_KEYS; key++) {
        Said *said = &found[key];

        if (strlen(keys[key]) != key_length || strncmp(keys[key], line, key_length) != 0 ||
            (said->file && said->file != file))
            continue;
        take_value(equals + 1, length - blank - (equals + 1 - line), said);
        said->file = file;
        said->line = number;
    }
}

static int read_file(int root_fd, const char *path, Said found[static N_KEYS],
                     ProblemList *problems)
{
    _cleanup_free_ char *text = NULL;
    _cleanup_close_ int fd = file_open_in_root(root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    size_t size = 0;
    int r = fd;

    if (fd == -ENOENT || fd == -ENOTDIR)
        return 0;
    if (fd >= 0)
        r = file_read_fd(fd, UPDATE_CONF_MAX, &text, &size);
    if (r == -ENOMEM)
        return r;
    if (r < 0)
        return problem_list_add(problems, path, 0, "the file cannot be read: %s",
                                r == -EBADF ? "it is not a regular file" : strerror(-r));

    /* A NUL would end a value unseen. */
    if (strlen(text) != size)
        return problem_list_add(problems, path, 0, "the file is not text");

    unsigned number = 1;
    for (const char *line = text; *line; number++) {
        size_t length = strcspn(line, "\n");
        take_line(line, length, path, number, found);
        line += length + (line[length] == '\n');
    }
    return 0;
}

#define PROBLEM(problems, said, ...)                                                               \
    problem_list_add(problems, (said)->file, (said)->line, __VA_ARGS__)

/* Adds one of our own keys. */
static int add(UpdateConf *conf, const Said *said, const char *section, const char *item,
               const char *key, const char *value)
{
    return ini_entries_add(&conf->entries, &(IniEntry){.section = (char *)section,
                                                       .item = (char *)item,
                                                       .key = (char *)key,
                                                       .value = (char *)value,
                                                       .file = (char *)said->file,
                                                       .line = said->line});
}

static int take_strategy(UpdateConf *conf, const Said *said, ProblemList *problems)
{
    static const char *const words[][2] = {
        {"reboot", "reboot"}, {"etcd-lock", "external"}, {"off", "off"}};

    if (!*said->text)
        return 0;
    for (size_t i = 0; i < ELEMENTSOF(words); i++)
        if (strcmp(words[i][0], said->text) == 0)
            return add(conf, said, "reboot", NULL, "strategy", words[i][1]);
    return PROBLEM(problems, said, "%s: \"%.100s\" is none of: reboot, etcd-lock, off",
                   keys[STRATEGY], said->text);
}

/* Splits "[Sun..Sat ]HH:MM", with one or two digits for the hour. false: it is something else. */
static bool parse_start(const char *text, char day[static 8], char start[static 8])
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    unsigned hour, minute;
    int used = 0;

    strcpy(day, "daily");
    for (size_t i = 0; i < ELEMENTSOF(days); i++)
        if (strncasecmp(text, days[i], 3) == 0 && strchr(" \t", text[3]) && text[3]) {
            strcpy(day, days[i]);
            text += 3 + strspn(text + 3, " \t");
            break;
        }
    size_t digits = strspn(text, "0123456789");
    if (digits < 1 || digits > 2 || text[digits] != ':' ||
        strspn(text + digits + 1, "0123456789") != 2 ||
        sscanf(text, "%2u:%2u%n", &hour, &minute, &used) != 2 || text[used] || hour > 23 ||
        minute > 59)
        return false;
    snprintf(start, 8, "%02u:%02u", hour % 24, minute % 60);
    return true;
}

/* The window's length in the text of our own file. false: it is none, or not for such a window. */
static bool parse_length(const char *text, bool weekly, char length[static DURATION_TEXT_MAX])
{
    int64_t seconds;

    if (duration_parse(text, &seconds) < 0 || seconds <= 0 || seconds >= (weekly ? 7 : 1) * DAY)
        return false;
    duration_format(seconds, length);
    return true;
}

static int take_window(UpdateConf *conf, const Said *start, const Said *length,
                       ProblemList *problems)
{
    char day[8], clock[8], span[DURATION_TEXT_MAX];
    int r;

    if (!*start->text && !*length->text)
        return 0;
    if (!*length->text)
        return PROBLEM(problems, start, "the reboot window has a start but no length");
    if (!*start->text)
        return PROBLEM(problems, length, "the reboot window has a length but no start");
    if (!parse_start(start->text, day, clock))
        return PROBLEM(problems, start, "\"%.100s\" is not a start such as 04:00 or Thu 04:00",
                       start->text);
    if (!parse_length(length->text, strcmp(day, "daily") != 0, span))
        return PROBLEM(problems, length,
                       "\"%.100s\" is not a length such as 1h30m, below 24 hours, or below 7 days "
                       "where the start has a weekday",
                       length->text);

    r = add(conf, start, "window", UPDATE_CONF_WINDOW, NULL, NULL);
    if (r >= 0)
        r = add(conf, start, "window", UPDATE_CONF_WINDOW, "days", day);
    if (r >= 0)
        r = add(conf, start, "window", UPDATE_CONF_WINDOW, "start", clock);
    if (r >= 0)
        r = add(conf, length, "window", UPDATE_CONF_WINDOW, "length", span);
    return r;
}

static const Said *first_said(const Said found[static N_KEYS], size_t key, size_t other)
{
    return *found[key].text ? &found[key] : &found[other];
}

int update_conf_read(int root_fd, UpdateConf *ret, ProblemList *problems)
{
    Said found[N_KEYS] = {0};
    _cleanup_update_conf_ UpdateConf conf = {0};
    int r = 0;

    for (size_t i = 0; r >= 0 && i < ELEMENTSOF(files); i++)
        r = read_file(root_fd, files[i], found, problems);
    for (size_t key = 0; r >= 0 && key < N_KEYS; key++)
        if (found[key].too_long && key != SERVER)
            r = PROBLEM(problems, &found[key], "%s is longer than %d bytes", keys[key], VALUE_MAX);
    if (r >= 0)
        r = take_strategy(&conf, &found[STRATEGY], problems);
    if (r >= 0)
        r = take_window(&conf, first_said(found, START, START_SHORT),
                        first_said(found, LENGTH, LENGTH_SHORT), problems);
    if (r >= 0 && strcmp(found[SERVER].text, "disabled") == 0 &&
        !(conf.owner = strdup(found[SERVER].file)))
        r = -ENOMEM;
    if (r < 0)
        return r;
    *ret = conf;
    conf = (UpdateConf){0};
    return 0;
}

void update_conf_clear(UpdateConf *conf)
{
    if (!conf)
        return;
    free(conf->owner);
    ini_entries_clear(&conf->entries);
    *conf = (UpdateConf){0};
}
