/* SPDX-License-Identifier: MIT */
#include "agent/update-conf.h"

#include "tests/unit/ini-files.h"
#include "tests/unit/leak.h"

#define ETC   "/etc/flatcar/update.conf"
#define SHARE "/usr/share/flatcar/update.conf"

TestSuite(update_conf, .fini = scratch_remove);

typedef struct Read {
    UpdateConf conf;
    ProblemList problems;
} Read;

static void clear_read(Read *result)
{
    update_conf_clear(&result->conf);
    problem_list_clear(&result->problems);
}

#define _cleanup_read_ _cleanup_(clear_read)

static void read_conf(Read *result)
{
    cr_assert_eq(update_conf_read(scratch_fd, &result->conf, &result->problems), 0);
}

/* In a new root, with this text as the admin's file. */
static void read_text(Read *result, const char *text)
{
    scratch_open();
    put_file(ETC, text);
    read_conf(result);
    scratch_remove();
}

/* "value@line" of a key; "-" when there is none. */
static const char *said(const Read *result, const char *key)
{
    static char text[128];

    for (size_t i = 0; i < result->conf.entries.n; i++) {
        const IniEntry *entry = &result->conf.entries.entries[i];
        if (entry->key && strcmp(entry->key, key) == 0) {
            snprintf(text, sizeof(text), "%s@%u", entry->value, entry->line);
            return text;
        }
    }
    return "-";
}

CLAIM(update_conf, without_files_nothing_is_said)
{
    _cleanup_read_ Read result = {0};

    scratch_open();
    read_conf(&result);
    cr_assert_null(result.conf.owner);
    cr_assert_eq(result.conf.entries.n, 0);
    cr_assert_eq(result.problems.n, 0);
}

CLAIM(update_conf, a_disabled_server_names_the_file_that_said_so)
{
    _cleanup_read_ Read etc = {0}, share = {0}, overruled = {0}, quoted = {0};

    read_text(&etc, "GROUP=stable\nSERVER=disabled\n");
    cr_assert_str_eq(etc.conf.owner, ETC);
    read_text(&quoted, "  SERVER = \"disabled\"  \r\n");
    cr_assert_str_eq(quoted.conf.owner, ETC);

    scratch_open();
    put_file(SHARE, "SERVER=disabled");
    read_conf(&share);
    cr_assert_str_eq(share.conf.owner, SHARE);
    put_file(ETC, "SERVER=https://nebraska.example/v1/update\n");
    read_conf(&overruled);
    cr_assert_null(overruled.conf.owner, "the first file that has the key counts");
}

CLAIM(update_conf, the_last_line_of_a_file_counts_and_the_first_file_that_has_the_key)
{
    _cleanup_read_ Read result = {0};

    scratch_open();
    put_file(ETC, "REBOOT_STRATEGY=reboot\nREBOOT_STRATEGY=off\n");
    put_file(SHARE,
             "REBOOT_STRATEGY=etcd-lock\nREBOOT_WINDOW_START=1:05\nREBOOT_WINDOW_LENGTH=1h\n");
    read_conf(&result);
    cr_assert_str_eq(said(&result, "strategy"), "off@2");
    cr_assert_str_eq(said(&result, "start"), "01:05@2");
    cr_assert_eq(result.problems.n, 0);
}

CLAIM(update_conf, an_empty_value_says_nothing_and_hides_the_other_file)
{
    _cleanup_read_ Read result = {0};

    scratch_open();
    put_file(ETC, "REBOOT_STRATEGY=\nSERVER=\n");
    put_file(SHARE, "REBOOT_STRATEGY=off\nSERVER=disabled\n");
    read_conf(&result);
    cr_assert_str_eq(said(&result, "strategy"), "-");
    cr_assert_null(result.conf.owner);
}

CLAIM(update_conf, each_strategy_has_its_counterpart)
{
    static const char *const words[][2] = {
        {"reboot", "reboot@1"}, {"off", "off@1"}, {"etcd-lock", "external@1"}};

    for (size_t i = 0; i < ELEMENTSOF(words); i++) {
        _cleanup_read_ Read result = {0};
        char text[64];

        snprintf(text, sizeof(text), "REBOOT_STRATEGY=%s\n", words[i][0]);
        read_text(&result, text);
        cr_assert_str_eq(said(&result, "strategy"), words[i][1]);
    }

    _cleanup_read_ Read result = {0};
    read_text(&result, "\nREBOOT_STRATEGY=best-effort\n");
    cr_assert(has_problem(&result.problems, ETC, 2, "none of: reboot, etcd-lock, off"));
    cr_assert_eq(result.conf.entries.n, 0);
}

CLAIM(update_conf, a_window_has_a_start_and_a_length)
{
    static const struct {
        const char *start, *length, *days, *clock, *span;
    } windows[] = {
        {"14:00", "1h", "daily@1", "14:00@1", "1h@2"},
        {"0:00", "23h59m", "daily@1", "00:00@1", "23h 59min@2"},
        {"thu 4:30", "1h30m", "Thu@1", "04:30@1", "1h 30min@2"},
        {"SUN  23:59", "167h59m", "Sun@1", "23:59@1", "6d 23h 59min@2"},
        {"Mon 08:00", "1.5h", "Mon@1", "08:00@1", "1h 30min@2"},
    };

    for (size_t i = 0; i < ELEMENTSOF(windows); i++) {
        _cleanup_read_ Read result = {0};
        char text[256];

        snprintf(text, sizeof(text),
                 "LOCKSMITHD_REBOOT_WINDOW_START=\"%s\"\nLOCKSMITHD_REBOOT_WINDOW_LENGTH=%s\n",
                 windows[i].start, windows[i].length);
        read_text(&result, text);
        cr_assert_eq(result.problems.n, 0, "%s", text);
        cr_assert_str_eq(said(&result, "days"), windows[i].days);
        cr_assert_str_eq(said(&result, "start"), windows[i].clock);
        cr_assert_str_eq(said(&result, "length"), windows[i].span);
        cr_assert_str_eq(result.conf.entries.entries[0].item, "locksmith");
    }
}

CLAIM(update_conf, a_start_or_a_length_that_is_none_is_a_problem)
{
    static const char *const starts[] = {"24:00",         "4",     "04:60", "4:0",      "004:00",
                                         "Thu04:00",      "Thu",   "-4:00", "Day 4:00", "04:00 Thu",
                                         "Thursday 4:00", "+4:00", "04:00x"};
    static const char *const lengths[] = {"24h", "0", "0s", "-1h", "1x", "forever", "1d"};

    for (size_t i = 0; i < ELEMENTSOF(starts) + ELEMENTSOF(lengths); i++) {
        bool start = i < ELEMENTSOF(starts);
        _cleanup_read_ Read result = {0};
        char text[256];

        snprintf(text, sizeof(text), "REBOOT_WINDOW_START=%s\nREBOOT_WINDOW_LENGTH=%s\n",
                 start ? starts[i] : "04:00", start ? "1h" : lengths[i - ELEMENTSOF(starts)]);
        read_text(&result, text);
        cr_assert_eq(result.problems.n, 1, "%s", text);
        cr_assert_eq(result.problems.entries[0].line, start ? 1 : 2, "%s", text);
        cr_assert_eq(result.conf.entries.n, 0);
    }

    _cleanup_read_ Read weekly = {0};
    read_text(&weekly, "REBOOT_WINDOW_START=Mon 04:00\nREBOOT_WINDOW_LENGTH=168h\n");
    cr_assert(has_problem(&weekly.problems, ETC, 2, "below 7 days"));
}

CLAIM(update_conf, half_a_window_is_a_problem)
{
    _cleanup_read_ Read start = {0}, length = {0};

    read_text(&start, "#\nREBOOT_WINDOW_START=04:00\n");
    cr_assert(has_problem(&start.problems, ETC, 2, "no length"));
    read_text(&length, "#\nLOCKSMITHD_REBOOT_WINDOW_LENGTH=1h\n");
    cr_assert(has_problem(&length.problems, ETC, 2, "no start"));
}

CLAIM(update_conf, the_long_name_wins_over_the_short_one)
{
    _cleanup_read_ Read result = {0};

    read_text(&result, "REBOOT_WINDOW_START=01:00\nLOCKSMITHD_REBOOT_WINDOW_START=02:00\n"
                       "REBOOT_WINDOW_LENGTH=1h\n");
    cr_assert_str_eq(said(&result, "start"), "02:00@2");
    cr_assert_str_eq(said(&result, "length"), "1h@3");
}

CLAIM(update_conf, what_is_not_ours_is_none_of_our_business)
{
    _cleanup_read_ Read result = {0};

    read_text(&result, "# SERVER=disabled\nexport SERVER=disabled\nMACHINE_ALIAS=\xff\nSERVER\n=\n"
                       "XSERVER=disabled\nDISABLED\n\n");
    cr_assert_null(result.conf.owner);
    cr_assert_eq(result.conf.entries.n, 0);
    cr_assert_eq(result.problems.n, 0);
}

CLAIM(update_conf, a_file_that_cannot_be_read_is_a_problem)
{
    _cleanup_read_ Read folder = {0}, binary = {0};
    static const char nul[] = "SERVER=\0disabled\n";

    scratch_open();
    put_file(ETC "/x", "");
    read_conf(&folder);
    cr_assert(has_problem(&folder.problems, ETC, 0, "not a regular file"));
    scratch_remove();

    scratch_open();
    _cleanup_close_ int fd = dir_open_beneath(scratch_fd, "etc/flatcar", true);
    cr_assert_eq(file_write_at(fd, "update.conf", nul, sizeof(nul) - 1, 0644), 0);
    read_conf(&binary);
    cr_assert(has_problem(&binary.problems, ETC, 0, "not text"));
}

CLAIM(update_conf, an_endless_value_is_a_problem)
{
    _cleanup_read_ Read result = {0};
    char text[600];

    snprintf(text, sizeof(text), "REBOOT_STRATEGY=%0*d\nSERVER=%0*d\n", 257, 0, 257, 0);
    read_text(&result, text);
    cr_assert(has_problem(&result.problems, ETC, 1, "longer than 256 bytes"));
}
