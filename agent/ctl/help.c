/* SPDX-License-Identifier: MIT */
#include "agent/ctl/help.h"

#include <stdio.h>
#include <string.h>

#define VERB_COLUMNS   20
#define OPTION_COLUMNS 32
#define INDENT         2
#define CALL_MAX       96

/* "deny add TARGET" */
static char *call_text(const Verb *verb, char buf[static CALL_MAX])
{
    snprintf(buf, CALL_MAX, "%s%s%s%s%s", verb->name, verb->action ? " " : "", verb->action ?: "",
             *verb->words ? " " : "", verb->words);
    return buf;
}

static void print_options(Term *term, const Option *options)
{
    char text[CALL_MAX];

    for (const Option *o = options; o && o->name; o++) {
        snprintf(text, sizeof(text), "%s%c%s--%s%s%s", o->letter ? "-" : "", o->letter ?: ' ',
                 o->letter ? ", " : "   ", o->name, o->value ? " " : "", o->value ?: "");
        term_cell(term, OPTION_COLUMNS + INDENT, STYLE_PLAIN, "  %s", text);
        term_text(term, OPTION_COLUMNS + INDENT, STYLE_PLAIN, "%s", o->help);
    }
}

static void print_examples(Term *term, const char *example)
{
    while (*example) {
        size_t command = strcspn(example, "\t\n"), line = strcspn(example, "\n");

        term_line(term, STYLE_PLAIN, "  %.*s", (int)command, example);
        if (line > command)
            term_line(term, STYLE_FAINT, "      %.*s", (int)(line - command - 1),
                      example + command + 1);
        example += line + (example[line] == '\n');
    }
}

static void print_all(Term *term)
{
    const char *group = "";
    char call[CALL_MAX];

    term_line(term, STYLE_STRONG, "azlctl [OPTION]... VERB [ARGUMENT]...");
    term_line(term, STYLE_PLAIN, "Updates and rollbacks of this host.");
    for (const Verb *v = verbs; v->name; v++) {
        if (strcmp(v->group, group) != 0) {
            term_end(term);
            term_line(term, STYLE_STRONG, "%s", v->group);
        }
        group = v->group;
        term_cell(term, VERB_COLUMNS + INDENT, STYLE_PLAIN, "  %s", call_text(v, call));
        term_text(term, VERB_COLUMNS + INDENT, STYLE_PLAIN, "%s", v->summary);
    }
    term_end(term);
    term_line(term, STYLE_STRONG, "Options everywhere");
    print_options(term, verb_common_options);
    term_end(term);
    term_text(term, 0, STYLE_PLAIN,
              "`azlctl help VERB` tells more. Exit status: 0 done, 1 failed, 2 usage, "
              "3 refused by policy, 4 busy, 77 unchanged (where asked for).");
}

static void print_verb(Term *term, const Verb *verb)
{
    char call[CALL_MAX];

    term_line(term, STYLE_STRONG, "azlctl %s%s", call_text(verb, call),
              verb->options ? " [OPTION]..." : "");
    term_text(term, 0, STYLE_PLAIN, "%s", verb->summary);
    if (verb->about)
        term_text(term, 0, STYLE_PLAIN, "%s", verb->about);
    if (verb->options) {
        term_end(term);
        print_options(term, verb->options);
    }
    term_end(term);
    print_examples(term, verb->example);
}

void help_print(Term *term, const Verb *verb)
{
    const Verb *first = verb;

    if (!verb) {
        print_all(term);
        return;
    }
    print_verb(term, verb);
    /* `azlctl deny --help` found the first row of its name; the others follow. */
    for (verb++; first->action && first == verb_find(first->name, NULL) && verb->name &&
                 strcmp(verb->name, first->name) == 0;
         verb++) {
        term_end(term);
        print_verb(term, verb);
    }
    term_end(term);
    term_line(term, STYLE_STRONG, "Options everywhere");
    print_options(term, verb_common_options);
}
