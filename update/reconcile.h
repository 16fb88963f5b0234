/* SPDX-License-Identifier: MIT */
#pragma once

#include "update/intent.h"
#include "update/job.h"

/* Compares the intent record with what booted and writes down what became of it: history, the last
 * failure, and no intent any more. A damaged record is kept aside and reported. Needs write access;
 * problems are logged, never an error: nothing may fail because the past is unclear.
 * *ret_reason (may be NULL) is a sentence or NULL, free with g_free(). */
IntentOutcome reconcile_intent(Job *job, char **ret_reason);
