/* SPDX-License-Identifier: MIT */
#include "agent/ctl/render-plan.h"

#include "base/json.h"
#include "tests/unit/ctl-screen.h"
#include "tests/unit/leak.h"

#define FROM "\"from\":{\"version\":\"1.1.0\",\"slot\":\"B\"}"
#define TO   "\"to\":{\"version\":\"1.0.0\",\"slot\":\"A\"}"

typedef void (*Render)(Term *term, json_object *result);

static void assert_prints(Render render, const char *result, const char *expected)
{
    _cleanup_json_ json_object *object = json_tokener_parse(result);
    _cleanup_screen_ Screen screen;

    cr_assert_not_null(object);
    screen_open(&screen, 0);
    render(&screen.term, object);
    cr_assert_str_eq(screen_text(&screen), expected);
}

CLAIM(plan, it_says_in_plain_words_what_would_change)
{
    assert_prints(render_plan,
                  "{\"kind\":\"rollback\"," FROM "," TO ","
                  "\"kernel\":{\"from\":\"6.1.0-2\",\"to\":\"6.1.0-1\"},"
                  "\"etc\":{\"modified\":[\"hosts\"],\"added\":[\"motd\"],\"removed\":[\"issue\"],"
                  "\"total\":3},"
                  "\"deny\":{\"added\":[{\"version\":\"1.1.0\"}],\"removed\":[]},"
                  "\"drops_staged\":{\"version\":\"1.2.0\"},\"reboot_needed\":true,"
                  "\"warnings\":[\"the other one is old\"]}",
                  "Roll back   1.1.0 (slot B) \u2192 1.0.0 (slot A)\n"
                  "Kernel      6.1.0-2 \u2192 6.1.0-1\n"
                  "/etc        3 edits are left behind with 1.1.0 (--keep-etc takes them along):\n"
                  "              modified  hosts\n"
                  "              added     motd\n"
                  "              removed   issue\n"
                  "Deny list   1.1.0 becomes denied, so that no update brings it back\n"
                  "Staged      1.2.0 is dropped\n"
                  "Warning     the other one is old\n"
                  "Reboot      needed for it to take effect\n");
}

CLAIM(plan, ten_names_are_shown_and_the_rest_counted)
{
    assert_prints(
        render_plan,
        "{" FROM "," TO ",\"etc\":{\"modified\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\"],"
        "\"added\":[\"7\",\"8\",\"9\",\"10\",\"11\",\"12\"],\"total\":312}}",
        "Roll back   1.1.0 (slot B) \u2192 1.0.0 (slot A)\n"
        "/etc        312 edits are left behind with 1.1.0 (--keep-etc takes them along):\n"
        "              modified  1\n"
        "              modified  2\n"
        "              modified  3\n"
        "              modified  4\n"
        "              modified  5\n"
        "              modified  6\n"
        "              added     7\n"
        "              added     8\n"
        "              added     9\n"
        "              added     10\n"
        "              and 302 more (`azlctl rollback --check --json`)\n"
        "Reboot      not needed\n");
}

CLAIM(plan, an_undo_takes_the_deny_entry_away)
{
    assert_prints(render_plan,
                  "{\"kind\":\"undo\"," FROM "," TO ",\"kernel\":{\"from\":\"6\",\"to\":\"6\"},"
                  "\"etc\":{\"total\":0},\"reboot_needed\":true,"
                  "\"deny\":{\"added\":[],\"removed\":[{\"version\":\"1.0.0\"}]}}",
                  "Undo        1.1.0 (slot B) \u2192 1.0.0 (slot A)\n"
                  "Kernel      6 stays\n"
                  "/etc        no edit is left behind\n"
                  "Deny list   1.0.0 is no longer going to be denied\n"
                  "Reboot      needed for it to take effect\n");
}

CLAIM(plan, what_was_done_is_told_as_done)
{
    assert_prints(render_rolled_back,
                  "{\"done\":true,\"kind\":\"cancel\"," FROM "," TO ",\"held\":true,"
                  "\"deny\":{\"added\":[{\"version\":\"1.1.0\"}],\"removed\":[]},"
                  "\"drops_staged\":{\"version\":\"1.1.0\"}}",
                  "Take back   1.1.0 (slot B) \u2192 1.0.0 (slot A)\n"
                  "Deny list   1.1.0 is now denied, so that no update brings it back\n"
                  "Staged      1.1.0 was dropped\n"
                  "Held        the deny list cannot be written, so updates are held; `azlctl deny "
                  "reset` ends it\n");
}

CLAIM(plan, what_a_broken_worker_sends_crashes_nothing)
{
    assert_prints(render_plan,
                  "{\"from\":1,\"to\":[],\"kernel\":[],\"etc\":{\"total\":2,\"added\":{\"a\":1}},"
                  "\"deny\":{\"added\":7},\"warnings\":[7],\"drops_staged\":\"x\"}",
                  "Roll back   - \u2192 -\n"
                  "/etc        2 edits are left behind with - (--keep-etc takes them along):\n"
                  "              and 2 more (`azlctl rollback --check --json`)\n"
                  "Warning     \n"
                  "Reboot      not needed\n");
}
