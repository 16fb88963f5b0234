/* SPDX-License-Identifier: MIT */
/* The durable intent record: what the agent is about to do to this machine.
 *
 * libostree's staged record is in /run and is removed at the *start* of finalization, so after a
 * failure or a power cut nothing tells what was meant. This record does. It is written before each
 * step, compared with what booted at every start, and removed when it came true. */
#pragma once

#include <json-c/json.h>
#include <ostree.h>

#include "update/deny.h"
#include "update/records.h"

typedef enum IntentPhase {
    INTENT_PULLING,    /* fetching; nothing chosen */
    INTENT_STAGED,     /* written and locked; a plain reboot drops it */
    INTENT_FINALIZING, /* unlocked: the shutdown writes it */
    INTENT_DEPLOYING,  /* being written at once */
    _INTENT_PHASE_MAX,
} IntentPhase;

typedef struct Intent {
    IntentPhase phase;
    char *operation; /* the request's "op" */
    char *checksum;
    char *version;
    char *boot;
    char *at;
} Intent;

/* What became of an intent. */
typedef enum IntentOutcome {
    INTENT_NONE,    /* there is none, or it is still under way in this boot */
    INTENT_APPLIED, /* what was meant is what runs */
    INTENT_FAILED,  /* it should run and does not: `reason` says why */
    INTENT_DROPPED, /* it was locked at the reboot, so it is gone, as documented */
    INTENT_UNDONE,  /* a pull or a deploy was cut off; nothing changed */
} IntentOutcome;

/* Reads the record; NULL without one, or (with *error set) when it is damaged. Free with
 * intent_free(). */
Intent *intent_load(Records *records, GError **error);
void intent_free(Intent *intent);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Intent, intent_free)

const char *intent_phase_name(IntentPhase phase);

/* Writes the record, durably, before the step it announces. */
gboolean intent_write(Records *records, IntentPhase phase, const char *operation,
                      const Release *release, GError **error);
gboolean intent_clear(Records *records, GError **error);

/* After a step that failed: what had been meant before it is meant again. `earlier` NULL: nothing
 * was. Best effort. */
void intent_restore(Records *records, const Intent *earlier);

/* Compares the intent with what runs. `booted` NULL: a sysroot that does not run;
 * what its next boot was to bring is for the host to judge.
 * *ret_reason is a sentence for INTENT_FAILED and INTENT_DROPPED, free with g_free(); else NULL. */
IntentOutcome intent_judge(const Intent *intent, OstreeDeployment *booted, int sysroot_fd,
                           char **ret_reason);

/* The last failure, as `status` shows it: {"operation","checksum","version","reason","at"}. */
gboolean last_failure_write(Records *records, const Intent *intent, const char *reason,
                            GError **error);
json_object *last_failure_read(Records *records);
gboolean last_failure_clear(Records *records, GError **error);
