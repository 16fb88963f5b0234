/* SPDX-License-Identifier: MIT */
#include "update/space.h"

#include <fcntl.h>
#include <sys/statvfs.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/size.h"
#include "update/error.h"
#include "update/kernel.h"
#include "update/leftover.h"

#define BOOT_SIZE_KEY "azl.boot-size"
#define NOTE_NAME     "space.json"
#define NOTE_SCHEMA   "azl.space/1"

/* A deployment is hard links: directories, /etc, and what the file system needs to keep them. */
#define DEPLOYMENT_BYTES (16 * 1024 * 1024)
#define BOOT_SLACK       (256 * 1024)
#define GROWTH_MIN       (1024 * 1024)

Space space_of(Job *job, const char *path)
{
    /* "." is the file system of the repository: on a booted composefs host / is another one, which
     * never has space. */
    int base = g_str_equal(path, ".") ? ostree_repo_get_dfd(job->repo)
                                      : ostree_sysroot_get_fd(job->sysroot);
    _cleanup_close_ int fd = openat(base, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct statvfs vfs;

    if (fd < 0 || fstatvfs(fd, &vfs) < 0)
        return (Space){0};
    return (Space){.free = (guint64)vfs.f_bavail * vfs.f_frsize,
                   .total = (guint64)vfs.f_blocks * vfs.f_frsize};
}

/* The objects a commit lists, or NULL when it was made without sizes. */
static gboolean list_objects(GVariant *commit, GPtrArray **ret, GError **error)
{
    g_autoptr(GError) local = NULL;

    if (ostree_commit_get_object_sizes(commit, ret, &local) ||
        g_error_matches(local, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

/* What is deployed is complete, so its list answers for most objects without a look at the disk. */
static GHashTable *deployed_objects(Job *job, const Cast *cast)
{
    g_autoptr(GVariant) commit = NULL;
    g_autoptr(GPtrArray) sizes = NULL;
    GHashTable *objects = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    if (!ostree_repo_load_commit(job->repo, ostree_deployment_get_csum(cast_current(cast)), &commit,
                                 NULL, NULL) ||
        !list_objects(commit, &sizes, NULL))
        return objects;
    for (guint i = 0; sizes && i < sizes->len; i++) {
        const OstreeCommitSizesEntry *entry = sizes->pdata[i];
        g_hash_table_add(objects, g_strdup(entry->checksum));
    }
    return objects;
}

/* Adds up the listed objects that the real repository lacks, and that no earlier pull has left. */
static gboolean add_missing_objects(Job *job, const Cast *cast, GVariant *commit, SpaceNeed *need,
                                    GError **error)
{
    g_autoptr(GHashTable) deployed = NULL;
    g_autoptr(GPtrArray) sizes = NULL;
    g_autoptr(Leftovers) leftovers = leftovers_open(job->repo);

    if (!list_objects(commit, &sizes, error))
        return FALSE;
    deployed = sizes ? deployed_objects(job, cast) : NULL;
    for (guint i = 0; sizes && i < sizes->len; i++) {
        const OstreeCommitSizesEntry *entry = sizes->pdata[i];
        gboolean have = g_hash_table_contains(deployed, entry->checksum);

        if (!have && !ostree_repo_has_object(job->repo, entry->objtype, entry->checksum, &have,
                                             job->cancellable, error))
            return FALSE;
        if (have || leftovers_have(leftovers, entry->objtype, entry->checksum))
            continue;
        need->sysroot += entry->unpacked;
        need->download += entry->archived;
    }
    return TRUE;
}

gboolean space_estimate(Job *job, const Cast *cast, OstreeRepo *repo, const char *checksum,
                        SpaceNeed *ret, GError **error)
{
    g_autoptr(GVariant) commit = NULL, metadata = NULL;
    SpaceNeed need = {.sysroot = DEPLOYMENT_BYTES};

    if (!ostree_repo_load_commit(repo, checksum, &commit, NULL, error) ||
        !add_missing_objects(job, cast, commit, &need, error))
        return FALSE;

    metadata = g_variant_get_child_value(commit, 0);
    if (!g_variant_lookup(metadata, BOOT_SIZE_KEY, "t", &need.boot))
        need.boot = kernel_largest_in_boot(ostree_sysroot_get_fd(job->sysroot));
    *ret = need;
    return TRUE;
}

gboolean space_measure_boot(Job *job, const Cast *cast, const char *checksum, guint64 *ret,
                            GError **error)
{
    g_auto(Kernel) wanted = {0};

    if (!kernel_of_commit(job->repo, checksum, &wanted, job->cancellable, error))
        return FALSE;
    *ret = wanted.size;
    for (guint i = 0; i < cast->all->len; i++) {
        OstreeDeployment *d = cast->all->pdata[i];
        g_auto(Kernel) present = {0};

        if (ostree_deployment_is_staged(d))
            continue; /* not in /boot yet */
        if (kernel_of_commit(job->repo, ostree_deployment_get_csum(d), &present, job->cancellable,
                             NULL) &&
            kernel_equal(&wanted, &present))
            *ret = 0;
    }
    return TRUE;
}

/* Which deployments a person could give up, and which one stays. */
static char *describe_candidates(Job *job, const Cast *cast)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < cast->all->len; i++) {
        OstreeDeployment *d = cast->all->pdata[i];
        g_autofree char *version = commit_version(job->repo, ostree_deployment_get_csum(d));
        const char *name = version ?: ostree_deployment_get_csum(d);

        if (d == cast->rollback)
            g_string_append_printf(text, "; %s is the fallback and stays", name);
        else if (d == cast->booted || d == cast->pending || d == cast->staged)
            continue;
        else if (ostree_deployment_is_pinned(d))
            g_string_append_printf(
                text, "; %s is pinned and could go (`azlctl unpin %.12s`, `azlctl cleanup`)", name,
                ostree_deployment_get_csum(d));
        else
            g_string_append_printf(text, "; %s could go (`ostree admin undeploy %u`)", name, i);
    }
    return g_string_free(text, FALSE);
}

static gboolean require_one(Job *job, const Cast *cast, ErrorId id, const char *where, guint64 need,
                            guint64 reserved, Space space, GError **error)
{
    char need_text[SIZE_TEXT_MAX], free_text[SIZE_TEXT_MAX];
    guint64 usable = space.free > reserved ? space.free - reserved : 0;

    if (need == 0 || need <= usable)
        return TRUE;
    g_autofree char *candidates = describe_candidates(job, cast);
    return update_throw(error, id, "%s: %s needed, %s free%s", where, size_format(need, need_text),
                        size_format(usable, free_text), candidates);
}

gboolean space_require(Job *job, const Cast *cast, const SpaceNeed *need, GError **error)
{
    guint64 reserved = 0;

    /* libostree itself refuses to go below its min-free-space. */
    (void)ostree_repo_get_min_free_space_bytes(job->repo, &reserved, NULL);

    return require_one(job, cast, ERROR_NO_SPACE_SYSROOT, "sysroot", need->sysroot, reserved,
                       space_of(job, "."), error) &&
           require_one(job, cast, ERROR_NO_SPACE_BOOT, "/boot",
                       need->boot ? need->boot + BOOT_SLACK : 0, 0, space_of(job, "boot"), error);
}

void space_note_exhausted(Job *job)
{
    _cleanup_json_ json_object *note = json_object_new_object();
    g_autoptr(GError) error = NULL;

    json_add_string(note, "schema", NOTE_SCHEMA);
    json_add_int(note, "free", (gint64)space_of(job, ".").free);
    json_add_time(note, "at", clock_now());
    if (!records_save(job->records, NOTE_NAME, note, &error))
        job_warning(job, "%s, ignoring", error->message);
}

gboolean space_require_growth(Job *job, GError **error)
{
    _cleanup_json_ json_object *note = NULL;
    char before[SIZE_TEXT_MAX], after[SIZE_TEXT_MAX];

    /* A note that cannot be read stops nothing: the check of the sizes follows. */
    if (!records_load(job->records, NOTE_NAME, NOTE_SCHEMA, &note, NULL) || !note)
        return TRUE;

    guint64 then = (guint64)json_get_int(note, "free"), now = space_of(job, ".").free;
    if (now >= then + GROWTH_MIN)
        return records_remove(job->records, NOTE_NAME, error);
    return update_throw(error, ERROR_NO_SPACE_YET, "%s free then, %s now",
                        size_format(then, before), size_format(now, after));
}
