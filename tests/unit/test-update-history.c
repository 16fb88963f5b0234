/* SPDX-License-Identifier: MIT */
#include "update/history.h"

#include <string.h>

#include "base/json.h"
#include "tests/unit/leak.h"
#include "tests/unit/scratch.h"

TestSuite(history, .fini = scratch_remove);

static void append(Records *records, const char *name)
{
    cr_assert(history_append(records, name, json_object_new_object(), NULL));
}

static const char *name_at(json_object *events, size_t i)
{
    return json_get_string(json_object_array_get_idx(events, i), "event");
}

CLAIM(history, the_newest_come_last_and_the_limit_cuts_the_oldest)
{
    g_autoptr(Records) records = records_open(scratch_open(), FALSE, "os", TRUE);

    append(records, "one");
    append(records, "two");
    append(records, "three");
    _cleanup_json_ json_object *events = history_read(records, 2);
    cr_assert_eq(json_object_array_length(events), 2);
    cr_assert_str_eq(name_at(events, 0), "two");
    cr_assert_str_eq(name_at(events, 1), "three");
}

CLAIM(history, a_line_torn_by_a_power_cut_spoils_no_other)
{
    g_autoptr(Records) records = records_open(scratch_open(), FALSE, "os", TRUE);
    static const char torn[] = "{\"at\":\"x\",\"event\":\"one\"}\n{\"at\":\"2026";

    scratch_put(records_dir_fd(records), "history.jsonl", torn, sizeof(torn) - 1);
    append(records, "two");
    _cleanup_json_ json_object *events = history_read(records, 10);
    cr_assert_eq(json_object_array_length(events), 2);
    cr_assert_str_eq(name_at(events, 1), "two");
}

CLAIM(history, it_does_not_grow_for_ever)
{
    g_autoptr(Records) records = records_open(scratch_open(), FALSE, "os", TRUE);
    struct stat st;

    for (int i = 0; i < 700; i++) {
        json_object *event = json_object_new_object();
        g_autofree char *reason = g_strnfill(1024, 'x');
        json_add_string(event, "reason", reason);
        cr_assert(history_append(records, i == 699 ? "last" : "event", event, NULL));
    }
    cr_assert_eq(fstatat(records_dir_fd(records), "history.jsonl", &st, 0), 0);
    cr_assert_lt(st.st_size, 600 * 1024);
    _cleanup_json_ json_object *events = history_read(records, 1);
    cr_assert_str_eq(name_at(events, 0), "last");
}

CLAIM(history, an_event_says_who_asked)
{
    g_autoptr(Records) records = records_open(scratch_open(), FALSE, "os", TRUE);
    Request request = {.peer = PEER_AGENT, .args.caller = UINT64_MAX};
    Job job = {.request = &request, .args = &request.args, .records = records, .out_fd = -EBADF};

    cr_assert(history_note(&job, "rollback", json_object_new_object(), NULL));
    request.args.caller = 0;
    cr_assert(history_note(&job, "rollback", json_object_new_object(), NULL));
    request.args.caller = 4000000000;
    cr_assert(history_note(&job, "rollback", json_object_new_object(), NULL));
    request.peer = PEER_OWNER;
    history_note_or_warn(&job, "pin", json_object_new_object());

    _cleanup_json_ json_object *events = history_read(records, 10);
    cr_assert_str_eq(json_get_string(json_object_array_get_idx(events, 0), "by"), "azl-agent");
    cr_assert_str_eq(json_get_string(json_object_array_get_idx(events, 1), "by"),
                     "root (azl-agent)");
    cr_assert_str_eq(json_get_string(json_object_array_get_idx(events, 2), "by"),
                     "uid 4000000000 (azl-agent)");
    cr_assert_str_eq(json_get_string(json_object_array_get_idx(events, 3), "by"), "root");
}
