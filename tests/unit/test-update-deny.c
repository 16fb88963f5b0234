/* SPDX-License-Identifier: MIT */
#include "update/deny.h"

#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "tests/unit/leak.h"
#include "tests/unit/scratch.h"
#include "update/error.h"

TestSuite(deny, .fini = scratch_remove);

#define SUM_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SUM_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define DIR   "ostree/deploy/os/var/lib/azl"

static const Release release_a = {SUM_A, "1.1.0", "azl:stable"};

static Records *open_records(void)
{
    return records_open(scratch_open(), FALSE, "os", TRUE);
}

static void put(Records *records, const char *name, const char *text)
{
    scratch_put(records_dir_fd(records), name, text, strlen(text));
}

static gboolean is_denied(Records *records, const char *checksum, const char *version,
                          const char *ref)
{
    g_autoptr(DenyList) list = deny_list_load(records);
    const Release release = {checksum, version, ref};

    return deny_list_find(list, &release) != NULL;
}

static void save_one(Records *records)
{
    g_autoptr(DenyList) list = deny_list_load(records);

    deny_list_add(list, &release_a, "bad", "admin", NULL);
    cr_assert(deny_list_save(list, records, NULL));
}

CLAIM(deny, a_checksum_is_denied_everywhere_and_a_version_only_in_its_ref)
{
    g_autoptr(Records) records = open_records();

    save_one(records);
    cr_assert(is_denied(records, SUM_A, NULL, "other:ref"));
    cr_assert(is_denied(records, SUM_B, "1.1.0", "azl:stable"));
    cr_assert_not(is_denied(records, SUM_B, "1.1.0", "azl:edge"));
    cr_assert_not(is_denied(records, SUM_B, NULL, "azl:stable"));
}

CLAIM(deny, what_is_removed_is_allowed_again)
{
    g_autoptr(Records) records = open_records();

    save_one(records);
    g_autoptr(DenyList) list = deny_list_load(records);
    _cleanup_json_ json_object *removed = deny_list_remove(list, "1.1.0");
    cr_assert_eq(json_object_array_length(removed), 1);
    cr_assert(deny_list_save(list, records, NULL));
    cr_assert_not(is_denied(records, SUM_A, "1.1.0", "azl:stable"));
}

CLAIM(deny, one_older_generation_is_kept)
{
    g_autoptr(Records) records = open_records();
    _cleanup_free_ char *older = NULL;
    const Release release_b = {SUM_B, "1.2.0", "azl:stable"};

    save_one(records);
    g_autoptr(DenyList) list = deny_list_load(records);
    deny_list_add(list, &release_b, NULL, "rollback", SUM_A);
    cr_assert(deny_list_save(list, records, NULL));
    cr_assert_eq(file_read_at(records_dir_fd(records), "deny.json.1", 4096, &older, NULL), 0);
    cr_assert_not_null(strstr(older, SUM_A));
    cr_assert_null(strstr(older, SUM_B));
}

CLAIM(deny, a_damaged_list_is_never_written_over)
{
    static const char *const damaged[] = {
        "",
        "{",
        "{\"schema\":\"azl.deny/1\"}",
        "{\"schema\":\"azl.deny/2\",\"entries\":[]}",
        "{\"schema\":\"azl.deny/1\",\"entries\":[{}]}",
        "{\"schema\":\"azl.deny/1\",\"entries\":[1]}",
    };
    g_autoptr(Records) records = open_records();

    for (gsize i = 0; i < G_N_ELEMENTS(damaged); i++) {
        g_autoptr(GError) error = NULL;
        _cleanup_free_ char *text = NULL;

        put(records, "deny.json", damaged[i]);
        g_autoptr(DenyList) list = deny_list_load(records);
        cr_assert_not_null(deny_list_damage(list), "taken: %s", damaged[i]);
        deny_list_add(list, &release_a, NULL, "admin", NULL);
        cr_assert_not(deny_list_save(list, records, &error));
        cr_assert(g_error_matches(error, UPDATE_ERROR, ERROR_DENY_UNREADABLE));
        cr_assert_eq(file_read_at(records_dir_fd(records), "deny.json", 4096, &text, NULL), 0);
        cr_assert_str_eq(text, damaged[i]);
    }
}

CLAIM(deny, a_reset_keeps_the_damaged_list_aside_and_goes_back_one_generation)
{
    g_autoptr(Records) records = open_records();
    _cleanup_free_ char *aside = NULL;
    DenyReset done = {0};

    save_one(records);
    save_one(records); /* now the first is the older generation */
    put(records, "deny.json", "torn");
    cr_assert(deny_list_reset(records, &done, NULL));
    cr_assert(is_denied(records, SUM_A, NULL, NULL));
    cr_assert_eq(file_read_at(records_dir_fd(records), "deny.json.corrupt", 4096, &aside, NULL), 0);
    cr_assert_str_eq(aside, "torn");
    cr_assert(done.damaged);
    cr_assert_str_eq(done.aside, "deny.json.corrupt");
    cr_assert_str_eq(done.from, "deny.json.1");
    cr_assert_eq(done.entries, 1);
}

CLAIM(deny, a_reset_of_a_readable_list_changes_nothing)
{
    g_autoptr(Records) records = open_records();
    DenyReset done = {.damaged = TRUE};

    save_one(records);
    cr_assert(deny_list_reset(records, &done, NULL));
    cr_assert_not(done.damaged);
    cr_assert(is_denied(records, SUM_A, NULL, NULL));
}

CLAIM(deny, a_planted_link_is_not_followed)
{
    g_autoptr(GError) error = NULL;
    int dir = scratch_open();

    cr_assert_eq(g_mkdir_with_parents(scratch_path, 0755), 0);
    close_fd(dir_open_beneath(dir, "ostree/deploy/os/var", true));
    cr_assert_eq(mkdirat(dir, "elsewhere", 0755), 0);
    cr_assert_eq(symlinkat("../../../../elsewhere", dir, "ostree/deploy/os/var/lib"), 0);

    g_autoptr(Records) records = records_open(dir, FALSE, "os", TRUE);
    g_autoptr(DenyList) list = deny_list_load(records);
    cr_assert_not_null(deny_list_damage(list), "a list that cannot be reached is no empty one");
    deny_list_add(list, &release_a, NULL, "admin", NULL);
    cr_assert_not(deny_list_save(list, records, &error));
    cr_assert(g_error_matches(error, UPDATE_ERROR, ERROR_DENY_UNREADABLE));
}
