/* SPDX-License-Identifier: MIT */
#include "update/line.h"

#include "base/json.h"
#include "base/wire.h"

#define LOOK_MS 10

static GMutex mutex; /* who holds it sends */
static gboolean ended;
static int end_code;

void line_send(int fd, json_object *event)
{
    g_mutex_lock(&mutex);
    if (!ended)
        (void)wire_send(fd, event);
    g_mutex_unlock(&mutex);
}

gboolean line_is_busy(void)
{
    if (!g_mutex_trylock(&mutex))
        return TRUE;
    g_mutex_unlock(&mutex);
    return FALSE;
}

static gboolean lock_within(int patience_ms)
{
    while (!g_mutex_trylock(&mutex)) {
        if (patience_ms <= 0)
            return FALSE;
        patience_ms -= LOOK_MS;
        g_usleep(LOOK_MS * 1000);
    }
    return TRUE;
}

int line_end(int fd, json_object *end, int code, int patience_ms)
{
    if (!lock_within(patience_ms))
        return code == EXIT_DONE ? EXIT_FAILED : code;
    if (!ended) {
        gboolean sent = wire_send_within(fd, end, patience_ms) == 0;
        ended = TRUE;
        end_code = !sent && code == EXIT_DONE ? EXIT_FAILED : code;
    }
    code = end_code;
    g_mutex_unlock(&mutex);
    return code;
}

int line_end_with_error(int fd, ErrorId id, const char *detail, int patience_ms)
{
    _cleanup_json_ json_object *end = json_object_new_object();
    json_object *error = json_object_new_object();

    json_add_string(error, "id", error_id_name(id));
    json_add_string(error, "detail", detail ?: "");
    json_object_object_add(end, "error", error);
    return line_end(fd, end, error_id_exit_code(id), patience_ms);
}
