/* SPDX-License-Identifier: MIT */
#include "update/hooks.h"

#include <string.h>
#include <unistd.h>

#include "base/macro.h"
#include "base/text.h"
#include "update/cancel.h"
#include "update/error.h"

#define HOOKS_MAX 64
#define STILL_US  (60 * G_USEC_PER_SEC)

static const char *const folders[] = {"/etc/azl/hooks/pre-reboot.d", "/run/azl/hooks/pre-reboot.d",
                                      "/usr/lib/azl/hooks/pre-reboot.d"};

static void collect_folder(const char *folder, GHashTable *hooks)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir)))
        if (name[0] != '.' && !g_str_has_suffix(name, "~") && !g_hash_table_contains(hooks, name) &&
            g_hash_table_size(hooks) < HOOKS_MAX)
            g_hash_table_insert(hooks, g_strdup(name), g_build_filename(folder, name, NULL));
}

/* Name to path. */
static GHashTable *collect(void)
{
    GHashTable *hooks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

    for (size_t i = 0; i < ELEMENTSOF(folders); i++)
        collect_folder(folders[i], hooks);
    return hooks;
}

/* One hook under way. */
typedef struct Call {
    Job *job;
    const char *path;
    GSubprocess *process;
    GCancellable *cancellable; /* its own: a child of the hook may hold the pipe open for ever */
    gint64 last_said_us;
    char *said;
    GError *error;
    gboolean ended, late;
} Call;

static void on_ended(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GBytes) output = NULL;
    Call *call = data;
    gsize size = 0;

    (void)g_subprocess_communicate_finish(call->process, result, &output, NULL, &call->error);
    const char *bytes = output ? g_bytes_get_data(output, &size) : NULL;
    call->said = g_strndup(bytes ?: "", size);
    text_make_utf8(call->said, strlen(call->said));
    call->ended = TRUE;
}

static gboolean on_limit(gpointer data)
{
    Call *call = data;

    call->late = TRUE;
    g_subprocess_force_exit(call->process);
    g_cancellable_cancel(call->cancellable);
    return G_SOURCE_REMOVE;
}

/* The last line is mostly the reason. */
static const char *last_line(char *said)
{
    char *line = said ? strrchr(g_strchomp(said), '\n') : NULL;

    text_make_line(line ? line + 1 : said);
    return line ? line + 1 : said ?: "";
}

static gboolean judge(Job *job, const char *path, Call *call, GError **error)
{
    if (call->late)
        return update_throw(error, ERROR_HOOK_REFUSED,
                            "%s did not end within %" G_GUINT64_FORMAT " s", path,
                            job->args->timeout);
    if (g_cancellable_set_error_if_cancelled(job->cancellable, error))
        return FALSE;
    if (call->error) {
        g_propagate_error(error, g_steal_pointer(&call->error));
        return FALSE;
    }
    if (g_subprocess_get_successful(call->process))
        return TRUE;
    const char *said = last_line(call->said);
    if (g_subprocess_get_if_exited(call->process))
        return update_throw(error, ERROR_HOOK_REFUSED, "%s exited with %d%s%s", path,
                            g_subprocess_get_exit_status(call->process), *said ? ": " : "", said);
    return update_throw(error, ERROR_HOOK_REFUSED, "%s was ended by signal %d", path,
                        g_subprocess_get_term_sig(call->process));
}

/* A hook may take its time; the caller hears of it now and then, and can cancel. */
static gboolean on_tick(gpointer data)
{
    gint64 now = g_get_monotonic_time();
    Call *call = data;

    cancel_waiting_on_purpose();
    if (g_cancellable_is_cancelled(call->job->cancellable)) {
        g_subprocess_force_exit(call->process);
        g_cancellable_cancel(call->cancellable);
    } else if (now - call->last_said_us > STILL_US) {
        job_info(call->job, "still waiting for %s", call->path);
        call->last_said_us = now;
    }
    return G_SOURCE_CONTINUE;
}

static void end_source(guint id)
{
    GSource *source = g_main_context_find_source_by_id(NULL, id);

    if (source)
        g_source_destroy(source);
}

static gboolean run_one(Job *job, GSubprocessLauncher *launcher, const char *path, GError **error)
{
    const char *argv[] = {path, NULL};
    g_autoptr(GError) local = NULL;
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GSubprocess) process = g_subprocess_launcher_spawnv(launcher, argv, &local);
    Call call = {.job = job,
                 .path = path,
                 .process = process,
                 .cancellable = cancellable,
                 .last_said_us = g_get_monotonic_time()};

    if (!process)
        return update_throw(error, ERROR_HOOK_REFUSED, "%s: %s", path, local->message);
    job_info(job, "asking %s", path);
    g_subprocess_communicate_async(process, NULL, cancellable, on_ended, &call);
    guint limit = g_timeout_add_seconds((guint)job->args->timeout, on_limit, &call);
    guint tick = g_timeout_add_seconds(1, on_tick, &call);
    while (!call.ended)
        g_main_context_iteration(NULL, TRUE);

    end_source(limit);
    end_source(tick);
    g_subprocess_force_exit(process);
    gboolean good = judge(job, path, &call, error);
    g_free(call.said);
    g_clear_error(&call.error);
    return good;
}

gboolean hooks_run(Job *job, const char *checksum, const char *version, guint *ret_ran,
                   GError **error)
{
    g_autoptr(GHashTable) hooks = collect();
    g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(hooks), (GCompareFunc)strcmp);
    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);

    g_subprocess_launcher_setenv(launcher, "AZL_CHECKSUM", checksum, TRUE);
    g_subprocess_launcher_setenv(launcher, "AZL_VERSION", version ?: "", TRUE);
    *ret_ran = 0;
    for (GList *name = names; name; name = name->next) {
        const char *path = g_hash_table_lookup(hooks, name->data);
        if (!g_file_test(path, G_FILE_TEST_IS_REGULAR) || access(path, X_OK) < 0)
            continue; /* a link to /dev/null, a folder, a README */
        if (!run_one(job, launcher, path, error))
            return FALSE;
        (*ret_ran)++;
    }
    return TRUE;
}
