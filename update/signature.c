/* SPDX-License-Identifier: MIT */
#include "update/signature.h"

#include "base/clock.h"
#include "base/json.h"
#include "update/error.h"

#define ALLOW_UNSIGNED "azl-allow-unsigned"

static const char *const state_names[_SIGNATURE_STATE_MAX] = {
    [SIGNATURE_UNKNOWN] = "unknown",
    [SIGNATURE_GOOD] = "good",
    [SIGNATURE_UNSIGNED_ALLOWED] = "unsigned-allowed",
};

void signature_clear(Signature *signature)
{
    g_free(signature->engine);
    g_free(signature->key);
    g_free(signature->signer);
    *signature = (Signature){0};
}

const char *signature_state_name(SignatureState state)
{
    return state_names[state];
}

SignatureState signature_state_from_name(const char *name)
{
    for (SignatureState s = 0; s < _SIGNATURE_STATE_MAX; s++)
        if (g_strcmp0(state_names[s], name) == 0)
            return s;
    return SIGNATURE_UNKNOWN;
}

/* What the remote's configuration demands. */
typedef struct Demand {
    gboolean gpg;
    char *sign; /* NULL, "true" (every engine there is) or a list of names */
    gboolean allow_unsigned;
} Demand;

static void demand_clear(Demand *demand)
{
    g_free(demand->sign);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Demand, demand_clear)

static gboolean read_demand(OstreeRepo *repo, const char *remote, Demand *ret, GError **error)
{
    g_autoptr(GError) local = NULL;

    if (!ostree_repo_remote_get_gpg_verify(repo, remote, &ret->gpg, &local))
        return update_throw(error, ERROR_REMOTE_UNKNOWN, "%s", local->message);
    if (!ostree_repo_get_remote_option(repo, remote, "sign-verify", NULL, &ret->sign, error) ||
        !ostree_repo_get_remote_boolean_option(repo, remote, ALLOW_UNSIGNED, FALSE,
                                               &ret->allow_unsigned, error))
        return FALSE;
    if (g_strcmp0(ret->sign, "false") == 0)
        g_clear_pointer(&ret->sign, g_free);
    if (!ret->gpg && !ret->sign && !ret->allow_unsigned)
        return update_throw(error, ERROR_REMOTE_UNVERIFIED, "remote '%s'", remote);
    return TRUE;
}

/* An engine that is demanded by name and not built into this libostree would fail in words that no
 * operator understands. */
static gboolean check_engines(const Demand *demand, const char *remote, GError **error)
{
    if (!demand->sign || g_str_equal(demand->sign, "true"))
        return TRUE;

    g_auto(GStrv) names = g_strsplit_set(demand->sign, ";,", -1);
    for (guint i = 0; names[i]; i++) {
        if (!*g_strstrip(names[i]))
            continue;
        g_autoptr(OstreeSign) sign = ostree_sign_get_by_name(names[i], NULL);
        if (!sign)
            return update_throw(
                error, ERROR_SIGNATURE_INVALID,
                "remote '%s' demands %s signatures, which this libostree cannot check", remote,
                names[i]);
    }
    return TRUE;
}

gboolean signature_check_remote(OstreeRepo *repo, const char *remote, gboolean *ret_unsigned,
                                GError **error)
{
    g_auto(Demand) demand = {0};

    if (!read_demand(repo, remote, &demand, error) || !check_engines(&demand, remote, error))
        return FALSE;
    *ret_unsigned = !demand.gpg && !demand.sign;
    return TRUE;
}

static void take_gpg_details(OstreeGpgVerifyResult *result, Signature *ret)
{
    const char *name = NULL, *mail = NULL, *key = NULL;
    gint64 at = 0;

    for (guint i = 0; i < ostree_gpg_verify_result_count_all(result); i++) {
        OstreeGpgSignatureAttr attrs[] = {
            OSTREE_GPG_SIGNATURE_ATTR_VALID, OSTREE_GPG_SIGNATURE_ATTR_FINGERPRINT,
            OSTREE_GPG_SIGNATURE_ATTR_USER_NAME, OSTREE_GPG_SIGNATURE_ATTR_USER_EMAIL,
            OSTREE_GPG_SIGNATURE_ATTR_TIMESTAMP};
        g_autoptr(GVariant) details =
            ostree_gpg_verify_result_get(result, i, attrs, G_N_ELEMENTS(attrs));
        gboolean valid = FALSE;

        g_variant_get(details, "(b&s&s&sx)", &valid, &key, &name, &mail, &at);
        if (!valid)
            continue;
        ret->engine = g_strdup("gpg");
        ret->key = g_strdup(key);
        ret->signer = g_strdup_printf("%s <%s>", name, mail);
        ret->signed_at = at;
        return;
    }
}

static gboolean verify_gpg(OstreeRepo *repo, const char *remote, const char *checksum,
                           Signature *ret, GCancellable *cancellable, GError **error)
{
    g_autoptr(GError) local = NULL;
    g_autoptr(OstreeGpgVerifyResult) result =
        ostree_repo_verify_commit_for_remote(repo, checksum, remote, cancellable, &local);

    if (!result || !ostree_gpg_verify_result_require_valid_signature(result, &local)) {
        if (g_error_matches(local, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        ErrorId id = g_error_matches(local, OSTREE_GPG_ERROR, OSTREE_GPG_ERROR_NO_SIGNATURE)
                         ? ERROR_SIGNATURE_MISSING
                         : ERROR_SIGNATURE_INVALID;
        return update_throw(error, id, "commit %.12s from remote '%s': %s", checksum, remote,
                            local->message);
    }
    take_gpg_details(result, ret);
    return TRUE;
}

static gboolean verify_sign(OstreeRepo *repo, const char *remote, const char *checksum,
                            const Demand *demand, Signature *ret, GError **error)
{
    g_autoptr(GVariant) commit = NULL, metadata = NULL;
    g_autoptr(GError) local = NULL;
    g_autofree char *text = NULL;

    if (!ostree_repo_load_variant(repo, OSTREE_OBJECT_TYPE_COMMIT, checksum, &commit, error) ||
        !ostree_repo_read_commit_detached_metadata(repo, checksum, &metadata, NULL, error))
        return FALSE;
    if (!metadata)
        return update_throw(error, ERROR_SIGNATURE_MISSING, "commit %.12s from remote '%s'",
                            checksum, remote);

    g_autoptr(GBytes) commit_bytes = g_variant_get_data_as_bytes(commit);
    g_autoptr(GBytes) metadata_bytes = g_variant_get_data_as_bytes(metadata);
    if (!ostree_repo_signature_verify_commit_data(repo, remote, commit_bytes, metadata_bytes,
                                                  OSTREE_REPO_VERIFY_FLAGS_NO_GPG, &text, &local))
        return update_throw(error, ERROR_SIGNATURE_INVALID, "commit %.12s from remote '%s': %s",
                            checksum, remote, local->message);
    if (!ret->engine) {
        ret->engine = g_str_equal(demand->sign, "true") ? g_strdup("sign") : g_strdup(demand->sign);
        ret->signer = g_steal_pointer(&text);
    }
    return TRUE;
}

gboolean signature_verify(OstreeRepo *repo, const char *remote, const char *checksum,
                          Signature *ret, GCancellable *cancellable, GError **error)
{
    g_auto(Demand) demand = {0};
    g_auto(Signature) signature = {.state = SIGNATURE_GOOD, .verified_at = clock_now()};

    if (!read_demand(repo, remote, &demand, error) || !check_engines(&demand, remote, error))
        return FALSE;
    if (!demand.gpg && !demand.sign)
        signature.state = SIGNATURE_UNSIGNED_ALLOWED;
    if (demand.gpg && !verify_gpg(repo, remote, checksum, &signature, cancellable, error))
        return FALSE;
    if (demand.sign && !verify_sign(repo, remote, checksum, &demand, &signature, error))
        return FALSE;

    *ret = signature;
    signature = (Signature){0};
    return TRUE;
}

json_object *signature_to_json(const Signature *signature)
{
    json_object *object = json_object_new_object();

    json_add_string(object, "state", state_names[signature->state]);
    json_add_string(object, "engine", signature->engine);
    json_add_string(object, "key", signature->key);
    json_add_string(object, "signer", signature->signer);
    if (signature->signed_at > 0)
        json_add_time(object, "signed_at", signature->signed_at);
    else
        json_object_object_add(object, "signed_at", NULL);
    return object;
}
