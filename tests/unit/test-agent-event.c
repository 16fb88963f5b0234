/* SPDX-License-Identifier: MIT */
#include "agent/event.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "tests/unit/leak.h"

#define CATALOG_MAX (256 * 1024)

static char *read_catalog(void)
{
    char *text = NULL;

    cr_assert_eq(file_read_at(AT_FDCWD, AZL_CATALOG, CATALOG_MAX, &text, NULL), 0, AZL_CATALOG);
    return text;
}

/* The lines below "-- id", up to the next one; owned by the caller; NULL: there is none. */
static char *entry_of(const char *catalog, const char *id)
{
    char head[64];

    snprintf(head, sizeof(head), "\n\n-- %s\n", id);
    const char *found = strstr(catalog, head), *after;
    if (!found)
        return NULL;
    found += strlen(head);
    after = strstr(found, "\n-- ");
    return after ? strndup(found, (size_t)(after - found)) : strdup(found);
}

CLAIM(event, every_id_is_one_and_different)
{
    for (AgentEvent event = 0; event < _AGENT_EVENT_MAX; event++) {
        const char *id = event_id(event);

        cr_expect_eq(strlen(id), 32, "%s", id);
        for (const char *c = id; *c; c++)
            cr_expect(isdigit((unsigned char)*c) || (*c >= 'a' && *c <= 'f'), "%s", id);
        for (AgentEvent other = 0; other < event; other++)
            cr_expect_str_neq(id, event_id(other));
    }
}

CLAIM(event, every_event_is_explained_in_the_catalog)
{
    _cleanup_free_ char *catalog = read_catalog();

    for (AgentEvent event = 0; event < _AGENT_EVENT_MAX; event++) {
        _cleanup_free_ char *entry = entry_of(catalog, event_id(event));

        cr_assert_not_null(entry, "%s is not there", event_id(event));
        cr_expect(strncmp(entry, "Subject: ", 9) == 0 && entry[9] != '\n', "%s", entry);
        cr_expect_not_null(strstr(entry, "\nDefined-By: azl-agent\n"), "%s", entry);
        const char *body = strstr(entry, "\n\n");
        cr_expect(body && strlen(body) > 20, "%s has no text", event_id(event));
    }
}

CLAIM(event, the_catalog_explains_nothing_else_and_nothing_twice)
{
    _cleanup_free_ char *catalog = read_catalog();
    unsigned entries = 0;

    for (const char *at = catalog; (at = strstr(at, "\n-- ")); entries++) {
        bool known = false;

        at += strlen("\n-- ");
        for (AgentEvent event = 0; event < _AGENT_EVENT_MAX; event++)
            known = known || (strncmp(at, event_id(event), 32) == 0 && at[32] == '\n');
        cr_expect(known, "no event has the id %.32s", at);
    }
    cr_expect_eq(entries, _AGENT_EVENT_MAX);
}

CLAIM(event, a_field_is_its_name_and_value)
{
    _cleanup_free_ char *field = event_field("AZL_JOB_ID=%u", 7u);

    cr_expect_str_eq(field, "AZL_JOB_ID=7");
}

/* Without a journal this reaches nobody; what counts is that nothing breaks. */
CLAIM(event, any_message_and_number_of_fields_can_be_logged)
{
    const char *many[40] = {0};
    char text[5000];

    memset(text, 0xc3, sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    for (size_t i = 0; i < ELEMENTSOF(many) - 1; i++)
        many[i] = "AZL_TEST=1";
    if (access("/run/systemd/journal/socket", F_OK) == 0)
        cr_skip_test("the journal of this machine is not for tests");
    event_log(AGENT_STATE_CHANGED_EVENT, many, "%s\n%s", text, text);
    event_log(AGENT_STATE_CHANGED_EVENT, NULL, "%s", "");
}
