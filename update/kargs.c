/* SPDX-License-Identifier: MIT */
#include "update/kargs.h"

#include <string.h>

#include "base/strv.h"
#include "update/error.h"

#define DEFAULTS_DIR "usr/lib/azl/kargs.d"
#define FILE_MAX     (64 * 1024)

static void add_lines(GPtrArray *arguments, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (guint i = 0; lines[i]; i++) {
        char *line = g_strstrip(lines[i]);
        if (*line && *line != '#')
            g_ptr_array_add(arguments, g_strdup(line));
    }
}

static gboolean read_file(GFile *file, GPtrArray *arguments, GCancellable *cancellable,
                          GError **error)
{
    g_autoptr(GFileInputStream) stream = g_file_read(file, cancellable, error);
    g_autofree char *text = g_malloc0(FILE_MAX + 1);
    gsize size = 0;

    if (!stream ||
        !g_input_stream_read_all(G_INPUT_STREAM(stream), text, FILE_MAX, &size, cancellable, error))
        return FALSE;
    add_lines(arguments, text);
    return TRUE;
}

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static gboolean list_files(GFile *dir, GPtrArray *names, GCancellable *cancellable, GError **error)
{
    g_autoptr(GFileEnumerator) entries = NULL;

    if (!g_file_query_exists(dir, cancellable))
        return TRUE;
    entries = g_file_enumerate_children(dir, "standard::name", G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS,
                                        cancellable, error);
    if (!entries)
        return FALSE;
    for (GFileInfo *info = NULL;;) {
        if (!g_file_enumerator_iterate(entries, &info, NULL, cancellable, error))
            return FALSE;
        if (!info)
            break;
        if (g_str_has_suffix(g_file_info_get_name(info), ".conf"))
            g_ptr_array_add(names, g_strdup(g_file_info_get_name(info)));
    }
    g_ptr_array_sort(names, by_name);
    return TRUE;
}

GStrv kargs_defaults(OstreeRepo *repo, const char *checksum, GCancellable *cancellable,
                     GError **error)
{
    g_autoptr(GFile) root = NULL;
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func(g_free);

    if (!ostree_repo_read_commit(repo, checksum, &root, NULL, cancellable, error))
        return NULL;
    g_autoptr(GFile) dir = g_file_resolve_relative_path(root, DEFAULTS_DIR);
    if (!list_files(dir, names, cancellable, error))
        return NULL;
    for (guint i = 0; i < names->len; i++) {
        g_autoptr(GFile) file = g_file_get_child(dir, names->pdata[i]);
        if (!read_file(file, arguments, cancellable, error))
            return NULL;
    }
    g_ptr_array_add(arguments, NULL);
    return (GStrv)g_ptr_array_free(g_steal_pointer(&arguments), FALSE);
}

GStrv kargs_of(OstreeDeployment *deployment)
{
    OstreeBootconfigParser *config = ostree_deployment_get_bootconfig(deployment);
    const char *options = config ? ostree_bootconfig_parser_get(config, "options") : NULL;
    g_autoptr(OstreeKernelArgs) kargs = ostree_kernel_args_from_string(options ?: "");

    /* libostree's own argument names the deployment; it is set anew for each. */
    (void)ostree_kernel_args_delete_key_entry(kargs, "ostree", NULL);
    return ostree_kernel_args_to_strv(kargs);
}

GStrv kargs_update(char *const *current, char *const *old_defaults, char *const *new_defaults)
{
    GPtrArray *arguments = g_ptr_array_new();

    for (char *const *a = current; *a; a++)
        if (!strv_contains(old_defaults, *a) || strv_contains(new_defaults, *a))
            g_ptr_array_add(arguments, g_strdup(*a));
    for (char *const *a = new_defaults; *a; a++)
        if (!strv_contains(current, *a) && !strv_contains(old_defaults, *a))
            g_ptr_array_add(arguments, g_strdup(*a));
    g_ptr_array_add(arguments, NULL);
    return (GStrv)g_ptr_array_free(arguments, FALSE);
}

static gboolean is_valid(const char *argument)
{
    return *argument && *argument != '=' && !strpbrk(argument, " \n\r\t") &&
           !g_str_has_prefix(argument, "ostree=");
}

static gboolean check_all(char *const *arguments, GError **error)
{
    for (; arguments && *arguments; arguments++)
        if (!is_valid(*arguments))
            return update_throw(error, ERROR_KARGS_INVALID, "'%s'", *arguments);
    return TRUE;
}

GStrv kargs_edit(char *const *current, char *const *append, char *const *delete_,
                 char *const *replace, GError **error)
{
    g_autoptr(OstreeKernelArgs) kargs = ostree_kernel_args_new();
    g_autoptr(GError) local = NULL;

    if (!check_all(append, error) || !check_all(delete_, error) || !check_all(replace, error))
        return NULL;

    ostree_kernel_args_append_argv(kargs, (char **)current);
    for (; delete_ && *delete_; delete_++)
        if (!ostree_kernel_args_delete(kargs, *delete_, &local))
            goto invalid;
    for (; replace && *replace; replace++)
        if (!ostree_kernel_args_new_replace(kargs, *replace, &local))
            goto invalid;
    for (; append && *append; append++)
        ostree_kernel_args_append(kargs, *append);
    return ostree_kernel_args_to_strv(kargs);

invalid:
    update_throw(error, ERROR_KARGS_INVALID, "%s", local->message);
    return NULL;
}
