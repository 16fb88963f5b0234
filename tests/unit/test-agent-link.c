/* SPDX-License-Identifier: MIT */
#include "agent/link.h"

#include "tests/unit/agent-worker.h"

TestSuite(link, .fini = scratch_remove);

static const LinkLimits patient = {.idle_ms = 5000, .cancel_ms = 5000};

/* One conversation, and what was heard of it. */
typedef struct Talk {
    Link *link;
    unsigned events, ends;
    bool frees; /* in `ended` */
    bool cancels_at_event;
    char last_event[64];
    json_object *result;
    Problem problem;
} Talk;

static void on_event(json_object *event, void *userdata)
{
    Talk *talk = userdata;

    cr_expect_eq(talk->ends, 0, "an event after the end");
    talk->events++;
    snprintf(talk->last_event, sizeof(talk->last_event), "%s", json_get_string(event, "event"));
    if (talk->cancels_at_event)
        link_cancel(talk->link);
}

static void on_ended(json_object *result, const Problem *problem, void *userdata)
{
    Talk *talk = userdata;

    cr_expect_eq(!result, !!problem);
    if (talk->ends++ > 0)
        return;
    talk->result = json_object_get(result);
    if (problem)
        problem_copy(&talk->problem, problem);
    if (talk->frees)
        talk->link = link_free(talk->link);
}

static void talk_clear(Talk *talk)
{
    link_free(talk->link);
    json_object_put(talk->result);
    problem_clear(&talk->problem);
}

#define _cleanup_talk_ __attribute__((cleanup(talk_clear)))

static void begin(Worker *worker, Talk *talk, const LinkLimits *limits)
{
    static const LinkHandler handler = {.event = on_event, .ended = on_ended};
    _cleanup_json_ json_object *request =
        json_tokener_parse("{\"v\":1,\"op\":\"test\",\"args\":{\"n\":7}}");
    _cleanup_failure_ Failure f = {0};

    cr_assert_eq(
        link_start(worker->loop, worker->path, request, limits, &handler, talk, &talk->link, &f), 0,
        "%s", f.detail);
    cr_assert_eq(talk->ends + talk->events, 0, "called back before it returned");
}

/* The whole conversation, where the worker answers with the text. Nothing comes after the end. */
static void converse(Talk *talk, const char *text, bool frees)
{
    _cleanup_worker_ Worker worker;

    worker_open(&worker);
    worker_answers(&worker, "test", text);
    talk->frees = frees;
    begin(&worker, talk, &patient);
    worker_until(&worker, talk->ends > 0);
    worker_settle(&worker);
    cr_expect_eq(talk->ends, 1);
    cr_expect_eq(worker.n_calls, 1);
    cr_expect_eq(json_get_int(worker.calls[0].args, "n"), 7);
    talk->link = link_free(talk->link);
    scratch_remove();
}

CLAIM(link, events_are_handed_on_and_then_the_result)
{
    static const char said[] = "{\"event\":\"log\",\"message\":\"x\"}\n{\"event\":\"progress\"}\n"
                               "{\"event\":\"of-tomorrow\",\"n\":1}\n{\"result\":{\"a\":1}}\n"
                               "{\"event\":\"log\"}\n{\"result\":{\"a\":2}}\n";

    for (int frees = 0; frees < 2; frees++) {
        _cleanup_talk_ Talk talk = {0};

        converse(&talk, said, frees);
        cr_expect_eq(talk.events, 3);
        cr_expect_str_eq(talk.last_event, "of-tomorrow");
        cr_expect_eq(json_get_int(talk.result, "a"), 1);
    }
}

/* What a worker may say instead, and what that is. */
static const struct {
    const char *said;
    ErrorId id;
    const char *detail;
} ends[] = {
    {"{\"error\":{\"id\":\"update.busy\",\"detail\":\"pid 7\"}}\n", ERROR_BUSY, "pid 7"},
    {"{\"error\":{\"id\":\"of.tomorrow\",\"detail\":\"x\"}}\n", ERROR_INTERNAL, "x"},
    {"{\"error\":{}}\n", ERROR_PROTOCOL_GARBAGE, ""},
    {"", ERROR_WORKER_DIED, "closed"},
    {"{\"event\":\"log\"}\n", ERROR_WORKER_DIED, "closed"},
    {"{\"result\":{}}", ERROR_WORKER_DIED, "closed"},
    {"\n", ERROR_PROTOCOL_GARBAGE, ""},
    {"null\n", ERROR_PROTOCOL_GARBAGE, "null"},
    {"[]\n", ERROR_PROTOCOL_GARBAGE, "[]"},
    {"{}\n", ERROR_PROTOCOL_GARBAGE, "{}"},
    {"hello\x1b[2J\n", ERROR_PROTOCOL_GARBAGE, "hello [2J"},
    {"{\"result\":1}\n", ERROR_PROTOCOL_GARBAGE, "result"},
    {"{\"result\":null}\n", ERROR_PROTOCOL_GARBAGE, "result"},
    {"{\"error\":\"x\"}\n", ERROR_PROTOCOL_GARBAGE, "error"},
    {"{\"event\":7}\n", ERROR_PROTOCOL_GARBAGE, "event"},
    {"{\"result\":{},\"error\":{}}\n", ERROR_PROTOCOL_GARBAGE, "error"},
    {"{\"result\":{}} {\"result\":{}}\n", ERROR_PROTOCOL_GARBAGE, "result"},
    {"{\"event\":\"a\\u0000b\"}\n", ERROR_PROTOCOL_GARBAGE, "event"},
};

CLAIM(link, every_other_end_is_a_problem_told_once)
{
    for (size_t i = 0; i < ELEMENTSOF(ends); i++)
        for (int frees = 0; frees < 2; frees++) {
            _cleanup_talk_ Talk talk = {0};
            const char *detail;

            converse(&talk, ends[i].said, frees);
            detail = talk.problem.failure.detail;
            cr_expect_null(talk.result);
            cr_expect_eq(talk.problem.failure.id, ends[i].id, "%s: %s", ends[i].said,
                         problem_id(&talk.problem));
            cr_expect(strstr(detail ?: "", ends[i].detail), "%s: %s", ends[i].said, detail);
        }
}

CLAIM(link, a_line_of_ten_megabytes_is_garbage_and_one_of_half_a_megabyte_is_not)
{
    _cleanup_talk_ Talk endless = {0}, lengthy = {0};
    const size_t size = 512 * 1024;
    _cleanup_free_ char *text = calloc(1, 10 * 1024 * 1024 + 1);

    memset(text, 'x', 10 * 1024 * 1024);
    converse(&endless, text, true);
    cr_expect_eq(endless.problem.failure.id, ERROR_PROTOCOL_GARBAGE);
    cr_expect(strlen(endless.problem.failure.detail) < 200);

    memcpy(text, "{\"result\":{\"a\":\"", 16);
    memcpy(text + size - 4, "\"}}\n", 5);
    converse(&lengthy, text, true);
    cr_expect_eq(strlen(json_get_string(lengthy.result, "a") ?: ""), size - 20);
}

CLAIM(link, a_flood_of_events_does_not_keep_the_loop_from_others)
{
    static const char line[] = "{\"event\":\"log\",\"message\":\"x\"}\n";
    const size_t n = 20000;
    _cleanup_free_ char *text = calloc(n, strlen(line) + 1);
    _cleanup_worker_ Worker worker;
    _cleanup_talk_ Talk talk = {0};
    unsigned turns = 0;

    for (size_t i = 0; i < n; i++)
        memcpy(text + i * strlen(line), line, strlen(line));
    worker_open(&worker);
    worker_answers(&worker, "test", text);
    begin(&worker, &talk, &patient);
    for (; talk.ends == 0; turns++)
        worker_turn(&worker, 100);
    cr_expect_eq(talk.events, n);
    cr_expect_gt(turns, 10u);
}

CLAIM(link, a_worker_that_is_not_there_is_missing)
{
    static const LinkHandler handler = {.event = on_event, .ended = on_ended};
    _cleanup_json_ json_object *request = json_object_new_object();
    _cleanup_failure_ Failure f = {0};
    _cleanup_worker_ Worker worker;
    char long_path[200];
    Talk talk = {0};

    worker_open(&worker);
    cr_assert_eq(unlink(worker.path), 0);
    cr_expect_eq(
        link_start(worker.loop, worker.path, request, &patient, &handler, &talk, &talk.link, &f),
        -ENOENT);
    cr_expect_eq(f.id, ERROR_WORKER_MISSING);
    cr_expect(strstr(f.detail, worker.path), "%s", f.detail);
    memset(long_path, 'x', sizeof(long_path) - 1);
    long_path[sizeof(long_path) - 1] = '\0';
    cr_expect_eq(
        link_start(worker.loop, long_path, request, &patient, &handler, &talk, &talk.link, &f),
        -ENAMETOOLONG);
    cr_expect_null(talk.link);
    cr_expect_null(link_free(NULL));
}

CLAIM(link, a_silent_worker_has_died)
{
    static const LinkLimits limits = {.idle_ms = 100, .cancel_ms = 5000};
    _cleanup_worker_ Worker worker;
    _cleanup_talk_ Talk talk = {0};
    int64_t start = clock_monotonic_ms();

    worker_open(&worker);
    worker_begins(&worker, "test", "{\"event\":\"log\"}\nhalf a line");
    begin(&worker, &talk, &limits);
    worker_until(&worker, talk.ends > 0);
    cr_expect_eq(talk.events, 1);
    cr_expect_eq(talk.problem.failure.id, ERROR_WORKER_DIED);
    cr_expect(clock_monotonic_ms() - start < 2000);
    worker_settle(&worker);
    cr_expect_eq(talk.ends, 1);
}

CLAIM(link, after_the_end_there_is_no_silence_to_complain_of)
{
    static const LinkLimits limits = {.idle_ms = 100, .cancel_ms = 100};
    _cleanup_worker_ Worker worker;
    _cleanup_talk_ Talk talk = {0};

    worker_open(&worker);
    begin(&worker, &talk, &limits);
    worker_until(&worker, talk.ends > 0);
    for (int64_t end = clock_monotonic_ms() + 600; clock_monotonic_ms() < end;)
        worker_turn(&worker, 100);
    cr_expect_eq(talk.ends, 1);
    cr_expect_not_null(talk.result);
}

CLAIM(link, a_cancel_ends_as_the_worker_says)
{
    _cleanup_worker_ Worker worker;
    _cleanup_talk_ Talk talk = {.frees = true};

    worker_open(&worker);
    worker_answers(&worker, "test", NULL);
    begin(&worker, &talk, &patient);
    worker_until(&worker, worker.n_calls == 1 && worker.calls[0].op[0]);
    link_cancel(talk.link);
    link_cancel(talk.link);
    cr_expect_eq(talk.ends, 0);
    worker_until(&worker, talk.ends > 0);
    cr_expect_eq(talk.problem.failure.id, ERROR_CANCELLED);
}

CLAIM(link, a_cancel_in_the_middle_of_events_is_fine)
{
    _cleanup_worker_ Worker worker;
    _cleanup_talk_ Talk talk = {.frees = true, .cancels_at_event = true};

    worker_open(&worker);
    worker_begins(&worker, "test", "{\"event\":\"log\"}\n{\"event\":\"log\"}\n");
    begin(&worker, &talk, &patient);
    worker_until(&worker, talk.ends > 0);
    cr_expect_eq(talk.events, 2);
    cr_expect_eq(talk.problem.failure.id, ERROR_CANCELLED);
}

CLAIM(link, a_worker_that_does_not_stop_or_hangs_up_is_cancelled_all_the_same)
{
    static const LinkLimits limits = {.idle_ms = 60000, .cancel_ms = 100};

    for (int hangs_up = 0; hangs_up < 2; hangs_up++) {
        _cleanup_worker_ Worker worker;
        _cleanup_talk_ Talk talk = {0};
        int64_t start = clock_monotonic_ms();

        worker_open(&worker);
        worker.stubborn = true;
        worker_answers(&worker, "test", NULL);
        begin(&worker, &talk, &limits);
        worker_until(&worker, worker.n_calls == 1 && worker.calls[0].op[0]);
        link_cancel(talk.link);
        if (hangs_up)
            worker_hang_up(&worker.calls[0]);
        worker_until(&worker, talk.ends > 0);
        cr_expect_eq(talk.problem.failure.id, ERROR_CANCELLED);
        cr_expect(clock_monotonic_ms() - start < 2000);
        scratch_remove();
    }
}

/* What is done is done. */
CLAIM(link, a_cancel_that_comes_too_late_changes_nothing)
{
    _cleanup_worker_ Worker worker;
    _cleanup_talk_ Talk talk = {0};

    worker_open(&worker);
    begin(&worker, &talk, &patient);
    worker_until(&worker, worker.n_calls == 1 && worker.calls[0].fd < 0);
    link_cancel(talk.link);
    worker_until(&worker, talk.ends > 0);
    cr_expect_not_null(talk.result);
}

CLAIM(link, who_hangs_up_is_not_called)
{
    _cleanup_worker_ Worker worker;
    Talk talk = {0};

    worker_open(&worker);
    worker_begins(&worker, "test", "{\"event\":\"log\"}\n");
    begin(&worker, &talk, &patient);
    talk.link = link_free(talk.link);
    worker_settle(&worker);
    cr_expect_eq(talk.events + talk.ends, 0);
}
