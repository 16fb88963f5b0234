/* SPDX-License-Identifier: MIT */
#include "agent/ctl/verbs.h"

#include <inttypes.h>

#include "agent/ctl/release.h"
#include "agent/ctl/view.h"
#include "base/json.h"

/* "+ path", "- path", "~ path" for one kind of change. */
static void render_paths(Term *term, json_object *list, const char *mark, Style style)
{
    for (size_t i = 0; i < list_length(list); i++)
        term_line(term, style, "  %s %s", mark, list_text_at(list, i));
}

/* Nothing at all where nothing differs. Returns how much does. */
static size_t render_tree(Term *term, json_object *tree, const char *title)
{
    json_object *added = json_get(tree, "added"), *removed = json_get(tree, "removed"),
                *modified = json_get(tree, "modified");
    int64_t total = json_get_int(tree, "total");

    if (total == 0 && list_length(added) + list_length(removed) + list_length(modified) == 0)
        return 0;
    term_put(term, STYLE_STRONG, "%s", title);
    term_line(term, STYLE_FAINT, "  %" PRId64 " changed", total);
    render_paths(term, added, "+", STYLE_GOOD);
    render_paths(term, removed, "-", STYLE_BAD);
    render_paths(term, modified, "~", STYLE_PLAIN);

    int64_t shown = (int64_t)(list_length(added) + list_length(removed) + list_length(modified));
    if (total > shown)
        term_line(term, STYLE_FAINT, "  and %" PRId64 " more", total - shown);
    return (size_t)MAX_OF(total, shown);
}

static void render_package(Term *term, json_object *package, const char *mark, Style style)
{
    const char *from = json_get_string(package, "from"), *to = json_get_string(package, "to");

    term_line(term, style, "  %s %s %s%s%s", mark, json_get_string(package, "name") ?: "?",
              from ?: "", from && to ? " \u2192 " : "", to ?: "");
}

/* The same for packages; `packages` is null where the releases list none. */
static size_t render_packages(Term *term, json_object *packages)
{
    static const struct {
        const char *member, *mark;
        Style style;
    } kinds[] = {
        {"added", "+", STYLE_GOOD}, {"removed", "-", STYLE_BAD}, {"changed", "~", STYLE_PLAIN}};
    size_t total = 0;

    for (size_t k = 0; k < ELEMENTSOF(kinds); k++) {
        json_object *list = json_get(packages, kinds[k].member);

        if (total == 0 && list_length(list) > 0)
            term_line(term, STYLE_STRONG, "Packages");
        total += list_length(list);
        for (size_t i = 0; i < list_length(list); i++)
            render_package(term, list_at(list, i), kinds[k].mark, kinds[k].style);
    }
    return total;
}

static void render_diff(Term *term, json_object *result)
{
    char from[RELEASE_TEXT_MAX], to[RELEASE_TEXT_MAX];

    if (release_equal(json_get(result, "from"), json_get(result, "to")))
        term_line(term, STYLE_STRONG, "%s twice: the same release",
                  release_text(json_get(result, "from"), from));
    else
        term_line(term, STYLE_STRONG, "%s \u2192 %s", release_text(json_get(result, "from"), from),
                  release_text(json_get(result, "to"), to));
    size_t n = render_packages(term, json_get(result, "packages"));
    n += render_tree(term, json_get(result, "files"), "Files");
    n += render_tree(term, json_get(result, "etc"), "/etc");
    if (n == 0)
        term_line(term, STYLE_PLAIN, "nothing differs");
}

int verb_diff(Ctl *ctl, Problem *p)
{
    _cleanup_json_ json_object *result = NULL;
    json_object *arguments = json_object_new_object();
    char *const *words = ctl->args->words;

    if (words)
        json_add_string(arguments, "from", words[0]);
    if (words && words[1])
        json_add_string(arguments, "to", words[1]);
    int r = ctl_call(ctl, "diff", arguments, &result, p);
    if (r < 0)
        return r;
    if (ctl->args->json)
        ctl_print_json(ctl, result);
    else
        render_diff(&ctl->out, result);
    return EXIT_DONE;
}
