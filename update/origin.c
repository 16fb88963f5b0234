/* SPDX-License-Identifier: MIT */
#include "update/origin.h"

#include "base/clock.h"
#include "base/json.h"

#define GROUP "azl"

static char *get(OstreeDeployment *deployment, const char *key)
{
    GKeyFile *origin = ostree_deployment_get_origin(deployment);

    return origin ? g_key_file_get_string(origin, GROUP, key, NULL) : NULL;
}

static void set(GKeyFile *origin, const char *key, const char *value)
{
    if (value)
        g_key_file_set_string(origin, GROUP, key, value);
}

static void set_time(GKeyFile *origin, const char *key, gint64 seconds)
{
    char text[CLOCK_TEXT_MAX];

    if (seconds > 0)
        set(origin, key, clock_format(seconds, text));
}

GKeyFile *origin_new(OstreeSysroot *sysroot, const char *refspec, const char *checksum, char slot,
                     const Signature *signature)
{
    GKeyFile *origin = ostree_sysroot_origin_new_from_refspec(sysroot, refspec);

    set(origin, "slot", (char[]){slot, '\0'});
    set(origin, "checksum", checksum);
    set_time(origin, "deployed-at", clock_now());
    set(origin, "signature", signature_state_name(signature->state));
    set(origin, "engine", signature->engine);
    set(origin, "key", signature->key);
    set(origin, "signer", signature->signer);
    set_time(origin, "signed-at", signature->signed_at);
    set_time(origin, "verified-at", signature->verified_at);
    return origin;
}

gboolean origin_is_ours(OstreeDeployment *deployment)
{
    g_autofree char *checksum = get(deployment, "checksum");

    return g_strcmp0(checksum, ostree_deployment_get_csum(deployment)) == 0;
}

char origin_slot(OstreeDeployment *deployment)
{
    g_autofree char *slot = origin_is_ours(deployment) ? get(deployment, "slot") : NULL;

    return slot && (*slot == 'A' || *slot == 'B') && !slot[1] ? *slot : '\0';
}

char *origin_refspec(OstreeDeployment *deployment)
{
    GKeyFile *origin = ostree_deployment_get_origin(deployment);

    return origin ? g_key_file_get_string(origin, "origin", "refspec", NULL) : NULL;
}

json_object *origin_signature_to_json(OstreeDeployment *deployment)
{
    json_object *object = json_object_new_object();
    gboolean ours = origin_is_ours(deployment);
    g_autofree char *state = ours ? get(deployment, "signature") : NULL;
    g_autofree char *engine = ours ? get(deployment, "engine") : NULL;
    g_autofree char *key = ours ? get(deployment, "key") : NULL;
    g_autofree char *signer = ours ? get(deployment, "signer") : NULL;
    g_autofree char *verified_at = ours ? get(deployment, "verified-at") : NULL;

    json_add_string(object, "state", signature_state_name(signature_state_from_name(state)));
    json_add_string(object, "engine", engine);
    json_add_string(object, "key", key);
    json_add_string(object, "signer", signer);
    json_add_string(object, "verified_at", verified_at);
    return object;
}

static gint64 get_time(OstreeDeployment *deployment, const char *key)
{
    g_autofree char *text = get(deployment, key);
    int64_t seconds = 0;

    return text && clock_parse(text, &seconds) == 0 ? seconds : 0;
}

gboolean origin_signature(OstreeDeployment *deployment, Signature *ret)
{
    g_autofree char *state = get(deployment, "signature");

    if (!origin_is_ours(deployment) || signature_state_from_name(state) == SIGNATURE_UNKNOWN)
        return FALSE;
    *ret = (Signature){
        .state = signature_state_from_name(state),
        .engine = get(deployment, "engine"),
        .key = get(deployment, "key"),
        .signer = get(deployment, "signer"),
        .signed_at = get_time(deployment, "signed-at"),
        .verified_at = get_time(deployment, "verified-at"),
    };
    return TRUE;
}
