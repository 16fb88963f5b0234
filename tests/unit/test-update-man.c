/* SPDX-License-Identifier: MIT */
/* The man page of the worker says what its tables say. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "tests/unit/leak.h"
#include "update/flags.h"
#include "update/operation.h"

#define PAGE_MAX (256 * 1024)

static char *read_page(void)
{
    _cleanup_close_ int dir = open(AZL_MAN_DIR, O_DIRECTORY | O_CLOEXEC);
    char *page = NULL;

    cr_assert_eq(file_read_at(dir, "azl-update.8.scd", PAGE_MAX, &page, NULL), 0);
    return page;
}

CLAIM(man, every_flag_is_in_the_page)
{
    _cleanup_free_ char *page = read_page();

    for (const struct option *o = flags_options; o->name; o++) {
        char text[64];

        snprintf(text, sizeof(text), "*--%s*", o->name);
        cr_assert_not_null(strstr(page, text), "%s", text);
    }
}

CLAIM(man, it_names_no_flag_that_is_not_there)
{
    _cleanup_free_ char *page = read_page();

    for (const char *at = strstr(page, "*--"); at; at = strstr(at + 1, "*--")) {
        size_t length = strcspn(at + 3, "*");
        bool found = false;

        for (const struct option *o = flags_options; o->name; o++)
            found |= strlen(o->name) == length && strncmp(o->name, at + 3, length) == 0;
        cr_assert(found, "%.*s", (int)length, at + 3);
    }
}

CLAIM(man, what_the_agent_may_ask_for_is_listed_and_nothing_else)
{
    _cleanup_free_ char *page = read_page();
    char *list = strstr(page, "\n*azl-agent*\n"), *end = list ? strstr(list, "\n\n") : NULL;

    cr_assert_not_null(end);
    *end = '\0';
    for (size_t i = 0; operation_at(i); i++) {
        const Operation *operation = operation_at(i);
        char text[64];

        snprintf(text, sizeof(text), "*%s*", operation->name);
        cr_assert_eq(strstr(list, text) != NULL, operation->for_agent, "%s", operation->name);
    }
}
