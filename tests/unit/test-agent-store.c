/* SPDX-License-Identifier: MIT */
#include "agent/store.h"

#include "base/file.h"
#include "tests/unit/agent-machine.h"
#include "tests/unit/scratch.h"

#define STATE "state.json"

TestSuite(store, .fini = scratch_remove);

static void store_freep(Store **store)
{
    *store = store_free(*store);
}

#define _cleanup_store_ __attribute__((cleanup(store_freep)))

static Store *open_scratch(void)
{
    _cleanup_failure_ Failure f = {0};
    Store *store = NULL;

    if (scratch_fd < 0)
        scratch_open();
    cr_assert_eq(store_open(scratch_path, &store, &f), 0, "%s", f.detail);
    return store;
}

/* All that is to be remembered; the rest is derived, or asked for again. */
static Machine a_machine(void)
{
    Machine machine = {.target = release_of('d', NOW - DAY),
                       .pulled = true,
                       .bringing = {3, ACTION_PULL, NOW + 240},
                       .applying = {1, ACTION_FINALIZE, NOW + 60},
                       .last_check = NOW - 100,
                       .next_check = NOW + HOUR};

    memset(machine.finalized, 'c', HOST_CHECKSUM_MAX - 1);
    return machine;
}

static void save(Store *store, const Machine *machine, const Hold *hold)
{
    _cleanup_failure_ Failure f = {0};

    cr_assert_eq(store_save(store, machine, hold, &f), 0, "%s", f.detail);
}

/* Writes it, and reads what another daemon would find. */
static void remember(const Machine *machine, const Hold *hold, Machine *ret, Hold *ret_hold)
{
    _cleanup_store_ Store *store = open_scratch(), *other = open_scratch();
    _cleanup_failure_ Failure f = {0};

    save(store, machine, hold);
    cr_assert_eq(store_load(other, ret, ret_hold, &f), 0, "%s", f.detail);
}

static struct stat state_file(void)
{
    struct stat st;

    cr_assert_eq(fstatat(scratch_fd, STATE, &st, AT_SYMLINK_NOFOLLOW), 0, "%m");
    return st;
}

CLAIM(store, what_was_written_is_read_again)
{
    Machine machine = a_machine(), got;
    Hold hold = {true, NOW + DAY, "\"quoted\", \\ and ü /"}, got_hold;

    remember(&machine, &hold, &got, &got_hold);
    cr_expect_eq(memcmp(&machine, &got, sizeof(got)), 0);
    cr_expect_eq(got_hold.held, true);
    cr_expect_eq(got_hold.until, NOW + DAY);
    cr_expect_str_eq(got_hold.reason, hold.reason);

    machine = (Machine){0};
    hold = (Hold){0};
    remember(&machine, &hold, &got, &got_hold);
    cr_expect_eq(memcmp(&machine, &got, sizeof(got)), 0);
    cr_expect(!got_hold.held && got_hold.until == 0 && !got_hold.reason[0]);
    cr_expect_eq(scratch_count(scratch_fd), 1, "something was left behind");
    cr_expect_eq(state_file().st_mode & 07777, 0644);
}

CLAIM(store, a_reason_of_any_length_and_kind_fits)
{
    Machine machine = a_machine(), got;
    Hold hold = {.held = true}, got_hold;

    memset(hold.reason, '"', sizeof(hold.reason) - 1);
    remember(&machine, &hold, &got, &got_hold);
    cr_expect_str_eq(got_hold.reason, hold.reason);
    for (size_t i = 0; i < 512; i++)
        memcpy(hold.reason + 2 * i, "ü", 2);
    remember(&machine, &hold, &got, &got_hold);
    cr_expect_str_eq(got_hold.reason, hold.reason);
}

/* Versions are what a commit's metadata says. */
CLAIM(store, a_version_that_is_no_text_does_not_cost_the_hold)
{
    Machine machine = a_machine(), got;
    Hold hold = {.held = true}, got_hold;

    strcpy(machine.target.version, "1.0 \xc3");
    remember(&machine, &hold, &got, &got_hold);
    cr_expect(got_hold.held);
    cr_expect_str_eq(got.target.version, "1.0 ?");
    cr_expect_str_eq(got.target.checksum, machine.target.checksum);
}

CLAIM(store, the_first_start_finds_nothing)
{
    _cleanup_store_ Store *store = open_scratch();
    Machine machine = a_machine();
    Hold hold = {.held = true};

    cr_expect_eq(store_load(store, &machine, &hold, NULL), 1);
    cr_expect_eq(machine.next_check, 0);
    cr_expect_not(hold.held);
    cr_expect_eq(scratch_count(scratch_fd), 0);
}

CLAIM(store, nothing_is_written_when_nothing_changed)
{
    _cleanup_store_ Store *store = open_scratch();
    Machine machine = a_machine();
    Hold hold = {0};

    save(store, &machine, &hold);
    struct stat first = state_file();
    usleep(20000);
    machine.state = MACHINE_HELD; /* derived, not kept */
    machine.since = NOW;
    save(store, &machine, &hold);
    struct stat same = state_file();
    cr_expect_eq(same.st_ino, first.st_ino);
    cr_expect_eq(memcmp(&same.st_mtim, &first.st_mtim, sizeof(same.st_mtim)), 0);

    machine.next_check++;
    save(store, &machine, &hold);
    struct stat other = state_file();
    cr_expect_neq(memcmp(&other.st_mtim, &first.st_mtim, sizeof(other.st_mtim)), 0);
}

/* What may stand in the file instead, and where it is kept. */
static const struct {
    const char *text, *kept_as;
} bad[] = {
    {"", STATE ".corrupt"},
    {"{", STATE ".corrupt"},
    {"null", STATE ".corrupt"},
    {"[]", STATE ".corrupt"},
    {"{}", STATE ".corrupt"},
    {"{\"schema\":1}", STATE ".corrupt"},
    {"{\"schema\":\"azl.agent-state\"}", STATE ".corrupt"},
    {"{\"schema\":\"azl.status/1\"}", STATE ".corrupt"},
    {"{\"schema\":\"azl.agent-state/1\"} x", STATE ".corrupt"},
    {"{\"schema\":\"azl.agent-state/1\",\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":1}}}}}}",
     STATE ".corrupt"},
    {"{\"schema\":\"azl.agent-state/2\",\"hold\":{\"until\":0,\"reason\":\"\"}}", STATE ".newer"},
    {"{\"schema\":\"azl.agent-state/10\"}", STATE ".newer"},
};

static void expect_kept_aside(const char *text, size_t size, const char *as)
{
    _cleanup_store_ Store *store = open_scratch();
    _cleanup_failure_ Failure f = {0};
    _cleanup_free_ char *kept = NULL;
    Machine machine = a_machine();
    Hold hold = {.held = true};
    size_t kept_size = 0;

    scratch_put(scratch_fd, STATE, text, size);
    cr_expect_lt(store_load(store, &machine, &hold, &f), 0, "%s", text);
    cr_expect_eq(f.id, ERROR_RECORD_CORRUPT, "%s", text);
    cr_expect(f.detail && strstr(f.detail, as), "%s", f.detail);
    /* A rollback to an older agent must not end a hold. */
    cr_expect_eq(hold.held, strcmp(as, STATE ".newer") == 0 && strstr(text, "\"hold\""), "%s",
                 text);
    cr_expect(machine.next_check == 0 && !machine.target.checksum[0]);
    cr_expect_eq(file_read_at(scratch_fd, as, size + 1, &kept, &kept_size), 0, "%s", text);
    cr_expect(kept && kept_size == size && memcmp(kept, text, size) == 0);
    cr_expect_eq(scratch_count(scratch_fd), 1, "%s", text);

    /* Life goes on. */
    save(store, &machine, &hold);
    cr_expect_eq(store_load(store, &machine, &hold, NULL), 0);
}

CLAIM(store, what_cannot_be_understood_is_kept_aside)
{
    for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
        expect_kept_aside(bad[i].text, strlen(bad[i].text), bad[i].kept_as);
        scratch_remove();
    }
}

CLAIM(store, a_file_that_is_too_long_is_kept_aside)
{
    size_t size = 64 * 1024 + 1;
    _cleanup_free_ char *text = malloc(size);

    memset(text, ' ', size);
    memcpy(text, "{\"schema\":\"azl.agent-state/1\"}", 30);
    expect_kept_aside(text, size, STATE ".corrupt");
}

CLAIM(store, members_of_another_kind_are_as_good_as_none)
{
    static const char text[] =
        "{\"schema\":\"azl.agent-state/1\",\"target\":7,\"pulled\":\"yes\",\"finalized\":[],"
        "\"bringing\":{\"failures\":-5,\"failed\":99,\"at\":\"x\"},\"applying\":true,"
        "\"next_check\":null,\"hold\":[],\"of_tomorrow\":1}";
    _cleanup_store_ Store *store = open_scratch();
    const Machine none = {0};
    Machine machine;
    Hold hold;

    scratch_put(scratch_fd, STATE, text, strlen(text));
    cr_expect_eq(store_load(store, &machine, &hold, NULL), 0);
    cr_expect_eq(memcmp(&machine, &none, sizeof(none)), 0);
    cr_expect_not(hold.held);
}

CLAIM(store, a_checksum_that_is_none_is_not_taken)
{
    static const char text[] = "{\"schema\":\"azl.agent-state/1\",\"pulled\":true,"
                               "\"target\":{\"checksum\":\"../../x\",\"version\":\"1\"}}";
    _cleanup_store_ Store *store = open_scratch();
    Machine machine;
    Hold hold;

    scratch_put(scratch_fd, STATE, text, strlen(text));
    cr_expect_eq(store_load(store, &machine, &hold, NULL), 0);
    cr_expect_str_empty(machine.target.checksum);
}

CLAIM(store, what_cannot_be_written_is_said_and_tried_again)
{
    _cleanup_store_ Store *store = open_scratch();
    _cleanup_failure_ Failure f = {0};
    Machine machine = a_machine();
    Hold hold = {0};

    cr_assert_eq(mkdirat(scratch_fd, STATE, 0700), 0);
    for (int i = 0; i < 2; i++) {
        cr_expect_lt(store_save(store, &machine, &hold, &f), 0);
        cr_expect_eq(f.id, ERROR_RECORD_UNWRITABLE);
    }
    cr_expect_lt(store_load(store, &machine, &hold, &f), 0);
    cr_expect_eq(unlinkat(scratch_fd, STATE, AT_REMOVEDIR), 0, "%m");
    machine = a_machine();
    save(store, &machine, &hold);
    cr_expect_eq(scratch_count(scratch_fd), 1);
}

CLAIM(store, a_directory_that_is_not_there_is_said)
{
    _cleanup_failure_ Failure f = {0};
    Store *store = NULL;

    cr_expect_eq(store_open("/nonexistent/azl-agent", &store, &f), -ENOENT);
    cr_expect_eq(f.id, ERROR_RECORD_UNWRITABLE);
    cr_expect(strstr(f.detail, "/nonexistent/azl-agent"), "%s", f.detail);
    cr_expect_null(store);
    cr_expect_null(store_free(NULL));
}
