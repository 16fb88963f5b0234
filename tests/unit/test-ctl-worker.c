/* SPDX-License-Identifier: MIT */
/* What a worker must not do, and what azlctl makes of it. The children here are no azl-update: each
 * breaks the protocol in one way that the real one never shows. */
#include "agent/ctl/worker.h"

#include <signal.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/json.h"
#include "tests/unit/leak.h"
#include "tests/unit/scratch.h"

TestSuite(worker, .fini = scratch_remove);

typedef struct Outcome {
    int r;
    int64_t ms;
    bool cancelled;
    unsigned events;
    json_object *result;
    Problem problem;
} Outcome;

static void outcome_clear(Outcome *o)
{
    json_object_put(o->result);
    problem_clear(&o->problem);
}

#define _cleanup_outcome_ __attribute__((cleanup(outcome_clear)))

static void count_event(json_object *event, void *userdata)
{
    ++*(unsigned *)userdata;
}

/* Runs `script` as worker; it may be silent for idle_ms, and take cancel_ms to cancel. */
static void call(Outcome *o, const char *script, int idle_ms, int cancel_ms)
{
    char path[sizeof(scratch_path) + 16], text[1024];
    _cleanup_json_ json_object *request =
        json_tokener_parse("{\"v\":1,\"op\":\"status\",\"args\":{}}");
    int dir = scratch_open();

    snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", script);
    scratch_put(dir, "worker", text, strlen(text));
    cr_assert_eq(fchmodat(dir, "worker", 0700, 0), 0);
    snprintf(path, sizeof(path), "%s/worker", scratch_path);

    WorkerHost host = {.program = path, .idle_ms = idle_ms, .cancel_ms = cancel_ms};
    int64_t start = clock_monotonic_ms();
    o->r = worker_call(&host, request, count_event, &o->events, &o->result, &o->problem);
    o->ms = clock_monotonic_ms() - start;
    o->cancelled = host.cancelled;
    cr_assert(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD, "a child was left behind");
}

/* Sends this process a signal in `ms`, from a grandchild: call() wants to find no child of ours. */
static void signal_in(int number, int ms)
{
    pid_t target = getpid();

    signal(number, SIG_DFL); /* whatever runs the tests may ignore it */

    pid_t middle = fork();
    if (middle == 0) {
        if (fork() == 0) {
            usleep((useconds_t)ms * 1000);
            kill(target, number);
        }
        _exit(0);
    }
    waitpid(middle, NULL, 0);
}

CLAIM(worker, events_are_handed_on_and_the_result_returned)
{
    _cleanup_outcome_ Outcome o = {0};

    call(&o,
         "read -r line\n"
         "echo '{\"event\":\"log\",\"level\":\"info\",\"message\":\"x\"}'\n"
         "echo '{\"event\":\"of-tomorrow\"}'\n"
         "printf '%s' '{\"result\":{\"got\":'; printf '%s}}\\n' \"$line\"",
         5000, 1000);
    cr_assert_eq(o.r, 0, "%s", o.problem.failure.detail);
    cr_assert_eq(o.events, 2);
    cr_assert_str_eq(json_get_string(json_get(o.result, "got"), "op"), "status");
}

CLAIM(worker, an_error_is_returned_as_the_worker_named_it)
{
    _cleanup_outcome_ Outcome o = {0};

    call(&o, "echo '{\"error\":{\"id\":\"update.busy\",\"detail\":\"pid 7\"}}'; exit 4", 5000,
         1000);
    cr_assert_lt(o.r, 0);
    cr_assert_eq(o.problem.failure.id, ERROR_BUSY);
    cr_assert_str_eq(o.problem.failure.detail, "pid 7");
}

CLAIM(worker, a_program_that_is_not_there_is_missing)
{
    _cleanup_json_ json_object *request = json_object_new_object(), *result = NULL;
    _cleanup_problem_ Problem p = {0};
    WorkerHost host = {.program = "/nonexistent/azl-update", .idle_ms = 1000, .cancel_ms = 1000};

    cr_assert_eq(worker_call(&host, request, NULL, NULL, &result, &p), -ENOENT);
    cr_assert_eq(p.failure.id, ERROR_WORKER_MISSING);
}

CLAIM(worker, one_that_exits_or_is_killed_has_died)
{
    static const struct {
        const char *script, *said;
    } deaths[] = {{"exit 7", "status 7"},
                  {"kill -9 $$", "signal 9"},
                  {"printf '{\"result\":{}}'", "status 0"}}; /* a line without its end */

    for (size_t i = 0; i < ELEMENTSOF(deaths); i++) {
        _cleanup_outcome_ Outcome o = {0};

        call(&o, deaths[i].script, 5000, 1000);
        scratch_remove();
        cr_assert_lt(o.r, 0);
        cr_assert_eq(o.problem.failure.id, ERROR_WORKER_DIED, "%s", deaths[i].script);
        cr_assert_not_null(strstr(o.problem.failure.detail, deaths[i].said), "%s",
                           o.problem.failure.detail);
    }
}

CLAIM(worker, what_is_no_line_of_the_protocol_is_garbage)
{
    static const char *const scripts[] = {
        "echo hello",
        "echo '[]'",
        "echo '{}'",
        "echo '{\"result\":1}'",
        "echo '{\"error\":{}}'",
        "echo '{\"result\":{},\"error\":{\"id\":\"update.busy\"}}'",
        "echo '{\"event\":7}'",
        "printf '{\"event\":\"\\377\"}\\n'",
        "exec tr '\\0' x </dev/zero",
    };

    for (size_t i = 0; i < ELEMENTSOF(scripts); i++) {
        _cleanup_outcome_ Outcome o = {0};

        call(&o, scripts[i], 5000, 1000);
        scratch_remove();
        cr_assert_lt(o.r, 0);
        cr_assert_eq(o.problem.failure.id, ERROR_PROTOCOL_GARBAGE, "%s", scripts[i]);
    }
}

CLAIM(worker, silence_is_bounded)
{
    _cleanup_outcome_ Outcome o = {0};

    call(&o, "echo '{\"event\":\"log\"}'; exec sleep 100", 300, 1000);
    cr_assert_lt(o.r, 0);
    cr_assert_eq(o.problem.failure.id, ERROR_WORKER_DIED);
    cr_assert_eq(o.events, 1);
    cr_assert(o.ms >= 300 && o.ms < 5000, "%lld ms", (long long)o.ms);
}

CLAIM(worker, every_event_begins_the_silence_anew)
{
    _cleanup_outcome_ Outcome o = {0};

    call(&o,
         "for i in 1 2 3 4 5 6; do echo '{\"event\":\"log\"}'; sleep 0.2; done\n"
         "echo '{\"result\":{}}'",
         800, 1000);
    cr_assert_eq(o.r, 0, "%s", o.problem.failure.detail);
    cr_assert_eq(o.events, 6);
    cr_assert_geq(o.ms, 1000);
}

CLAIM(worker, a_dead_worker_is_noticed_though_its_child_lives)
{
    _cleanup_outcome_ Outcome o = {0};

    call(&o, "sleep 3 & kill -9 $$", 60000, 1000);
    cr_assert_eq(o.problem.failure.id, ERROR_WORKER_DIED);
    cr_assert_lt(o.ms, 2500);
}

CLAIM(worker, a_signal_cancels_by_closing_our_side)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

    for (size_t i = 0; i < ELEMENTSOF(signals); i++) {
        _cleanup_outcome_ Outcome o = {0};

        signal_in(signals[i], 200);
        call(&o,
             "cat >/dev/null; echo '{\"error\":{\"id\":\"update.cancelled\",\"detail\":\"eof\"}}'",
             10000, 10000);
        scratch_remove();
        cr_assert(o.cancelled);
        cr_assert_eq(o.problem.failure.id, ERROR_CANCELLED);
        cr_assert_str_eq(o.problem.failure.detail, "eof");
    }
}

CLAIM(worker, a_signal_that_is_ignored_stays_ignored)
{
    _cleanup_outcome_ Outcome o = {0};

    signal_in(SIGHUP, 200);
    signal(SIGHUP, SIG_IGN);
    call(&o, "sleep 0.6; echo '{\"result\":{}}'", 10000, 10000);
    cr_assert_not(o.cancelled);
    cr_assert_eq(o.r, 0, "%s", o.problem.failure.detail);
}

CLAIM(worker, one_that_does_not_cancel_is_killed)
{
    _cleanup_outcome_ Outcome o = {0};

    signal_in(SIGTERM, 200);
    call(&o, "while :; do echo '{\"event\":\"log\"}'; sleep 0.1; done", 10000, 500);
    cr_assert_eq(o.problem.failure.id, ERROR_CANCELLED);
    cr_assert(o.ms >= 600 && o.ms < 5000, "%lld ms", (long long)o.ms);
}

CLAIM(worker, a_second_signal_kills_at_once)
{
    _cleanup_outcome_ Outcome o = {0};

    signal_in(SIGINT, 200);
    signal_in(SIGINT, 500);
    call(&o, "exec sleep 100", 60000, 60000);
    cr_assert_eq(o.problem.failure.id, ERROR_CANCELLED);
    cr_assert_lt(o.ms, 5000);
}

CLAIM(worker, after_a_cancel_nothing_more_is_started)
{
    _cleanup_json_ json_object *request = json_object_new_object(), *result = NULL;
    _cleanup_problem_ Problem p = {0};
    WorkerHost host = {.program = "/bin/false", .idle_ms = 1, .cancel_ms = 1, .cancelled = true};

    cr_assert_eq(worker_call(&host, request, NULL, NULL, &result, &p), -ECANCELED);
    cr_assert_eq(p.failure.id, ERROR_CANCELLED);
}

CLAIM(worker, a_signal_between_two_requests_cancels_the_second)
{
    _cleanup_outcome_ Outcome first = {0}, second = {0};

    signal(SIGINT, SIG_DFL);
    call(&first, "read -r line; echo '{\"result\":{}}'", 5000, 1000);
    cr_assert_eq(first.r, 0);
    raise(SIGINT);
    call(&second, "read -r line; echo '{\"result\":{}}'", 5000, 1000);
    cr_assert_eq(second.problem.failure.id, ERROR_CANCELLED);
    cr_assert_null(second.result);
}

CLAIM(worker, a_signal_after_the_answer_leaves_it_and_cancels_what_would_follow)
{
    _cleanup_outcome_ Outcome o = {0};

    signal_in(SIGTERM, 300);
    call(&o, "read -r line; echo '{\"result\":{}}'; exec >/dev/null; sleep 1", 5000, 1000);
    cr_assert_eq(o.r, 0);
    cr_assert_not_null(o.result);
    cr_assert(o.cancelled);
}

CLAIM(worker, the_environment_is_chosen)
{
    _cleanup_outcome_ Outcome o = {0};

    setenv("LD_LIBRARY_PATH_OF_TEST", "leaks", 1);
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    call(&o,
         "printf '{\"result\":{\"a\":\"%s\",\"b\":\"%s\",\"c\":\"%s\"}}\\n' "
         "\"$LD_LIBRARY_PATH_OF_TEST\" \"$https_proxy\" \"$LC_ALL\"",
         5000, 1000);
    cr_assert_eq(o.r, 0);
    cr_assert_str_eq(json_get_string(o.result, "a"), "");
    cr_assert_str_eq(json_get_string(o.result, "b"), "http://127.0.0.1:1");
    cr_assert_str_eq(json_get_string(o.result, "c"), "C.UTF-8");
}
