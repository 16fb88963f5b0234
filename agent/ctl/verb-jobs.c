/* SPDX-License-Identifier: MIT */
/* The daemon's jobs: which there are, and an end to one. */
#include "agent/ctl/verbs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/ctl/daemon.h"
#include "agent/ctl/view.h"

#define JOB_OF_AGENT UINT32_MAX

static int add_job(sd_bus_message *reply, json_object *jobs)
{
    const char *path, *kind, *state, *waiting;
    uint32_t id, caller;
    json_object *job;

    int r = sd_bus_message_read(reply, "(uossus)", &id, &path, &kind, &state, &caller, &waiting);
    if (r <= 0)
        return r;
    job = json_object_new_object();
    json_add_int(job, "id", id);
    json_add_string(job, "kind", kind);
    json_add_string(job, "state", state);
    if (caller == JOB_OF_AGENT)
        json_object_object_add(job, "caller", NULL);
    else
        json_add_int(job, "caller", caller);
    json_add_string(job, "waiting", waiting);
    json_object_array_add(jobs, job);
    return 1;
}

/* azl.jobs/1 */
static int list_jobs(Daemon *daemon, json_object **ret, Problem *p)
{
    _cleanup_message_ sd_bus_message *call = NULL, *reply = NULL;
    json_object *jobs;

    int r = daemon_method(daemon, DAEMON_PATH, DAEMON_MANAGER, "ListJobs", &call);
    r = daemon_call(daemon, r, call, DAEMON_CALL_MS, &reply, p);
    if (r < 0)
        return r;
    *ret = json_object_new_object();
    json_add_string(*ret, "schema", "azl.jobs/1");
    jobs = json_object_new_array();
    json_object_object_add(*ret, "jobs", jobs);
    r = sd_bus_message_enter_container(reply, 'a', "(uossus)");
    while (r >= 0 && (r = add_job(reply, jobs)) > 0)
        ;
    return r < 0 ? failure_set_errno(&p->failure, r, ERROR_PROTOCOL_GARBAGE, "ListJobs") : 0;
}

static void render_job(Term *term, json_object *job)
{
    const char *waiting = json_get_string(job, "waiting") ?: "";
    char who[32] = "the agent";

    if (json_get(job, "caller"))
        snprintf(who, sizeof(who), "uid %" PRIu64, count_get(job, "caller"));
    term_cell(term, 6, STYLE_STRONG, "%" PRIu64, count_get(job, "id"));
    term_cell(term, 16, STYLE_PLAIN, "%s", json_get_string(job, "kind") ?: "?");
    term_cell(term, 12, STYLE_PLAIN, "%s", json_get_string(job, "state") ?: "?");
    term_put(term, STYLE_FAINT, "for %s%s%s", who, *waiting ? ", " : "", waiting);
    term_end(term);
}

int verb_jobs(Ctl *ctl, Problem *p)
{
    _cleanup_json_ json_object *object = NULL;

    int r = list_jobs(ctl->daemon, &object, p);
    if (r < 0)
        return r;
    if (ctl->args->json) {
        ctl_print_json(ctl, object);
        return EXIT_DONE;
    }
    json_object *jobs = json_get(object, "jobs");
    if (list_length(jobs) == 0)
        term_line(&ctl->out, STYLE_PLAIN, "nothing is under way");
    for (size_t i = 0; i < list_length(jobs); i++)
        render_job(&ctl->out, list_at(jobs, i));
    return EXIT_DONE;
}

int job_number(const char *word, unsigned *ret, Problem *p)
{
    char *end;

    errno = 0;
    unsigned long number = strtoul(word, &end, 10);
    if (*word < '0' || *word > '9' || *end || errno || number > UINT32_MAX)
        return ctl_usage(p, "\"%.32s\" is no number of a job; `azlctl jobs` lists them", word);
    *ret = (unsigned)number;
    return 0;
}

int verb_cancel(Ctl *ctl, Problem *p)
{
    _cleanup_message_ sd_bus_message *call = NULL;
    unsigned id;

    int r = job_number(ctl->args->words[0], &id, p);
    if (r < 0)
        return r;
    r = daemon_method(ctl->daemon, DAEMON_PATH, DAEMON_MANAGER, "CancelJob", &call);
    if (r >= 0)
        r = sd_bus_message_append(call, "u", id);
    r = daemon_call(ctl->daemon, r, call, DAEMON_PERSON_MS, NULL, p);
    if (r < 0)
        return r;
    term_line(&ctl->err, STYLE_PLAIN,
              "Job %u is being cancelled; what is not yet atomic is undone.", id);
    return EXIT_DONE;
}
