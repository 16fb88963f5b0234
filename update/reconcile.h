/* SPDX-License-Identifier: MIT */
#pragma once

#include "update/intent.h"
#include "update/job.h"

/* What became of the intent record when the job began. */
typedef struct Reconciled {
    IntentOutcome outcome;
    char *reason; /* a sentence, or NULL */
} Reconciled;

/* Compares the intent record with what booted and writes down what became of it: history, the last
 * failure, and no intent any more. A damaged record is kept aside and reported. Needs write access;
 * problems are logged, never an error: nothing may fail because the past is unclear. */
Reconciled *reconcile_intent(Job *job);
void reconciled_free(Reconciled *reconciled);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Reconciled, reconciled_free)
