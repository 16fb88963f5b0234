/* SPDX-License-Identifier: MIT */
#include "agent/ctl/command.h"

#include <ctype.h>

#include "agent/ctl/help.h"
#include "agent/ctl/verb.h"
#include "base/strv.h"
#include "tests/unit/ctl-screen.h"
#include "tests/unit/leak.h"

/* Splits at spaces, as a shell would. */
static int parse(const char *line, Command *command, Failure *f)
{
    char text[256], *words[32] = {NULL}, *rest = text;
    int n = 0;

    snprintf(text, sizeof(text), "azlctl %s", line);
    while ((words[n] = strsep(&rest, " ")))
        if (*words[n])
            n++;
    return command_parse(n, words, command, f);
}

CLAIM(command, options_stand_before_and_behind_the_verb)
{
    _cleanup_command_ Command c = {0};

    cr_assert_eq(parse("--json update --check --lock-timeout 5 -h", &c, NULL), 0);
    cr_assert_str_eq(c.verb->name, "update");
    cr_assert(c.args.json && c.args.check && c.args.help);
    cr_assert_eq(c.args.lock_timeout, 5);
}

CLAIM(command, a_verb_of_two_words_is_found_by_both)
{
    _cleanup_command_ Command c = {0};

    cr_assert_eq(parse("deny add --reason bad 1.2.0", &c, NULL), 0);
    cr_assert_str_eq(c.verb->action, "add");
    cr_assert_eq(strv_length(c.args.words), 1);
    cr_assert_str_eq(c.args.words[0], "1.2.0");
    cr_assert_str_eq(c.args.reason, "bad");
}

CLAIM(command, behind_two_dashes_all_are_words)
{
    _cleanup_command_ Command c = {0};

    cr_assert_eq(parse("pin -- --check", &c, NULL), 0);
    cr_assert_str_eq(c.args.words[0], "--check");
}

CLAIM(command, what_was_not_given_is_told_apart_from_zero)
{
    _cleanup_command_ Command c = {0};

    cr_assert_eq(parse("history", &c, NULL), 0);
    cr_assert_eq(c.args.limit, -1);
    cr_assert_eq(c.args.lock_timeout, -1);
    cr_assert_null(c.args.words);
}

CLAIM(command, mistakes_are_named_with_what_was_meant)
{
    static const struct {
        const char *line, *said;
    } mistakes[] = {
        {"statsu", "did you mean \"status\"?"},
        {"frobnicate", "no verb \"frobnicate\""},
        {"deny", "list, add, remove, reset"},
        {"deny ad", "did you mean \"deny add\"?"},
        {"deny xyz", "no \"deny xyz\""},
        {"pin", "needs: TARGET"},
        {"pin 1 2", "\"2\" is one word too many"},
        {"status now", "one word too many"},
        {"diff a b c", "\"c\" is one word too many"},
        {"pin --check booted", "no option --check"},
        {"--check update", "no option --check"},
        {"reboot --json", "`azlctl reboot` has no --json"},
        {"update --reason x", "no option --reason"},
    };

    for (size_t i = 0; i < ELEMENTSOF(mistakes); i++) {
        _cleanup_failure_ Failure f = {0};
        _cleanup_command_ Command c = {0};

        cr_assert_eq(parse(mistakes[i].line, &c, &f), -EINVAL, "%s", mistakes[i].line);
        cr_assert_eq(f.id, ERROR_USAGE);
        cr_assert_not_null(strstr(f.detail, mistakes[i].said), "%s: %s", mistakes[i].line,
                           f.detail);
    }
}

CLAIM(command, help_is_given_without_the_arguments)
{
    _cleanup_command_ Command c = {0};

    cr_assert_eq(parse("pin --help", &c, NULL), 0);
    cr_assert(c.args.help);
}

CLAIM(command, the_table_is_complete)
{
    for (const Verb *v = verbs; v->name; v++) {
        cr_assert(v->run && v->words && v->group && v->summary && v->example, "%s", v->name);
        cr_assert_leq(v->words_min, v->words_max, "%s", v->name);
        cr_assert_eq(*v->words == '\0', v->words_max == 0, "%s", v->name);
        cr_assert(islower(v->summary[0]) && v->summary[strlen(v->summary) - 1] != '.', "%s",
                  v->name);
        cr_assert_eq(strncmp(v->example, "azlctl ", 7), 0, "%s", v->name);
        cr_assert(!v->action || verb_find(v->name, v->action) == v, "%s", v->name);
        for (const Option *o = v->options; o && o->name; o++) {
            cr_assert(o->help && *o->help, "--%s", o->name);
            cr_assert_eq(o->value == NULL, o->kind == OPTION_FLAG, "--%s", o->name);
            cr_assert_eq(o->max > 0, o->kind == OPTION_NUMBER, "--%s", o->name);
        }
    }
}

CLAIM(command, looking_needs_no_root_and_changing_does)
{
    static const struct {
        const char *line;
        bool changes;
    } lines[] = {
        {"status", false},          {"update", true},     {"update --check", false},
        {"rollback", true},         {"kargs", false},     {"rollback --check", false},
        {"kargs --append a", true}, {"deny list", false}, {"deny add 1.0.0", true},
        {"deny reset", true},       {"diff", false},      {"history", false},
        {"pin booted", true},       {"switch a:b", true}, {"cleanup", true},
        {"finalize", true},         {"reboot", true},     {"kargs --check --append a", false},
    };

    for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
        _cleanup_command_ Command c = {0};

        cr_assert_eq(parse(lines[i].line, &c, NULL), 0, "%s", lines[i].line);
        bool changes = c.verb->changes && c.verb->changes(&c.args);
        cr_assert_eq(changes, lines[i].changes, "%s", lines[i].line);
    }
}

CLAIM(command, every_example_can_be_typed)
{
    for (const Verb *v = verbs; v->name; v++)
        for (const char *line = v->example; *line;) {
            _cleanup_command_ Command c = {0};
            _cleanup_failure_ Failure f = {0};
            char text[128];

            /* Quoted reasons would be split; one word stands for them. */
            snprintf(text, sizeof(text), "%.*s", (int)strcspn(line, "\t\n"), line);
            char *open = strchr(text, '\''), *close = open ? strchr(open + 1, '\'') : NULL;
            for (char *c2 = open; c2 && c2 < close; c2++)
                if (*c2 == ' ')
                    *c2 = '_';
            cr_assert_eq(parse(text + strlen("azlctl "), &c, &f), 0, "%s: %s", text, f.detail);
            cr_assert_eq(c.verb == v || v->action == NULL, 1, "%s", text);

            line += strcspn(line, "\n");
            line += *line == '\n';
        }
}

CLAIM(command, help_names_every_verb_and_option_and_fits_80_columns)
{
    _cleanup_screen_ Screen all;

    screen_open(&all, 80);
    help_print(&all.term, NULL);
    cr_assert_leq(screen_widest(&all), 80, "%s", screen_text(&all));
    for (const Verb *v = verbs; v->name; v++) {
        _cleanup_screen_ Screen one;

        cr_assert_not_null(strstr(screen_text(&all), v->summary), "%s", v->name);
        screen_open(&one, 80);
        help_print(&one.term, v);
        cr_assert_leq(screen_widest(&one), 80, "%s", screen_text(&one));
        for (const Option *o = v->options; o && o->name; o++)
            cr_assert_not_null(strstr(screen_text(&one), o->name), "%s --%s", v->name, o->name);
    }
}
