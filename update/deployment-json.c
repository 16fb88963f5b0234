/* SPDX-License-Identifier: MIT */
/* One deployment as azl.status/1 shows it: docs/schema/status.json. */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "update/deployment.h"
#include "update/kargs.h"
#include "update/origin.h"
#include "update/staged.h"

/* The directory in usr/lib/modules that holds a kernel; read from the checkout, which costs less
 * than reading the commit. */
char *deployment_kernel(OstreeSysroot *sysroot, OstreeDeployment *deployment)
{
    g_autofree char *path = ostree_sysroot_get_deployment_dirpath(sysroot, deployment);
    g_autofree char *modules = g_build_filename(path, "usr/lib/modules", NULL);
    int fd = openat(ostree_sysroot_get_fd(sysroot), modules, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    char *found = NULL;

    if (!dir) {
        close_fd(fd);
        return NULL;
    }
    for (struct dirent *entry; !found && (entry = readdir(dir));) {
        g_autofree char *kernel = g_build_filename(entry->d_name, "vmlinuz", NULL);
        if (entry->d_name[0] != '.' && faccessat(fd, kernel, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            found = g_strdup(entry->d_name);
    }
    closedir(dir);
    return found;
}

static void add_source(json_object *object, OstreeDeployment *deployment)
{
    g_autofree char *refspec = origin_refspec(deployment);
    g_autofree char *remote = NULL, *ref = NULL;

    if (refspec)
        (void)ostree_parse_refspec(refspec, &remote, &ref, NULL);
    json_add_string(object, "ref", ref);
    json_add_string(object, "remote", remote);
}

static void add_kargs(json_object *object, OstreeDeployment *deployment)
{
    json_object *list = json_object_new_array();
    g_auto(GStrv) kargs = kargs_of(deployment);

    for (char **argument = kargs; *argument; argument++)
        json_object_array_add(list, json_object_new_string(*argument));
    json_object_object_add(object, "kargs", list);
}

/* When the deployment was made: the time of its origin file, which any tool writes. */
static void add_deployed_at(Job *job, json_object *object, OstreeDeployment *deployment)
{
    g_autofree char *path = ostree_sysroot_get_deployment_dirpath(job->sysroot, deployment);
    g_autofree char *origin = g_strconcat(path, ".origin", NULL);
    struct stat st;

    if (fstatat(ostree_sysroot_get_fd(job->sysroot), origin, &st, AT_SYMLINK_NOFOLLOW) == 0)
        json_add_time(object, "deployed_at", st.st_mtime);
    else
        json_object_object_add(object, "deployed_at", NULL);
}

gboolean deployment_is_denied(Job *job, OstreeDeployment *deployment, const DenyList *deny)
{
    g_autofree char *refspec = origin_refspec(deployment);
    g_autofree char *version = commit_version(job->repo, ostree_deployment_get_csum(deployment));
    const Release release = {ostree_deployment_get_csum(deployment), version, refspec};

    return deny_list_find(deny, &release) != NULL;
}

json_object *deployment_to_json(Job *job, const Cast *cast, OstreeDeployment *deployment,
                                const DenyList *deny)
{
    const char *checksum = ostree_deployment_get_csum(deployment);
    json_object *object = release_to_json(job->repo, checksum);
    g_autofree char *kernel = deployment_kernel(job->sysroot, deployment);
    char slot[2] = {cast_slot(cast, deployment)};

    json_add_int(object, "index", ostree_deployment_get_index(deployment));
    add_source(object, deployment);
    json_add_string(object, "stateroot", ostree_deployment_get_osname(deployment));
    json_add_int(object, "serial", ostree_deployment_get_deployserial(deployment));
    json_add_string(object, "slot", slot[0] ? slot : NULL);
    json_add_string(object, "role", role_name(cast_role(cast, deployment)));
    json_add_bool(object, "booted", deployment == cast->booted);
    json_add_bool(object, "staged", deployment == cast->staged);
    json_add_bool(object, "pinned", ostree_deployment_is_pinned(deployment));
    json_add_bool(object, "denied", deployment_is_denied(job, deployment, deny));
    json_add_bool(object, "foreign", !origin_is_ours(deployment));
    json_add_bool(object, "locked", deployment == cast->staged && staged_is_locked(deployment));
    json_add_string(
        object, "unlocked",
        ostree_deployment_unlocked_state_to_string(ostree_deployment_get_unlocked(deployment)));
    json_add_string(object, "kernel", kernel);
    add_kargs(object, deployment);
    json_object_object_add(object, "signature", origin_signature_to_json(deployment));
    add_deployed_at(job, object, deployment);
    return object;
}
