/* SPDX-License-Identifier: MIT */
#include "update/packages.h"

#include <string.h>

#include "base/json.h"

static void add_plain(GHashTable *packages, GVariant *list)
{
    GVariantIter iter;
    const char *name = NULL, *version = NULL;

    g_variant_iter_init(&iter, list);
    while (g_variant_iter_next(&iter, "(&s&s)", &name, &version))
        g_hash_table_insert(packages, g_strdup(name), g_strdup(version));
}

static void add_rpm(GHashTable *packages, GVariant *list)
{
    GVariantIter iter;
    const char *name = NULL, *epoch = NULL, *version = NULL, *release = NULL, *arch = NULL;

    g_variant_iter_init(&iter, list);
    while (g_variant_iter_next(&iter, "(&s&s&s&s&s)", &name, &epoch, &version, &release, &arch))
        g_hash_table_insert(packages, g_strdup(name),
                            g_str_equal(epoch, "0") || !*epoch
                                ? g_strdup_printf("%s-%s", version, release)
                                : g_strdup_printf("%s:%s-%s", epoch, version, release));
}

/* name → version; NULL when the commit lists none. */
static GHashTable *read_packages(OstreeRepo *repo, const char *checksum)
{
    g_autoptr(GVariant) commit = NULL, metadata = NULL, plain = NULL, rpm = NULL;

    if (!ostree_repo_load_commit(repo, checksum, &commit, NULL, NULL))
        return NULL;
    metadata = g_variant_get_child_value(commit, 0);
    plain = g_variant_lookup_value(metadata, "azl.packages", G_VARIANT_TYPE("a(ss)"));
    rpm = g_variant_lookup_value(metadata, "rpmostree.rpmdb.pkglist", G_VARIANT_TYPE("a(sssss)"));
    if (!plain && !rpm)
        return NULL;

    GHashTable *packages = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (plain)
        add_plain(packages, plain);
    else
        add_rpm(packages, rpm);
    return packages;
}

static json_object *entry(const char *name, const char *from, const char *to)
{
    json_object *object = json_object_new_object();

    json_add_string(object, "name", name);
    if (from)
        json_add_string(object, "from", from);
    if (to)
        json_add_string(object, "to", to);
    return object;
}

static GList *sorted_names(GHashTable *packages)
{
    return g_list_sort(g_hash_table_get_keys(packages), (GCompareFunc)strcmp);
}

json_object *packages_diff(OstreeRepo *repo, const char *from, const char *to)
{
    g_autoptr(GHashTable) old = read_packages(repo, from);
    g_autoptr(GHashTable) new = read_packages(repo, to);

    if (!old || !new)
        return NULL;

    json_object *result = json_object_new_object();
    json_object *added = json_object_new_array(), *removed = json_object_new_array(),
                *changed = json_object_new_array();
    g_autoptr(GList) old_names = sorted_names(old), new_names = sorted_names(new);

    for (GList *l = new_names; l; l = l->next) {
        const char *before = g_hash_table_lookup(old, l->data);
        const char *after = g_hash_table_lookup(new, l->data);
        if (!before)
            json_object_array_add(added, entry(l->data, NULL, after));
        else if (!g_str_equal(before, after))
            json_object_array_add(changed, entry(l->data, before, after));
    }
    for (GList *l = old_names; l; l = l->next)
        if (!g_hash_table_contains(new, l->data))
            json_object_array_add(removed, entry(l->data, g_hash_table_lookup(old, l->data), NULL));

    json_object_object_add(result, "added", added);
    json_object_object_add(result, "removed", removed);
    json_object_object_add(result, "changed", changed);
    return result;
}
