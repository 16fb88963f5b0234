/* SPDX-License-Identifier: MIT */
#include "agent/host-facts.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "tests/unit/leak.h"

#define A    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C    "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define TIME "\"timestamp\":\"2026-05-25T05:00:00Z\""

static HostFacts facts_of(const char *text)
{
    _cleanup_json_ json_object *status = NULL;
    HostFacts facts;

    memset(&facts, 0xff, sizeof(facts));
    cr_assert_eq(json_parse(text, strlen(text), 16, &status), 0, "%s", text);
    host_facts_read(&facts, status);
    return facts;
}

CLAIM(host_facts, every_part_of_a_status_is_found)
{
    HostFacts facts = facts_of(
        "{\"booted\":{\"checksum\":\"" A "\",\"version\":\"1.0\"," TIME "},"
        "\"staged\":{\"checksum\":\"" B "\",\"version\":\"2.0\"," TIME ",\"locked\":true,"
        "\"foreign\":true},"
        "\"pending\":{\"checksum\":\"" C "\",\"version\":null," TIME "},"
        "\"rollback\":{\"checksum\":\"" C "\",\"version\":\"0.9\"," TIME "},"
        "\"next_boot\":{\"checksum\":\"" B "\",\"version\":\"2.0\",\"reason\":\"staged\"},"
        "\"deny_list\":{\"state\":\"unreadable\",\"entries\":0},\"held\":{\"reason\":\"x\"}}");

    cr_expect(facts.known && facts.staged_locked && facts.staged_foreign && facts.reboot_required);
    cr_expect(facts.deny_unreadable && facts.held);
    cr_expect_str_eq(facts.booted.checksum, A);
    cr_expect_str_eq(facts.booted.version, "1.0");
    cr_expect_eq(facts.booted.timestamp, 1779685200);
    cr_expect_str_eq(facts.staged.checksum, B);
    cr_expect_str_eq(facts.staged.version, "2.0");
    cr_expect_eq(facts.staged.timestamp, 1779685200);
    cr_expect_str_eq(facts.pending.checksum, C);
    cr_expect_str_eq(facts.pending.version, "");
    cr_expect_str_eq(facts.fallback.version, "0.9");
    cr_expect_str_eq(facts.next.checksum, B);
}

CLAIM(host_facts, locked_and_foreign_are_two_things)
{
    HostFacts locked = facts_of("{\"staged\":{\"locked\":true,\"foreign\":false}}"),
              foreign = facts_of("{\"staged\":{\"locked\":false,\"foreign\":true}}");

    cr_expect(locked.staged_locked && !locked.staged_foreign);
    cr_expect(!foreign.staged_locked && foreign.staged_foreign);
}

CLAIM(host_facts, what_is_null_is_not_there)
{
    HostFacts facts = facts_of("{\"booted\":{\"checksum\":\"" A "\",\"version\":\"1.0\"},"
                               "\"staged\":null,\"pending\":null,\"rollback\":null,"
                               "\"next_boot\":{\"checksum\":\"" A "\",\"reason\":\"booted\"},"
                               "\"deny_list\":{\"state\":\"ok\",\"entries\":3},\"held\":null}"),
              expected = {.known = true};

    strcpy(expected.booted.checksum, A);
    strcpy(expected.booted.version, "1.0");
    strcpy(expected.next.checksum, A);
    cr_expect_eq(memcmp(&facts, &expected, sizeof(facts)), 0);
}

CLAIM(host_facts, a_status_that_lacks_or_twists_everything_is_still_one)
{
    static const char *const odd[] = {
        "{}",
        "{\"booted\":7,\"staged\":[],\"next_boot\":\"x\",\"deny_list\":null,\"held\":true}",
        "{\"booted\":{\"checksum\":{},\"version\":[],\"timestamp\":\"yesterday\"},"
        "\"staged\":{\"locked\":\"yes\",\"foreign\":1},\"deny_list\":{\"state\":1}}",
        /* Not a checksum: nothing may be looked up or asked for by it. */
        "{\"booted\":{\"checksum\":\"" A "a\"},\"staged\":{\"checksum\":\"../x\"},"
        "\"pending\":{\"checksum\":\"AAAA\"}}",
    };
    const HostFacts none = {.known = true};

    for (size_t i = 0; i < ELEMENTSOF(odd); i++) {
        HostFacts facts = facts_of(odd[i]);
        cr_expect_eq(memcmp(&facts, &none, sizeof(none)), 0, "%s", odd[i]);
    }
}

/* On the bus, a string is UTF-8. */
CLAIM(host_facts, a_version_is_cut_to_text)
{
    char text[400], version[100] = "x";
    HostFacts facts;

    for (size_t i = 0; i < 40; i++)
        strcat(version, "ü");
    snprintf(text, sizeof(text), "{\"booted\":{\"checksum\":\"" A "\",\"version\":\"%s\"}}",
             version);
    facts = facts_of(text);
    cr_expect_eq(strlen(facts.booted.version), HOST_VERSION_MAX - 1);
    cr_expect(text_is_utf8(facts.booted.version, strlen(facts.booted.version)));

    facts = facts_of("{\"booted\":{\"checksum\":\"" A "\",\"version\":\"1\\n\\u001b[2J\"}}");
    cr_expect_str_eq(facts.booted.version, "1  [2J");
}
