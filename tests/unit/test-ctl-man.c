/* SPDX-License-Identifier: MIT */
/* The man page, the completion and the table of verbs say the same. */
#include <fcntl.h>

#include "agent/ctl/verb.h"
#include "base/error-id.h"
#include "base/file.h"
#include "tests/unit/leak.h"

#define PAGE_MAX (256 * 1024)

static char *read_page(void)
{
    _cleanup_close_ int dir = open(AZLCTL_MAN_DIR, O_DIRECTORY | O_CLOEXEC);
    char *page = NULL;

    cr_assert_eq(file_read_at(dir, "azlctl.8.scd", PAGE_MAX, &page, NULL), 0);
    return page;
}

CLAIM(man, every_verb_with_its_arguments_is_in_the_page)
{
    _cleanup_free_ char *page = read_page();

    for (const Verb *v = verbs; v->name; v++) {
        char text[64];

        snprintf(text, sizeof(text), "*%s%s%s*", v->name, v->action ? " " : "", v->action ?: "");
        cr_assert_not_null(strstr(page, text), "%s", text);
    }
}

CLAIM(man, every_option_with_its_value_is_in_the_page)
{
    _cleanup_free_ char *page = read_page();

    for (const Verb *v = verbs; v->name; v++)
        for (const Option *o = v->options; o && o->name; o++) {
            char text[64];

            snprintf(text, sizeof(text), "*--%s*%s%s", o->name, o->value ? " _" : "",
                     o->value ?: "");
            cr_assert_not_null(strstr(page, text), "%s: %s", v->name, text);
        }
    for (const Option *o = verb_common_options; o->name; o++)
        cr_assert_not_null(strstr(page, o->name), "--%s", o->name);
}

CLAIM(man, every_exit_status_is_in_the_page)
{
    _cleanup_free_ char *page = read_page();
    const char *list = strstr(page, "# EXIT STATUS");

    cr_assert_not_null(list);
    for (ErrorId id = ERROR_NONE; id < _ERROR_MAX; id++) {
        char line[16];

        snprintf(line, sizeof(line), "\n%d\n", error_id_exit_code(id));
        cr_assert_not_null(strstr(list, line), "%d of %s", error_id_exit_code(id),
                           error_id_name(id));
    }
}

/* "`azlctl VERB" in what an error tells its reader to do next. */
CLAIM(man, every_next_step_names_commands_that_are_there)
{
    static const char start[] = "`azlctl ";

    for (ErrorId id = ERROR_NONE + 1; id < _ERROR_MAX; id++)
        for (const char *at = error_id_next_step(id); (at = strstr(at, start));) {
            char name[32];

            at += strlen(start);
            snprintf(name, sizeof(name), "%.*s", (int)strcspn(at, " `"), at);
            cr_assert(*name == '-' || verb_find(name, NULL), "%s: %s", error_id_name(id), name);
        }
    cr_assert_not_null(strstr(error_id_next_step(ERROR_IS_BOOTED), start));
    cr_assert_not_null(strstr(error_id_next_step(ERROR_NOT_DENIED), "`azlctl deny list`"));
}

CLAIM(man, it_names_no_option_that_is_not_there)
{
    _cleanup_free_ char *page = read_page();

    for (const char *at = strstr(page, "*--"); at; at = strstr(at + 1, "*--")) {
        size_t length = strcspn(at + 3, "*");
        bool found = false;

        for (const Verb *v = verbs; v->name; v++)
            for (const Option *o = v->options; o && o->name; o++)
                found |= strlen(o->name) == length && strncmp(o->name, at + 3, length) == 0;
        for (const Option *o = verb_common_options; o->name; o++)
            found |= strlen(o->name) == length && strncmp(o->name, at + 3, length) == 0;
        cr_assert(found, "%.*s", (int)length, at + 3);
    }
}

/* The options that the completion offers for a verb: "[deny add]='--reason'". NULL: none. */
static const char *completed_options(const char *script, const Verb *v)
{
    char key[64];

    snprintf(key, sizeof(key), "[%s%s%s]='--", v->name, v->action ? " " : "", v->action ?: "");
    const char *at = strstr(script, key);
    return at ? strchr(at, '\'') + 1 : NULL;
}

static bool has_word(const char *list, const char *end, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = list; at && (at = strstr(at, word)) && at < end; at++)
        if ((at == list || strchr(" '\n", at[-1])) && strchr(" '\n", at[length]))
            return true;
    return false;
}

CLAIM(man, the_completion_knows_every_verb_and_option_and_no_other)
{
    _cleanup_close_ int dir = open(AZLCTL_UNITS_DIR, O_DIRECTORY | O_CLOEXEC);
    _cleanup_free_ char *script = NULL;

    cr_assert_eq(file_read_at(dir, "azlctl.bash-completion", PAGE_MAX, &script, NULL), 0);
    const char *list = strstr(script, "verbs='");
    cr_assert_not_null(list);
    for (const Verb *v = verbs; v->name; v++) {
        const char *options = completed_options(script, v),
                   *end = options ? strchr(options, '\'') : NULL;
        unsigned dashes = 0, known = 0;

        cr_assert(has_word(list, strchr(list + 7, '\''), v->name), "%s", v->name);
        cr_assert(!v->action || strstr(script, v->action), "%s %s", v->name, v->action);
        for (const Option *o = v->options; o && o->name; o++, known++) {
            char word[64];
            snprintf(word, sizeof(word), "--%s", o->name);
            cr_assert(options && has_word(options, end, word), "%s --%s", v->name, o->name);
        }
        for (const char *at = options; at && (at = strstr(at, "--")) && at < end; at += 2)
            dashes++;
        cr_assert_eq(dashes, known, "%s", v->name);
    }
}
