/* SPDX-License-Identifier: MIT */
/* Is this commit signed by a key that is trusted for this remote?
 *
 * libostree verifies when it pulls, but a ref may have been pulled by somebody else without; so we
 * verify again immediately before a deployment is made, and store the verdict with it (one GPG
 * verification costs tens of milliseconds: `status` reads what was stored). */
#pragma once

#include <json-c/json.h>
#include <ostree.h>

typedef enum SignatureState {
    SIGNATURE_UNKNOWN,          /* nobody has looked */
    SIGNATURE_GOOD,             /* by a trusted key */
    SIGNATURE_UNSIGNED_ALLOWED, /* the remote's configuration says azl-allow-unsigned=true */
    _SIGNATURE_STATE_MAX,
} SignatureState;

/* A verdict. Zero-initialise; strings owned, NULL where unknown. */
typedef struct Signature {
    SignatureState state;
    char *engine;     /* "gpg", "ed25519", "spki" */
    char *key;        /* fingerprint, or public key */
    char *signer;     /* name and mail of the key */
    gint64 signed_at; /* 0: unknown */
    gint64 verified_at;
} Signature;

void signature_clear(Signature *signature);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Signature, signature_clear)

const char *signature_state_name(SignatureState state);
SignatureState signature_state_from_name(const char *name); /* unknown names: SIGNATURE_UNKNOWN */

/* Refuses a remote that is set up without any verification, unless its configuration has
 * azl-allow-unsigned=true: ERROR_REMOTE_UNVERIFIED. *ret_unsigned says that it does. */
gboolean signature_check_remote(OstreeRepo *repo, const char *remote, gboolean *ret_unsigned,
                                GError **error);

/* Verifies a commit that is in `repo` with every engine the remote demands. Which engines this
 * libostree has is asked at run time (Debian 12: only GPG).
 * FALSE with ERROR_SIGNATURE_MISSING, _SIGNATURE_INVALID, _REMOTE_UNVERIFIED, _REMOTE_UNKNOWN. */
gboolean signature_verify(OstreeRepo *repo, const char *remote, const char *checksum,
                          Signature *ret, GCancellable *cancellable, GError **error);

/* {"state","engine","key","signer","signed_at"} */
json_object *signature_to_json(const Signature *signature);
