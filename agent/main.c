/* SPDX-License-Identifier: MIT */
/* azl-agentd: decides when this host updates. It holds no privilege: workers do what it decides. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "agent/agent.h"
#include "agent/config.h"
#include "agent/event.h"
#include "agent/policy.h"
#include "base/json.h"

static const char help[] =
    "azl-agentd - decides when this host updates\n"
    "\n"
    "systemd starts it; people want azlctl(8). Its settings: azl-agent.conf(5).\n"
    "\n"
    "  --config-show      the configuration as JSON (azl.config/1), and exit\n"
    "  --root DIR         for --config-show: read the files below this directory\n"
    "  --help, --version\n";

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
    (void)sd_notify(0, "RELOADING=1");
    (void)agent_reload(userdata, NULL);
    (void)sd_notify(0, "READY=1");
    return 0;
}

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
    agent_stop(userdata);
    return 0;
}

static int watch_signals(Agent *agent)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return -errno;
    int r = sd_event_add_signal(agent->loop, NULL, SIGTERM, on_stop, agent);
    if (r >= 0)
        r = sd_event_add_signal(agent->loop, NULL, SIGINT, on_stop, agent);
    if (r >= 0)
        r = sd_event_add_signal(agent->loop, NULL, SIGHUP, on_reload, agent);
    return r;
}

static int run(Agent *agent, Failure *f)
{
    int r = agent_init(agent, f);

    if (r < 0)
        return r;
    r = watch_signals(agent);
    if (r < 0)
        return failure_set_errno(f, r, ERROR_INTERNAL, "signals");
    (void)sd_event_set_watchdog(agent->loop, true);
    event_log(AGENT_AGENT_STARTED_EVENT, NULL, PACKAGE_STRING " has started");
    (void)sd_notify(0, "READY=1");
    r = sd_event_loop(agent->loop);
    return r < 0 ? failure_set_errno(f, r, ERROR_INTERNAL, "the event loop") : r;
}

static int serve(void)
{
    _cleanup_failure_ Failure failure = {0};
    Agent agent = {0};

    int r = run(&agent, &failure);
    if (r < 0) {
        _cleanup_free_ char *text = failure_to_text(&failure);
        fprintf(stderr, "azl-agentd: %s\n", text ?: "out of memory");
    }
    agent_clear(&agent);
    return r == 0 ? EXIT_DONE : EXIT_FAILED; /* more than 0: the bus has gone away */
}

/* For `azlctl config`: it works without a daemon, and shows all that is wrong. */
static int show_config(const char *root)
{
    _cleanup_problem_list_ ProblemList problems = {0};
    Config config = {0};
    Policy policy;

    int r = config_load(root, &config, &problems);
    if (r >= 0) {
        _cleanup_failure_ Failure f = {0};
        r = policy_read(&config, &policy, &f);
        if (r < 0)
            problem_list_add(&problems, "azl-agent.conf", 0, "%s", f.detail ?: "");
    } else if (problems.n == 0)
        problem_list_add(&problems, root ?: "/", 0, "%s", strerror(-r));
    _cleanup_json_ json_object *object = config_to_json(r >= 0 ? &config : NULL, &problems);
    puts(json_object_to_json_string_ext(object,
                                        JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
    config_clear(&config);
    return r < 0 ? EXIT_FAILED : EXIT_DONE;
}

int main(int argc, char *argv[])
{
    static const struct option options[] = {
        {"config-show", no_argument, NULL, 'c'},
        {"root", required_argument, NULL, 'r'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    const char *root = NULL;
    bool show = false;

    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (c == 'h' || c == 'V') {
            fputs(c == 'h' ? help : PACKAGE_STRING "\n", stdout);
            return EXIT_DONE;
        }
        if (c == 'c')
            show = true;
        else if (c == 'r')
            root = optarg;
        else
            return EXIT_USAGE;
    }
    if (optind < argc) {
        fprintf(stderr, "azl-agentd: unexpected argument '%s'; see --help\n", argv[optind]);
        return EXIT_USAGE;
    }
    return show ? show_config(root) : serve();
}
