/* SPDX-License-Identifier: MIT */
/* Of which requests each kind of job is made, above all an update. */
#include "agent/job-kind.h"

#include "tests/unit/agent-jobs.h"

TestSuite(job_kind, .fini = scratch_remove);

#define CHECKED(update, reason)                                                                    \
    "{\"result\":{\"update\":" update ",\"reason\":\"" reason                                      \
    "\",\"target\":{\"checksum\":\"c1\",\"version\":\"2.0\"}}}\n"
#define PULLED "{\"result\":{\"checksum\":\"c1\",\"bytes\":9}}\n"
#define STAGED(locked)                                                                             \
    "{\"result\":{\"checksum\":\"c1\",\"version\":\"2.0\",\"locked\":" locked "}}\n"

/* What an update makes of what the worker answers. */
static const struct {
    const char *options, *check, *pull, *stage, *heard, *end;
    ErrorId error;
} updates[] = {
    {NULL, CHECKED("true", "newer"), PULLED, STAGED("true"), "check pull stage finalize status",
     "ready", ERROR_NONE},
    {"{\"download_only\":true}", CHECKED("true", "newer"), PULLED, STAGED("true"),
     "check pull stage status", "locked", ERROR_NONE},
    {NULL, CHECKED("false", "current"), PULLED, STAGED("true"), "check status", "unchanged",
     ERROR_NONE},
    {NULL, CHECKED("false", "staged"), PULLED, STAGED("true"), "check stage finalize status",
     "ready", ERROR_NONE},
    {NULL, CHECKED("false", "staged"), PULLED, STAGED("false"), "check stage status", "unchanged",
     ERROR_NONE},
    {"{\"download_only\":true}", CHECKED("false", "staged"), PULLED, STAGED("true"), "check status",
     "unchanged", ERROR_NONE},
    {NULL, CHECKED("false", "denied"), PULLED, STAGED("true"), "check status", NULL, ERROR_DENIED},
    {NULL, CHECKED("false", "older"), PULLED, STAGED("true"), "check status", NULL, ERROR_OLDER},
    {NULL, "{\"error\":{\"id\":\"update.server-unreachable\",\"detail\":\"\"}}\n", PULLED,
     STAGED("true"), "check status", NULL, ERROR_SERVER_UNREACHABLE},
    {NULL, CHECKED("true", "newer"), "{\"error\":{\"id\":\"update.signature-invalid\"}}\n",
     STAGED("true"), "check pull status", NULL, ERROR_SIGNATURE_INVALID},
    {NULL, CHECKED("true", "newer"), PULLED, "", "check pull stage status", NULL,
     ERROR_WORKER_DIED},
};

CLAIM(job_kind, an_update_goes_as_far_as_it_should)
{
    for (size_t i = 0; i < ELEMENTSOF(updates); i++) {
        _cleanup_outcome_ Outcome outcome = {0};
        _cleanup_office_ Office office;

        office_open(&office);
        worker_answers(&office.worker, "check", updates[i].check);
        worker_answers(&office.worker, "pull", updates[i].pull);
        worker_answers(&office.worker, "stage", updates[i].stage);
        add_job(&office, &job_update, updates[i].options, USER, &outcome);
        office_until_idle(&office);
        expect_heard(&office, updates[i].heard);
        if (updates[i].end)
            cr_expect_str_eq(json_get_string(outcome.said, "end") ?: "?", updates[i].end, "row %zu",
                             i);
        cr_expect_eq(outcome.problem.failure.id, updates[i].error, "row %zu: %s", i,
                     outcome.problem.failure.detail);
        cr_expect_eq(outcome.result, updates[i].end ? JOB_DONE : JOB_FAILED);
        scratch_remove();
    }
}

CLAIM(job_kind, an_update_passes_on_what_was_answered_and_tells_all_of_it)
{
    _cleanup_outcome_ Outcome outcome = {0};
    _cleanup_office_ Office office;

    office_open(&office);
    worker_answers(&office.worker, "check", CHECKED("true", "newer"));
    worker_answers(&office.worker, "pull", PULLED);
    worker_answers(&office.worker, "stage", STAGED("true"));
    add_job(&office, &job_update, "{\"to\":\"2.0\",\"deltas\":false}", USER, &outcome);
    office_until_idle(&office);
    const Call *calls = office.worker.calls;
    cr_assert_eq(office.worker.n_calls, 5);
    cr_expect_str_eq(json_get_string(calls[0].args, "to"), "2.0");
    cr_expect_str_eq(json_get_string(calls[1].args, "checksum"), "c1");
    cr_expect(json_get(calls[1].args, "deltas") && !json_get_bool(calls[1].args, "deltas"));
    cr_expect_str_eq(json_get_string(calls[2].args, "checksum"), "c1");
    cr_expect(json_get_bool(calls[2].args, "lock"));
    cr_expect_str_eq(json_get_string(calls[3].args, "checksum"), "c1");
    cr_expect(json_get_bool(json_get(outcome.said, "check"), "update"));
    cr_expect_eq(json_get_int(json_get(outcome.said, "pulled"), "bytes"), 9);
    cr_expect(json_get_bool(json_get(outcome.said, "staged"), "locked"));
}

CLAIM(job_kind, a_refusal_names_the_release_or_says_what_the_worker_said)
{
    static const char *const answers[][2] = {
        {CHECKED("false", "denied"), "2.0"},
        {"{\"result\":{\"update\":false,\"reason\":\"denied\",\"detail\":\"it crashed\","
         "\"target\":{\"checksum\":\"c1\",\"version\":null}}}\n",
         "it crashed"},
        {"{\"result\":{\"update\":false,\"reason\":\"denied\","
         "\"target\":{\"checksum\":\"c1\",\"version\":null}}}\n",
         "c1"},
        {"{\"result\":{\"reason\":\"denied\"}}\n", "?"},
    };

    for (size_t i = 0; i < ELEMENTSOF(answers); i++) {
        _cleanup_outcome_ Outcome outcome = {0};
        _cleanup_office_ Office office;

        office_open(&office);
        worker_answers(&office.worker, "check", answers[i][0]);
        add_job(&office, &job_update, NULL, USER, &outcome);
        office_until_idle(&office);
        cr_expect_eq(outcome.problem.failure.id, ERROR_DENIED);
        cr_expect_str_eq(outcome.problem.failure.detail, answers[i][1]);
        scratch_remove();
    }
}

CLAIM(job_kind, an_update_that_is_cancelled_goes_no_further)
{
    _cleanup_outcome_ Outcome outcome = {0};
    _cleanup_office_ Office office;

    office_open(&office);
    worker_answers(&office.worker, "check", CHECKED("true", "newer"));
    Job *job = add_job(&office, &job_update, NULL, USER, &outcome);
    worker_until(&office.worker, office.worker.n_calls == 1 && office.worker.calls[0].fd < 0);
    job_cancel(job);
    office_until_idle(&office);
    expect_heard(&office, "check status");
    cr_expect_eq(outcome.result, JOB_CANCELLED);
}

CLAIM(job_kind, every_other_job_is_one_request_with_its_options)
{
    static const struct {
        const JobKind *kind;
        const char *heard;
    } kinds[] = {
        {&job_check, "check"},
        {&job_pull, "pull status"},
        {&job_stage, "stage status"},
        {&job_finalize, "finalize status"},
        {&job_rollback, "rollback status"},
        {&job_rollback_check, "rollback"},
        {&job_cleanup, "cleanup status"},
        {&job_reboot, "reboot"},
        {&job_history, "history"},
        {&job_hooks, "hooks"},
        {&job_lock, "lock status"},
    };

    for (size_t i = 0; i < ELEMENTSOF(kinds); i++) {
        _cleanup_office_ Office office;

        office_open(&office);
        add_job(&office, kinds[i].kind, "{\"a\":{\"b\":[1]}}", USER, NULL);
        office_until_idle(&office);
        expect_heard(&office, kinds[i].heard);
        cr_expect_str_eq(
            json_object_to_json_string_ext(office.worker.calls[0].args, JSON_C_TO_STRING_PLAIN),
            "{\"a\":{\"b\":[1]},\"caller\":1000}");
        scratch_remove();
    }
}
