/* SPDX-License-Identifier: MIT */
#include "agent/link.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/json.h"
#include "base/wire.h"

/* A request fits into the socket's buffer, so this is never waited for. */
#define SEND_MS 100
/* A late timer is no harm: the kernel may gather wake-ups. */
#define SLACK_USEC (250 * 1000)

const LinkLimits link_limits = {.idle_ms = 10 * 60 * 1000, .cancel_ms = 30 * 1000};

struct Link {
    int fd;
    WireReader reader;
    const LinkLimits *limits;
    LinkHandler handler;
    void *userdata;
    bool cancelled;
    sd_event_source *input, *deadline;
};

Link *link_free(Link *link)
{
    if (!link)
        return NULL;
    sd_event_source_disable_unref(link->input);
    sd_event_source_disable_unref(link->deadline);
    wire_reader_clear(&link->reader);
    close_fd(link->fd);
    free(link);
    return NULL;
}

/* Stops listening, then tells. The last thing that is done with the link. */
static void end(Link *link, json_object *result, const Problem *problem)
{
    sd_event_source_set_enabled(link->input, SD_EVENT_OFF);
    sd_event_source_set_enabled(link->deadline, SD_EVENT_OFF);
    link->handler.ended(result, problem, link->userdata);
}

static void end_with(Link *link, int code, ErrorId id, const char *detail)
{
    _cleanup_problem_ Problem problem = {0};

    failure_set(&problem.failure, code, id, "%s", detail);
    end(link, NULL, &problem);
}

static void end_garbage(Link *link, const char *what, const char *line)
{
    _cleanup_problem_ Problem problem = {0};

    failure_set(&problem.failure, -EBADMSG, ERROR_PROTOCOL_GARBAGE, "%s%s%.80s%s", what,
                line ? ": \"" : "", line ?: "", line ? "\"" : "");
    end(link, NULL, &problem);
}

static void end_hung_up(Link *link)
{
    if (link->cancelled)
        end_with(link, -ECANCELED, ERROR_CANCELLED, "as asked");
    else
        end_with(link, -EPIPE, ERROR_WORKER_DIED, "it closed the connection");
}

static void touch(Link *link)
{
    if (!link->cancelled)
        sd_event_source_set_time_relative(link->deadline, link->limits->idle_ms * 1000ULL);
}

/* false: that was the end; the link may be gone. */
static bool on_line(Link *link, const char *line, size_t length)
{
    _cleanup_json_ json_object *message = NULL;
    _cleanup_problem_ Problem problem = {0};

    if (json_parse(line, length, WIRE_DEPTH_MAX, &message) < 0 ||
        !json_object_is_type(message, json_type_object)) {
        end_garbage(link, "a line that is no JSON object", line);
        return false;
    }
    json_object *result = json_get(message, "result"), *error = json_get(message, "error");
    if (json_object_is_type(result, json_type_object) && !error) {
        end(link, result, NULL);
        return false;
    }
    if (json_object_is_type(error, json_type_object) && !result) {
        problem_from_json(&problem, error);
        end(link, NULL, &problem);
        return false;
    }
    if (result || error || !json_get_string(message, "event")) {
        end_garbage(link, "a line that is neither an event nor an end", line);
        return false;
    }
    touch(link);
    link->handler.event(message, link->userdata);
    return true;
}

/* Takes the lines that are there: at most what the reader's buffer holds, others want the loop too.
 */
static int on_input(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    Link *link = userdata;

    do {
        char *line;
        size_t length;
        int r = wire_read_line(&link->reader, 0, &line, &length);

        if (r == -ETIMEDOUT)
            return 0;
        if (r == -EMSGSIZE) {
            end_garbage(link, "an endless line", NULL);
            return 0;
        }
        if (r <= 0) {
            end_hung_up(link);
            return 0;
        }
        if (!on_line(link, line, length))
            return 0;
    } while (wire_has_line(&link->reader));
    return 0;
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
    Link *link = userdata;

    if (link->cancelled)
        end_with(link, -ECANCELED, ERROR_CANCELLED, "the worker did not stop in time");
    else
        end_with(link, -ETIMEDOUT, ERROR_WORKER_DIED, "it said nothing for too long");
    return 0;
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path));

    _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        return -errno;
    return TAKE_FD(fd);
}

static int watch(Link *link, sd_event *loop)
{
    int r = sd_event_add_io(loop, &link->input, link->fd, EPOLLIN, on_input, link);

    if (r >= 0)
        r = sd_event_add_time_relative(loop, &link->deadline, CLOCK_BOOTTIME,
                                       link->limits->idle_ms * 1000ULL, SLACK_USEC, on_deadline,
                                       link);
    return MIN_OF(r, 0);
}

int link_start(sd_event *loop, const char *path, json_object *request, const LinkLimits *limits,
               const LinkHandler *handler, void *userdata, Link **ret, Failure *f)
{
    _cleanup_link_ Link *link = calloc(1, sizeof(*link));

    if (!link)
        return failure_oom(f);
    *link = (Link){.limits = limits, .handler = *handler, .userdata = userdata};
    link->fd = connect_to(path);
    if (link->fd < 0)
        return failure_set_errno(f, link->fd, ERROR_WORKER_MISSING, "connecting to %s", path);
    link->reader = (WireReader){.fd = link->fd, .max = LINK_LINE_MAX};

    int r = watch(link, loop);
    if (r < 0)
        return failure_set_errno(f, r, ERROR_INTERNAL, "watching the worker");
    /* A worker that does not read may still have said why. */
    r = wire_send_within(link->fd, request, SEND_MS);
    if (r < 0 && r != -EPIPE && r != -ECONNRESET)
        return failure_set_errno(f, r, ERROR_WORKER_DIED, "sending the request");
    *ret = TAKE_PTR(link);
    return 0;
}

void link_cancel(Link *link)
{
    if (link->cancelled)
        return;
    link->cancelled = true;
    shutdown(link->fd, SHUT_WR);
    sd_event_source_set_time_relative(link->deadline, link->limits->cancel_ms * 1000ULL);
}
