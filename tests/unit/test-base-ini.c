/* SPDX-License-Identifier: MIT */
#include "base/ini.h"

#include "base/strv.h"
#include "tests/unit/ini-files.h"
#include "tests/unit/leak.h"

typedef struct Item {
    char *name;
    int64_t length;
    char *word;
} Item;

typedef struct Target {
    bool yes;
    int64_t span;
    uint64_t size, number;
    unsigned colour;
    char *word, *path;
    char **list;
    Item *items;
    size_t n_items;
} Target;

static const char *const colours[] = {"red", "green", "blue", NULL};

static const IniSection sections[] = {
    {.name = "main"},
    {.name = "other"},
    {.name = "item",
     .item_size = sizeof(Item),
     .items = offsetof(Target, items),
     .n_items = offsetof(Target, n_items)},
};

/* clang-format off */
static const IniKey keys[] = {
    {"main", "yes", INI_BOOL, offsetof(Target, yes), "no"},
    {"main", "span", INI_DURATION, offsetof(Target, span), "1h", .min = 60, .max = 86400},
    {"main", "size", INI_SIZE, offsetof(Target, size), "64 KiB", .max = 1 << 20},
    {"main", "number", INI_UINT, offsetof(Target, number), "3", .min = 1, .max = 9},
    {"main", "colour", INI_ENUM, offsetof(Target, colour), "green", .words = colours},
    {"other", "word", INI_STRING, offsetof(Target, word), "w"},
    {"other", "path", INI_PATH, offsetof(Target, path)},
    {"other", "list", INI_LIST, offsetof(Target, list), .max = 3},
    {"item", "length", INI_DURATION, offsetof(Item, length), .required = true},
    {"item", "word", INI_STRING, offsetof(Item, word), "deep"},
};
/* clang-format on */

static const IniTable table = {sections, ELEMENTSOF(sections), keys, ELEMENTSOF(keys)};

TestSuite(ini, .fini = scratch_remove);

typedef struct Loaded {
    IniEntries entries;
    Target target;
    IniValues values;
    ProblemList problems;
} Loaded;

static void clear_loaded(Loaded *loaded)
{
    ini_entries_clear(&loaded->entries);
    ini_decode_clear(&table, &loaded->target, &loaded->values);
    problem_list_clear(&loaded->problems);
}

#define _cleanup_loaded_ _cleanup_(clear_loaded)

static void decode_text(Loaded *loaded, const char *text)
{
    cr_assert_eq(ini_read_text("/f", text, strlen(text), &loaded->entries, &loaded->problems), 0);
    cr_assert_eq(
        ini_decode(&table, &loaded->entries, &loaded->target, &loaded->values, &loaded->problems),
        0);
}

static void load(Loaded *loaded)
{
    cr_assert_eq(ini_read_layers(scratch_fd, "app", &loaded->entries, &loaded->problems), 0);
    cr_assert_eq(
        ini_decode(&table, &loaded->entries, &loaded->target, &loaded->values, &loaded->problems),
        0);
}

static void assert_source(const Loaded *loaded, const char *section, const char *item,
                          const char *key, const char *source)
{
    const IniValue *value = ini_values_find(&loaded->values, section, item, key);
    _cleanup_free_ char *found = value ? ini_value_source(value) : NULL;

    cr_assert_str_eq(found, source, "%s", key);
}

CLAIM(ini, nothing_said_leaves_the_defaults)
{
    _cleanup_loaded_ Loaded loaded = {0};

    scratch_open();
    load(&loaded);
    cr_assert_eq(loaded.problems.n, 0);
    cr_assert_not(loaded.target.yes);
    cr_assert_eq(loaded.target.span, 3600);
    cr_assert_eq(loaded.target.size, 65536);
    cr_assert_eq(loaded.target.number, 3);
    cr_assert_eq(loaded.target.colour, 1);
    cr_assert_str_eq(loaded.target.word, "w");
    cr_assert_null(loaded.target.path);
    cr_assert_null(loaded.target.list);
    cr_assert_eq(loaded.target.n_items, 0);
    assert_source(&loaded, "main", NULL, "span", "default");
}

CLAIM(ini, each_kind_is_read_with_its_place)
{
    _cleanup_loaded_ Loaded loaded = {0};

    decode_text(&loaded,
                "\xef\xbb\xbf# comment\n; comment\n[main]\nyes = ON\r\n  span=1h 30min\n"
                "size\t=\t1K\nnumber=9\ncolour = blue\n\n[other]\nword = a ; b # c=d: \"e\"\n"
                "path = /a/..b/c d\nlist = x, y\tz\n[item one]\nlength = 5\n[item  two ]\n"
                "length = 2d\nword=shallow");
    cr_assert_eq(loaded.problems.n, 0, "%s",
                 loaded.problems.n ? loaded.problems.entries[0].message : "");
    cr_assert(loaded.target.yes);
    cr_assert_eq(loaded.target.span, 5400);
    cr_assert_eq(loaded.target.size, 1024);
    cr_assert_eq(loaded.target.number, 9);
    cr_assert_eq(loaded.target.colour, 2);
    cr_assert_str_eq(loaded.target.word, "a ; b # c=d: \"e\"");
    cr_assert_str_eq(loaded.target.path, "/a/..b/c d");
    cr_assert_eq(strv_length(loaded.target.list), 3);
    cr_assert_str_eq(loaded.target.list[2], "z");
    cr_assert_eq(loaded.target.n_items, 2);
    cr_assert_str_eq(loaded.target.items[1].name, "two");
    cr_assert_eq(loaded.target.items[1].length, 2 * 86400);
    cr_assert_str_eq(loaded.target.items[0].word, "deep");
    assert_source(&loaded, "main", NULL, "span", "/f:5");
    assert_source(&loaded, "item", "two", "word", "/f:18");
    assert_source(&loaded, "item", "one", "word", "default");
}

CLAIM(ini, what_was_read_is_written_in_one_form)
{
    _cleanup_loaded_ Loaded loaded = {0};
    static const char *const texts[] = {"yes", "1h 30min", "1 MiB", "9", "blue", "v", "/p", "a b"};

    decode_text(&loaded, "[main]\nyes=1\nspan=90m\nsize=1024K\nnumber=09\ncolour=blue\n"
                         "[other]\nword=v\npath=/p\nlist=a,,b\n");
    cr_assert_eq(loaded.problems.n, 0);
    for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
        _cleanup_free_ char *text = NULL;
        IniValue *value = &loaded.values.values[i];

        cr_assert_eq(
            ini_value_format(value->key, ini_value_slot(&table, &loaded.target, value), &text), 0);
        cr_assert_str_eq(text, texts[i]);
    }
}

CLAIM(ini, every_problem_of_every_line_is_told)
{
    _cleanup_loaded_ Loaded loaded = {0};
    static const struct {
        unsigned line;
        const char *words;
    } expected[] = {
        {1, "above the first"},
        {3, "\"maybe\" is neither yes nor no"},
        {4, "\"59s\" is less than 1min"},
        {5, "\"2 MiB\" is more than 1 MiB"},
        {6, "\"-1\" is not a whole number"},
        {7, "none of: red, green, blue (did you mean blue?)"},
        {8, "no key numbr (did you mean number?)"},
        {9, "it belongs into [other]"},
        {10, "neither KEY = VALUE"},
        {12, "\"relative\" is not an absolute path"},
        {13, "more than 3 words"},
        {14, "second time, after line 12"},
        {15, "there is no section [mian] (did you mean [main]?)"},
        {17, "[item] needs a name"},
        {18, "letters, digits"},
        {19, "[item x] does not say length"},
        {20, "has no second word"},
        {21, "written as [NAME]"},
        {24, "\"1 s x\" is not a duration"},
    };

    decode_text(&loaded, "early = 1\n[main]\nyes = maybe\nspan = 59s\nsize = 2 MiB\nnumber = -1\n"
                         "colour = bleu\nnumbr = 1\npath = /x\nnonsense\n[other]\npath = relative\n"
                         "list = a b c d\npath = /b\n[mian]\nnumber = no\n[item]\n[item a/b]\n"
                         "[item x]\n[main y]\n[main] # z\nnumber = 77\n[item y]\nlength = 1 s x\n");
    for (size_t i = 0; i < ELEMENTSOF(expected); i++)
        cr_assert(has_problem(&loaded.problems, "/f", expected[i].line, expected[i].words),
                  "%u: %s", expected[i].line, expected[i].words);
    cr_assert_eq(loaded.problems.n, ELEMENTSOF(expected), "%zu", loaded.problems.n);
}

CLAIM(ini, what_stands_below_a_header_that_cannot_be_read_is_not_of_the_section_before)
{
    _cleanup_loaded_ Loaded loaded = {0};

    decode_text(&loaded, "[main]\n[other\nnumber = 9\nspan = never\n[main]\nyes = yes\n");
    cr_assert_eq(loaded.problems.n, 1);
    cr_assert(has_problem(&loaded.problems, "/f", 2, "written as [NAME]"));
    cr_assert_eq(loaded.target.number, 3);
    cr_assert(loaded.target.yes);
}

CLAIM(ini, what_libinih_would_cut_or_join_is_a_problem)
{
    _cleanup_loaded_ Loaded loaded = {0};
    char *text;

    cr_assert(asprintf(&text,
                       "[main]\n%0*d = 1\n[%0*d]\n[other]\nword = %0*d\nword = a\\\n"
                       "w\x01rd = 1\nword: \xff\nword: = 1\nlist = %0*d\n",
                       INI_NAME_MAX + 1, 0, INI_NAME_MAX + 1, 0, INI_LINE_MAX, 0, 500, 0) > 0);
    decode_text(&loaded, text);
    free(text);
    cr_assert(has_problem(&loaded.problems, "/f", 2, "key is longer than 40"));
    cr_assert(has_problem(&loaded.problems, "/f", 3, "name is longer than 40"));
    cr_assert(has_problem(&loaded.problems, "/f", 5, "line is longer than 1024"));
    cr_assert(has_problem(&loaded.problems, "/f", 6, "backslash"));
    cr_assert(has_problem(&loaded.problems, "/f", 7, "control character at byte 2"));
    cr_assert(has_problem(&loaded.problems, "/f", 8, "UTF-8"));
    cr_assert(has_problem(&loaded.problems, "/f", 9, "neither KEY = VALUE"));
    cr_assert_eq(loaded.problems.n, 7);
    cr_assert_eq(strlen(loaded.target.list[0]), 500);
}

CLAIM(ini, a_nul_is_a_control_character)
{
    _cleanup_loaded_ Loaded loaded = {0};
    static const char text[] = "[main]\nnumber = 4\0 2\nnumber = 5\n";

    cr_assert_eq(ini_read_text("/f", text, sizeof(text) - 1, &loaded.entries, &loaded.problems), 0);
    cr_assert_eq(loaded.problems.n, 1);
    cr_assert(has_problem(&loaded.problems, "/f", 2, "control character"));
    cr_assert_eq(loaded.entries.n, 2);
}

CLAIM(ini, the_main_file_is_that_of_the_first_folder)
{
    _cleanup_loaded_ Loaded vendor = {0}, run = {0}, etc = {0}, hidden = {0};

    scratch_open();
    put_file("/usr/lib/azl/app.conf", "[main]\nspan=2min\nyes=yes\n");
    load(&vendor);
    cr_assert_eq(vendor.target.span, 120);
    put_file("/run/azl/app.conf", "[main]\nspan=3min\n");
    load(&run);
    cr_assert_eq(run.target.span, 180);
    cr_assert_not(run.target.yes, "the vendor's file is replaced as a whole");
    put_file("/etc/azl/app.conf", "[main]\nspan=4min\n");
    load(&etc);
    cr_assert_eq(etc.target.span, 240);
    assert_source(&etc, "main", NULL, "span", "/etc/azl/app.conf:2");
    put_file("/etc/azl/app.conf", "");
    load(&hidden);
    cr_assert_eq(hidden.target.span, 3600);
}

CLAIM(ini, drop_ins_of_all_folders_go_by_name)
{
    _cleanup_loaded_ Loaded loaded = {0};

    scratch_open();
    put_file("/etc/azl/app.conf", "[main]\nnumber=1\nspan=1min\n");
    put_file("/etc/azl/app.conf.d/10-a.conf", "[main]\nspan=2min\nsize=1\n");
    put_file("/run/azl/app.conf.d/20-b.conf", "[main]\nspan=3min\nsize=2\n");
    put_file("/etc/azl/app.conf.d/30-c.conf", "[main]\nspan=4min\n");
    put_file("/usr/lib/azl/app.conf.d/15-e.conf", "[main]\nspan=5min\nnumber=2\n");
    put_file("/usr/lib/azl/app.conf.d/10-a.conf", "[main]\nyes=yes\n");
    put_file("/etc/azl/app.conf.d/90-d.conf.bak", "nonsense");
    put_file("/etc/azl/app.conf.d/.91.conf", "nonsense");
    put_file("/etc/azl/app.conf.d/.conf", "nonsense");
    load(&loaded);
    cr_assert_eq(loaded.problems.n, 0);
    cr_assert_eq(loaded.target.span, 240);
    cr_assert_eq(loaded.target.size, 2);
    cr_assert_eq(loaded.target.number, 2);
    cr_assert_not(loaded.target.yes, "the file in /etc hides its namesake");
    assert_source(&loaded, "main", NULL, "span", "/etc/azl/app.conf.d/30-c.conf:2");
}

CLAIM(ini, an_empty_file_or_a_link_to_null_hides_its_namesakes)
{
    _cleanup_loaded_ Loaded loaded = {0};

    scratch_open();
    put_file("/usr/lib/azl/app.conf", "[main]\nnumber=9\n");
    put_link("/run/azl/app.conf", "/dev/null");
    put_file("/usr/lib/azl/app.conf.d/10-a.conf", "[main]\nspan=2min\n");
    put_file("/etc/azl/app.conf.d/10-a.conf", "");
    put_file("/usr/lib/azl/app.conf.d/20-b.conf", "[main]\nsize=1\n");
    put_link("/etc/azl/app.conf.d/20-b.conf", "/dev/null");
    load(&loaded);
    cr_assert_eq(loaded.problems.n, 0);
    cr_assert_eq(loaded.target.number, 3);
    cr_assert_eq(loaded.target.span, 3600);
    cr_assert_eq(loaded.target.size, 65536);
}

CLAIM(ini, links_are_followed_inside_the_root)
{
    _cleanup_loaded_ Loaded loaded = {0};

    scratch_open();
    put_file("/srv/shared.conf", "[main]\nnumber=8\n");
    put_link("/etc/azl/app.conf", "/srv/shared.conf");
    put_link("/etc/azl/app.conf.d/10-gone.conf", "/srv/gone.conf");
    put_link("/etc/azl/app.conf.d/20-folder.conf", "/srv");
    load(&loaded);
    cr_assert_eq(loaded.target.number, 8);
    cr_assert_eq(loaded.problems.n, 2);
    cr_assert(
        has_problem(&loaded.problems, "/etc/azl/app.conf.d/10-gone.conf", 0, "does not exist"));
    cr_assert(
        has_problem(&loaded.problems, "/etc/azl/app.conf.d/20-folder.conf", 0, "regular file"));
}

CLAIM(ini, an_empty_value_is_the_default_again)
{
    _cleanup_loaded_ Loaded loaded = {0};

    scratch_open();
    put_file("/etc/azl/app.conf", "[main]\nspan=2min\n[other]\npath=/x\n[item a]\nlength=1\n");
    put_file("/etc/azl/app.conf.d/1.conf", "[main]\nspan =\n[other]\npath=\n[item a]\nlength=\n");
    load(&loaded);
    cr_assert_eq(loaded.target.span, 3600);
    cr_assert_null(loaded.target.path);
    assert_source(&loaded, "main", NULL, "span", "default");
    cr_assert_eq(loaded.problems.n, 1);
    cr_assert(
        has_problem(&loaded.problems, "/etc/azl/app.conf.d/1.conf", 5, "does not say length"));
}

CLAIM(ini, a_problem_that_is_overruled_is_told_all_the_same)
{
    _cleanup_loaded_ Loaded loaded = {0};

    scratch_open();
    put_file("/usr/lib/azl/app.conf.d/1.conf", "[main]\nspan=never\n");
    put_file("/etc/azl/app.conf.d/2.conf", "[main]\nspan=2min\n");
    load(&loaded);
    cr_assert_eq(loaded.problems.n, 1);
    cr_assert(has_problem(&loaded.problems, "/usr/lib/azl/app.conf.d/1.conf", 2, "not a duration"));
}

CLAIM(ini, there_are_limits)
{
    _cleanup_loaded_ Loaded loaded = {0};
    _cleanup_free_ char *large = malloc(INI_FILE_MAX + 2);

    scratch_open();
    memset(large, '\n', INI_FILE_MAX + 1);
    large[INI_FILE_MAX + 1] = '\0';
    put_file("/etc/azl/app.conf", large);
    for (int i = 0; i <= INI_DROP_IN_MAX; i++) {
        char path[64];

        snprintf(path, sizeof(path), "/etc/azl/app.conf.d/%d.conf", i);
        put_file(path, "");
    }
    load(&loaded);
    cr_assert_eq(loaded.problems.n, 2);
    cr_assert(has_problem(&loaded.problems, "/etc/azl/app.conf", 0, "larger than 256 KiB"));
    cr_assert(has_problem(&loaded.problems, "/etc/azl/app.conf.d", 0, "more than 64 drop-ins"));
}

CLAIM(ini, problems_and_values_and_items_are_counted)
{
    _cleanup_loaded_ Loaded loaded = {0};
    _cleanup_free_ char *text = calloc(INI_ENTRIES_MAX + 2, 16);
    char *end = text;

    for (int i = 0; i <= INI_ITEMS_MAX; i++)
        end += sprintf(end, "[item i%d]\n", i);
    while (end < text + (INI_ENTRIES_MAX + 1) * 8)
        end = stpcpy(end, "length\n");
    decode_text(&loaded, text);
    cr_assert_eq(loaded.target.n_items, INI_ITEMS_MAX);
    cr_assert_eq(loaded.problems.n, PROBLEM_LIST_MAX);
    cr_assert_gt(loaded.problems.n_more, 1000);

    _cleanup_failure_ Failure f = {0};
    cr_assert_eq(problem_list_to_failure(&loaded.problems, ERROR_CONFIG_INVALID, &f), -EINVAL);
    cr_assert_not_null(strstr(f.detail, "/f:18: \"length\""), "%s", f.detail);
    cr_assert_not_null(strstr(f.detail, " more)"), "%s", f.detail);
}

CLAIM(ini, more_values_than_allowed_are_told_once)
{
    _cleanup_loaded_ Loaded loaded = {0};
    _cleanup_free_ char *text = calloc(INI_ENTRIES_MAX + 3, 16);
    char *end = stpcpy(text, "[main]\n");

    for (int i = 0; i <= INI_ENTRIES_MAX; i++)
        end = stpcpy(end, "yes=yes\n");
    cr_assert_eq(ini_read_text("/f", text, end - text, &loaded.entries, &loaded.problems), 0);
    cr_assert_eq(loaded.entries.n, INI_ENTRIES_MAX);
    cr_assert_eq(loaded.problems.n, 1);
    cr_assert(has_problem(&loaded.problems, "/f", INI_ENTRIES_MAX + 1, "more than 1024 values"));
}
