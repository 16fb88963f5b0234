/* SPDX-License-Identifier: MIT */
#include "agent/driver.h"

#include <stdio.h>
#include <string.h>

#include "agent/action.h"
#include "agent/bus-property.h"
#include "agent/event.h"
#include "agent/driver-state.h"
#include "agent/facts.h"
#include "agent/host-facts.h"
#include "agent/job-kind.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

#define STATE_DIRECTORY "/var/lib/azl-agent"
/* A wake-up may be late by a part of the wait: the kernel gathers them. */
#define SLACK_USEC (1000 * 1000)

const Machine *driver_machine(const Driver *driver)
{
    return &driver->machine;
}

const MachineFacts *driver_facts(const Driver *driver)
{
    return &driver->facts;
}

const char *driver_textfile(const Driver *driver)
{
    return driver->config.metrics.textfile;
}

char *driver_config_text(const Driver *driver)
{
    const ProblemList none = {0};
    _cleanup_json_ json_object *object =
        config_to_json(driver->configured ? &driver->config : NULL, &none);

    return object ? strdup(json_object_to_json_string_ext(
                        object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE))
                  : NULL;
}

static void save(Driver *driver)
{
    _cleanup_failure_ Failure f = {0};

    int r = driver->store ? store_save(driver->store, &driver->machine, &driver->hold, &f) : 0;
    if (r < 0 && !driver->unwritable) {
        _cleanup_free_ char *text = failure_to_text(&f);
        event_log(AGENT_STATE_UNWRITABLE_EVENT, NULL, "%s", text ?: "");
    }
    driver->unwritable = r < 0;
}

/* Does somebody else change something, or a hold what it locks and opens? Not the machine, then. */
static bool admin_job(const Driver *driver)
{
    bool finalizing = driver->machine.under_way == ACTION_FINALIZE;

    for (const Job *job = jobs_first(driver->agent->jobs); job; job = job->later)
        if (job->kind->changes && (job->caller != JOB_AGENT || job->kind == &job_lock ||
                                   (job->kind == &job_finalize && !finalizing)))
            return true;
    return false;
}

static void look_at_window(Driver *driver, int64_t now)
{
    MachineFacts *facts = &driver->facts;
    WindowVerdict verdict = {0};

    if (windows_slot(&driver->policy.windows, driver->seed, now, &verdict, NULL) < 0)
        verdict = (WindowVerdict){.opens = WINDOW_NEVER, .closes = WINDOW_NEVER};
    int64_t next = verdict.open ? verdict.closes : verdict.opens;
    facts->window_open = verdict.open;
    facts->window_next = next == WINDOW_NEVER ? 0 : next;
}

static void look(Driver *driver, int64_t now)
{
    MachineFacts *facts = &driver->facts;
    Hold *hold = &driver->hold;

    facts->clock_trusted = facts_clock_trusted();
    facts->uptime = facts_uptime();
    if (hold_is_over(hold, facts, now)) {
        event_log(AGENT_UNHELD_EVENT, NULL, "The hold has ended, as it was meant to");
        hold_end(driver);
    }
    facts->host = *host_facts(driver->agent->host);
    facts->owned_elsewhere = driver->configured && driver->config.owner;
    snprintf(facts->owner, sizeof(facts->owner), "%s",
             facts->owned_elsewhere ? driver->config.owner : "");
    facts->unconfigured = !driver->configured;
    facts->held = hold->held;
    facts->hold_until = hold->until;
    facts->clock_absurd = facts_clock_absurd(&facts->host, now);
    facts->bootstrapping = facts_bootstrapping();
    facts->extensions_differ = facts_extensions_differ(&facts->host, facts->extension);
    facts->sessions = facts_sessions();
    facts->inhibitors = inhibitors_get(driver->inhibitors, facts->inhibitor);
    facts->admin_job = admin_job(driver);
    facts->random = facts_random();
    look_at_window(driver, now);
}

/* --- what the state machine wants done --- */

static void post(Driver *driver, const MachineEvent *event);

static void on_action_ended(Job *job, JobResult result, json_object *said, const Problem *problem,
                            void *userdata)
{
    Driver *driver = userdata;

    if (problem && problem->failure.id == ERROR_HOOK_REFUSED) {
        snprintf(driver->facts.hook, sizeof(driver->facts.hook), "%s",
                 problem->failure.detail ?: "");
        text_make_line(driver->facts.hook);
    }
    MachineEvent event = action_end(&driver->machine, &driver->facts.host, result, said, problem);

    post(driver, &event);
}

static void start(Driver *driver, MachineAction action)
{
    _cleanup_problem_ Problem problem = {0};
    MachineEvent event;

    action_log_start(action, &driver->facts.host);
    if (jobs_add(driver->agent->jobs, action_kind(action),
                 action_options(action, &driver->machine, &driver->facts.host,
                                driver->config.reboot.hooks_timeout),
                 JOB_AGENT, on_action_ended, driver, NULL, &problem.failure) >= 0)
        return;
    event = action_end(&driver->machine, &driver->facts.host, JOB_FAILED, NULL, &problem);
    post(driver, &event);
}

/* --- one step --- */

static void log_state(const Driver *driver, MachineState before)
{
    const Machine *m = &driver->machine;
    const char *state = machine_state_name(m->state);
    char detail[MACHINE_DETAIL_MAX], until[CLOCK_TEXT_MAX];
    _cleanup_free_ char *now = event_field("AZL_STATE=%s", state),
                        *was = event_field("AZL_STATE_BEFORE=%s", machine_state_name(before)),
                        *wait = event_field("AZL_WAIT=%s", machine_wait_name(m->wait));
    const char *fields[] = {now, was, wait, NULL};

    machine_detail(m, &driver->facts, detail);
    event_log(AGENT_STATE_CHANGED_EVENT, now && was && wait ? fields : NULL, "%s%s%s%s%s", state,
              detail[0] ? ": " : "", detail, m->until > 0 ? ", until " : "",
              m->until > 0 ? clock_format(m->until, until) : "");
}

static void log_lost(const Driver *driver)
{
    _cleanup_free_ char *checksum = event_field("AZL_CHECKSUM=%s", driver->machine.lost);
    const char *fields[] = {checksum, NULL};

    event_log(AGENT_UPDATE_LOST_EVENT, checksum ? fields : NULL,
              "%.12s was to be booted and is not (%u in a row); `azlctl status` says why",
              driver->machine.lost, driver->machine.coming.failures);
}

static void set_timer(Driver *driver, int64_t wake_at)
{
    wake_at = MIN_OF(wake_at, HOLD_UNTIL_MAX); /* microseconds have to fit */
    if (wake_at <= 0) {
        (void)sd_event_source_set_enabled(driver->timer, SD_EVENT_OFF);
        return;
    }
    (void)sd_event_source_set_time(driver->timer, (uint64_t)wake_at * 1000000);
    (void)sd_event_source_set_enabled(driver->timer, SD_EVENT_ONESHOT);
}

static void step(Driver *driver)
{
    MachineState state = driver->machine.state;
    MachineWait wait = driver->machine.wait;
    MachineEvent event = driver->event;
    int64_t now = clock_now();

    unsigned lost = driver->machine.coming.failures;

    driver->event = (MachineEvent){.kind = EVENT_TICK};
    if (owner_stamp_changed(&driver->owner))
        (void)agent_reload(driver->agent, NULL);
    look(driver, now);
    MachineStep result =
        machine_step(&driver->machine, &event, &driver->facts, &driver->policy.machine, now);
    save(driver);
    if (driver->machine.coming.failures > lost)
        log_lost(driver);
    if (driver->machine.state != state || driver->machine.wait != wait)
        log_state(driver, state);
    bus_property_look(driver->agent);
    set_timer(driver, result.wake_at);
    agent_status_changed(driver->agent);
    hold_keep(driver, now);
    if (result.action != ACTION_NONE)
        start(driver, result.action);
}

/* The inhibitors of this moment first, where a reboot may be near. */
static int on_tick(sd_event_source *source, void *userdata)
{
    Driver *driver = userdata;

    if (!host_facts(driver->agent->host)->staged.checksum[0] ||
        inhibitors_ask(driver->inhibitors) <= 0)
        step(driver);
    return 0;
}

static void on_inhibitors(void *userdata)
{
    step(userdata);
}

void driver_wake(Driver *driver)
{
    (void)sd_event_source_set_enabled(driver->tick, SD_EVENT_ONESHOT);
}

void driver_begin(Driver *driver)
{
    /* With something staged, inhibitors are asked first. */
    if (!driver->facts.host.known && !host_facts(driver->agent->host)->staged.checksum[0])
        step(driver);
}

void driver_wake_at(Driver *driver, int64_t time)
{
    uint64_t set = UINT64_MAX;
    int enabled = SD_EVENT_OFF;

    (void)sd_event_source_get_time(driver->timer, &set);
    (void)sd_event_source_get_enabled(driver->timer, &enabled);
    if (enabled == SD_EVENT_OFF || (uint64_t)time * 1000000 < set)
        set_timer(driver, time);
}

static void post(Driver *driver, const MachineEvent *event)
{
    driver->event = *event;
    driver_wake(driver);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    driver_wake(userdata);
    return 0;
}

/* The clock was set: whatever waits for a time looks again. */
static void on_clock_set(void *userdata)
{
    driver_wake(userdata);
}

static int add_sources(Driver *driver)
{
    sd_event *loop = driver->agent->loop;

    int r = sd_event_add_defer(loop, &driver->tick, on_tick, driver);
    if (r >= 0)
        r = sd_event_source_set_priority(driver->tick, SD_EVENT_PRIORITY_IDLE);
    if (r >= 0)
        r = sd_event_add_time(loop, &driver->timer, CLOCK_REALTIME, UINT64_MAX, SLACK_USEC,
                              on_timer, driver);
    if (r >= 0)
        r = clock_watch_new(loop, on_clock_set, driver, &driver->clock_watch);
    return r;
}

static void load_state(Driver *driver)
{
    const char *directory = secure_getenv("STATE_DIRECTORY") ?: STATE_DIRECTORY;
    _cleanup_failure_ Failure f = {0};

    int r = store_open(directory, &driver->store, &f);
    if (r >= 0)
        r = store_load(driver->store, &driver->machine, &driver->hold, &f);
    if (r < 0) {
        _cleanup_free_ char *text = failure_to_text(&f);
        event_log(AGENT_STATE_LOST_EVENT, NULL, "%s", text ?: "");
    }
}

int driver_new(Agent *agent, Driver **ret, Failure *f)
{
    Driver *driver = calloc(1, sizeof(*driver));

    if (!driver)
        return failure_oom(f);
    driver->agent = agent;
    driver->seed = facts_seed();
    driver->policy = policy_without_configuration;
    int r = add_sources(driver);
    if (r >= 0)
        r = inhibitors_new(agent->bus, on_inhibitors, driver, &driver->inhibitors);
    if (r < 0) {
        driver_free(driver);
        return failure_set_errno(f, r, ERROR_INTERNAL, "setting up timers");
    }
    load_state(driver);
    *ret = driver;
    return 0;
}

Driver *driver_free(Driver *driver)
{
    if (!driver)
        return NULL;
    sd_event_source_disable_unref(driver->tick);
    sd_event_source_disable_unref(driver->timer);
    clock_watch_free(driver->clock_watch);
    inhibitors_free(driver->inhibitors);
    store_free(driver->store);
    config_clear(&driver->config);
    free(driver);
    return NULL;
}

int driver_configure(Driver *driver, Failure *f)
{
    _cleanup_problem_list_ ProblemList problems = {0};
    Config config = {0};
    Policy policy;

    int r = config_load(NULL, &config, &problems);
    if (r < 0) {
        problem_list_to_failure(&problems, ERROR_CONFIG_INVALID, f);
        return r;
    }
    r = policy_read(&config, &policy, f);
    if (r < 0) {
        config_clear(&config);
        return r;
    }
    config_clear(&driver->config);
    driver->config = config;
    driver->policy = policy;
    driver->configured = true;
    driver_wake(driver);
    return 0;
}
