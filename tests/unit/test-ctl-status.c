/* SPDX-License-Identifier: MIT */
#include "agent/ctl/render-status.h"

#include "base/clock.h"
#include "base/json.h"
#include "tests/unit/ctl-screen.h"
#include "tests/unit/ctl-status.h"
#include "tests/unit/leak.h"

/* Prints the sample as it looks at noon of the day it is from, two hours after the boot. */
static void render(Screen *screen, unsigned width, const char *sample)
{
    _cleanup_json_ json_object *status = json_tokener_parse(sample);
    int64_t now, started;

    cr_assert_not_null(status, "%s", sample);
    setenv("TZ", "UTC", 1);
    clock_parse("2026-11-25T12:00:00Z", &now);
    clock_parse("2026-11-25T10:00:00Z", &started);
    screen_open(screen, width);
    render_status(&screen->term, status, now, json_get(status, "booted") ? started : 0, false);
}

/* The first lines, up to the first empty one. */
static void assert_head(const char *sample, const char *expected)
{
    _cleanup_screen_ Screen screen;

    render(&screen, 0, sample);
    char *end = strstr((char *)screen_text(&screen), "\n\n");
    cr_assert_not_null(end);
    end[1] = '\0';
    cr_assert_str_eq(screen.text, expected);
}

static void assert_says(const char *sample, const char *text)
{
    _cleanup_screen_ Screen screen;

    render(&screen, 0, sample);
    cr_assert_not_null(strstr(screen_text(&screen), text), "%s\nlacks: %s", screen.text, text);
}

static void assert_silent(const char *sample, const char *text)
{
    _cleanup_screen_ Screen screen;

    render(&screen, 0, sample);
    cr_assert_null(strstr(screen_text(&screen), text), "%s", screen.text);
}

CLAIM(status, all_is_well)
{
    _cleanup_screen_ Screen screen;

    render(&screen, 0, STATUS_QUIET("\"deny_list\":{\"state\":\"ok\",\"entries\":2},"));
    cr_assert_str_eq(
        screen_text(&screen),
        "Running     1.0.0   slot A   since 2026-11-25 10:00 UTC (2 hours ago)\n"
        "Next boot   1.0.0   slot A   nothing is waiting\n"
        "Fallback    1.1.0   slot B   `azlctl rollback` goes back to it\n"
        "\n"
        " A \u25CF 1.0.0  aaaaaaaaaa  2 hours ago     running, signed by Azl <azl@example.org>\n"
        " B   1.1.0  bbbbbbbbbb  2 hours ago     fallback, signed by Azl <azl@example.org>\n"
        "\n"
        "updates from azl:azl/stable, 2 denied, /sysroot 5.00 GiB of 10.0 GiB free, "
        "/boot 300 MiB of 1.00 GiB free\n");
}

CLAIM(status, a_staged_update_boots_next_and_what_runs_is_the_fallback)
{
    assert_head(STATUS("", BOOTED_A, "" STAGED_B, "null", "null", STAGED_B "," BOOTED_A,
                       NEXT(B64, "1.1.0", "staged", "1.1.0 is staged")),
                "Running     1.0.0   slot A   since 2026-11-25 10:00 UTC (2 hours ago)\n"
                "Next boot   1.1.0   slot B   1.1.0 is staged\n"
                "Fallback    1.0.0   slot A   `azlctl rollback` stays on it: what is staged is "
                "dropped\n");
}

CLAIM(status, a_staged_update_before_a_fallback_is_dropped_by_a_rollback)
{
    assert_head(STATUS("", BOOTED_A, STAGED_B, "null", ROLLBACK_B,
                       STAGED_B "," BOOTED_A "," ROLLBACK_B, NEXT(B64, "1.1.0", "staged", "")),
                "Running     1.0.0   slot A   since 2026-11-25 10:00 UTC (2 hours ago)\n"
                "Next boot   1.1.0   slot B   an update is staged and takes effect at the next "
                "reboot\n"
                "Fallback    1.1.0   slot B   `azlctl rollback` goes back to it, and drops what is "
                "staged\n");
}

CLAIM(status, a_locked_update_does_not_boot_next)
{
    const char *sample =
        STATUS("", BOOTED_A, LOCKED_B, "null", "null", LOCKED_B "," BOOTED_A,
               NEXT(A64, "1.0.0", "booted", "1.1.0 is staged but locked: a reboot drops it"));

    assert_head(sample,
                "Running     1.0.0   slot A   since 2026-11-25 10:00 UTC (2 hours ago)\n"
                "Next boot   1.0.0   slot A   1.1.0 is staged but locked: a reboot drops it\n"
                "Fallback    1.0.0   slot A   `azlctl rollback` stays on it: what is staged is "
                "dropped\n");
    assert_says(sample, "staged (locked)");
}

CLAIM(status, a_sysroot_that_does_not_run_says_so)
{
    assert_head(STATUS("", "null", "null", FIRST_A, ROLLBACK_B, FIRST_A "," ROLLBACK_B,
                       NEXT(A64, "1.0.0", "default", "")),
                "Running     -                / is not the system that runs\n"
                "Next boot   1.0.0   slot A   it is the first in boot order\n"
                "Fallback    1.1.0   slot B   `azlctl rollback` goes back to it\n");
}

CLAIM(status, a_single_deployment_has_no_fallback)
{
    assert_says(STATUS("", BOOTED_A, "null", "null", "null", BOOTED_A,
                       NEXT(A64, "1.0.0", "booted", "nothing is waiting")),
                "Fallback    -                there is nothing to go back to\n");
}

CLAIM(status, a_denied_fallback_is_marked)
{
    const char *sample = STATUS("", BOOTED_A, "null", "null", DENIED_B, BOOTED_A "," DENIED_B,
                                NEXT(A64, "1.0.0", "booted", "nothing is waiting"));

    assert_says(sample, "slot B   it is denied; `azlctl rollback` goes back to it all the same\n");
    assert_says(sample, "fallback, pinned, denied, signed");
}

CLAIM(status, another_default_than_what_runs_is_a_warning)
{
    assert_says(STATUS("", BOOTED_A, "null", PENDING_B, "null", PENDING_B "," BOOTED_A,
                       NEXT(B64, "1.1.0", "pending", "1.1.0 is the default")),
                "! 1.0.0 runs, but the default is 1.1.0: a reboot leaves what runs now");
}

CLAIM(status, an_update_that_we_meant_is_no_warning)
{
    assert_silent(STATUS("\"intent\":{\"operation\":\"deploy\"},", BOOTED_A, "null", PENDING_B,
                         "null", PENDING_B "," BOOTED_A, NEXT(B64, "1.1.0", "pending", "x")),
                  "! ");
}

CLAIM(status, after_a_rollback_the_other_default_is_no_warning)
{
    assert_silent(STATUS("", "{" RELEASE_A "\"denied\":true}", "null", PENDING_B, "null", PENDING_B,
                         NEXT(B64, "1.1.0", "pending", "x")),
                  "! ");
}

CLAIM(status, what_went_wrong_is_told)
{
    assert_says(STATUS_QUIET("\"last_failure\":{\"operation\":\"finalize\",\"version\":\"1.1.0\","
                             "\"checksum\":\"" B64 "\",\"reason\":\"No space left on device\","
                             "\"at\":\"2026-11-25T11:59:00Z\"},"),
                "! finalize of 1.1.0 failed, 2026-11-25 11:59 UTC (1 minute ago): No space left on "
                "device\n");
    assert_says(STATUS_QUIET("\"deny_list\":{\"state\":\"unreadable\",\"entries\":0},"),
                "! the deny list cannot be read, so no update is taken");
    assert_says(STATUS_QUIET("\"held\":{\"reason\":\"no space for the deny list\"},"),
                "! updates are held: no space for the deny list; `azlctl deny reset`");
    assert_says(STATUS_QUIET("\"warnings\":[{\"id\":\"a.b\",\"detail\":\"look here\"}],"),
                "! look here [a.b]\n");
}

CLAIM(status, what_the_worker_warns_of_is_not_said_twice)
{
    _cleanup_screen_ Screen screen;

    render(&screen, 0,
           STATUS_QUIET("\"deny_list\":{\"state\":\"unreadable\"},\"held\":{\"reason\":\"r\"},"
                        "\"warnings\":[{\"id\":\"update.deny-list-unreadable\",\"detail\":\"one\"},"
                        "{\"id\":\"update.held\",\"detail\":\"two\"}],"));
    const char *first = strstr(screen_text(&screen), "\n! ");
    cr_assert_not_null(first);
    const char *second = strstr(first + 1, "\n! ");
    cr_assert_not_null(second);
    cr_assert_null(strstr(second + 1, "\n! "), "%s", screen.text);
}

CLAIM(status, a_warning_with_a_known_id_reads_like_the_error)
{
    assert_says(
        STATUS_QUIET("\"warnings\":[{\"id\":\"record.corrupt\",\"detail\":\"intent.json\"}],"),
        "! a record of the agent is damaged: intent.json; it was kept aside");
}

CLAIM(status, changed_kernel_arguments_of_the_same_release_wait_too)
{
    const char *sample =
        STATUS("", BOOTED_A, "{" RELEASE_A "\"staged\":true,\"slot\":\"B\"}", "null", "null",
               BOOTED_A, NEXT(A64, "1.0.0", "staged", "it is staged"));

    assert_head(sample,
                "Running     1.0.0   slot A   since 2026-11-25 10:00 UTC (2 hours ago)\n"
                "Next boot   1.0.0   slot B   it is staged\n"
                "Fallback    1.0.0   slot A   `azlctl rollback` stays on it: what is staged "
                "is dropped\n");
}

CLAIM(status, a_version_forges_no_line_and_no_colour)
{
    _cleanup_screen_ Screen screen;

    render(&screen, 0,
           STATUS("",
                  "{\"checksum\":\"" A64 "\",\"booted\":true,"
                  "\"version\":\"1\\u001b[2J\\nFallback    9.9\\u009b1m\"}",
                  "null", "null", "null", "", NEXT(A64, "1", "booted", "a\\nb")));
    cr_assert_null(strpbrk(screen_text(&screen), "\x1b\r\t"));
    cr_assert_null(strstr(screen.text, "\xC2\x9B"));
    cr_assert_null(strstr(screen.text, "\nFallback    9.9"), "%s", screen.text);
}

CLAIM(status, it_fits_an_80_column_terminal)
{
    _cleanup_screen_ Screen screen;

    render(
        &screen, 80,
        STATUS_QUIET("\"last_failure\":{\"operation\":\"finalize\",\"version\":\"1.1.0\","
                     "\"reason\":\"Installing kernel: regfile copy: No space left on device, and "
                     "more of what a kernel has to say\",\"at\":\"2026-11-25T11:59:00Z\"},"));
    cr_assert_leq(screen_widest(&screen), 80, "%s", screen.text);
}

CLAIM(status, what_a_broken_worker_sends_crashes_nothing)
{
    static const char *const broken[] = {
        "{}",
        "{\"deployments\":7,\"booted\":[],\"next_boot\":\"x\",\"warnings\":{},\"space\":1}",
        "{\"deployments\":[null,1,\"x\",{}],\"warnings\":[null,1,{}],\"booted\":{}}",
        "{\"booted\":{\"checksum\":1,\"version\":2},\"next_boot\":{\"checksum\":null},"
        "\"last_failure\":{},\"held\":{},\"deny_list\":[],"
        "\"space\":{\"boot\":{\"free\":-1,\"total\":-9223372036854775807}}}",
    };

    for (size_t i = 0; i < ELEMENTSOF(broken); i++) {
        _cleanup_screen_ Screen screen;

        render(&screen, 80, broken[i]);
        cr_assert_eq(strncmp(screen_text(&screen), "Running ", 8), 0, "%s", screen.text);
    }
}
