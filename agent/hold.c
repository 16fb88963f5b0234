/* SPDX-License-Identifier: MIT */
/* Holds: "hands off this machine", until a time or until the end. */
#include <stdio.h>
#include <string.h>

#include "agent/action.h"
#include "agent/driver-state.h"
#include "agent/event.h"
#include "agent/job-kind.h"
#include "base/clock.h"
#include "base/text.h"

#define CLOCK_GRACE 600 /* seconds after the start in which the clock may still be set */
#define LOCK_RETRY  60

bool driver_is_held(const Driver *driver)
{
    return driver->hold.held;
}

const char *driver_hold_reason(const Driver *driver)
{
    return driver->hold.held ? driver->hold.reason : "";
}

bool hold_is_over(const Hold *hold, const MachineFacts *facts, int64_t now)
{
    return hold->held && hold->until > 0 && now >= hold->until &&
           (facts->clock_trusted || facts->uptime > CLOCK_GRACE);
}

void hold_end(Driver *driver)
{
    const HostFacts *host = host_facts(driver->agent->host);

    if (driver->hold.reopen[0] && host->staged_locked &&
        strcmp(host->staged.checksum, driver->hold.reopen) == 0)
        (void)jobs_add(driver->agent->jobs, &job_finalize,
                       action_release_options(driver->hold.reopen), JOB_AGENT, NULL, NULL, NULL,
                       NULL);
    driver->hold = (Hold){0};
}

static int save(Driver *driver, Failure *f)
{
    if (!driver->store)
        return failure_set(f, -ENOENT, ERROR_RECORD_UNWRITABLE, "the state directory");
    return store_save(driver->store, &driver->machine, &driver->hold, f);
}

/* What we have under way stops. */
static void stop_own_work(Driver *driver)
{
    for (Job *job = jobs_first(driver->agent->jobs); job; job = job->later)
        if (job->caller == JOB_AGENT && job->kind != &job_lock)
            job_cancel(job);
}

static bool is_open(const HostFacts *host)
{
    return host->staged.checksum[0] && !host->staged_locked && !host->staged_foreign;
}

static void on_locked(Job *job, JobResult result, json_object *said, const Problem *problem,
                      void *userdata)
{
    Driver *driver = userdata;

    if (result == JOB_DONE)
        return;
    _cleanup_free_ char *text = problem_to_text(problem, NULL);
    event_log(AGENT_ACTION_FAILED_EVENT, NULL, "lock, for the hold: %s", text ?: "");
    driver->lock_retry = clock_now() + LOCK_RETRY;
}

/* After whatever else is under way: that may open it still. */
void hold_keep(Driver *driver, int64_t now)
{
    const HostFacts *host = host_facts(driver->agent->host);
    Hold *hold = &driver->hold;

    if (!hold->held || !hold->lock || !host->known || jobs_change_something(driver->agent->jobs))
        return;
    if (!is_open(host)) {
        hold->lock = false;
        (void)save(driver, NULL);
    } else if (now < driver->lock_retry && driver->lock_retry <= now + LOCK_RETRY)
        driver_wake_at(driver, driver->lock_retry);
    else
        (void)jobs_add(driver->agent->jobs, &job_lock,
                       action_release_options(host->staged.checksum), JOB_AGENT, on_locked, driver,
                       NULL, NULL);
}

int driver_hold(Driver *driver, int64_t until, const char *reason, Failure *f)
{
    const HostFacts *host = host_facts(driver->agent->host);
    const Hold before = driver->hold;
    Hold *hold = &driver->hold;
    char text[CLOCK_TEXT_MAX];

    if (until != 0 && until <= clock_now())
        return failure_set(f, -EINVAL, ERROR_AGENT_TIME_PAST, "%s", clock_format(until, text));
    *hold = (Hold){.held = true, .until = until, .lock = true};
    snprintf(hold->reason, sizeof(hold->reason), "%s", reason);
    text_make_line(hold->reason);
    memcpy(hold->reopen, before.reopen, sizeof(hold->reopen));
    if (is_open(host) && strcmp(host->staged.checksum, driver->machine.finalized) != 0)
        memcpy(hold->reopen, host->staged.checksum, sizeof(hold->reopen));
    int r = save(driver, f);
    if (r < 0) {
        *hold = before;
        return r;
    }
    event_log(AGENT_HELD_EVENT, NULL, "Updates are held%s%s%s%s", until ? " until " : "",
              until ? clock_format(until, text) : "", *reason ? ": " : "", hold->reason);
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
    int r = save(driver, f);
    driver->hold = before;
    if (r < 0)
        return r;
    hold_end(driver);
    event_log(AGENT_UNHELD_EVENT, NULL, "Updates are no longer held");
    driver_wake(driver);
    return 0;
}
