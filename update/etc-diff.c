/* SPDX-License-Identifier: MIT */
#include "update/etc-diff.h"

#include <string.h>

#include "base/json.h"

static GFile *etc_of(OstreeSysroot *sysroot, OstreeDeployment *deployment, const char *path)
{
    g_autoptr(GFile) dir = ostree_sysroot_get_deployment_directory(sysroot, deployment);

    return g_file_resolve_relative_path(dir, path);
}

/* Same file, byte by byte and mode by mode? Links are compared by where they point. */
static gboolean same_file(GFile *a, GFile *b)
{
    g_autoptr(GFileInfo) info_a = g_file_query_info(
        a, "standard::*,unix::mode", G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, NULL, NULL);
    g_autoptr(GFileInfo) info_b = g_file_query_info(
        b, "standard::*,unix::mode", G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, NULL, NULL);
    if (!info_a || !info_b)
        return !info_a && !info_b;
    if (g_file_info_get_attribute_uint32(info_a, "unix::mode") !=
        g_file_info_get_attribute_uint32(info_b, "unix::mode"))
        return FALSE;
    if (g_file_info_get_file_type(info_a) == G_FILE_TYPE_SYMBOLIC_LINK)
        return g_strcmp0(g_file_info_get_symlink_target(info_a),
                         g_file_info_get_symlink_target(info_b)) == 0;
    if (g_file_info_get_file_type(info_a) != G_FILE_TYPE_REGULAR)
        return TRUE;
    if (g_file_info_get_size(info_a) != g_file_info_get_size(info_b))
        return FALSE;

    g_autofree char *text_a = NULL, *text_b = NULL;
    gsize size_a = 0, size_b = 0;
    return g_file_load_contents(a, NULL, &text_a, &size_a, NULL, NULL) &&
           g_file_load_contents(b, NULL, &text_b, &size_b, NULL, NULL) && size_a == size_b &&
           memcmp(text_a, text_b, size_a) == 0;
}

typedef struct Collector {
    GFile *etc;   /* of `from` */
    GFile *other; /* of `to`; NULL: everything counts */
    gint64 total;
} Collector;

/* libostree's own bookkeeping below /etc is nobody's edit. */
static gboolean is_bookkeeping(const char *name)
{
    return g_str_equal(name, ".updated") || g_str_equal(name, "ld.so.cache");
}

static void collect(Collector *collector, json_object *list, const char *name)
{
    if (is_bookkeeping(name))
        return;
    if (collector->other) {
        g_autoptr(GFile) here = g_file_resolve_relative_path(collector->etc, name);
        g_autoptr(GFile) there = g_file_resolve_relative_path(collector->other, name);
        if (same_file(here, there))
            return;
    }
    collector->total++;
    if (json_object_array_length(list) < ETC_NAMES_MAX)
        json_object_array_add(list, json_object_new_string(name));
}

gboolean etc_diff(OstreeSysroot *sysroot, OstreeDeployment *from, OstreeDeployment *to,
                  json_object **ret, GCancellable *cancellable, GError **error)
{
    g_autoptr(GFile) defaults = etc_of(sysroot, from, "usr/etc");
    g_autoptr(GFile) etc = etc_of(sysroot, from, "etc");
    g_autoptr(GFile) other = to ? etc_of(sysroot, to, "etc") : NULL;
    g_autoptr(GPtrArray) modified =
        g_ptr_array_new_with_free_func((GDestroyNotify)ostree_diff_item_unref);
    g_autoptr(GPtrArray) removed = g_ptr_array_new_with_free_func(g_object_unref);
    g_autoptr(GPtrArray) added = g_ptr_array_new_with_free_func(g_object_unref);
    Collector collector = {.etc = etc, .other = other};

    if (!ostree_diff_dirs(OSTREE_DIFF_FLAGS_IGNORE_XATTRS, defaults, etc, modified, removed, added,
                          cancellable, error))
        return FALSE;

    json_object *lists[] = {json_object_new_array(), json_object_new_array(),
                            json_object_new_array()};
    for (guint i = 0; i < modified->len; i++) {
        OstreeDiffItem *item = modified->pdata[i];
        g_autofree char *name = g_file_get_relative_path(etc, item->target);
        collect(&collector, lists[0], name);
    }
    for (guint i = 0; i < added->len; i++) {
        g_autofree char *name = g_file_get_relative_path(etc, added->pdata[i]);
        collect(&collector, lists[1], name);
    }
    for (guint i = 0; i < removed->len; i++) {
        g_autofree char *name = g_file_get_relative_path(defaults, removed->pdata[i]);
        collect(&collector, lists[2], name);
    }

    *ret = json_object_new_object();
    json_object_object_add(*ret, "modified", lists[0]);
    json_object_object_add(*ret, "added", lists[1]);
    json_object_object_add(*ret, "removed", lists[2]);
    json_add_int(*ret, "total", collector.total);
    return TRUE;
}
