/* SPDX-License-Identifier: MIT */
/* azlctl: updates and rollbacks of this host, for people. */
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/ctl/backend.h"
#include "agent/ctl/command.h"
#include "agent/ctl/ctl.h"
#include "agent/ctl/help.h"
#include "agent/ctl/verb.h"
#include "base/json.h"

/* The one place where an error is told: a line for people, an object for programs. */
static int report(Ctl *ctl, const Command *command, const Problem *p)
{
    _cleanup_free_ char *next = p->failure.id == ERROR_USAGE ? command_next_step(command) : NULL;
    _cleanup_free_ char *text = problem_to_text(p, next);

    term_line(&ctl->err, STYLE_BAD, "azlctl: %s", text ?: "out of memory");
    if (command->args.json) {
        _cleanup_json_ json_object *object = problem_to_json(p);
        ctl_print_json(ctl, object);
    }
    return problem_exit_code(p);
}

/* Help and version are answered before anything is looked at; a missing verb is a mistake. */
static int answer_without_worker(Ctl *ctl, const Command *command, Problem *p)
{
    if (command->args.version)
        term_line(&ctl->out, STYLE_PLAIN, "%s", PACKAGE_STRING);
    else if (command->args.help)
        help_print(&ctl->out, command->verb);
    else
        return ctl_usage(p, "no verb was given");
    return EXIT_DONE;
}

static int run(Ctl *ctl, Command *command, Problem *p)
{
    const Verb *verb = command->verb;

    if (!verb || command->args.help || command->args.version)
        return answer_without_worker(ctl, command, p);

    int r = ctl_init(ctl, &command->args, p);
    if (r >= 0)
        r = backend_choose(ctl, verb, p);
    return r < 0 ? r : verb->run(ctl, p);
}

/* Whoever read has seen enough: `azlctl history | head -1`. */
static bool is_reader_gone(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    return poll(&p, 1, 0) > 0 && (p.revents & (POLLERR | POLLHUP));
}

/* Data that could not be written was not delivered, whatever the verb thought. */
static int flush_output(int status)
{
    if ((fflush(stdout) == 0 && !ferror(stdout)) || is_reader_gone(STDOUT_FILENO))
        return status;
    fputs("azlctl: the output could not be written\n", stderr);
    return status == EXIT_DONE ? EXIT_FAILED : status;
}

int main(int argc, char *argv[])
{
    _cleanup_command_ Command command = {0};
    _cleanup_problem_ Problem problem = {0};
    _cleanup_ctl_ Ctl ctl = {0};

    setlocale(LC_ALL, "");
    /* A rollback does not stop half-way because nobody reads what it says. */
    signal(SIGPIPE, SIG_IGN);
    /* Whole lines, in the order they were said, even where both streams end in one file. */
    setvbuf(stdout, NULL, _IOLBF, 0);
    setvbuf(stderr, NULL, _IOLBF, 0);
    term_init(&ctl.out, stdout);
    term_init(&ctl.err, stderr);

    int r = command_parse(argc, argv, &command, &problem.failure);
    if (r >= 0)
        r = run(&ctl, &command, &problem);
    if (r < 0)
        r = report(&ctl, &command, &problem);
    return flush_output(r);
}
