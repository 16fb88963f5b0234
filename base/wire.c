/* SPDX-License-Identifier: MIT */
#include "base/wire.h"

#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

/* Waits until fd is ready for `events` or the deadline passed. */
static int wait_fd(int fd, short events, int64_t deadline_ms)
{
    struct pollfd p = {.fd = fd, .events = events};

    for (;;) {
        int64_t left = deadline_ms < 0 ? -1 : MAX_OF(deadline_ms - clock_monotonic_ms(), 0);
        int r = poll(&p, 1, (int)left);

        if (r > 0)
            return 0;
        if (r == 0)
            return -ETIMEDOUT;
        if (errno != EINTR)
            return -errno;
    }
}

static int grow(WireReader *reader)
{
    size_t size = MIN_OF(MAX_OF(reader->size * 2, (size_t)4096), reader->max + 2);

    if (reader->filled + 1 < reader->size)
        return 0;
    if (size <= reader->size)
        return -EMSGSIZE;

    char *buffer = realloc(reader->buffer, size);
    if (!buffer)
        return -ENOMEM;
    reader->buffer = buffer;
    reader->size = size;
    return 0;
}

/* Forgets the line that was handed out last. */
static void drop_used(WireReader *reader)
{
    memmove(reader->buffer, reader->buffer + reader->used, reader->filled - reader->used);
    reader->filled -= reader->used;
    reader->used = 0;
}

static int hand_out(WireReader *reader, char *end, char **ret_line, size_t *ret_length)
{
    *end = '\0';
    reader->used = end + 1 - reader->buffer;
    *ret_line = reader->buffer;
    *ret_length = end - reader->buffer;
    return 1;
}

bool wire_has_line(const WireReader *reader)
{
    return reader->filled > reader->used &&
           memchr(reader->buffer + reader->used, '\n', reader->filled - reader->used);
}

int wire_read_line(WireReader *reader, int timeout_ms, char **ret_line, size_t *ret_length)
{
    int64_t deadline = timeout_ms < 0 ? -1 : clock_monotonic_ms() + timeout_ms;
    size_t scanned = 0;

    if (reader->buffer)
        drop_used(reader);

    for (;;) {
        char *end = reader->filled > scanned
                        ? memchr(reader->buffer + scanned, '\n', reader->filled - scanned)
                        : NULL;
        if (end)
            return hand_out(reader, end, ret_line, ret_length);
        scanned = reader->filled;

        int r = grow(reader);
        if (r >= 0)
            r = wait_fd(reader->fd, POLLIN, deadline);
        if (r < 0)
            return r;

        ssize_t n =
            read(reader->fd, reader->buffer + reader->filled, reader->size - reader->filled - 1);
        if (n == 0)
            return 0;
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return -errno;
        if (n > 0)
            reader->filled += n;
    }
}

void wire_reader_clear(WireReader *reader)
{
    free(reader->buffer);
    reader->buffer = NULL;
    reader->size = reader->filled = reader->used = 0;
}

json_object *wire_request(const char *op, json_object *args)
{
    json_object *request = json_object_new_object();

    json_add_int(request, "v", WIRE_VERSION);
    json_add_string(request, "op", op);
    json_object_object_add(request, "args", args ?: json_object_new_object());
    return request;
}

/* send() where it is a socket: no SIGPIPE, no waiting. Elsewhere (a pipe, a file, a terminal)
 * write() may wait for ever, except for PIPE_BUF bytes on what poll() calls writable. */
static ssize_t push(int fd, const char *data, size_t size, int64_t deadline)
{
    ssize_t n = send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (n >= 0 || errno != ENOTSOCK)
        return n < 0 ? -errno : n;

    int r = wait_fd(fd, POLLOUT, deadline);
    if (r < 0)
        return r;
    n = write(fd, data, MIN_OF(size, (size_t)PIPE_BUF));
    return n < 0 ? -errno : n;
}

int wire_send_within(int fd, json_object *object, int timeout_ms)
{
    size_t length = 0;
    const char *text = json_object_to_json_string_length(
        object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &length);
    _cleanup_free_ char *line = text ? malloc(length + 1) : NULL;
    int64_t deadline = clock_monotonic_ms() + timeout_ms;

    if (!line)
        return -ENOMEM;
    memcpy(line, text, length);
    text_make_utf8(line, length);
    line[length++] = '\n';

    for (size_t sent = 0; sent < length;) {
        ssize_t n = push(fd, line + sent, length - sent, deadline);
        if (n >= 0) {
            sent += n;
            continue;
        }
        if (n != -EAGAIN && n != -EINTR)
            return n;
        int r = wait_fd(fd, POLLOUT, deadline);
        if (r < 0)
            return r;
    }
    return 0;
}

int wire_send(int fd, json_object *object)
{
    return wire_send_within(fd, object, WIRE_SEND_MS);
}
