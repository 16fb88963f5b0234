/* SPDX-License-Identifier: MIT */
#include "agent/ctl/verbs.h"

#include <string.h>

#include "agent/ctl/release.h"
#include "agent/ctl/view.h"
#include "base/json.h"

static void add_list(json_object *arguments, const char *name, char *const *list)
{
    if (!list)
        return;

    json_object *array = json_object_new_array();
    for (; *list; list++)
        json_object_array_add(array, json_object_new_string(*list));
    json_object_object_add(arguments, name, array);
}

static void say_change(Ctl *ctl, json_object *result, bool asked)
{
    if (!asked)
        return;
    if (!json_get_bool(result, "changed"))
        term_line(&ctl->err, STYLE_PLAIN, "The kernel arguments are like that already.");
    else if (ctl->args->check)
        term_line(&ctl->err, STYLE_PLAIN, "Nothing has been changed; this is what it would be.");
    else
        term_line(&ctl->err, STYLE_GOOD, "The change takes effect at the next reboot%s",
                  ctl_is_elsewhere(ctl) ? "." : ": `azlctl reboot`.");
}

int verb_kargs(Ctl *ctl, Problem *p)
{
    _cleanup_json_ json_object *result = NULL;
    json_object *arguments = json_object_new_object();
    const Arguments *args = ctl->args;

    add_list(arguments, "append", args->append);
    add_list(arguments, "delete", args->delete);
    add_list(arguments, "replace", args->replace);
    if (args->check)
        json_add_bool(arguments, "check", true);
    int r = ctl_call(ctl, "kargs", arguments, &result, p);
    if (r < 0)
        return r;

    json_object *kargs = json_get(result, "kargs");
    if (args->json)
        ctl_print_json(ctl, result);
    else
        for (size_t i = 0; i < list_length(kargs); i++)
            term_line(&ctl->out, STYLE_PLAIN, "%s", list_text_at(kargs, i));
    say_change(ctl, result, args->append || args->delete || args->replace);
    return EXIT_DONE;
}
