/* SPDX-License-Identifier: MIT */
#include "agent/ctl/verbs.h"

#include <string.h>

#include "agent/ctl/backend.h"
#include "agent/ctl/release.h"
#include "agent/ctl/render-plan.h"
#include "base/json.h"

static json_object *make_arguments(const Arguments *args)
{
    json_object *arguments = json_object_new_object();

    json_add_bool(arguments, "check", args->check);
    if (args->no_deny)
        json_add_bool(arguments, "deny", false);
    json_add_bool(arguments, "keep_etc", args->keep_etc);
    if (args->to)
        json_add_string(arguments, "to", args->to);
    if (args->reason)
        json_add_string(arguments, "reason", args->reason);
    return arguments;
}

/* What the person does next; talk, so it goes to the error stream. */
static void say_next(Ctl *ctl, json_object *result)
{
    char name[RELEASE_NAME_MAX];

    release_name(json_get(result, "to"), name);
    if (ctl->args->check)
        term_line(&ctl->err, STYLE_PLAIN, "Nothing has been changed. `azlctl rollback` does it.");
    else if (strcmp(json_get_string(result, "kind") ?: "", "cancel") == 0)
        term_line(&ctl->err, STYLE_PLAIN, "%s stays: nothing waits for a reboot any more.", name);
    else if (json_get_bool(result, "reboot_needed") && !ctl_is_elsewhere(ctl))
        term_line(&ctl->err, STYLE_PLAIN,
                  "%s boots next; it takes effect at the next reboot: `azlctl reboot`. "
                  "`azlctl rollback` again undoes it.",
                  name);
    else
        term_line(&ctl->err, STYLE_PLAIN, "%s boots next. `azlctl rollback` again undoes it.",
                  name);
}

int verb_rollback(Ctl *ctl, Problem *p)
{
    _cleanup_json_ json_object *result = NULL;
    const Arguments *args = ctl->args;

    if (args->check && args->reboot)
        return ctl_usage(p, "--check changes nothing, so it does not go with --reboot");
    if (args->no_wait && (args->check || args->reboot || args->json))
        return ctl_usage(p, "--no-wait does not go with --check, --reboot or --json");
    if (args->reboot && ctl_is_elsewhere(ctl))
        return ctl_usage(p, "--reboot works on the system that runs, not with --sysroot");

    if (args->no_wait)
        return backend_start(ctl, "rollback", make_arguments(args), p);

    int r = ctl_call(ctl, "rollback", make_arguments(args), &result, p);
    if (r < 0)
        return r;
    if (args->json)
        ctl_print_json(ctl, result);
    else if (args->check)
        render_plan(&ctl->out, result);
    else
        render_rolled_back(&ctl->out, result);
    if (!args->json)
        say_next(ctl, result);
    if (args->reboot && json_get_bool(result, "reboot_needed"))
        return reboot_now(ctl, p);
    return EXIT_DONE;
}
