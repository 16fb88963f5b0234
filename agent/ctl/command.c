/* SPDX-License-Identifier: MIT */
#include "agent/ctl/command.h"

#include <stdio.h>
#include <string.h>

#include "base/suggest.h"
#include "agent/ctl/verb.h"
#include "base/strv.h"

#define NAMES_MAX 63

static int unknown_verb(const char *word, Failure *f)
{
    const char *names[NAMES_MAX + 1] = {NULL};
    size_t n = 0;

    for (const Verb *v = verbs; v->name && n < NAMES_MAX; v++)
        names[n++] = v->name;

    const char *near = suggest_nearest(word, names);
    if (near)
        return failure_set(f, -EINVAL, ERROR_USAGE,
                           "there is no verb \"%s\" (did you mean \"%s\"?)", word, near);
    return failure_set(f, -EINVAL, ERROR_USAGE, "there is no verb \"%s\"", word);
}

static int unknown_action(const Verb *verb, const char *word, Failure *f)
{
    const char *names[NAMES_MAX + 1] = {NULL};
    size_t n = 0;

    for (const Verb *v = verbs; v->name && n < NAMES_MAX; v++)
        if (v->action && strcmp(v->name, verb->name) == 0)
            names[n++] = v->action;

    const char *near = suggest_nearest(word, names);
    if (near)
        return failure_set(f, -EINVAL, ERROR_USAGE,
                           "there is no \"%s %s\" (did you mean \"%s %s\"?)", verb->name, word,
                           verb->name, near);
    return failure_set(f, -EINVAL, ERROR_USAGE, "there is no \"%s %s\"", verb->name, word);
}

/* Takes a word as verb, as the second word of the verb, or as one of its arguments. */
static int take_word(Command *command, const char *word, Failure *f)
{
    const Verb *verb = command->verb;

    /* `azlctl help update` is `azlctl update --help`. */
    if (!verb && !command->args.help && strcmp(word, "help") == 0) {
        command->args.help = true;
        return 0;
    }
    if (!verb) {
        command->verb = verb_find(word, NULL);
        return command->verb ? 0 : unknown_verb(word, f);
    }
    if (verb->action && !command->has_action) {
        const Verb *full = verb_find(verb->name, word);
        if (!full)
            return unknown_action(verb, word, f);
        command->verb = full;
        command->has_action = true;
        return 0;
    }
    return strv_push_copy(&command->args.words, word) < 0 ? failure_oom(f) : 0;
}

static int check_words(const Command *command, Failure *f)
{
    const Verb *verb = command->verb;
    size_t n = strv_length(command->args.words);

    if (!verb || command->args.help)
        return 0;
    if (verb->action && !command->has_action)
        return failure_set(f, -EINVAL, ERROR_USAGE, "`azlctl %s` needs a second word: %s",
                           verb->name, verb_actions(verb->name));
    if (n < verb->words_min)
        return failure_set(f, -EINVAL, ERROR_USAGE, "`azlctl %s%s%s` needs: %s", verb->name,
                           verb->action ? " " : "", verb->action ?: "", verb->words);
    if (n > verb->words_max)
        return failure_set(f, -EINVAL, ERROR_USAGE, "\"%s\" is one word too many",
                           command->args.words[verb->words_max]);
    if (command->args.json && !verb->json)
        return failure_set(f, -EINVAL, ERROR_USAGE, "`azlctl %s` has no --json", verb->name);
    return 0;
}

int command_parse(int argc, char *const argv[], Command *command, Failure *f)
{
    bool only_words = false;
    int r;

    *command = (Command){.args = {.lock_timeout = -1, .limit = -1}};
    for (int i = 1; i < argc; i++) {
        const Option *const tables[] = {verb_common_options,
                                        command->verb ? command->verb->options : NULL, NULL};

        if (!only_words && strcmp(argv[i], "--") == 0) {
            only_words = true;
            continue;
        }
        if (!only_words && argv[i][0] == '-' && argv[i][1])
            r = option_take(tables, argv, &i, &command->args, f);
        else
            r = take_word(command, argv[i], f);
        if (r < 0)
            return r;
    }
    return check_words(command, f);
}

char *command_next_step(const Command *command)
{
    const Verb *verb = command->verb;
    char *text = NULL;

    if (asprintf(&text, "see `azlctl %s%s%s%s--help`", verb ? verb->name : "", verb ? " " : "",
                 command->has_action ? verb->action : "", command->has_action ? " " : "") < 0)
        return NULL;
    return text;
}

void command_clear(Command *command)
{
    Arguments *args = &command->args;

    args->append = strv_free(args->append);
    args->delete = strv_free(args->delete);
    args->replace = strv_free(args->replace);
    args->words = strv_free(args->words);
}
