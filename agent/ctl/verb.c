/* SPDX-License-Identifier: MIT */
#include "agent/ctl/verb.h"

#include <stdio.h>
#include <string.h>

#include "agent/ctl/verbs.h"

#define LOCK_TIMEOUT_MAX 3600
#define HISTORY_MAX      10000

#define FLAG(name, member, help)                                                                   \
    {                                                                                              \
        name, 0, OPTION_FLAG, offsetof(Arguments, member), NULL, help, 0                           \
    }
#define STRING(name, member, value, help)                                                          \
    {                                                                                              \
        name, 0, OPTION_STRING, offsetof(Arguments, member), value, help, 0                        \
    }
#define NUMBER(name, member, value, min, max, help)                                                \
    {                                                                                              \
        name, 0, OPTION_NUMBER, offsetof(Arguments, member), value, help, max, min                 \
    }
#define LIST(name, member, value, help)                                                            \
    {                                                                                              \
        name, 0, OPTION_LIST, offsetof(Arguments, member), value, help, 0                          \
    }
#define END                                                                                        \
    {                                                                                              \
        NULL                                                                                       \
    }

#define REBOOT  FLAG("reboot", reboot, "reboot when it is done, if anything waits for a reboot")
#define NO_WAIT FLAG("no-wait", no_wait, "do not wait for the end; `azlctl monitor` follows it")
#define ALLOW_DOWNGRADE                                                                            \
    FLAG("allow-downgrade", allow_downgrade, "take a release that is older than what is deployed")
#define EXIT_UNCHANGED_FLAG                                                                        \
    FLAG("exit-unchanged", exit_unchanged, "exit with 77 if there was nothing to do")

const Option verb_common_options[] = {
    STRING("sysroot", sysroot, "DIR", "work on this sysroot instead of the running system's"),
    NUMBER("lock-timeout", lock_timeout, "SECONDS", 0, LOCK_TIMEOUT_MAX,
           "how long to wait for another program's sysroot lock (60)"),
    FLAG("json", json, "print what was found as JSON"),
    {"help", 'h', OPTION_FLAG, offsetof(Arguments, help), NULL, "show this help", 0},
    FLAG("version", version, "show the version"),
    END,
};

static const Option update_options[] = {
    FLAG("check", check, "only ask the server; change nothing"),
    FLAG("download-only", download_only, "fetch and stage it, but let no reboot take it yet"),
    STRING("to", to, "VERSION|COMMIT", "this release instead of the newest"),
    STRING("from", from, "DIR|DELTA-FILE", "from a repository directory or a static-delta file"),
    ALLOW_DOWNGRADE,
    FLAG("no-deltas", no_deltas, "fetch objects one by one, without static deltas"),
    REBOOT,
    NO_WAIT,
    EXIT_UNCHANGED_FLAG,
    END,
};

static const Option switch_options[] = {ALLOW_DOWNGRADE, REBOOT, EXIT_UNCHANGED_FLAG, END};

static const Option rollback_options[] = {
    FLAG("check", check, "show what would change; change nothing"),
    STRING("to", to, "SELECTOR", "go to this deployment instead of the fallback"),
    STRING("reason", reason, "TEXT", "why; kept in the deny list and the history"),
    FLAG("no-deny", no_deny, "do not deny the release that is left"),
    FLAG("keep-etc", keep_etc, "take the edits in /etc along"),
    REBOOT,
    NO_WAIT,
    END,
};

static const Option finalize_options[] = {REBOOT, END};

static const Option cleanup_options[] = {
    FLAG("staged", staged, "drop what is staged first"),
    FLAG("rollback", rollback, "give the fallback up too"),
    NO_WAIT,
    END,
};

static const Option kargs_options[] = {
    LIST("append", append, "KEY[=VALUE]", "add one; may be given again"),
    LIST("delete", delete, "KEY[=VALUE]", "remove one; may be given again"),
    LIST("replace", replace, "KEY=VALUE", "change one; may be given again"),
    FLAG("check", check, "show what it would be; change nothing"),
    END,
};

static const Option deny_add_options[] = {STRING("reason", reason, "TEXT", "why; kept in the list"),
                                          END};

static const Option history_options[] = {
    NUMBER("limit", limit, "N", 1, HISTORY_MAX, "how many events, the newest (50)"), END};

static const Option hold_options[] = {
    STRING("until", until, "TIME", "end by itself: 2h, 3d, 18:00, '2026-01-31 18:00', RFC 3339"),
    STRING("reason", reason, "TEXT", "why; shown by `azlctl status`"),
    END,
};

static const Option config_check_options[] = {
    STRING("root", root, "DIR", "check the files below this directory"), END};

static bool always(const Arguments *args)
{
    return true;
}

static bool unless_check(const Arguments *args)
{
    return !args->check;
}

static bool kargs_change(const Arguments *args)
{
    return !args->check && (args->append || args->delete || args->replace);
}

/* What azl-agentd does: the newest, or a named release, from the configured source. */
static bool update_offered(const Arguments *args)
{
    return !args->from && !args->allow_downgrade;
}

static bool rollback_offered(const Arguments *args)
{
    return !args->to && !args->no_deny;
}

static bool cleanup_offered(const Arguments *args)
{
    return !args->rollback;
}

#define SEE    "Look"
#define UPDATE "Update"
#define AGENT  "The agent that updates by itself"
#define KEEP   "Keep house"
#define DENY   "Releases this machine must not take"

const Verb verbs[] = {
    {.name = "status",
     .words = "",
     .group = SEE,
     .json = true,
     .route = ROUTE_BOTH,
     .run = verb_status,
     .summary = "what runs, what boots next and why, what to fall back to",
     .example = "azlctl status\twhat an admin wants to know first\n"
                "azlctl status --json\tthe same for programs (azl.status/1)"},
    {.name = "diff",
     .words = "[FROM] [TO]",
     .words_max = 2,
     .group = SEE,
     .json = true,
     .run = verb_diff,
     .summary = "what differs between two releases",
     .about = "FROM defaults to what runs, TO to what boots next, or else the fallback. Both are "
              "selectors, or commits in the repository.",
     .example = "azlctl diff\twhat the next reboot changes\n"
                "azlctl diff 1.0.0 1.1.0\tbetween two versions"},
    {.name = "history",
     .words = "",
     .group = SEE,
     .json = true,
     .route = ROUTE_BOTH,
     .run = verb_history,
     .options = history_options,
     .summary = "what was done to this machine, the newest last",
     .example = "azlctl history --limit 5\tthe last five events"},
    {.name = "update",
     .brings_in = true,
     .words = "",
     .group = UPDATE,
     .json = true,
     .route = ROUTE_BOTH,
     .offered = update_offered,
     .run = verb_update,
     .options = update_options,
     .changes = unless_check,
     .summary = "bring the newest release in",
     .about = "Fetches the release, verifies its signature, and stages it for the next reboot. The "
              "running system is not touched, and stays as the fallback.",
     .example = "azlctl update --check\tis there something newer?\n"
                "azlctl update --reboot\tbring it in, and reboot into it\n"
                "azlctl update --from /media/usb/repo\twithout a network"},
    {.name = "rollback",
     .words = "",
     .group = UPDATE,
     .json = true,
     .route = ROUTE_BOTH,
     .offered = rollback_offered,
     .run = verb_rollback,
     .options = rollback_options,
     .changes = unless_check,
     .summary = "go back to the fallback; again: undo that",
     .about = "Makes the other deployment boot next and denies the release it leaves, so that no "
              "update brings it back. What is staged is dropped; what was chosen and waits for its "
              "reboot is taken back. A second rollback undoes the first.",
     .example = "azlctl rollback --check\twhat would change\n"
                "azlctl rollback --reason 'the network is gone' --reboot\tgo back now"},
    {.name = "switch",
     .brings_in = true,
     .words = "[REMOTE:]REF",
     .words_min = 1,
     .words_max = 1,
     .group = UPDATE,
     .run = verb_switch,
     .options = switch_options,
     .changes = always,
     .summary = "follow another ref from now on",
     .about =
         "Brings the newest release of the ref in, as `update` does; later updates come from it.",
     .example = "azlctl switch azl/testing\tanother ref of the same remote"},
    {.name = "finalize",
     .words = "[CHECKSUM]",
     .words_max = 1,
     .group = UPDATE,
     .route = ROUTE_BOTH,
     .run = verb_finalize,
     .options = finalize_options,
     .changes = always,
     .summary = "let the next reboot take what is staged and locked",
     .about = "With CHECKSUM (or its first digits) only if exactly that is staged.",
     .example = "azlctl finalize --reboot\tafter `azlctl update --download-only`"},
    {.name = "reboot",
     .words = "",
     .group = UPDATE,
     .route = ROUTE_BOTH,
     .run = verb_reboot,
     .changes = always,
     .summary = "reboot into what boots next",
     .example = "azlctl reboot\tafter `azlctl update` or `azlctl rollback`"},
    {.name = "pin",
     .words = "TARGET",
     .words_min = 1,
     .words_max = 1,
     .group = KEEP,
     .run = verb_pin,
     .changes = always,
     .summary = "keep a deployment whatever comes",
     .about = "TARGET is a selector: booted, staged, pending, rollback, a slot letter, an index, a "
              "version, or at least 6 digits of the checksum.",
     .example = "azlctl pin booted\tkeep what runs now"},
    {.name = "unpin",
     .words = "TARGET",
     .words_min = 1,
     .words_max = 1,
     .group = KEEP,
     .run = verb_unpin,
     .changes = always,
     .summary = "let a deployment go when nothing needs it",
     .example = "azlctl unpin 1.0.0\tby its version"},
    {.name = "cleanup",
     .words = "",
     .group = KEEP,
     .json = true,
     .route = ROUTE_BOTH,
     .offered = cleanup_offered,
     .run = verb_cleanup,
     .options = cleanup_options,
     .changes = always,
     .summary = "free the space of what nothing needs",
     .example = "azlctl cleanup --staged\tdrop the staged update as well"},
    {.name = "kargs",
     .brings_in = true,
     .words = "",
     .group = KEEP,
     .json = true,
     .run = verb_kargs,
     .options = kargs_options,
     .changes = kargs_change,
     .summary = "show or change the kernel arguments of what boots next",
     .example = "azlctl kargs\twhat is set\n"
                "azlctl kargs --append quiet --delete debug\tchange two at once"},
    {.name = "deny",
     .action = "list",
     .words = "",
     .group = DENY,
     .json = true,
     .run = verb_deny_list,
     .summary = "which, why, and who said so",
     .example = "azlctl deny list\tone line each"},
    {.name = "deny",
     .action = "add",
     .words = "TARGET",
     .words_min = 1,
     .words_max = 1,
     .group = DENY,
     .json = true,
     .run = verb_deny_add,
     .options = deny_add_options,
     .changes = always,
     .summary = "deny one, by commit or version",
     .example = "azlctl deny add 1.2.0 --reason 'breaks the disk'\tno update brings 1.2.0"},
    {.name = "deny",
     .action = "remove",
     .words = "TARGET",
     .words_min = 1,
     .words_max = 1,
     .group = DENY,
     .json = true,
     .run = verb_deny_remove,
     .changes = always,
     .summary = "allow it again",
     .example = "azlctl deny remove 1.2.0\tit is good after all"},
    {.name = "deny",
     .action = "reset",
     .words = "",
     .group = DENY,
     .json = true,
     .run = verb_deny_reset,
     .changes = always,
     .summary = "mend an unreadable list; ends a hold",
     .about =
         "A list that cannot be read stops updates. It is kept aside with the ending .corrupt, and "
         "the one before it, or an empty one, takes its place.",
     .example = "azlctl deny reset\tafter a look at the damaged one"},
    {.name = "hold",
     .words = "",
     .group = AGENT,
     .route = ROUTE_AGENT,
     .run = verb_hold,
     .options = hold_options,
     .summary = "take no updates until `unhold`, or until a time",
     .about = "Nothing is fetched, and no reboot takes what is staged. A hold survives reboots; a "
              "second one replaces the first. `azlctl rollback` works all the same.",
     .example = "azlctl hold --until 3d --reason 'end of the quarter'\tfor three days\n"
                "azlctl hold\tuntil `azlctl unhold`"},
    {.name = "unhold",
     .words = "",
     .group = AGENT,
     .route = ROUTE_AGENT,
     .run = verb_unhold,
     .summary = "end a hold",
     .example = "azlctl unhold\tupdates are taken again"},
    {.name = "jobs",
     .words = "",
     .group = AGENT,
     .json = true,
     .route = ROUTE_AGENT,
     .run = verb_jobs,
     .summary = "what is under way, and what waits for it",
     .example = "azlctl jobs\tone line each"},
    {.name = "monitor",
     .words = "[JOB]",
     .words_max = 1,
     .group = AGENT,
     .route = ROUTE_AGENT,
     .run = verb_monitor,
     .summary = "follow a job to its end; or all that happens",
     .about = "With JOB, its bar and its end, with the exit status it would have had here; Ctrl-C "
              "stops watching, the job goes on. Without, a line for each change until Ctrl-C.",
     .example = "azlctl monitor 7\tthe job that `azlctl update --no-wait` named"},
    {.name = "cancel",
     .words = "JOB",
     .words_min = 1,
     .words_max = 1,
     .group = AGENT,
     .route = ROUTE_AGENT,
     .run = verb_cancel,
     .summary = "cancel a job",
     .example = "azlctl cancel 7\twhat is not yet atomic is undone"},
    {.name = "config",
     .action = "show",
     .words = "",
     .group = AGENT,
     .json = true,
     .route = ROUTE_NONE,
     .run = verb_config_show,
     .summary = "every setting, and where it comes from",
     .example = "azlctl config show\twhat azl-agent.conf(5) and its drop-ins come to"},
    {.name = "config",
     .action = "check",
     .words = "",
     .group = AGENT,
     .json = true,
     .route = ROUTE_NONE,
     .run = verb_config_check,
     .options = config_check_options,
     .summary = "all that is wrong in the files",
     .example = "azlctl config check --root /mnt/image\tof an image that is being built"},
    {.name = "metrics",
     .words = "",
     .group = AGENT,
     .route = ROUTE_AGENT,
     .run = verb_metrics,
     .summary = "numbers for Prometheus",
     .example = "azlctl metrics\tin its text format"},
    {.name = NULL},
};

const Verb *verb_find(const char *name, const char *action)
{
    for (const Verb *v = verbs; v->name; v++)
        if (strcmp(v->name, name) == 0 &&
            (!action || (v->action && strcmp(v->action, action) == 0)))
            return v;
    return NULL;
}

const char *verb_actions(const char *name)
{
    static char text[128];
    size_t used = 0;

    text[0] = '\0';
    for (const Verb *v = verbs; v->name && used < sizeof(text); v++)
        if (v->action && strcmp(v->name, name) == 0)
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", used ? ", " : "",
                                     v->action);
    return text;
}
