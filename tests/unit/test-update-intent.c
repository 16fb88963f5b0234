/* SPDX-License-Identifier: MIT */
#include "update/intent.h"

#include "base/file.h"
#include "base/json.h"
#include "tests/unit/leak.h"
#include "tests/unit/scratch.h"
#include "update/boot-id.h"
#include "update/error.h"

TestSuite(intent, .fini = scratch_remove);

#define SUM_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SUM_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static Intent *intent_of(IntentPhase phase, const char *boot)
{
    Intent *intent = g_new0(Intent, 1);

    intent->phase = phase;
    intent->operation = g_strdup("finalize");
    intent->checksum = g_strdup(SUM_A);
    intent->boot = g_strdup(boot);
    return intent;
}

/* What becomes of an intent of `phase`, written in `boot`, when `runs` runs. */
static IntentOutcome judge(IntentPhase phase, const char *boot, const char *runs, char **ret_reason)
{
    g_autoptr(Intent) intent = intent_of(phase, boot);
    g_autoptr(OstreeDeployment) booted = ostree_deployment_new(0, "os", runs, 0, NULL, -1);

    return intent_judge(intent, booted, scratch_fd, ret_reason);
}

CLAIM(intent, what_came_true_is_applied)
{
    g_autofree char *reason = NULL;

    scratch_open();
    cr_assert_eq(judge(INTENT_FINALIZING, "earlier", SUM_A, &reason), INTENT_APPLIED);
    cr_assert_null(reason);
}

CLAIM(intent, in_the_same_boot_nothing_is_decided)
{
    g_autofree char *reason = NULL;

    scratch_open();
    cr_assert_eq(judge(INTENT_FINALIZING, boot_id(), SUM_B, &reason), INTENT_NONE);
    cr_assert_eq(judge(INTENT_STAGED, boot_id(), SUM_B, &reason), INTENT_NONE);
}

CLAIM(intent, what_should_run_and_does_not_has_failed_for_a_reason)
{
    g_autofree char *reason = NULL;

    scratch_open();
    cr_assert_eq(judge(INTENT_FINALIZING, "earlier", SUM_B, &reason), INTENT_FAILED);
    cr_assert_not_null(reason);
}

CLAIM(intent, the_reason_is_in_the_words_of_libostree_where_it_left_some)
{
    static const char words[] = "Installing kernel: No space left on device\n";
    g_autofree char *reason = NULL;
    int dir = scratch_open();

    _cleanup_close_ int boot = dir_open_beneath(dir, "boot/ostree", true);
    scratch_put(boot, "finalize-failure.stamp", words, sizeof(words) - 1);
    cr_assert_eq(judge(INTENT_FINALIZING, "earlier", SUM_B, &reason), INTENT_FAILED);
    cr_assert_str_eq(reason, "Installing kernel: No space left on device");
}

CLAIM(intent, what_was_locked_at_the_reboot_was_dropped)
{
    g_autofree char *reason = NULL;

    scratch_open();
    cr_assert_eq(judge(INTENT_STAGED, "earlier", SUM_B, &reason), INTENT_DROPPED);
    cr_assert_not_null(reason);
}

CLAIM(intent, a_pull_that_was_cut_off_changed_nothing)
{
    g_autofree char *reason = NULL;

    scratch_open();
    cr_assert_eq(judge(INTENT_PULLING, "earlier", SUM_B, &reason), INTENT_UNDONE);
}

CLAIM(intent, what_is_written_is_read_back)
{
    g_autoptr(Records) records = records_open(scratch_open(), FALSE, "os", TRUE);
    const Release release = {SUM_A, "1.1.0", NULL};

    cr_assert(intent_write(records, INTENT_STAGED, "stage", &release, NULL));
    g_autoptr(Intent) intent = intent_load(records, NULL);
    cr_assert_not_null(intent);
    cr_assert_eq(intent->phase, INTENT_STAGED);
    cr_assert_str_eq(intent->checksum, SUM_A);
    cr_assert_str_eq(intent->version, "1.1.0");
    cr_assert_str_eq(intent->boot, boot_id());
    cr_assert(intent_clear(records, NULL));
    g_autoptr(Intent) none = intent_load(records, NULL);
    cr_assert_null(none);
}

CLAIM(intent, a_damaged_record_is_an_error_and_not_nothing)
{
    g_autoptr(Records) records = records_open(scratch_open(), FALSE, "os", TRUE);
    static const char text[] =
        "{\"schema\":\"azl.intent/1\",\"phase\":\"dreaming\",\"checksum\":\"x\"}";
    g_autoptr(GError) error = NULL;

    scratch_put(records_dir_fd(records), "intent.json", text, sizeof(text) - 1);
    g_autoptr(Intent) intent = intent_load(records, &error);
    cr_assert_null(intent);
    cr_assert(g_error_matches(error, UPDATE_ERROR, ERROR_RECORD_CORRUPT));
}
