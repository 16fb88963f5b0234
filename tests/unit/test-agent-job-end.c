/* SPDX-License-Identifier: MIT */
/* How a job ends: well, cancelled, or with a worker that dies, hangs or talks nonsense. */
#include "agent/job.h"

#include "tests/unit/agent-jobs.h"

TestSuite(job_end, .fini = scratch_remove);

CLAIM(job_end, what_was_cancelled_before_it_began_asks_for_nothing)
{
    _cleanup_outcome_ Outcome outcome = {0};
    _cleanup_office_ Office office;

    office_open(&office);
    Job *job = add_job(&office, &job_pull, NULL, USER, &outcome);
    job_cancel(job);
    job_cancel(job);
    cr_expect_eq(outcome.ends, 0, "it ended before the loop had its turn");
    office_until_idle(&office);
    expect_record(&office, "+1:pull 1:cancelling 1:cancelled ");
    expect_heard(&office, "");
    cr_expect_eq(outcome.result, JOB_CANCELLED);
    cr_expect_eq(outcome.problem.failure.id, ERROR_CANCELLED);
}

CLAIM(job_end, what_was_cancelled_in_the_queue_lets_others_pass)
{
    _cleanup_office_ Office office;

    office_open(&office);
    add_job(&office, &job_stage, NULL, USER, NULL);
    office_until_asked(&office, "stage");
    Job *second = add_job(&office, &job_pull, NULL, USER, NULL);
    add_job(&office, &job_cleanup, NULL, USER, NULL);
    job_cancel(second);
    office_until_idle(&office);
    cr_expect_not_null(strstr(office.record, "2:cancelled"));
    expect_heard(&office, "stage status cleanup status");
}

CLAIM(job_end, a_running_job_is_cancelled_by_its_worker_and_the_status_is_read)
{
    _cleanup_outcome_ Outcome outcome = {0};
    _cleanup_office_ Office office;

    office_open(&office);
    worker_answers(&office.worker, "pull", NULL);
    Job *job = add_job(&office, &job_pull, NULL, USER, &outcome);
    office_until_asked(&office, "pull");
    job_cancel(job);
    office_until_idle(&office);
    expect_record(&office, "+1:pull 1:running 1:cancelling 1:settled 1:cancelled ");
    cr_expect_eq(outcome.result, JOB_CANCELLED);
}

CLAIM(job_end, a_job_that_was_done_when_it_was_cancelled_is_done)
{
    _cleanup_outcome_ Outcome outcome = {0};
    _cleanup_office_ Office office;

    office_open(&office);
    Job *job = add_job(&office, &job_stage, NULL, USER, &outcome);
    worker_until(&office.worker, office.worker.n_calls == 1 && office.worker.calls[0].fd < 0);
    job_cancel(job);
    office_until_idle(&office);
    cr_expect_eq(outcome.result, JOB_DONE);
    cr_expect_not_null(outcome.said);
}

CLAIM(job_end, a_cancel_while_the_status_is_read_is_too_late)
{
    _cleanup_outcome_ Outcome outcome = {0};
    _cleanup_office_ Office office;

    office_open(&office);
    Job *job = add_job(&office, &job_stage, NULL, USER, &outcome);
    office_until_asked(&office, "status");
    job_cancel(job);
    office_until_idle(&office);
    expect_record(&office, "+1:stage 1:running 1:settled 1:done ");
}

/* How a worker fails, and what is told of it. */
static const struct {
    const char *text;
    ErrorId id;
} failures[] = {
    {"", ERROR_WORKER_DIED},
    {"{\"event\":\"log\"}\n", ERROR_WORKER_DIED},
    {NULL, ERROR_WORKER_DIED}, /* it hangs */
    {"garbage\n", ERROR_PROTOCOL_GARBAGE},
    {"{\"error\":{\"id\":\"update.denied\",\"detail\":\"x\"}}\n", ERROR_DENIED},
    {CANCELLED, ERROR_CANCELLED},
};

CLAIM(job_end, a_worker_that_fails_fails_this_job_and_no_other)
{
    for (size_t i = 0; i < ELEMENTSOF(failures); i++) {
        _cleanup_outcome_ Outcome outcome = {0}, next = {0};
        _cleanup_office_ Office office;

        office_open(&office);
        worker_answers(&office.worker, "pull", failures[i].text);
        add_job(&office, &job_pull, NULL, USER, &outcome);
        add_job(&office, &job_stage, NULL, USER, &next);
        office_until_idle(&office);
        cr_expect_eq(outcome.ends, 1);
        cr_expect_eq(outcome.result,
                     failures[i].id == ERROR_CANCELLED ? JOB_CANCELLED : JOB_FAILED);
        cr_expect_eq(outcome.problem.failure.id, failures[i].id, "%s", failures[i].text);
        cr_expect_null(outcome.said);
        cr_expect_eq(next.result, JOB_DONE);
        expect_heard(&office, "pull status stage status");
        scratch_remove();
    }
}

CLAIM(job_end, a_line_of_ten_megabytes_is_not_read)
{
    _cleanup_free_ char *text = calloc(1, 10 * 1024 * 1024 + 1);
    _cleanup_outcome_ Outcome outcome = {0};
    _cleanup_office_ Office office;

    memset(text, ' ', 10 * 1024 * 1024);
    office_open(&office);
    worker_answers(&office.worker, "pull", text);
    add_job(&office, &job_pull, NULL, USER, &outcome);
    office_until_idle(&office);
    cr_expect_eq(outcome.problem.failure.id, ERROR_PROTOCOL_GARBAGE);
}

CLAIM(job_end, a_worker_that_does_not_stop_holds_up_nobody)
{
    _cleanup_outcome_ Outcome outcome = {0}, rollback = {0};
    _cleanup_office_ Office office;

    office_open(&office);
    office.worker.stubborn = true;
    worker_answers(&office.worker, "pull", NULL);
    add_job(&office, &job_pull, NULL, JOB_AGENT, &outcome);
    office_until_asked(&office, "pull");
    add_job(&office, &job_rollback, NULL, ADMIN, &rollback);
    office_until_idle(&office);
    cr_expect_eq(outcome.result, JOB_CANCELLED);
    cr_expect_eq(rollback.result, JOB_DONE);
}

CLAIM(job_end, a_status_that_cannot_be_read_is_told_and_the_job_ends)
{
    static const char *const answers[] = {"", "garbage\n", NULL,
                                          "{\"error\":{\"id\":\"update.busy\",\"detail\":\"\"}}\n"};

    for (size_t i = 0; i < ELEMENTSOF(answers); i++) {
        _cleanup_office_ Office office;

        office_open(&office);
        worker_answers(&office.worker, "status", answers[i]);
        add_job(&office, &job_stage, NULL, USER, NULL);
        office_until_idle(&office);
        expect_record(&office, "+1:stage 1:running 1:unsettled 1:done ");
        scratch_remove();
    }
}

CLAIM(job_end, without_a_worker_a_job_fails_and_what_is_known_counts_as_old)
{
    _cleanup_outcome_ Outcome outcome = {0}, reader = {0};
    _cleanup_office_ Office office;

    office_open(&office);
    cr_assert_eq(unlink(office.worker.path), 0);
    add_job(&office, &job_stage, NULL, USER, &outcome);
    add_job(&office, &job_check, NULL, USER, &reader);
    office_until_idle(&office);
    expect_record(&office, "+1:stage +2:check 1:running 1:unsettled 1:failed 2:running 2:failed ");
    cr_expect_eq(outcome.problem.failure.id, ERROR_WORKER_MISSING);
    cr_expect_eq(reader.problem.failure.id, ERROR_WORKER_MISSING);
}

/* Whoever is told of an end may want the next thing at once, as the state machine does. */
static void add_another(Job *job, JobResult result, json_object *said, const Problem *problem,
                        void *userdata)
{
    Office *office = userdata;

    add_job(office, &job_check, NULL, JOB_AGENT, NULL);
    jobs_stop(office->jobs);
}

CLAIM(job_end, a_job_can_be_added_and_all_be_stopped_when_one_ends)
{
    _cleanup_office_ Office office;

    office_open(&office);
    cr_assert_eq(
        jobs_add(office.jobs, &job_check, NULL, JOB_AGENT, add_another, &office, NULL, NULL), 0);
    office_until_idle(&office);
    cr_expect_not_null(strstr(office.record, "2:cancelled"), "%s", office.record);
}

/* Nothing but noise, which is what a broken worker sends. */
CLAIM(job_end, progress_of_any_shape_is_harmless)
{
    _cleanup_office_ Office office;

    office_open(&office);
    worker_answers(&office.worker, "check",
                   "{\"event\":\"progress\"}\n"
                   "{\"event\":\"progress\",\"phase\":7,\"done\":\"x\",\"total\":-1,\"unit\":[]}\n"
                   "{\"event\":\"progress\",\"phase\":\"a-phase-with-a-very-long-name\"}\n"
                   "{\"event\":\"log\",\"level\":1,\"message\":{}}\n" RESULT);
    add_job(&office, &job_check, NULL, USER, NULL);
    office_until_idle(&office);
    expect_record(&office,
                  "+1:check 1:running 1:=0/0 1:=0/0 1:a-phase-with-a-=0/0 1:info= 1:done ");
}
