/* SPDX-License-Identifier: MIT */
/* What an error from the bus means: daemon_problem() of daemon.h. */
#include <string.h>

#include "agent/ctl/daemon.h"
#include "base/json.h"

#define PREFIX DAEMON_NAME ".Error."

/* The text is "what happened: detail; what to do [id]" (failure_to_text()); of that the detail,
 * since we say the rest ourselves. All of it, where it reads otherwise. Owned by the caller. */
static char *cut_detail(const char *text, ErrorId id)
{
    const char *summary = error_id_summary(id);
    _cleanup_free_ char *end = NULL;
    size_t head = strlen(summary), length = strlen(text);

    if (asprintf(&end, "; %s [%s]", error_id_next_step(id), error_id_name(id)) < 0) {
        end = NULL;
        return NULL;
    }
    size_t tail = strlen(end);
    if (strncmp(text, summary, head) != 0 || length < head + tail ||
        strcmp(text + length - tail, end) != 0)
        return strdup(text);
    head += strspn(text + head, ": ");
    return strndup(text + head, length - tail >= head ? length - tail - head : 0);
}

/* A newer daemon's error: its id stands in brackets at the end. */
static int newer(const sd_bus_error *error, Problem *p)
{
    const char *text = error->message ?: "", *open = strrchr(text, '[');
    size_t length = open ? strcspn(open + 1, "]") : 0;
    _cleanup_json_ json_object *object = json_object_new_object();

    if (length == 0 || strcmp(open + 1 + length, "]") != 0)
        return failure_set(&p->failure, -EREMOTEIO, ERROR_INTERNAL, "%s: %s", error->name, text);
    _cleanup_free_ char *id = strndup(open + 1, length);
    _cleanup_free_ char *detail = strndup(text, (size_t)(open - text));
    if (!id || !detail)
        return failure_oom(&p->failure);
    size_t end = strlen(detail);
    if (end > 0 && detail[end - 1] == ' ')
        detail[end - 1] = '\0';
    json_add_string(object, "id", id);
    json_add_string(object, "detail", detail);
    return problem_from_json(p, object);
}

int daemon_problem(const sd_bus_error *error, int code, Problem *p)
{
    static const struct {
        const char *name;
        ErrorId id;
    } names[] = {
        {SD_BUS_ERROR_ACCESS_DENIED, ERROR_PROTOCOL_NOT_AUTHORIZED},
        {SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, ERROR_PROTOCOL_NOT_AUTHORIZED},
        {SD_BUS_ERROR_INVALID_ARGS, ERROR_USAGE},
        {SD_BUS_ERROR_UNKNOWN_METHOD, ERROR_PROTOCOL_UNKNOWN_OP},
        {SD_BUS_ERROR_UNKNOWN_OBJECT, ERROR_AGENT_NO_JOB},
        {SD_BUS_ERROR_NO_MEMORY, ERROR_OUT_OF_MEMORY},
    };
    const char *name = error->name ?: "", *message = error->message ?: strerror(-code);
    ErrorId id = ERROR_AGENT_MISSING;

    if (strncmp(name, PREFIX, strlen(PREFIX)) == 0) {
        id = error_id_from_bus_name(name + strlen(PREFIX));
        if (id == ERROR_NONE)
            return newer(error, p);
        _cleanup_free_ char *detail = cut_detail(message, id);
        return failure_set(&p->failure, -EREMOTEIO, id, "%s", detail ?: message);
    }
    for (size_t i = 0; i < ELEMENTSOF(names); i++)
        if (strcmp(name, names[i].name) == 0)
            id = names[i].id;
    return failure_set(&p->failure, code < 0 ? code : -EREMOTEIO, id, "%s", message);
}
