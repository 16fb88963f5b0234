/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include "base/strv.h"
#include "tests/unit/leak.h"

static int parse(const char *text, int depth)
{
    json_object *object = NULL;
    int r = json_parse(text, strlen(text), depth, &object);

    json_object_put(object);
    return r;
}

CLAIM(json, one_value_with_white_space_around_it_is_parsed)
{
    static const char *const good[] = {
        "{}",   "[]",    " {\"a\":1}\r\n\t ",    "\"x\"", "true", "null", "12",
        "-1.5", "1e3\n", "\"\\u00e4\\\\u0000\"",
    };

    for (size_t i = 0; i < ELEMENTSOF(good); i++)
        cr_assert_eq(parse(good[i], 4), 0, "%s", good[i]);
}

CLAIM(json, anything_else_is_refused)
{
    static const char *const bad[] = {
        "",       " ",     "{",        "{\"a\":}",   "{\"a\":1}x",       "{} {}",
        "{}\n{}", "{a:1}", "[1,]",     "{\"a\":1,}", "/* x */ {}",       "01",
        "1 2",    "-",     "nul",      "\"open",     "\"\\x\"",          "TRUE",
        "}",      "[1",    "\"\xff\"", "\"\xc3(\"",  "\"\xed\xa0\x80\"",
    };

    for (size_t i = 0; i < ELEMENTSOF(bad); i++)
        cr_assert_eq(parse(bad[i], 4), -EINVAL, "%s", bad[i]);
}

CLAIM(json, a_nul_is_refused_in_any_spelling)
{
    json_object *object = NULL;

    cr_assert_eq(json_parse("{}\0", 3, 4, &object), -EINVAL);
    cr_assert_eq(json_parse("{\"a\0b\":1}", 9, 4, &object), -EINVAL);
    cr_assert_eq(parse("{\"op\\u0000x\":\"stage\"}", 4), -EINVAL);
    cr_assert_eq(parse("\"\\u0000\"", 4), -EINVAL);
    cr_assert_eq(parse("\"\\\\\\u0000\"", 4), -EINVAL);
    cr_assert_eq(parse("\"\\u00001\"", 4), -EINVAL);
    cr_assert_eq(parse("\"\\\\u0000\"", 4), 0, "an escaped backslash is no escape");
    cr_assert_null(object);
}

CLAIM(json, nothing_behind_the_size_is_read)
{
    const char *texts[] = {"12", "\"ab", "{\"a\":1", "\"\\", "\"\\u000", "tru"};
    json_object *object = NULL;

    for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
        size_t size = strlen(texts[i]);
        char *exact = malloc(size); /* without a NUL: the address sanitizer watches */
        memcpy(exact, texts[i], size);
        int r = json_parse(exact, size, 4, &object);
        cr_assert_eq(r, i == 0 ? 0 : -EINVAL, "%s", texts[i]);
        object = (json_object_put(object), NULL);
        free(exact);
    }
}

CLAIM(json, nesting_is_bounded_by_the_callers_limit)
{
    char text[64];

    for (int depth = 1; depth <= 16; depth++) {
        memset(text, '[', depth);
        text[depth] = '1';
        memset(text + depth + 1, ']', depth);
        text[2 * depth + 1] = '\0';
        cr_assert_eq(parse(text, depth + 1), 0, "%s", text);
        cr_assert_eq(parse(text, depth), -EINVAL, "%s", text);
    }
}

CLAIM(json, a_megabyte_of_brackets_is_refused_and_overflows_no_stack)
{
    size_t size = 1 << 20;
    _cleanup_free_ char *text = malloc(size);
    json_object *object = NULL;

    memset(text, '[', size);
    cr_assert_eq(json_parse(text, size, 16, &object), -EINVAL);
    for (size_t i = 0; i + 5 <= size; i += 5)
        memcpy(text + i, "{\"a\":", 5);
    cr_assert_eq(json_parse(text, size, 16, &object), -EINVAL);
    cr_assert_null(object);
}

typedef struct Target {
    char *name;
    bool force;
    uint64_t seconds;
    char **list;
} Target;

static const JsonField fields[] = {
    {"name", JSON_STRING, offsetof(Target, name), .required = true, .max = 8},
    {"force", JSON_BOOL, offsetof(Target, force)},
    {"seconds", JSON_UINT, offsetof(Target, seconds), .max = 3600},
    {"list", JSON_STRV, offsetof(Target, list), .max = 3},
};

static int decode(const char *text, JsonUnknown unknown, Target *target, Failure *f)
{
    _cleanup_json_ json_object *object = NULL;

    cr_assert_eq(json_parse(text, strlen(text), 8, &object), 0, "%s", text);
    return json_decode(object, fields, ELEMENTSOF(fields), unknown, target, f);
}

CLAIM(json, members_become_owned_members_of_the_struct)
{
    Target target = {0};

    cr_assert_eq(decode("{\"name\":\"x\",\"force\":true,\"seconds\":60,\"list\":[\"a\",\"\"]}",
                        JSON_UNKNOWN_IS_ERROR, &target, NULL),
                 0);
    cr_assert_str_eq(target.name, "x");
    cr_assert(target.force);
    cr_assert_eq(target.seconds, 60);
    cr_assert_eq(strv_length(target.list), 2);
    json_decode_clear(fields, ELEMENTSOF(fields), &target);
    cr_assert(!target.name && !target.list);
}

CLAIM(json, what_the_object_lacks_keeps_its_default)
{
    Target target = {.seconds = 42, .force = true};

    cr_assert_eq(decode("{\"name\":\"\"}", JSON_UNKNOWN_IS_ERROR, &target, NULL), 0);
    cr_assert_eq(target.seconds, 42);
    cr_assert(target.force);
    json_decode_clear(fields, ELEMENTSOF(fields), &target);
}

CLAIM(json, a_member_given_twice_is_taken_once_and_leaks_nothing)
{
    Target target = {0};

    cr_assert_eq(decode("{\"name\":\"a\",\"name\":\"b\",\"list\":[\"1\"],\"list\":[\"2\"]}",
                        JSON_UNKNOWN_IS_ERROR, &target, NULL),
                 0);
    cr_assert_str_eq(target.name, "b");
    cr_assert_str_eq(target.list[0], "2");
    json_decode_clear(fields, ELEMENTSOF(fields), &target);
}

CLAIM(json, a_second_object_into_the_same_struct_frees_what_the_first_put_there)
{
    Target target = {0};

    decode("{\"name\":\"a\",\"list\":[\"1\"]}", JSON_UNKNOWN_IS_ERROR, &target, NULL);
    decode("{\"name\":\"b\",\"list\":[]}", JSON_UNKNOWN_IS_ERROR, &target, NULL);
    cr_assert_str_eq(target.name, "b");
    cr_assert_eq(strv_length(target.list), 0);
    json_decode_clear(fields, ELEMENTSOF(fields), &target);
}

static const struct {
    const char *text, *names; /* what the detail must name */
} wrong[] = {
    {"[]", "object"},
    {"null", "object"},
    {"{}", "\"name\" is missing"},
    {"{\"name\":null}", "\"name\""},
    {"{\"name\":1}", "\"name\""},
    {"{\"name\":\"123456789\"}", "\"name\""},
    {"{\"name\":\"x\",\"force\":1}", "\"force\""},
    {"{\"name\":\"x\",\"force\":\"true\"}", "\"force\""},
    {"{\"name\":\"x\",\"seconds\":-1}", "\"seconds\""},
    {"{\"name\":\"x\",\"seconds\":1.0}", "\"seconds\""},
    {"{\"name\":\"x\",\"seconds\":\"1\"}", "\"seconds\""},
    {"{\"name\":\"x\",\"seconds\":3601}", "\"seconds\" is more than 3600"},
    {"{\"name\":\"x\",\"seconds\":18446744073709551615}", "\"seconds\""},
    {"{\"name\":\"x\",\"list\":\"a\"}", "\"list\""},
    {"{\"name\":\"x\",\"list\":[\"a\",1]}", "\"list\""},
    {"{\"name\":\"x\",\"list\":[\"a\",null]}", "\"list\""},
    {"{\"name\":\"x\",\"list\":[\"1\",\"2\",\"3\",\"4\"]}", "\"list\""},
    {"{\"name\":\"x\",\"other\":1}", "unknown member \"other\""},
};

CLAIM(json, a_wrong_member_is_named_and_what_was_filled_can_be_freed)
{
    for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
        _cleanup_failure_ Failure f = {0};
        Target target = {0};

        cr_assert_eq(decode(wrong[i].text, JSON_UNKNOWN_IS_ERROR, &target, &f), -EINVAL, "%s",
                     wrong[i].text);
        cr_assert_eq(f.id, ERROR_PROTOCOL_INVALID);
        cr_assert(strstr(f.detail, wrong[i].names), "%s: %s", wrong[i].text, f.detail);
        json_decode_clear(fields, ELEMENTSOF(fields), &target);
    }
}

CLAIM(json, a_number_beyond_64_bits_is_never_cut_down_to_a_small_one)
{
    _cleanup_json_ json_object *object = NULL;
    const char *text = "{\"n\":99999999999999999999999,\"m\":-99999999999999999999999}";
    Target target = {0};

    cr_assert_eq(json_parse(text, strlen(text), 4, &object), 0);
    cr_assert_eq(json_get_int(object, "n"), INT64_MAX);
    cr_assert_eq(json_get_int(object, "m"), INT64_MIN);
    cr_assert_eq(decode("{\"name\":\"x\",\"seconds\":99999999999999999999999}",
                        JSON_UNKNOWN_IS_ERROR, &target, NULL),
                 -EINVAL);
    json_decode_clear(fields, ELEMENTSOF(fields), &target);
}

CLAIM(json, unknown_members_from_servers_are_ignored)
{
    Target target = {0};

    cr_assert_eq(
        decode("{\"name\":\"x\",\"new\":{\"deep\":[1]}}", JSON_UNKNOWN_IGNORED, &target, NULL), 0);
    json_decode_clear(fields, ELEMENTSOF(fields), &target);
}

CLAIM(json, a_long_unknown_name_is_cut_and_stays_utf_8)
{
    _cleanup_failure_ Failure f = {0};
    Target target = {0};
    char text[512] = "{\"";

    for (int i = 0; i < 100; i++)
        strcat(text, "\xe2\x82\xac");
    strcat(text, "\":1}");
    cr_assert_eq(decode(text, JSON_UNKNOWN_IS_ERROR, &target, &f), -EINVAL);
    cr_assert_lt(strlen(f.detail), 100);

    _cleanup_json_ json_object *reply = json_object_new_object();
    json_add_string(reply, "detail", f.detail);
    const char *line = json_object_to_json_string(reply);
    cr_assert_eq(parse(line, 4), 0, "%s", line);
}

CLAIM(json, a_view_of_something_else_is_empty)
{
    _cleanup_json_ json_object *object = json_tokener_parse("{\"s\":\"x\",\"n\":7,\"b\":true}");
    _cleanup_json_ json_object *array = json_object_new_array();

    cr_assert_str_eq(json_get_string(object, "s"), "x");
    cr_assert_eq(json_get_int(object, "n"), 7);
    cr_assert(json_get_bool(object, "b"));
    cr_assert_null(json_get_string(object, "n"));
    cr_assert_null(json_get_string(object, "none"));
    cr_assert_eq(json_get_int(object, "s"), 0);
    cr_assert_not(json_get_bool(object, "n"));
    cr_assert_null(json_get(array, "s"));
    cr_assert_null(json_get(NULL, "s"));
    cr_assert_null(json_get_string(NULL, "s"));
}

CLAIM(json, what_is_added_reads_as_agreed)
{
    _cleanup_json_ json_object *object = json_object_new_object();

    json_add_string(object, "s", "x");
    json_add_string(object, "none", NULL);
    json_add_bool(object, "b", false);
    json_add_int(object, "n", INT64_MAX);
    json_add_time(object, "at", 0);
    cr_assert_str_eq(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN),
                     "{\"s\":\"x\",\"none\":null,\"b\":false,\"n\":9223372036854775807,"
                     "\"at\":\"1970-01-01T00:00:00Z\"}");
}
