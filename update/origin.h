/* SPDX-License-Identifier: MIT */
/* What we note in a deployment's origin file: group [azl].
 *
 *   slot=B  signature=good  engine=gpg  key=…  signer=…  signed-at=…  verified-at=…  checksum=…
 *
 * Other tools copy origins from one deployment to the next, so the group names the checksum that it
 * was written for; for any other deployment it is void. */
#pragma once

#include <json-c/json.h>
#include <ostree.h>

#include "update/signature.h"

/* The origin of a new deployment of `checksum` from `refspec`, with our group filled in. */
GKeyFile *origin_new(OstreeSysroot *sysroot, const char *refspec, const char *checksum, char slot,
                     const Signature *signature);

/* Is our group there, and for this very deployment? */
gboolean origin_is_ours(OstreeDeployment *deployment);

/* The slot letter; '\0' when there is no valid one. */
char origin_slot(OstreeDeployment *deployment);

/* The refspec ("remote:branch"); NULL without one. Free with g_free(). */
char *origin_refspec(OstreeDeployment *deployment);

/* The stored signature verdict, as `status` shows it ("state":"unknown" without one). */
json_object *origin_signature_to_json(OstreeDeployment *deployment);

/* The stored verdict, for a further deployment of the same commit; FALSE without one. */
gboolean origin_signature(OstreeDeployment *deployment, Signature *ret);
