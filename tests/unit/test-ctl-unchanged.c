/* SPDX-License-Identifier: MIT */
/* What `azlctl update` says when it had nothing to do must be true whatever is staged. */
#include "agent/ctl/render-unchanged.h"

#include "base/json.h"
#include "tests/unit/ctl-screen.h"
#include "tests/unit/leak.h"

#define OLD    "{\"checksum\":\"aa\",\"version\":\"1.0.0\"}"
#define NEW    "{\"checksum\":\"bb\",\"version\":\"1.1.0\"}"
#define LOCKED "{\"checksum\":\"bb\",\"version\":\"1.1.0\",\"locked\":true}"

#define OLD_NEXT(reason) "{\"checksum\":\"aa\",\"version\":\"1.0.0\",\"reason\":\"" reason "\"}"
#define NEW_NEXT(reason) "{\"checksum\":\"bb\",\"version\":\"1.1.0\",\"reason\":\"" reason "\"}"

static void assert_says(const char *target, const char *staged, const char *next, bool named,
                        const char *expected)
{
    _cleanup_screen_ Screen screen;
    _cleanup_json_ json_object *status = json_object_new_object();
    _cleanup_json_ json_object *wanted = json_tokener_parse(target);

    json_object_object_add(status, "booted", json_tokener_parse(OLD));
    json_object_object_add(status, "staged", json_tokener_parse(staged));
    json_object_object_add(status, "next_boot", json_tokener_parse(next));
    screen_open(&screen, 0);
    render_unchanged(&screen.term, status, wanted, named);
    cr_assert_str_eq(screen_text(&screen), expected);
}

CLAIM(unchanged, nothing_waits)
{
    assert_says(OLD, "null", OLD_NEXT("booted"), false,
                "1.0.0 is the newest, and deployed; nothing to do.\n");
    assert_says(OLD, "null", OLD_NEXT("booted"), true,
                "1.0.0 is already deployed; nothing to do.\n");
}

CLAIM(unchanged, it_is_staged_itself)
{
    assert_says(NEW, NEW, NEW_NEXT("staged"), false,
                "1.1.0 is in place already; it takes effect at the next reboot: `azlctl "
                "reboot`.\n");
    assert_says(NEW, LOCKED, OLD_NEXT("booted"), false,
                "1.1.0 is staged and locked already; `azlctl finalize` lets the next reboot take "
                "it.\n");
}

CLAIM(unchanged, it_runs_and_something_else_is_staged)
{
    assert_says(OLD, NEW, NEW_NEXT("staged"), true,
                "1.0.0 runs already, but 1.1.0 is staged and boots next: `azlctl cleanup "
                "--staged` drops it.\n");
    assert_says(OLD, LOCKED, OLD_NEXT("booted"), true,
                "1.0.0 is already deployed and boots next; 1.1.0 is staged and locked: `azlctl "
                "cleanup --staged` drops it.\n");
}

CLAIM(unchanged, it_runs_and_something_else_was_put_first)
{
    assert_says(OLD, "null", NEW_NEXT("pending"), true,
                "1.0.0 runs already, but 1.1.0 boots next: `azlctl rollback` takes that back.\n");
}
