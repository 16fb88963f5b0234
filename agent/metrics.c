/* SPDX-License-Identifier: MIT */
#include "agent/metrics.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/driver.h"
#include "agent/event.h"
#include "agent/job-kind.h"
#include "base/file.h"

#define FILE_NAME "metrics.prom"
#define DIRECTORY "/run/azl-agent"

static const JobKind *const kinds[AGENT_JOB_KINDS] = {
    &job_check,  &job_pull,     &job_stage,  &job_hooks,   &job_finalize,
    &job_update, &job_rollback, &job_reboot, &job_cleanup, &job_lock,
};

static void head(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP azl_%s %s\n# TYPE azl_%s %s\n", name, help, name, type);
}

static void gauge(FILE *out, const char *name, const char *help, int64_t value)
{
    head(out, name, "gauge", help);
    fprintf(out, "azl_%s %" PRId64 "\n", name, value);
}

/* A label's value: backslash, quote and newline are escaped. */
static void put_label(FILE *out, const char *text)
{
    for (; *text; text++)
        if (*text == '\\' || *text == '"')
            fprintf(out, "\\%c", *text);
        else
            fputc(*text == '\n' ? ' ' : *text, out);
}

static void put_release(FILE *out, const char *role, const HostRelease *release)
{
    if (!release->checksum[0])
        return;
    fprintf(out, "azl_release_info{role=\"%s\",version=\"", role);
    put_label(out, release->version);
    fprintf(out, "\",checksum=\"%s\"} 1\n", release->checksum);
}

static void put_releases(FILE *out, const HostFacts *host)
{
    head(out, "release_info", "gauge", "Releases on this machine, by the part they play.");
    put_release(out, "booted", &host->booted);
    put_release(out, "staged", &host->staged);
    put_release(out, "fallback", &host->fallback);
}

static void put_states(FILE *out, const Machine *machine)
{
    head(out, "state", "gauge", "1 for the state that the agent is in.");
    for (MachineState state = 0; state < _MACHINE_STATE_MAX; state++)
        fprintf(out, "azl_state{state=\"%s\"} %d\n", machine_state_name(state),
                state == machine->state);
    head(out, "waiting", "gauge", "1 for the reason why the agent waits.");
    for (MachineWait wait = WAIT_NONE + 1; wait < _MACHINE_WAIT_MAX; wait++)
        fprintf(out, "azl_waiting{reason=\"%s\"} %d\n", machine_wait_name(wait),
                wait == machine->wait);
}

static void put_jobs(FILE *out, const Agent *agent)
{
    head(out, "jobs_total", "counter", "Jobs that have ended since the agent was started.");
    for (size_t kind = 0; kind < ELEMENTSOF(kinds); kind++)
        for (JobResult result = 0; result < _JOB_RESULT_MAX; result++)
            fprintf(out, "azl_jobs_total{kind=\"%s\",result=\"%s\"} %u\n", kinds[kind]->name,
                    job_result_name(result), agent->job_counts[kind][result]);
}

char *metrics_text(const Agent *agent)
{
    const Machine *machine = driver_machine(agent->driver);
    const MachineFacts *facts = driver_facts(agent->driver);
    char *text = NULL;
    size_t size;

    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    head(out, "agent_info", "gauge", "The version of the agent.");
    fprintf(out, "azl_agent_info{version=\"%s\"} 1\n", PACKAGE_VERSION);
    put_releases(out, &facts->host);
    put_states(out, machine);
    gauge(out, "state_since_seconds", "When it came into that state, Unix time.", machine->since);
    gauge(out, "wait_until_seconds", "When the wait ends, Unix time; 0: not known.",
          machine->until);
    gauge(out, "last_check_seconds", "When the source last answered, Unix time.",
          machine->last_check);
    gauge(out, "failures", "Failures in a row.", machine_failures(machine));
    gauge(out, "held", "1 while updates are held.", facts->held);
    gauge(out, "reboot_required", "1 if a reboot changes what runs.", facts->host.reboot_required);
    gauge(out, "owns_updates", "1 if updates are the agent's.", !facts->owned_elsewhere);
    gauge(out, "config_valid", "1 if the configuration on disk is in force.",
          !agent->config_error[0]);
    put_jobs(out, agent);
    return fclose(out) == 0 ? text : NULL;
}

void metrics_count(Agent *agent, const Job *job, JobResult result)
{
    for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
        if (kinds[i] == job->kind)
            agent->job_counts[i][result]++;
}

static int write_into(const char *directory, const char *name, const char *text)
{
    _cleanup_close_ int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd < 0 ? -errno : file_write_at(fd, name, text, strlen(text), 0644);
}

/* Where the configuration wants it, too. */
static void write_textfile(Agent *agent, const char *path)
{
    _cleanup_free_ char *directory = strdup(path);
    char *slash = directory ? strrchr(directory, '/') : NULL;

    if (!slash)
        return;
    *slash = '\0';
    int r = write_into(directory, slash + 1, agent->metrics);
    if (r < 0 && !agent->textfile_failed)
        event_log(AGENT_METRICS_UNWRITABLE_EVENT, NULL, "%s: %s, ignoring", path, strerror(-r));
    agent->textfile_failed = r < 0;
}

void metrics_forget(Agent *agent)
{
    free(agent->metrics);
    agent->metrics = NULL;
}

void metrics_write(Agent *agent)
{
    const char *directory = secure_getenv("RUNTIME_DIRECTORY") ?: DIRECTORY,
               *textfile = driver_textfile(agent->driver);
    char *text = metrics_text(agent);

    if (!text || (agent->metrics && strcmp(agent->metrics, text) == 0)) {
        free(text);
        return;
    }
    free(agent->metrics);
    agent->metrics = text;
    (void)write_into(directory, FILE_NAME, text);
    if (textfile)
        write_textfile(agent, textfile);
}
