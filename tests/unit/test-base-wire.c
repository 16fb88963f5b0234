/* SPDX-License-Identifier: MIT */
#include "base/wire.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "tests/unit/leak.h"

static int pair[2] = {-EBADF, -EBADF}; /* [0] writes, [1] reads */

static void open_pair(void)
{
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
}

static void close_pair(void)
{
    pair[0] = close_fd(pair[0]);
    pair[1] = close_fd(pair[1]);
}

TestSuite(wire, .init = open_pair, .fini = close_pair);

static void put(const char *bytes)
{
    cr_assert_eq(write(pair[0], bytes, strlen(bytes)), (ssize_t)strlen(bytes));
}

static WireReader reader_of(size_t max)
{
    return (WireReader){.fd = pair[1], .max = max};
}

CLAIM(wire, a_stream_is_cut_into_lines)
{
    _cleanup_wire_reader_ WireReader reader = reader_of(100);
    char *line;
    size_t length;

    put("one\n\nthree");
    cr_assert_eq(wire_read_line(&reader, 1000, &line, &length), 1);
    cr_assert_str_eq(line, "one");
    cr_assert_eq(length, 3);
    cr_assert(wire_has_line(&reader));
    cr_assert_eq(wire_read_line(&reader, 1000, &line, &length), 1);
    cr_assert_str_eq(line, "");
    cr_assert_not(wire_has_line(&reader));
    put("!\n");
    cr_assert_eq(wire_read_line(&reader, 1000, &line, &length), 1);
    cr_assert_str_eq(line, "three!");
}

CLAIM(wire, a_line_is_borrowed_until_the_next_call_only)
{
    _cleanup_wire_reader_ WireReader reader = reader_of(100000);
    char *line;
    size_t length;

    for (int round = 0; round < 3; round++) {
        char text[5000];
        snprintf(text, sizeof(text), "%0*d\n", 10 + round * 2000, round);
        put(text);
        cr_assert_eq(wire_read_line(&reader, 1000, &line, &length), 1);
        cr_assert_eq(length, 10 + (size_t)round * 2000);
        cr_assert_eq(line[length - 1], '0' + round);
    }
}

CLAIM(wire, a_line_of_exactly_the_limit_is_read_and_one_more_byte_is_refused)
{
    const size_t limits[] = {1, 10, 4095, 4096, 5000, 65536};
    char *line;
    size_t length;

    for (size_t i = 0; i < ELEMENTSOF(limits); i++) {
        _cleanup_wire_reader_ WireReader exact = reader_of(limits[i]);
        _cleanup_free_ char *text = malloc(limits[i] + 2);

        memset(text, 'x', limits[i] + 1);
        text[limits[i]] = '\n';
        text[limits[i] + 1] = '\0';
        put(text);
        cr_assert_eq(wire_read_line(&exact, 1000, &line, &length), 1, "%zu", limits[i]);
        cr_assert_eq(length, limits[i]);

        text[limits[i]] = 'x';
        put(text);
        cr_assert_eq(wire_read_line(&exact, 1000, &line, &length), -EMSGSIZE, "%zu", limits[i]);
        close_pair();
        open_pair();
    }
}

CLAIM(wire, a_long_line_comes_in_pieces)
{
    _cleanup_wire_reader_ WireReader reader = reader_of(WIRE_REQUEST_MAX);
    char *line;
    size_t length;

    char piece[501] = "";

    memset(piece, 'z', sizeof(piece) - 1);
    for (int i = 0; i < 100; i++)
        put(piece);
    put("\nnext\n");
    cr_assert_eq(wire_read_line(&reader, 1000, &line, &length), 1);
    cr_assert_eq(length, 50000);
    cr_assert_eq(wire_read_line(&reader, 1000, &line, &length), 1);
    cr_assert_str_eq(line, "next");
}

CLAIM(wire, the_end_of_input_drops_an_unfinished_line)
{
    _cleanup_wire_reader_ WireReader reader = reader_of(100);
    char *line;
    size_t length;

    put("whole\npart");
    shutdown(pair[0], SHUT_WR);
    cr_assert_eq(wire_read_line(&reader, 1000, &line, &length), 1);
    cr_assert_eq(wire_read_line(&reader, 1000, &line, &length), 0);
    cr_assert_eq(wire_read_line(&reader, 1000, &line, &length), 0);
}

CLAIM(wire, a_silent_peer_ends_in_a_timeout)
{
    _cleanup_wire_reader_ WireReader reader = reader_of(100);
    char *line;
    size_t length;
    int64_t start = clock_monotonic_ms();

    put("unfinished");
    cr_assert_eq(wire_read_line(&reader, 60, &line, &length), -ETIMEDOUT);
    cr_assert(clock_monotonic_ms() - start >= 55 && clock_monotonic_ms() - start < 5000);
    cr_assert_eq(wire_read_line(&reader, 0, &line, &length), -ETIMEDOUT);
    put("\n");
    cr_assert_eq(wire_read_line(&reader, 0, &line, &length), 1, "what had come is not lost");
    cr_assert_str_eq(line, "unfinished");
}

static void *drip(void *unused)
{
    struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};

    while (send(pair[0], "x", 1, MSG_NOSIGNAL) == 1)
        nanosleep(&pause, NULL);
    return NULL;
}

CLAIM(wire, a_peer_that_drips_does_not_extend_the_deadline)
{
    _cleanup_wire_reader_ WireReader reader = reader_of(100000);
    char *line;
    size_t length;
    pthread_t thread;

    cr_assert_eq(pthread_create(&thread, NULL, drip, NULL), 0);
    int64_t start = clock_monotonic_ms();
    cr_assert_eq(wire_read_line(&reader, 200, &line, &length), -ETIMEDOUT);
    cr_assert_lt(clock_monotonic_ms() - start, 5000);
    shutdown(pair[1], SHUT_RDWR);
    pthread_join(thread, NULL);
}

CLAIM(wire, a_nul_in_a_line_is_counted)
{
    _cleanup_wire_reader_ WireReader reader = reader_of(100);
    char *line;
    size_t length;

    cr_assert_eq(write(pair[0], "a\0b\n", 4), 4);
    cr_assert_eq(wire_read_line(&reader, 1000, &line, &length), 1);
    cr_assert_eq(length, 3);
}

CLAIM(wire, a_bad_descriptor_is_an_error_and_no_loop)
{
    _cleanup_wire_reader_ WireReader reader = {.fd = open("/", O_RDONLY | O_CLOEXEC), .max = 10};
    char *line;
    size_t length;

    cr_assert_eq(wire_read_line(&reader, 1000, &line, &length), -EISDIR);
    close(reader.fd);
    cr_assert_eq(wire_read_line(&reader, 1000, &line, &length), -EBADF);
}

CLAIM(wire, an_object_is_sent_as_one_line)
{
    _cleanup_wire_reader_ WireReader reader = reader_of(1000);
    _cleanup_json_ json_object *object = json_object_new_object();
    char *line;
    size_t length;

    json_add_string(object, "detail", "two\nlines, a/b");
    json_object_object_add(object, "inner", json_tokener_parse("{\"n\":[1,2]}"));
    cr_assert_eq(wire_send(pair[0], object), 0);
    cr_assert_eq(wire_read_line(&reader, 1000, &line, &length), 1);
    cr_assert_str_eq(line, "{\"detail\":\"two\\nlines, a/b\",\"inner\":{\"n\":[1,2]}}");
}

CLAIM(wire, a_file_name_that_is_no_utf_8_still_makes_a_line_that_can_be_read)
{
    _cleanup_wire_reader_ WireReader reader = reader_of(1000);
    _cleanup_json_ json_object *object = json_object_new_object(), *back = NULL;
    char *line;
    size_t length;

    json_add_string(object, "name", "etc/caf\xe9");
    cr_assert_eq(wire_send(pair[0], object), 0);
    cr_assert_eq(wire_read_line(&reader, 1000, &line, &length), 1);
    cr_assert_eq(json_parse(line, length, WIRE_DEPTH_MAX, &back), 0, "%s", line);
    cr_assert_str_eq(json_get_string(back, "name"), "etc/caf?");
}

static json_object *huge_object(void)
{
    json_object *object = json_object_new_object();
    size_t size = 4 << 20;
    _cleanup_free_ char *text = malloc(size);

    memset(text, 'y', size);
    json_object_object_add(object, "text", json_object_new_string_len(text, (int)size));
    return object;
}

static void *send_huge(void *result)
{
    _cleanup_json_ json_object *object = huge_object();

    *(int *)result = wire_send(pair[0], object);
    return NULL;
}

static void receive_huge(void)
{
    _cleanup_wire_reader_ WireReader reader = reader_of(WIRE_LINE_MAX);
    char *line;
    size_t length;
    pthread_t thread;
    int result = 1;

    cr_assert_eq(pthread_create(&thread, NULL, send_huge, &result), 0);
    cr_assert_eq(wire_read_line(&reader, 10000, &line, &length), 1);
    cr_assert_eq(length, (4 << 20) + strlen("{\"text\":\"\"}"));
    pthread_join(thread, NULL);
    cr_assert_eq(result, 0);
}

CLAIM(wire, a_line_far_longer_than_a_socket_buffer_arrives_whole)
{
    receive_huge();
}

CLAIM(wire, a_line_far_longer_than_a_pipe_buffer_arrives_whole)
{
    close_pair();
    cr_assert_eq(pipe2(pair, O_CLOEXEC), 0);
    int swap = pair[0];
    pair[0] = pair[1];
    pair[1] = swap;
    receive_huge();
}

CLAIM(wire, a_peer_that_went_away_is_an_error_and_no_signal)
{
    _cleanup_json_ json_object *object = json_object_new_object();

    signal(SIGPIPE, SIG_DFL);
    pair[1] = close_fd(pair[1]);
    cr_assert_eq(wire_send(pair[0], object), -EPIPE);
}

static int send_into_full(void)
{
    _cleanup_json_ json_object *object = huge_object();
    int64_t start = clock_monotonic_ms();
    int r = wire_send_within(pair[0], object, 100);

    cr_assert_lt(clock_monotonic_ms() - start, 5000);
    return r;
}

CLAIM(wire, a_peer_that_never_reads_from_its_socket_ends_in_a_timeout)
{
    cr_assert_eq(send_into_full(), -ETIMEDOUT);
}

CLAIM(wire, a_peer_that_never_reads_from_its_pipe_ends_in_a_timeout)
{
    close_pair();
    cr_assert_eq(pipe2(pair, O_CLOEXEC), 0);
    int swap = pair[0];
    pair[0] = pair[1];
    pair[1] = swap;
    cr_assert_eq(send_into_full(), -ETIMEDOUT);
}

CLAIM(wire, a_full_disk_is_an_error)
{
    _cleanup_close_ int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    _cleanup_json_ json_object *object = json_object_new_object();

    cr_assert_eq(wire_send(full, object), -ENOSPC);
}
