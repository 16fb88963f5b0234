/* SPDX-License-Identifier: MIT */
#include "agent/driver.h"

#include <stdio.h>
#include <string.h>

#include "agent/action.h"
#include "agent/bus-property.h"
#include "agent/clock-watch.h"
#include "agent/config.h"
#include "agent/event.h"
#include "agent/facts.h"
#include "agent/host-facts.h"
#include "agent/inhibitors.h"
#include "agent/job-kind.h"
#include "agent/policy.h"
#include "agent/store.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

#define STATE_DIRECTORY "/var/lib/azl-agent"
/* A wake-up may be late by a part of the wait: the kernel gathers them. */
#define SLACK_USEC (1000 * 1000)

struct Driver {
    Agent *agent;
    Machine machine;
    MachineFacts facts;
    Policy policy;
    Config config;
    bool configured;
    Hold hold;
    Store *store;
    bool unwritable; /* said already */
    uint64_t seed;
    MachineEvent event; /* what the next step is about */
    Inhibitors *inhibitors;
    ClockWatch *clock_watch;
    sd_event_source *tick, *timer;
};

const Machine *driver_machine(const Driver *driver)
{
    return &driver->machine;
}

const MachineFacts *driver_facts(const Driver *driver)
{
    return &driver->facts;
}

const char *driver_hold_reason(const Driver *driver)
{
    return driver->hold.held ? driver->hold.reason : "";
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

static bool admin_job(const Driver *driver)
{
    for (const Job *job = jobs_first(driver->agent->jobs); job; job = job->later)
        if (job->kind->changes && job->caller != JOB_AGENT)
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

    if (hold->held && hold->until > 0 && now >= hold->until) {
        *hold = (Hold){0};
        event_log(AGENT_UNHELD_EVENT, NULL, "The hold has ended, as it was meant to");
    }
    facts->host = *host_facts(driver->agent->host);
    facts->uptime = facts_uptime();
    facts->owned_elsewhere = driver->configured && driver->config.owner;
    snprintf(facts->owner, sizeof(facts->owner), "%s",
             facts->owned_elsewhere ? driver->config.owner : "");
    facts->held = hold->held;
    facts->hold_until = hold->until;
    facts->clock_trusted = facts_clock_trusted();
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

static void set_timer(Driver *driver, int64_t wake_at)
{
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

    driver->event = (MachineEvent){.kind = EVENT_TICK};
    look(driver, now);
    MachineStep result =
        machine_step(&driver->machine, &event, &driver->facts, &driver->policy.machine, now);
    save(driver);
    if (driver->machine.state != state || driver->machine.wait != wait)
        log_state(driver, state);
    bus_property_look(driver->agent);
    set_timer(driver, result.wake_at);
    agent_status_changed(driver->agent);
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

/* What we have under way stops; what is staged and open is locked again. */
static void stop_own_work(Driver *driver)
{
    const HostFacts *host = host_facts(driver->agent->host);

    for (Job *job = jobs_first(driver->agent->jobs); job; job = job->later)
        if (job->caller == JOB_AGENT && job->kind != &job_lock)
            job_cancel(job);
    if (host->staged.checksum[0] && !host->staged_locked && !host->staged_foreign)
        (void)jobs_add(driver->agent->jobs, &job_lock,
                       action_release_options(host->staged.checksum), JOB_AGENT, NULL, NULL, NULL,
                       NULL);
}

int driver_hold(Driver *driver, int64_t until, const char *reason, Failure *f)
{
    const Hold before = driver->hold;
    char text[CLOCK_TEXT_MAX];

    if (until != 0 && until <= clock_now())
        return failure_set(f, -EINVAL, ERROR_AGENT_TIME_PAST, "%s", clock_format(until, text));
    driver->hold = (Hold){.held = true, .until = until};
    snprintf(driver->hold.reason, sizeof(driver->hold.reason), "%s", reason);
    text_make_line(driver->hold.reason);
    int r = driver->store ? store_save(driver->store, &driver->machine, &driver->hold, f)
                          : failure_set(f, -ENOENT, ERROR_RECORD_UNWRITABLE, STATE_DIRECTORY);
    if (r < 0) {
        driver->hold = before;
        return r;
    }
    event_log(AGENT_HELD_EVENT, NULL, "Updates are held%s%s%s%s", until ? " until " : "",
              until ? clock_format(until, text) : "", *reason ? ": " : "", driver->hold.reason);
    stop_own_work(driver);
    driver_wake(driver);
    return 0;
}

int driver_unhold(Driver *driver, Failure *f)
{
    const Hold before = driver->hold;

    if (!before.held)
        return 0;
    driver->hold = (Hold){0};
    int r = driver->store ? store_save(driver->store, &driver->machine, &driver->hold, f) : 0;
    if (r < 0) {
        driver->hold = before;
        return r;
    }
    event_log(AGENT_UNHELD_EVENT, NULL, "Updates are no longer held");
    driver_wake(driver);
    return 0;
}
