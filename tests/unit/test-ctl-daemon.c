/* SPDX-License-Identifier: MIT */
#include "agent/ctl/daemon.h"

#include <string.h>

#include "base/error-id.h"
#include "tests/unit/leak.h"

#define PREFIX DAEMON_NAME ".Error."

CLAIM(daemon, an_error_comes_back_as_it_was_sent)
{
    for (ErrorId id = ERROR_NONE + 1; id < _ERROR_MAX; id++)
        for (unsigned with_detail = 0; with_detail < 2; with_detail++) {
            _cleanup_failure_ Failure sent = {0};
            _cleanup_problem_ Problem got = {0};
            char last[ERROR_BUS_NAME_MAX], name[128];

            failure_set(&sent, -EPERM, id, "%s", with_detail ? "1.1.0: why; not" : "");
            _cleanup_free_ char *text = failure_to_text(&sent);
            snprintf(name, sizeof(name), PREFIX "%s", error_id_bus_name(id, last));
            const sd_bus_error error = {.name = name, .message = text};

            cr_assert_lt(daemon_problem(&error, -EIO, &got), 0);
            cr_assert_str_eq(problem_id(&got), error_id_name(id));
            cr_assert_str_eq(got.failure.detail ?: "", sent.detail ?: "", "%s", text);
        }
}

CLAIM(daemon, a_newer_daemons_error_keeps_its_id)
{
    _cleanup_problem_ Problem got = {0};
    const sd_bus_error error = {.name = PREFIX "UpdateOfTomorrow",
                                .message = "it is too early: 1.1.0; wait [update.of-tomorrow]"};

    cr_assert_lt(daemon_problem(&error, -EIO, &got), 0);
    cr_assert_str_eq(problem_id(&got), "update.of-tomorrow");
    cr_assert_str_eq(got.failure.detail, "it is too early: 1.1.0; wait");
}

CLAIM(daemon, what_the_bus_says_has_an_id_of_ours)
{
    static const struct {
        const char *name;
        ErrorId id;
    } errors[] = {
        {"org.freedesktop.DBus.Error.ServiceUnknown", ERROR_AGENT_MISSING},
        {"org.freedesktop.DBus.Error.NoReply", ERROR_AGENT_MISSING},
        {"org.freedesktop.DBus.Error.AccessDenied", ERROR_PROTOCOL_NOT_AUTHORIZED},
        {"org.freedesktop.DBus.Error.InvalidArgs", ERROR_USAGE},
        {"org.freedesktop.DBus.Error.UnknownMethod", ERROR_PROTOCOL_UNKNOWN_OP},
    };

    for (size_t i = 0; i < ELEMENTSOF(errors); i++) {
        _cleanup_problem_ Problem got = {0};
        const sd_bus_error error = {.name = errors[i].name, .message = "said so"};

        cr_assert_lt(daemon_problem(&error, -EIO, &got), 0);
        cr_assert_eq(got.failure.id, errors[i].id, "%s", errors[i].name);
        cr_assert_str_eq(got.failure.detail, "said so");
    }
}

CLAIM(daemon, a_newer_daemons_error_without_an_id_is_shown)
{
    _cleanup_problem_ Problem got = {0};
    const sd_bus_error error = {.name = PREFIX "Strange", .message = "[x] no"};

    cr_assert_lt(daemon_problem(&error, -EIO, &got), 0);
    cr_assert_eq(got.failure.id, ERROR_INTERNAL);
    cr_assert_not_null(strstr(got.failure.detail, "Strange: [x] no"));
}
