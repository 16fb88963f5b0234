/* SPDX-License-Identifier: MIT */
#include "update/systemd.h"

#include "update/cancel.h"

#define LIMIT_S 30

gboolean systemd_is_running(void)
{
    return g_file_test("/run/systemd/system", G_FILE_TEST_IS_DIR);
}

/* One systemctl under way. */
typedef struct Call {
    GSubprocess *process;
    char *said;
    GError *error;
    gboolean ended;
} Call;

static void on_ended(GObject *source, GAsyncResult *result, gpointer data)
{
    Call *call = data;

    (void)g_subprocess_communicate_utf8_finish(call->process, result, NULL, &call->said,
                                               &call->error);
    call->ended = TRUE;
}

static gboolean on_limit(gpointer data)
{
    Call *call = data;

    g_subprocess_force_exit(call->process);
    return G_SOURCE_REMOVE;
}

static gboolean judge(Call *call, GError **error)
{
    if (call->error) {
        g_propagate_error(error, g_steal_pointer(&call->error));
        return FALSE;
    }
    if (g_subprocess_get_successful(call->process))
        return TRUE;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s",
                call->said && *g_strstrip(call->said) ? call->said : "systemctl did not succeed");
    return FALSE;
}

static gboolean systemctl(const char *const *argv, GCancellable *cancellable, GError **error)
{
    g_autoptr(GSubprocess) process = g_subprocess_newv(
        argv, G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_PIPE, error);
    Call call = {.process = process};

    if (!process)
        return FALSE;
    g_subprocess_communicate_utf8_async(process, NULL, cancellable, on_ended, &call);
    cancel_waiting_on_purpose();
    guint limit = g_timeout_add_seconds(LIMIT_S, on_limit, &call);
    while (!call.ended)
        g_main_context_iteration(NULL, TRUE);

    GSource *source = g_main_context_find_source_by_id(NULL, limit);
    if (source)
        g_source_destroy(source);
    g_subprocess_force_exit(process);
    gboolean good = judge(&call, error);
    g_free(call.said);
    return good;
}

gboolean systemd_start(const char *unit, GCancellable *cancellable, GError **error)
{
    const char *argv[] = {"systemctl", "--no-ask-password", "--quiet", "start", unit, NULL};

    return systemctl(argv, cancellable, error);
}

gboolean systemd_is_active(const char *unit)
{
    const char *argv[] = {"systemctl", "--quiet", "is-active", unit, NULL};

    return systemctl(argv, NULL, NULL);
}

gboolean systemd_reboot(GCancellable *cancellable, GError **error)
{
    const char *argv[] = {"systemctl", "--no-ask-password", "--no-block", "reboot", NULL};

    return systemctl(argv, cancellable, error);
}
