/* SPDX-License-Identifier: MIT */
#include "update/deny-target.h"

#include <string.h>

#include "update/error.h"
#include "update/origin.h"

#define WORD_MAX        128
#define CHECKSUM_DIGITS 64
#define DIGITS_MIN      6

void deny_target_clear(DenyTarget *target)
{
    g_free(target->checksum);
    g_free(target->version);
    g_free(target->refspec);
    *target = (DenyTarget){0};
}

static gboolean check_word(const char *word, GError **error)
{
    if (!*word)
        return update_throw(error, ERROR_TARGET_INVALID, "it is empty");
    if (strlen(word) > WORD_MAX)
        return update_throw(error, ERROR_TARGET_INVALID, "it is longer than %d bytes", WORD_MAX);
    if (!g_utf8_validate(word, -1, NULL))
        return update_throw(error, ERROR_TARGET_INVALID, "it is not UTF-8");
    for (const char *c = word; *c; c = g_utf8_next_char(c))
        if (!g_unichar_isgraph(g_utf8_get_char(c)))
            return update_throw(error, ERROR_TARGET_INVALID,
                                "it holds white space or a control character");
    return TRUE;
}

/* Could it be (the head of) a checksum, and nothing else? Digits alone may be a date. */
static gboolean is_digits(const char *word, gboolean *ret_only)
{
    gsize length = strlen(word);

    *ret_only = strspn(word, "0123456789") < length;
    return length >= DIGITS_MIN && length <= CHECKSUM_DIGITS &&
           strspn(word, "0123456789abcdefABCDEF") == length;
}

/* The release of this version that a ref points to; the ref that updates come from goes first. */
static gboolean find_in_refs(Job *job, const char *version, DenyTarget *ret, GError **error)
{
    g_autoptr(GHashTable) refs = NULL;
    GHashTableIter iter;
    gpointer name, checksum;

    if (!ostree_repo_list_refs(job->repo, NULL, &refs, job->cancellable, error))
        return FALSE;
    g_hash_table_iter_init(&iter, refs);
    while (g_hash_table_iter_next(&iter, &name, &checksum)) {
        g_autofree char *its = commit_version(job->repo, checksum);
        gboolean is_current = g_strcmp0(name, ret->refspec) == 0;

        /* libostree's own refs, "ostree/0/1/0", keep what is deployed. */
        if (g_strcmp0(its, version) != 0 || g_str_has_prefix(name, "ostree/") ||
            (ret->known && !is_current))
            continue;
        ret->known = TRUE;
        g_free(ret->checksum);
        ret->checksum = g_strdup(checksum);
        g_free(ret->version);
        ret->version = g_steal_pointer(&its);
        g_free(ret->refspec);
        ret->refspec = g_strdup(name);
        if (is_current)
            break;
    }
    return TRUE;
}

/* The only commit in the repository whose checksum begins like that. */
static gboolean find_commit(Job *job, const char *digits, DenyTarget *ret, GError **error)
{
    g_autoptr(GHashTable) commits = NULL;
    g_autofree char *head = g_ascii_strdown(digits, -1);
    GHashTableIter iter;
    gpointer name;

    if (strlen(head) == CHECKSUM_DIGITS) {
        ret->version = commit_version(job->repo, head);
        ret->checksum = g_steal_pointer(&head);
        ret->known = TRUE; /* it can be no other */
        return TRUE;
    }
    if (!ostree_repo_list_commit_objects_starting_with(job->repo, head, &commits, job->cancellable,
                                                       error))
        return FALSE;
    if (g_hash_table_size(commits) > 1)
        return update_throw(error, ERROR_TARGET_AMBIGUOUS,
                            "'%s' (give more digits of the checksum)", digits);
    g_hash_table_iter_init(&iter, commits);
    if (g_hash_table_iter_next(&iter, &name, NULL)) {
        const char *checksum = NULL;
        OstreeObjectType type;
        ostree_object_name_deserialize(name, &checksum, &type);
        ret->checksum = g_strdup(checksum);
        ret->version = commit_version(job->repo, checksum);
        ret->known = TRUE;
    }
    return TRUE;
}

/* The word names no deployment. */
static gboolean find_elsewhere(Job *job, const char *word, DenyTarget *ret, GError **error)
{
    gboolean only_digits = FALSE;

    if (!find_in_refs(job, word, ret, error))
        return FALSE;
    if (ret->known)
        return TRUE;
    gboolean digits = is_digits(word, &only_digits);
    if (digits && !find_commit(job, word, ret, error))
        return FALSE;
    if (digits && only_digits && !ret->known)
        return update_throw(error, ERROR_TARGET_UNKNOWN,
                            "no commit here begins with '%s', and of one that is not here all %d "
                            "digits are needed",
                            word, CHECKSUM_DIGITS);
    if (!ret->known)
        ret->version = g_strdup(word);
    return TRUE;
}

gboolean deny_target_read(Job *job, const Cast *cast, const char *word, DenyTarget *ret,
                          GError **error)
{
    g_auto(DenyTarget) target = {0};
    g_autoptr(GError) local = NULL;

    if (!check_word(word, error))
        return FALSE;
    OstreeDeployment *d = cast_select_release(job, cast, word, &local);
    if (!d && update_error_id(local) == ERROR_TARGET_AMBIGUOUS) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    target.refspec = origin_refspec(d ?: cast_current(cast));
    if (d) {
        target.known = TRUE;
        target.checksum = g_strdup(ostree_deployment_get_csum(d));
        target.version = commit_version(job->repo, target.checksum);
    } else if (!find_elsewhere(job, word, &target, error))
        return FALSE;

    *ret = target;
    target = (DenyTarget){0};
    return TRUE;
}
