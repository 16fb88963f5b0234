/* SPDX-License-Identifier: MIT */
#include "update/request.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/leak.h"
#include "update/operation.h"

/* Parses the line as that peer; the error id it ends with, ERROR_NONE for none. */
static ErrorId parse(const char *line, Peer peer)
{
    _cleanup_failure_ Failure failure = {0};
    Request request;
    int r = request_parse(line, strlen(line), peer, &request, &failure);

    request_clear(&request);
    cr_assert_eq(r < 0, failure.id != ERROR_NONE);
    return failure.id;
}

CLAIM(request, arguments_are_taken_over_and_the_others_have_their_defaults)
{
    static const char line[] =
        "{\"v\":1,\"op\":\"pull\",\"args\":{\"to\":\"1.2.0\",\"deltas\":false,\"retries\":0}}";
    Request request;

    cr_assert_eq(request_parse(line, strlen(line), PEER_OWNER, &request, NULL), 0);
    cr_assert_str_eq(request.operation->name, "pull");
    cr_assert_str_eq(request.args.to, "1.2.0");
    cr_assert_not(request.args.deltas);
    cr_assert_eq(request.args.retries, 0);
    cr_assert_eq(request.args.stall_timeout, 60);
    cr_assert_eq(request.args.lock_timeout, 60);
    request_clear(&request);
}

CLAIM(request, a_request_without_args_is_one)
{
    cr_assert_eq(parse("{\"v\":1,\"op\":\"status\"}", PEER_OWNER), ERROR_NONE);
}

CLAIM(request, what_is_no_request_is_refused)
{
    static const char *const lines[] = {
        "",
        "null",
        "[]",
        "{",
        "{\"v\":1}",
        "{\"op\":\"status\"}",
        "{\"v\":2,\"op\":\"status\"}",
        "{\"v\":\"1\",\"op\":\"status\"}",
        "{\"v\":1,\"op\":7}",
        "{\"v\":1,\"op\":\"status\",\"args\":[]}",
        "{\"v\":1,\"op\":\"status\",\"more\":1}",
        "{\"v\":1,\"op\":\"status\",\"args\":{\"nonsense\":1}}",
        "{\"v\":1,\"op\":\"status\",\"args\":{\"checksum\":\"x\"}}",
        "{\"v\":1,\"op\":\"status\",\"args\":{\"sysroot\":7}}",
        "{\"v\":1,\"op\":\"pull\",\"args\":{\"retries\":21}}",
        "{\"v\":1,\"op\":\"pull\",\"args\":{\"retries\":-1}}",
        "{\"v\":1,\"op\":\"pull\",\"args\":{\"deltas\":1}}",
        "{\"v\":1,\"op\":\"kargs\",\"args\":{\"append\":\"a\"}}",
        "{\"v\":1,\"op\":\"kargs\",\"args\":{\"append\":[1]}}",
    };

    for (size_t i = 0; i < ELEMENTSOF(lines); i++)
        cr_assert_eq(parse(lines[i], PEER_OWNER), ERROR_PROTOCOL_INVALID, "taken: %s", lines[i]);
}

CLAIM(request, an_unknown_operation_has_an_error_of_its_own)
{
    cr_assert_eq(parse("{\"v\":1,\"op\":\"format\"}", PEER_OWNER), ERROR_PROTOCOL_UNKNOWN_OP);
}

CLAIM(request, a_stranger_may_ask_for_nothing)
{
    cr_assert_eq(parse("{\"v\":1,\"op\":\"status\"}", PEER_OTHER), ERROR_PROTOCOL_NOT_AUTHORIZED);
}

CLAIM(request, a_captured_daemon_gets_what_the_trust_line_allows_and_no_more)
{
    static const char *const allowed[] = {"status",   "check",    "pull",    "verify", "stage",
                                          "finalize", "rollback", "cleanup", "reboot", "history"};
    static const char *const refused[] = {"deploy", "pin", "kargs", "diff", "deny", "reconcile"};
    char line[128];

    for (size_t i = 0; i < ELEMENTSOF(allowed); i++) {
        snprintf(line, sizeof(line), "{\"v\":1,\"op\":\"%s\"}", allowed[i]);
        cr_assert_eq(parse(line, PEER_AGENT), ERROR_NONE, "refused: %s", line);
    }
    for (size_t i = 0; i < ELEMENTSOF(refused); i++) {
        snprintf(line, sizeof(line), "{\"v\":1,\"op\":\"%s\"}", refused[i]);
        cr_assert_eq(parse(line, PEER_AGENT), ERROR_PROTOCOL_NOT_AUTHORIZED, "taken: %s", line);
    }
}

CLAIM(request, a_captured_daemon_cannot_name_another_sysroot_source_or_policy)
{
    static const char *const lines[] = {
        "{\"v\":1,\"op\":\"status\",\"args\":{\"sysroot\":\"/mnt\"}}",
        "{\"v\":1,\"op\":\"status\",\"args\":{\"stateroot\":\"x\"}}",
        "{\"v\":1,\"op\":\"pull\",\"args\":{\"refspec\":\"evil:x\"}}",
        "{\"v\":1,\"op\":\"pull\",\"args\":{\"from\":\"/tmp/x\"}}",
        "{\"v\":1,\"op\":\"pull\",\"args\":{\"allow_downgrade\":true}}",
        "{\"v\":1,\"op\":\"stage\",\"args\":{\"allow_denied\":true}}",
        "{\"v\":1,\"op\":\"verify\",\"args\":{\"refspec\":\"evil:x\"}}",
        "{\"v\":1,\"op\":\"rollback\",\"args\":{\"to\":\"0\"}}",
        "{\"v\":1,\"op\":\"rollback\",\"args\":{\"deny\":false}}",
        "{\"v\":1,\"op\":\"cleanup\",\"args\":{\"rollback\":true}}",
    };

    for (size_t i = 0; i < ELEMENTSOF(lines); i++)
        cr_assert_eq(parse(lines[i], PEER_AGENT), ERROR_PROTOCOL_NOT_AUTHORIZED, "taken: %s",
                     lines[i]);
    cr_assert_eq(parse("{\"v\":1,\"op\":\"pull\",\"args\":{\"to\":\"1.2.0\"}}", PEER_AGENT),
                 ERROR_NONE);
}
