/* SPDX-License-Identifier: MIT */
#include "agent/policy.h"

#include "base/clock.h"
#include "tests/unit/ini-files.h"
#include "tests/unit/leak.h"

#define MAIN "/etc/azl/azl-agent.conf"

TestSuite(policy, .fini = scratch_remove);

static int policy_of(const char *text, Policy *ret, Failure *f)
{
    _cleanup_problem_list_ ProblemList problems = {0};
    _cleanup_config_ Config config = {0};

    if (scratch_fd < 0)
        scratch_open();
    put_file(MAIN, text);
    cr_assert_eq(config_load(scratch_path, &config, &problems), 0, "%s: %s", text,
                 problems.n ? problems.entries[0].message : "");
    return policy_read(&config, ret, f);
}

static Policy good(const char *text)
{
    _cleanup_failure_ Failure f = {0};
    Policy policy;

    cr_assert_eq(policy_of(text, &policy, &f), 0, "%s: %s", text, f.detail);
    return policy;
}

CLAIM(policy, every_setting_arrives)
{
    MachinePolicy p = good("[update]\nenabled=no\ncheck-interval=2h\ncheck-splay=3min\nsoak=4d\n"
                           "boot-settle=5s\nretry-max=6h\n[reboot]\nstrategy=external\n"
                           "sessions-wait=7min\ninhibitors=ignore\n[clock]\nrequired=yes\n"
                           "[window a]\nstart=01:00\nlength=1h\n")
                          .machine;

    cr_expect(!p.enabled && p.strategy == STRATEGY_EXTERNAL && p.windows);
    cr_expect(!p.respect_inhibitors && p.clock_required);
    cr_expect_eq(p.check_interval, 7200);
    cr_expect_eq(p.check_splay, 180);
    cr_expect_eq(p.soak, 4 * 86400);
    cr_expect_eq(p.boot_settle, 5);
    cr_expect_eq(p.retry_max, 6 * 3600);
    cr_expect_eq(p.sessions_wait, 420);

    p = good("[update]\nenabled=yes\n[reboot]\nstrategy=reboot\n").machine;
    cr_expect(p.enabled && p.strategy == STRATEGY_REBOOT && !p.windows);
    cr_expect(p.respect_inhibitors && !p.clock_required);
    cr_expect_eq(good("[reboot]\nstrategy=off\n").machine.strategy, STRATEGY_OFF);
}

CLAIM(policy, windows_arrive_with_their_spread)
{
    Policy p = good("[window night]\ndays=Sat,Sun\nstart=23:30\nlength=2h\n"
                    "time-zone=Europe/Berlin\nspread=7min\n"
                    "[window day]\nstart=12:00\nlength=1h\ntime-zone=UTC\n");
    const Window *night = &p.windows.items[0], *day = &p.windows.items[1];

    cr_assert_eq(p.windows.count, 2);
    if (night->start == 12 * 60) {
        night = day;
        day = &p.windows.items[0];
    }
    cr_expect_eq(night->days, 1u << 0 | 1u << 6);
    cr_expect_eq(night->start, 23 * 60 + 30);
    cr_expect_eq(night->length, 7200);
    cr_expect_eq(night->spread, 420);
    cr_expect_str_eq(night->zone, "Europe/Berlin");
    cr_expect_eq(day->days, WINDOW_DAYS_ALL);
    cr_expect_eq(day->spread, 1800);
}

/* Not every machine at the same second, and each only inside of the window. */
CLAIM(policy, the_spread_is_in_force)
{
    Policy p = good("[window a]\nstart=02:00\nlength=2h\ntime-zone=UTC\nspread=1h\n");
    int64_t midnight = 0, first = INT64_MAX, last = 0;
    WindowVerdict verdict;

    cr_assert_eq(clock_parse("2026-05-25T00:00:00Z", &midnight), 0);
    for (uint64_t seed = 0; seed < 200; seed++) {
        cr_assert_eq(windows_slot(&p.windows, seed, midnight, &verdict, NULL), 0);
        first = MIN_OF(first, verdict.opens - midnight);
        last = MAX_OF(last, verdict.opens - midnight);
        cr_expect_eq(verdict.closes, midnight + 4 * 3600);
    }
    cr_expect(first >= 7200 && first < 7200 + 300, "%ld", first);
    cr_expect(last <= 3 * 3600 && last > 3 * 3600 - 300, "%ld", last);
}

/* The configuration finds most of this itself; what it lets pass is found here. */
static int policy_of_windows(const char *days, const char *start, const char *zone, size_t n,
                             Policy *ret, Failure *f)
{
    static char name[] = "ugly";
    _cleanup_free_ char *days_copy = strdup(days), *start_copy = strdup(start),
                        *zone_copy = strdup(zone);
    ConfigWindow windows[WINDOWS_MAX + 1];
    Config config = {.windows = windows, .n_windows = n};

    for (size_t i = 0; i < n; i++)
        windows[i] = (ConfigWindow){name, days_copy, start_copy, zone_copy, 3600, 0};
    return policy_read(&config, ret, f);
}

CLAIM(policy, a_bad_window_is_named_and_nothing_else_changes)
{
    static const char *const bad[][3] = {
        {"Sat", "25:00", "UTC"},
        {"Someday", "01:00", "UTC"},
        {"Sat", "01:00", "Europe/Nowhere"},
        {"Sat", "01:00", "/etc/localtime"},
    };

    for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
        _cleanup_failure_ Failure f = {0};
        Policy policy, before;

        memset(&policy, 0x5a, sizeof(policy));
        before = policy;
        cr_expect_lt(policy_of_windows(bad[i][0], bad[i][1], bad[i][2], 1, &policy, &f), 0);
        cr_expect_eq(f.id, ERROR_WINDOW_INVALID);
        cr_expect(f.detail && strstr(f.detail, "[window ugly]"), "%s", f.detail);
        cr_expect_eq(memcmp(&policy, &before, sizeof(policy)), 0, "row %zu", i);
    }
}

CLAIM(policy, a_zone_name_of_any_length_is_refused_not_cut)
{
    _cleanup_failure_ Failure f = {0};
    char zone[2 * ZONE_NAME_MAX] = {0};
    Policy policy;

    memset(zone, 'A', sizeof(zone) - 1);
    cr_expect_lt(policy_of_windows("daily", "01:00", zone, 1, &policy, &f), 0);
    cr_expect_eq(f.id, ERROR_WINDOW_INVALID);
}

CLAIM(policy, more_windows_than_there_can_be_are_refused)
{
    _cleanup_failure_ Failure f = {0};
    Policy policy;

    cr_expect_eq(policy_of_windows("Sun", "01:00", "UTC", WINDOWS_MAX, &policy, &f), 0);
    cr_expect_eq(policy.windows.count, WINDOWS_MAX);
    cr_expect_lt(policy_of_windows("Sun", "01:00", "UTC", WINDOWS_MAX + 1, &policy, &f), 0);
    cr_expect_eq(f.id, ERROR_WINDOW_INVALID);
}

CLAIM(policy, without_a_configuration_nothing_happens_by_itself)
{
    const MachinePolicy *p = &policy_without_configuration.machine;

    cr_expect(!p->enabled && p->strategy == STRATEGY_OFF && p->respect_inhibitors);
    cr_expect(p->check_interval > 0 && p->retry_max > 0);
}
