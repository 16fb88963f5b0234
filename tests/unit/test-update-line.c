/* SPDX-License-Identifier: MIT */
#include "update/line.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/json.h"
#include "base/wire.h"
#include "tests/unit/leak.h"

static int ends[2];

static void connect_line(void)
{
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
}

static void send_event(void)
{
    _cleanup_json_ json_object *event = json_object_new_object();

    line_send(ends[0], event);
}

static void cr_assert_received(const char *expected)
{
    char text[4096] = "";

    (void)!read(ends[1], text, sizeof(text) - 1);
    cr_assert_str_eq(text, expected);
    close(ends[0]);
    close(ends[1]);
}

CLAIM(line, there_is_one_end_and_it_is_the_last)
{
    connect_line();
    send_event();
    cr_assert_eq(line_end_with_error(ends[0], ERROR_BUSY, "x", 100), EXIT_BUSY);
    cr_assert_eq(line_end_with_error(ends[0], ERROR_CANCELLED, "y", 100), EXIT_BUSY);
    send_event();
    cr_assert_received("{}\n{\"error\":{\"id\":\"update.busy\",\"detail\":\"x\"}}\n");
}

CLAIM(line, a_result_that_nobody_takes_is_no_success)
{
    _cleanup_json_ json_object *end = json_object_new_object();

    connect_line();
    close(ends[1]);
    ends[1] = dup(ends[0]);
    cr_assert_eq(line_end(ends[0], end, EXIT_DONE, 100), EXIT_FAILED);
    close(ends[0]);
    close(ends[1]);
}

static gpointer send_in_thread(gpointer data)
{
    _cleanup_json_ json_object *event = json_object_new_object();
    g_autofree char *much = g_strnfill(1 << 20, 'x');

    json_add_string(event, "much", much);
    line_send(ends[0], event);
    return NULL;
}

CLAIM(line, who_does_not_read_holds_up_no_end)
{
    connect_line();
    GThread *thread = g_thread_new("sender", send_in_thread, NULL);
    while (!line_is_busy())
        g_usleep(1000);
    gint64 began = g_get_monotonic_time();
    cr_assert_eq(line_end_with_error(ends[0], ERROR_CANCELLED, "", 100), EXIT_FAILED);
    cr_assert_lt(g_get_monotonic_time() - began, 3 * G_USEC_PER_SEC);
    close(ends[1]);
    g_thread_join(thread);
    close(ends[0]);
}
