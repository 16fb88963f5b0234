/* SPDX-License-Identifier: MIT */
#include "agent/ctl/render-updates.h"

#include "agent/ctl/render-status.h"
#include "base/clock.h"
#include "base/json.h"
#include "tests/unit/ctl-screen.h"
#include "tests/unit/ctl-status.h"
#include "tests/unit/leak.h"

#define AGENT(state, more) "{\"state\":\"" state "\",\"owner\":\"agent\"" more "}"
#define TARGET             ",\"target\":{\"checksum\":\"" B64 "\",\"version\":\"1.1.0\"}"
#define WAIT(reason, detail, until)                                                                \
    ",\"wait\":{\"reason\":\"" reason "\",\"detail\":\"" detail "\",\"until\":" until "}"

/* It is noon of 2026-11-25, a Wednesday. */
static int64_t noon(void)
{
    int64_t now;

    setenv("TZ", "UTC", 1);
    clock_parse("2026-11-25T12:00:00Z", &now);
    return now;
}

CLAIM(updates, every_state_is_one_sentence)
{
    static const struct {
        const char *agent, *said;
    } samples[] = {
        {AGENT("starting", ""), "azl-agentd is starting"},
        {AGENT("settling", WAIT("", "", "\"2026-11-25T12:05:00Z\"")),
         "automatic, once the system has run for a while, from 12:05 (in 5 minutes)"},
        {AGENT("idle", ",\"last_check\":\"2026-11-25T11:48:00Z\","
                       "\"next_check\":\"2026-11-25T12:48:00Z\""),
         "automatic; checked 12 minutes ago, next check in 48 minutes"},
        {AGENT("idle", ""), "automatic; not checked yet"},
        {AGENT("checking", ""), "automatic; the server is being asked"},
        {AGENT("soaking", TARGET WAIT("soak", "x", "\"2026-11-26T02:00:00Z\"")),
         "1.1.0 is left to others first, until Thu 02:00 (in 14 hours)"},
        {AGENT("pulling", TARGET), "1.1.0 is being fetched"},
        {AGENT("waiting", WAIT("window", "outside", "\"2026-11-28T02:00:00Z\"")),
         "waiting for its window, until Sat 02:00 (in 2 days)"},
        {AGENT("waiting", WAIT("sessions", "2 logged-in users", "null")),
         "waiting: 2 logged-in users"},
        {AGENT("rebooting", TARGET), "rebooting into 1.1.0"},
        {AGENT("failed", WAIT("backoff", "3 failures in a row",
                              "\"2026-11-25T12:04:00Z\"") ",\"last_error\":{\"id\":\"update.server-"
                                                          "unreachable\","
                                                          "\"detail\":\"no route\"}"),
         "failed 3 times, again in 4 minutes: no route [update.server-unreachable]"},
        {AGENT("failed", WAIT("backoff", "1 failure in a row", "null")), "failed once"},
        {AGENT("held", ",\"hold\":{\"until\":\"2026-11-28T02:00:00Z\",\"reason\":\"audit\"}"),
         "held until Sat 02:00 (in 2 days): audit (`azlctl unhold`)"},
        {AGENT("idle", ",\"hold\":{\"until\":null,\"reason\":\"\"}"), "held (`azlctl unhold`)"},
        {"{\"state\":\"disabled\",\"owner\":\"/etc/flatcar/update.conf\"}",
         "not ours: /etc/flatcar/update.conf"},
        {AGENT("disabled", ""), "switched off ([update] enabled); `azlctl update` brings one in"},
        {AGENT("checking", ",\"jobs\":[{\"id\":7,\"kind\":\"update\",\"state\":\"running\"}]"),
         "automatic; the server is being asked; job 7 is running: update"},
    };

    for (size_t i = 0; i < ELEMENTSOF(samples); i++) {
        _cleanup_json_ json_object *agent = json_tokener_parse(samples[i].agent);
        char buf[UPDATES_TEXT_MAX];

        cr_assert_not_null(agent, "%s", samples[i].agent);
        cr_assert_str_eq(updates_text(agent, noon(), buf), samples[i].said);
    }
}

CLAIM(updates, a_state_of_tomorrow_is_named)
{
    _cleanup_json_ json_object *agent =
        json_tokener_parse(AGENT("dreaming", WAIT("sheep", "of sheep", "null")));
    char buf[UPDATES_TEXT_MAX];

    cr_assert_str_eq(updates_text(agent, noon(), buf), "dreaming: of sheep");
}

CLAIM(updates, the_longest_reason_fits)
{
    _cleanup_json_ json_object *agent = json_tokener_parse(AGENT("held", "")),
                               *hold = json_object_new_object();
    char buf[UPDATES_TEXT_MAX], reason[2 * UPDATES_TEXT_MAX];

    memset(reason, 'x', sizeof(reason) - 1);
    reason[sizeof(reason) - 1] = '\0';
    json_add_string(hold, "reason", reason);
    json_object_object_add(agent, "hold", json_object_get(hold));
    cr_assert_eq(strlen(updates_text(agent, noon(), buf)), UPDATES_TEXT_MAX - 1);
}

static void status_says(const char *sample, bool missing, const char *text, bool expected)
{
    _cleanup_json_ json_object *status = json_tokener_parse(sample);
    _cleanup_screen_ Screen screen;

    cr_assert_not_null(status);
    screen_open(&screen, 0);
    render_status(&screen.term, status, noon(), 0, missing);
    cr_assert_eq(strstr(screen_text(&screen), text) != NULL, expected, "%s", screen.text);
}

CLAIM(updates, the_line_stands_in_the_status)
{
    status_says(STATUS_QUIET("\"agent\":" AGENT("pulling", TARGET) ","), false,
                "\nUpdates     1.1.0 is being fetched\n", true);
    status_says(STATUS_QUIET(""), false, "Updates ", false);
    status_says(STATUS_QUIET(""), true, "\nUpdates     azl-agentd does not run\n", true);
}

CLAIM(updates, a_bad_configuration_is_a_warning)
{
    status_says(STATUS_QUIET("\"agent\":" AGENT("idle", ",\"config_error\":\"x.conf:3: no\"") ","),
                false, "! the configuration is not valid: x.conf:3: no; mend", true);
}
