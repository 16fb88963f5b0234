/* SPDX-License-Identifier: MIT */
#include "update/deployment.h"

#include <string.h>

#include "base/json.h"
#include "update/error.h"
#include "update/origin.h"
#include "update/staged.h"

#define SELECTOR_DIGITS_MIN 6

static const char *const role_names[_ROLE_MAX] = {
    [ROLE_OTHER] = "other",     [ROLE_BOOTED] = "booted",     [ROLE_STAGED] = "staged",
    [ROLE_PENDING] = "pending", [ROLE_ROLLBACK] = "rollback",
};

const char *role_name(Role role)
{
    return role_names[role];
}

/* Before the booted one in boot order comes what waits; behind it what one falls back to. */
static void cast_by_order(Cast *cast, const char *stateroot)
{
    gboolean behind = FALSE;

    for (guint i = 0; i < cast->all->len; i++) {
        OstreeDeployment *d = cast->all->pdata[i];

        if (!g_str_equal(ostree_deployment_get_osname(d), stateroot))
            continue;
        if (ostree_deployment_is_staged(d))
            cast->staged = d;
        else if (d == cast->booted)
            behind = TRUE;
        else if (!behind && !cast->pending)
            cast->pending = d;
        else if (!cast->rollback)
            cast->rollback = d;
        if (!cast->booted && cast->pending)
            behind = TRUE;
    }
}

void cast_read(Job *job, Cast *ret)
{
    *ret = (Cast){.all = ostree_sysroot_get_deployments(job->sysroot)};
    if (job->booted && g_str_equal(ostree_deployment_get_osname(job->booted), job->stateroot))
        ret->booted = job->booted;
    cast_by_order(ret, job->stateroot);
}

void cast_clear(Cast *cast)
{
    g_clear_pointer(&cast->all, g_ptr_array_unref);
}

Role cast_role(const Cast *cast, OstreeDeployment *deployment)
{
    if (deployment == cast->booted)
        return ROLE_BOOTED;
    if (deployment == cast->staged)
        return ROLE_STAGED;
    if (deployment == cast->pending)
        return ROLE_PENDING;
    if (deployment == cast->rollback)
        return ROLE_ROLLBACK;
    return ROLE_OTHER;
}

OstreeDeployment *cast_current(const Cast *cast)
{
    return cast->booted ?: cast->pending ?: cast->all->pdata[0];
}

OstreeDeployment *cast_next(const Cast *cast, gboolean staged_locked)
{
    if (cast->staged && !staged_locked)
        return cast->staged;
    return cast->pending ?: cast_current(cast);
}

static char other_letter(char letter)
{
    return letter == 'A' ? 'B' : 'A';
}

static char current_slot(const Cast *cast)
{
    OstreeDeployment *current = cast_current(cast);
    OstreeDeployment *other = cast->rollback ?: cast->pending;
    char slot = origin_slot(current), beside = 0;

    if (slot)
        return slot;
    if (other && other != current)
        beside = origin_slot(other);
    return beside ? other_letter(beside) : 'A';
}

char cast_slot(const Cast *cast, OstreeDeployment *deployment)
{
    if (deployment == cast_current(cast))
        return current_slot(cast);
    if (cast_role(cast, deployment) == ROLE_OTHER)
        return '\0';
    return other_letter(current_slot(cast));
}

char cast_new_slot(const Cast *cast)
{
    return other_letter(current_slot(cast));
}

/* Does the selector name this deployment in one of the ways that are not unique by nature? */
static gboolean selects(Job *job, const Cast *cast, OstreeDeployment *d, const char *selector)
{
    const char *checksum = ostree_deployment_get_csum(d);
    g_autofree char *version = commit_version(job->repo, checksum);
    char slot = cast_slot(cast, d);

    if (selector[0] && !selector[1] && slot && g_ascii_toupper(selector[0]) == slot)
        return TRUE;
    if (g_strcmp0(version, selector) == 0)
        return TRUE;
    return strlen(selector) >= SELECTOR_DIGITS_MIN && g_str_has_prefix(checksum, selector);
}

static OstreeDeployment *select_by_name(const Cast *cast, const char *selector, gboolean *ret_named)
{
    const struct {
        const char *name;
        OstreeDeployment *deployment;
    } names[] = {
        {"booted", cast->booted},
        {"staged", cast->staged},
        {"pending", cast->pending},
        {"rollback", cast->rollback},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_str_equal(names[i].name, selector)) {
            *ret_named = TRUE;
            return names[i].deployment;
        }
    guint64 index = 0;
    if (strlen(selector) < 3 &&
        g_ascii_string_to_unsigned(selector, 10, 0, cast->all->len - 1, &index, NULL)) {
        *ret_named = TRUE;
        return cast->all->pdata[index];
    }
    return NULL;
}

static OstreeDeployment *select_one(Job *job, const Cast *cast, const char *selector,
                                    gboolean any_of_release, GError **error)
{
    gboolean named = FALSE;
    OstreeDeployment *found = select_by_name(cast, selector, &named);

    for (guint i = 0; !named && i < cast->all->len; i++) {
        OstreeDeployment *d = cast->all->pdata[i];
        if (!selects(job, cast, d, selector))
            continue;
        gboolean same =
            found && g_str_equal(ostree_deployment_get_csum(found), ostree_deployment_get_csum(d));
        if (found && !(same && any_of_release)) {
            update_throw(error, ERROR_TARGET_AMBIGUOUS, "'%s' (%s)", selector,
                         same ? "give its index" : "give more digits of the checksum");
            return NULL;
        }
        found = found ?: d;
    }
    if (!found)
        update_throw(error, ERROR_TARGET_UNKNOWN, "'%s'", selector);
    return found;
}

OstreeDeployment *cast_select(Job *job, const Cast *cast, const char *selector, GError **error)
{
    return select_one(job, cast, selector, FALSE, error);
}

OstreeDeployment *cast_select_release(Job *job, const Cast *cast, const char *selector,
                                      GError **error)
{
    return select_one(job, cast, selector, TRUE, error);
}

char *commit_version(OstreeRepo *repo, const char *checksum)
{
    g_autoptr(GVariant) commit = NULL, metadata = NULL;
    char *version = NULL;

    if (!ostree_repo_load_commit(repo, checksum, &commit, NULL, NULL))
        return NULL;
    metadata = g_variant_get_child_value(commit, 0);
    g_variant_lookup(metadata, OSTREE_COMMIT_META_KEY_VERSION, "s", &version);
    return version;
}

gint64 commit_timestamp(OstreeRepo *repo, const char *checksum)
{
    g_autoptr(GVariant) commit = NULL;

    if (!ostree_repo_load_commit(repo, checksum, &commit, NULL, NULL))
        return 0;
    return (gint64)ostree_commit_get_timestamp(commit);
}

gboolean commit_require(OstreeRepo *repo, const char *checksum, GError **error)
{
    OstreeRepoCommitState state = OSTREE_REPO_COMMIT_STATE_NORMAL;

    if (!ostree_repo_load_commit(repo, checksum, NULL, &state, NULL) ||
        (state & OSTREE_REPO_COMMIT_STATE_PARTIAL))
        return update_throw(error, ERROR_NOT_COMMITTED, "%.12s", checksum);
    return TRUE;
}

json_object *release_to_json(OstreeRepo *repo, const char *checksum)
{
    if (!checksum)
        return NULL;

    json_object *object = json_object_new_object();
    g_autofree char *version = commit_version(repo, checksum);
    json_add_string(object, "checksum", checksum);
    json_add_string(object, "version", version);
    json_add_time(object, "timestamp", commit_timestamp(repo, checksum));
    return object;
}
