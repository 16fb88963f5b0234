/* SPDX-License-Identifier: MIT */
/* Which job runs when, and for whom. */
#include "agent/job.h"

#include "tests/unit/agent-jobs.h"

TestSuite(job, .fini = scratch_remove);

CLAIM(job, one_that_changes_something_is_told_from_its_beginning_to_its_end)
{
    _cleanup_outcome_ Outcome outcome = {0};
    _cleanup_office_ Office office;

    office_open(&office);
    worker_answers(&office.worker, "pull",
                   "{\"event\":\"log\",\"level\":\"warning\",\"message\":\"slow\"}\n"
                   "{\"event\":\"log\"}\n"
                   "{\"event\":\"progress\",\"phase\":\"pull\",\"done\":3,\"total\":9,"
                   "\"unit\":\"bytes\",\"rate\":-5}\n"
                   "{\"event\":\"of-tomorrow\"}\n{\"result\":{\"checksum\":\"x\"}}\n");
    Job *job = add_job(&office, &job_pull, "{\"checksum\":\"x\"}", USER, &outcome);
    cr_expect_eq(job->id, 1);
    cr_expect_eq(jobs_find(office.jobs, 1), job);
    cr_expect_eq(jobs_first(office.jobs), job);
    expect_record(&office, "+1:pull ");
    cr_expect(jobs_change_something(office.jobs));

    office_until_idle(&office);
    expect_record(&office, "+1:pull 1:running 1:warning=slow 1:info= 1:pull=3/9bytes 1:settled "
                           "1:done ");
    expect_heard(&office, "pull status");
    cr_expect_str_eq(json_get_string(office.worker.calls[0].args, "checksum"), "x");
    cr_expect_eq(outcome.ends, 1);
    cr_expect_str_eq(json_get_string(outcome.said, "checksum"), "x");
    cr_expect_not(jobs_change_something(office.jobs));
    cr_expect_null(jobs_find(office.jobs, 1));
}

CLAIM(job, one_that_only_reads_does_not_settle)
{
    _cleanup_office_ Office office;

    office_open(&office);
    add_job(&office, &job_check, NULL, USER, NULL);
    cr_expect_not(jobs_change_something(office.jobs));
    office_until_idle(&office);
    expect_record(&office, "+1:check 1:running 1:done ");
    expect_heard(&office, "check");
}

CLAIM(job, those_that_change_something_run_one_at_a_time_in_their_order)
{
    _cleanup_office_ Office office;
    char text[JOB_WAITING_MAX];

    office_open(&office);
    Job *first = add_job(&office, &job_pull, NULL, ADMIN, NULL);
    Job *second = add_job(&office, &job_stage, NULL, USER, NULL);
    Job *third = add_job(&office, &job_cleanup, NULL, JOB_AGENT, NULL);
    cr_expect_str_eq(job_waiting(first, text), "");
    cr_expect_str_eq(job_waiting(second, text), "waiting for job 1: pull");
    cr_expect_str_eq(job_waiting(third, text), "waiting for job 2: stage");
    worker_until(&office.worker, first->state == JOB_RUNNING);
    cr_expect_str_eq(job_waiting(first, text), "");
    cr_expect_str_eq(job_waiting(third, text), "waiting for job 1: pull");
    office_until_idle(&office);
    expect_record(&office,
                  "+1:pull +2:stage +3:cleanup 1:running 1:settled 1:done 2:running 2:settled "
                  "2:done 3:running 3:settled 3:done ");
    expect_heard(&office, "pull status stage status cleanup status");
}

CLAIM(job, those_that_only_read_do_not_wait_for_one_that_changes_something)
{
    _cleanup_office_ Office office;
    char text[JOB_WAITING_MAX];

    office_open(&office);
    worker_answers(&office.worker, "stage", NULL);
    add_job(&office, &job_stage, NULL, ADMIN, NULL);
    office_until_asked(&office, "stage");
    Job *reader = add_job(&office, &job_history, NULL, USER, NULL);
    cr_expect_str_eq(job_waiting(reader, text), "");
    worker_until(&office.worker, strstr(office.record, "2:done"));
    cr_expect_eq(jobs_count(office.jobs), 1);
}

CLAIM(job, only_a_few_that_read_run_at_once)
{
    _cleanup_office_ Office office;
    unsigned running = 0;

    office_open(&office);
    worker_answers(&office.worker, "check", NULL);
    for (unsigned i = 0; i < JOBS_AT_ONCE_MAX + 3; i++)
        add_job(&office, &job_check, NULL, USER, NULL);
    worker_until(&office.worker, office.worker.n_calls == JOBS_AT_ONCE_MAX);
    worker_settle(&office.worker);
    cr_expect_eq(office.worker.n_calls, JOBS_AT_ONCE_MAX);
    for (Job *job = jobs_first(office.jobs); job; job = job->later)
        running += job->state == JOB_RUNNING;
    cr_expect_eq(running, JOBS_AT_ONCE_MAX);
    /* Root does not queue behind others. */
    add_job(&office, &job_check, NULL, ADMIN, NULL);
    worker_until(&office.worker, office.worker.n_calls == JOBS_AT_ONCE_MAX + 1);
    worker_answers(&office.worker, "check", RESULT);
    office_until_idle(&office);
    cr_expect_eq(office.worker.n_calls, JOBS_AT_ONCE_MAX + 4);
}

CLAIM(job, a_rollback_cancels_what_yields_and_goes_first)
{
    _cleanup_office_ Office office;
    char text[JOB_WAITING_MAX];

    office_open(&office);
    worker_answers(&office.worker, "pull", NULL);
    Job *pull = add_job(&office, &job_pull, NULL, JOB_AGENT, NULL);
    Job *stage = add_job(&office, &job_stage, NULL, ADMIN, NULL);
    Job *update = add_job(&office, &job_update, NULL, USER, NULL);
    Job *check = add_job(&office, &job_check, NULL, USER, NULL);
    office_until_asked(&office, "pull");
    Job *rollback = add_job(&office, &job_rollback, NULL, ADMIN, NULL);

    cr_expect_eq(pull->state, JOB_CANCELLING);
    cr_expect_eq(update->state, JOB_CANCELLING);
    cr_expect_eq(stage->state, JOB_QUEUED);
    cr_expect_neq(check->state, JOB_CANCELLING);
    cr_expect_str_eq(job_waiting(rollback, text), "waiting for job 1: pull");
    office_until_idle(&office);
    cr_expect_null(strstr(worker_heard(&office.worker), "update"));
    cr_expect_not_null(strstr(office.record, "1:cancelled"));
    cr_expect_not_null(strstr(office.record, "3:cancelled"));
    cr_expect_not_null(strstr(office.record, "4:done"));
    const char *back = strstr(office.record, "5:running"),
               *staged = strstr(office.record, "2:running");
    cr_expect(back && staged && back < staged && strstr(office.record, "1:settled 1:cancelled"),
              "%s", office.record);
}

CLAIM(job, what_must_not_be_stopped_is_let_to_finish_before_a_rollback)
{
    _cleanup_office_ Office office;
    char text[JOB_WAITING_MAX];

    office_open(&office);
    add_job(&office, &job_finalize, NULL, JOB_AGENT, NULL);
    office_until_asked(&office, "finalize");
    Job *rollback = add_job(&office, &job_rollback, NULL, ADMIN, NULL);
    cr_expect_str_eq(job_waiting(rollback, text), "waiting for job 1: finalize");
    office_until_idle(&office);
    expect_record(&office, "+1:finalize 1:running +2:rollback 1:settled 1:done 2:running "
                           "2:settled 2:done ");
}

CLAIM(job, what_comes_after_a_rollback_that_waits_waits_too)
{
    _cleanup_office_ Office office;
    char text[JOB_WAITING_MAX];

    office_open(&office);
    add_job(&office, &job_stage, NULL, ADMIN, NULL);
    add_job(&office, &job_rollback, NULL, ADMIN, NULL);
    Job *pull = add_job(&office, &job_pull, NULL, ADMIN, NULL);
    cr_expect_str_eq(job_waiting(pull, text), "waiting for job 2: rollback");
    office_until_idle(&office);
    expect_heard(&office, "rollback status stage status pull status");
}

static void expect_full(Office *office, uid_t caller)
{
    _cleanup_failure_ Failure f = {0};
    Job *job = NULL;

    /* The options are consumed all the same. */
    cr_expect_eq(
        jobs_add(office->jobs, &job_check, json_object_new_object(), caller, NULL, NULL, &job, &f),
        -EBUSY);
    cr_expect_eq(f.id, ERROR_AGENT_BUSY);
    cr_expect_null(job);
}

CLAIM(job, a_caller_has_a_limit_and_all_have_one_but_root_has_room_left)
{
    _cleanup_office_ Office office;

    office_open(&office);
    for (unsigned i = 0; i < JOBS_MAX; i++)
        add_job(&office, &job_check, NULL, USER + i / JOBS_PER_USER_MAX, NULL);
    expect_full(&office, USER);
    expect_full(&office, USER + JOBS_MAX);
    add_job(&office, &job_rollback, NULL, JOB_AGENT, NULL);
    for (unsigned i = JOBS_MAX + 1; i < 2 * JOBS_MAX; i++)
        add_job(&office, &job_history, NULL, ADMIN, NULL);
    expect_full(&office, ADMIN);
    expect_full(&office, JOB_AGENT);
    cr_expect_eq(jobs_count(office.jobs), 2 * JOBS_MAX);
    office_until_idle(&office);
    add_job(&office, &job_check, NULL, USER, NULL);
}

CLAIM(job, the_limit_of_a_caller_is_theirs_alone)
{
    _cleanup_office_ Office office;

    office_open(&office);
    for (unsigned i = 0; i < JOBS_PER_USER_MAX; i++)
        add_job(&office, &job_check, NULL, USER, NULL);
    expect_full(&office, USER);
    add_job(&office, &job_check, NULL, USER + 1, NULL);
}

CLAIM(job, who_stops_takes_nothing_more_and_cancels_what_there_is)
{
    _cleanup_office_ Office office;
    _cleanup_failure_ Failure f = {0};

    office_open(&office);
    worker_answers(&office.worker, "pull", NULL);
    add_job(&office, &job_pull, NULL, ADMIN, NULL);
    add_job(&office, &job_rollback, NULL, ADMIN, NULL);
    add_job(&office, &job_check, NULL, ADMIN, NULL);
    jobs_stop(office.jobs);
    cr_expect_eq(jobs_add(office.jobs, &job_check, NULL, ADMIN, NULL, NULL, NULL, &f), -ESHUTDOWN);
    cr_expect_eq(f.id, ERROR_AGENT_STOPPING);
    office_until_idle(&office);
    cr_expect_eq(office.worker.n_calls, 0);
}

CLAIM(job, a_daemon_that_goes_hangs_up_on_everybody)
{
    Office office;

    office_open(&office);
    worker_answers(&office.worker, "pull", NULL);
    add_job(&office, &job_pull, "{\"a\":1}", ADMIN, NULL);
    add_job(&office, &job_update, NULL, ADMIN, NULL);
    office_until_asked(&office, "pull");
    strcpy(office.record, "");
    office_clear(&office);
    expect_record(&office, "");
    cr_expect_null(jobs_free(NULL));
}
