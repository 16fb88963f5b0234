/* SPDX-License-Identifier: MIT */
#include "base/error-id.h"

#include <ctype.h>
#include <string.h>

#include "tests/unit/leak.h"

static bool is_dotted_name(const char *name)
{
    const char *dot = strchr(name, '.');

    if (!dot || dot == name || !dot[1] || strchr(dot + 1, '.'))
        return false;
    for (const char *c = name; *c; c++)
        if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && *c != '-' && *c != '.')
            return false;
    return true;
}

CLAIM(error_id, every_name_is_area_dot_cause_in_lower_case)
{
    for (ErrorId id = ERROR_NONE + 1; id < _ERROR_MAX; id++)
        cr_assert(is_dotted_name(error_id_name(id)), "\"%s\"", error_id_name(id));
}

CLAIM(error_id, every_name_leads_back_to_its_own_row)
{
    for (ErrorId id = ERROR_NONE + 1; id < _ERROR_MAX; id++)
        cr_assert_eq(error_id_from_name(error_id_name(id)), id, "\"%s\" stands twice",
                     error_id_name(id));
}

CLAIM(error_id, every_row_says_what_happened_and_what_to_do)
{
    for (ErrorId id = ERROR_NONE + 1; id < _ERROR_MAX; id++) {
        const char *texts[] = {error_id_summary(id), error_id_next_step(id)};
        for (int i = 0; i < 2; i++) {
            size_t length = strlen(texts[i]);
            cr_assert(length >= 10 && length <= 120, "%s: \"%s\"", error_id_name(id), texts[i]);
            cr_assert(!strchr(texts[i], '\n') && !strchr(".;: ", texts[i][length - 1]),
                      "%s is no half sentence: \"%s\"", error_id_name(id), texts[i]);
        }
    }
}

CLAIM(error_id, every_exit_code_is_a_documented_failure)
{
    for (ErrorId id = ERROR_NONE + 1; id < _ERROR_MAX; id++) {
        int code = error_id_exit_code(id);
        cr_assert(code >= EXIT_FAILED && code <= EXIT_BUSY, "%s: %d", error_id_name(id), code);
    }
}

CLAIM(error_id, a_refusal_exits_3_and_a_busy_sysroot_4)
{
    cr_assert_eq(error_id_exit_code(ERROR_DENIED), 3);
    cr_assert_eq(error_id_exit_code(ERROR_OLDER), 3);
    cr_assert_eq(error_id_exit_code(ERROR_SIGNATURE_MISSING), 3);
    cr_assert_eq(error_id_exit_code(ERROR_SIGNATURE_INVALID), 3);
    cr_assert_eq(error_id_exit_code(ERROR_HELD), 3);
    cr_assert_eq(error_id_exit_code(ERROR_BUSY), 4);
    cr_assert_eq(error_id_exit_code(ERROR_USAGE), 2);
}

CLAIM(error_id, an_unknown_name_is_none)
{
    cr_assert_eq(error_id_from_name("update.no-such-thing"), ERROR_NONE);
    cr_assert_eq(error_id_from_name("UPDATE.BUSY"), ERROR_NONE);
    cr_assert_eq(error_id_from_name(""), ERROR_NONE);
    cr_assert_eq(error_id_from_name(NULL), ERROR_NONE);
    cr_assert_str_eq(error_id_name(ERROR_NONE), "");
    cr_assert_eq(error_id_exit_code(ERROR_NONE), EXIT_DONE);
}

CLAIM(error_id, every_bus_name_leads_back_to_its_own_row)
{
    for (ErrorId id = ERROR_NONE + 1; id < _ERROR_MAX; id++) {
        char name[ERROR_BUS_NAME_MAX];

        cr_assert_eq(error_id_bus_name(id, name), name);
        cr_assert_eq(error_id_from_bus_name(name), id, "%s stands twice", name);
        /* D-Bus: letters and digits, not a digit first; its whole name has at most 255 bytes. */
        cr_assert(isupper((unsigned char)name[0]), "%s", name);
        for (const char *c = name; *c; c++)
            cr_assert(isalnum((unsigned char)*c), "%s", name);
        size_t separators = 0;
        for (const char *c = error_id_name(id); *c; c++)
            separators += *c == '.' || *c == '-';
        cr_assert_eq(strlen(name), strlen(error_id_name(id)) - separators, "%s was cut", name);
    }
}

CLAIM(error_id, a_bus_name_is_each_word_with_a_capital)
{
    char name[ERROR_BUS_NAME_MAX];

    cr_assert_str_eq(error_id_bus_name(ERROR_SIGNATURE_INVALID, name), "UpdateSignatureInvalid");
    cr_assert_str_eq(error_id_bus_name(ERROR_BUSY, name), "UpdateBusy");
    cr_assert_str_eq(error_id_bus_name(ERROR_AGENT_NO_JOB, name), "AgentNoSuchJob");
    cr_assert_str_eq(error_id_bus_name(ERROR_NONE, name), "");
    cr_assert_eq(error_id_from_bus_name("UpdateSignatureInvalid"), ERROR_SIGNATURE_INVALID);
    cr_assert_eq(error_id_from_bus_name("updateSignatureInvalid"), ERROR_NONE);
    cr_assert_eq(error_id_from_bus_name("update.signature-invalid"), ERROR_NONE);
    cr_assert_eq(error_id_from_bus_name("UpdateNoSuchThing"), ERROR_NONE);
    cr_assert_eq(error_id_from_bus_name(""), ERROR_NONE);
}
