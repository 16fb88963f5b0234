/* SPDX-License-Identifier: MIT */
#include "agent/ctl/verbs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/ctl/backend.h"
#include "agent/ctl/release.h"
#include "agent/ctl/render-unchanged.h"
#include "agent/ctl/status.h"
#include "agent/ctl/update-run.h"
#include "agent/ctl/view.h"
#include "base/json.h"
#include "base/size.h"

#define FETCHED_MAX 128

int reboot_now(Ctl *ctl, Problem *p)
{
    _cleanup_json_ json_object *result = NULL, *status = NULL;
    char name[RELEASE_NAME_MAX];

    int r = ctl_call(ctl, "status", NULL, &status, p);
    if (r < 0)
        return r;
    json_object *staged = json_get(status, "staged");
    if (json_get_bool(staged, "locked"))
        term_line(&ctl->err, STYLE_WARN,
                  "%s is staged and locked, so this reboot drops it; `azlctl finalize --reboot` "
                  "takes it.",
                  release_name(staged, name));
    r = ctl_call(ctl, "reboot", NULL, &result, p);
    if (r < 0)
        return r;
    term_line(&ctl->err, STYLE_PLAIN, "Rebooting into %s.",
              release_name(status_next(status), name));
    return EXIT_DONE;
}

/* `update --check`: an answer, on the output. */
static int show_check(Ctl *ctl, const UpdateRun *run)
{
    static const struct {
        const char *reason, *text;
    } reasons[] = {
        {"newer", "is available"},
        {"current", "is the newest, and boots next already"},
        {"staged", "is staged already"},
        {"denied", "is denied on this machine"},
        {"older", "is older than what is deployed"},
    };
    const char *reason = json_get_string(run->check, "reason") ?: "",
               *detail = json_get_string(run->check, "detail"), *text = reason;
    bool update = json_get_bool(run->check, "update");
    char name[RELEASE_NAME_MAX], deployed[RELEASE_NAME_MAX];

    for (size_t i = 0; i < ELEMENTSOF(reasons); i++)
        if (strcmp(reasons[i].reason, reason) == 0)
            text = reasons[i].text;
    /* The worker has more to say, or the one asked for may be no newest. */
    if (strcmp(reason, "current") == 0 && (ctl->args->to || (detail && *detail)))
        text = "is deployed already";

    if (ctl->args->json)
        ctl_print_json(ctl, run->check);
    else {
        term_put(&ctl->out, update ? STYLE_GOOD : STYLE_STRONG, "%s",
                 release_name(json_get(run->check, "target"), name));
        term_put(&ctl->out, STYLE_PLAIN, " %s", text);
        if (update)
            term_put(&ctl->out, STYLE_PLAIN, "; deployed is %s",
                     release_name(json_get(run->check, "deployed"), deployed));
        if (detail && *detail)
            term_put(&ctl->out, STYLE_PLAIN, ": %s", detail);
        term_end(&ctl->out);
    }
    return !update && ctl->args->exit_unchanged ? EXIT_UNCHANGED : EXIT_DONE;
}

/* " (7.20 MiB, static delta)"; "" where nothing was fetched. */
static void format_fetched(json_object *pulled, char buf[static FETCHED_MAX])
{
    uint64_t bytes = count_get(pulled, "bytes");
    char size[SIZE_TEXT_MAX];

    buf[0] = '\0';
    if (bytes > 0)
        snprintf(buf, FETCHED_MAX, " (%s%s)", size_format(bytes, size),
                 json_get_bool(pulled, "delta") ? ", static delta" : "");
}

static void say_end(Ctl *ctl, const UpdateRun *run, UpdateEnd end)
{
    char name[RELEASE_NAME_MAX], fetched[FETCHED_MAX];

    release_name(update_target(run), name);
    format_fetched(run->pulled, fetched);
    switch (end) {
    case UPDATE_UNCHANGED:
        render_unchanged(&ctl->err, run->status, update_target(run), ctl->args->to || run->from);
        return;
    case UPDATE_PULLED:
        term_line(&ctl->err, STYLE_PLAIN, "%s is on this machine%s; `azlctl update` deploys it.",
                  name, fetched);
        return;
    case UPDATE_LOCKED:
        term_line(
            &ctl->err, STYLE_PLAIN,
            "%s is staged and locked%s: a reboot does not take it; `azlctl finalize` unlocks it.",
            name, fetched);
        return;
    case UPDATE_READY:
        if (json_get(run->status, "booted"))
            term_line(&ctl->err, STYLE_GOOD,
                      "%s is staged%s; it takes effect at the next reboot: `azlctl reboot`.", name,
                      fetched);
        else
            term_line(&ctl->err, STYLE_GOOD, "%s is deployed%s; it boots next.", name, fetched);
        return;
    }
}

/* Would a reboot bring just what was asked for? */
static bool is_waiting(const UpdateRun *run)
{
    return status_is_waiting(run->status) &&
           release_equal(json_get(run->status, "next_boot"), update_target(run));
}

static int run_update(Ctl *ctl, UpdateRun *run, Problem *p)
{
    UpdateEnd end;

    int r = update_run(ctl, run, &end, p);
    if (r < 0)
        return r;
    say_end(ctl, run, end);
    if (ctl->args->reboot && (end == UPDATE_READY || is_waiting(run)))
        return reboot_now(ctl, p);
    return end == UPDATE_UNCHANGED && ctl->args->exit_unchanged ? EXIT_UNCHANGED : EXIT_DONE;
}

int verb_update(Ctl *ctl, Problem *p)
{
    _cleanup_update_run_ UpdateRun run = {0};
    const Arguments *args = ctl->args;
    int r;

    if (args->check && (args->reboot || args->download_only))
        return ctl_usage(p, "--check changes nothing, so it does not go with --reboot or "
                            "--download-only");
    if (args->no_wait && (args->check || args->reboot || args->exit_unchanged))
        return ctl_usage(p, "--no-wait does not go with --check, --reboot or --exit-unchanged");
    if (args->check && args->from)
        return ctl_usage(p, "--check asks the server, so it does not go with --from");
    if (args->download_only && args->reboot)
        return ctl_usage(p,
                         "what --download-only leaves is locked, so it does not go with --reboot");
    if (args->json && !args->check)
        return ctl_usage(p,
                         "--json goes with --check; afterwards `azlctl status --json` tells all");

    if (args->check) {
        r = update_check(ctl, &run, p);
        return r < 0 ? r : show_check(ctl, &run);
    }
    if (args->no_wait)
        return backend_start(ctl, "update", update_job_arguments(args), p);
    if (args->from) {
        r = ctl_resolve_path(args->from, ERROR_SOURCE_UNREADABLE, &run.from, p);
        if (r < 0)
            return r;
    }
    return run_update(ctl, &run, p);
}

int verb_switch(Ctl *ctl, Problem *p)
{
    _cleanup_update_run_ UpdateRun run = {.switching = true};
    _cleanup_free_ char *refspec = NULL;
    const char *ref = ctl->args->words[0], *remote = NULL;

    run.refspec = ref;
    if (!strchr(ref, ':')) {
        /* A bare ref stays with the remote that updates come from now. */
        int r = ctl_call(ctl, "status", NULL, &run.status, p);
        if (r < 0)
            return r;
        json_object *first =
            json_get(run.status, "booted") ?: list_at(json_get(run.status, "deployments"), 0);
        remote = json_get_string(first, "remote");
        if (!remote)
            return failure_set(&p->failure, -ENOENT, ERROR_NO_ORIGIN, "%s names no remote", ref);
        if (asprintf(&refspec, "%s:%s", remote, ref) < 0) {
            refspec = NULL;
            return failure_oom(&p->failure);
        }
        run.refspec = refspec;
    }
    return run_update(ctl, &run, p);
}
