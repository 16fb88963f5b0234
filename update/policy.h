/* SPDX-License-Identifier: MIT */
/* May this machine take this release? */
#pragma once

#include "update/deployment.h"
#include "update/source.h"

typedef enum Verdict {
    VERDICT_NEWER,   /* take it */
    VERDICT_CURRENT, /* it is what boots next already */
    VERDICT_STAGED,  /* it is staged already */
    VERDICT_DENIED,
    VERDICT_OLDER,
    _VERDICT_MAX,
} Verdict;

const char *verdict_name(Verdict verdict);

/* Refuses every update while the deny list cannot be read or a hold is set.
 * ERROR_DENY_UNREADABLE, ERROR_HELD. */
gboolean policy_check_gates(Job *job, const DenyList *deny, GError **error);

/* Refuses an update while a rollback waits for its reboot: staging over what runs would drop the
 * release that the rollback goes to, the only good one. ERROR_ROLLBACK_WAITS. */
gboolean policy_check_waiting(Job *job, const Cast *cast, const DenyList *deny, GError **error);

/* Judges an offer. *ret_detail is a sentence for VERDICT_DENIED and VERDICT_OLDER (free with
 * g_free()), else NULL. Age is the commit's timestamp against what boots next; the machine's clock
 * plays no part. An unknown version or time (0) is judged again when the commit is there. */
Verdict policy_judge(Job *job, const Cast *cast, const DenyList *deny, const Source *source,
                     const Offer *offer, char **ret_detail);

/* The same as an error: ERROR_DENIED or ERROR_OLDER, unless the request allows that. */
gboolean policy_require(Job *job, const Cast *cast, const DenyList *deny, const Source *source,
                        const Offer *offer, GError **error);
