/* SPDX-License-Identifier: MIT */
/* What is done with deployments that are there: let one boot, keep one, drop what nobody needs. */
#include "agent/ctl/verbs.h"

#include <inttypes.h>
#include <string.h>

#include "agent/ctl/backend.h"
#include "agent/ctl/release.h"
#include "agent/ctl/view.h"
#include "base/json.h"
#include "base/size.h"

#define CHECKSUM_DIGITS     64
#define CHECKSUM_MIN_DIGITS 6

/* What to finalize: the word given, made whole if it is the head of what is staged; without a word
 * what is staged. The worker compares again, so the wrong tree is never unlocked. */
static int choose_staged(Ctl *ctl, json_object *staged, const char **ret, Problem *p)
{
    const char *word = ctl->args->words ? ctl->args->words[0] : NULL,
               *checksum = json_get_string(staged, "checksum");
    size_t length = word ? strlen(word) : 0;

    bool is_checksum = word && length >= CHECKSUM_MIN_DIGITS && length <= CHECKSUM_DIGITS &&
                       strspn(word, "0123456789abcdef") == length;
    if (word && !is_checksum)
        return failure_set(&p->failure, -EINVAL, ERROR_USAGE,
                           "'%.64s' is not a checksum, nor its first %d digits or more", word,
                           CHECKSUM_MIN_DIGITS);
    if (!checksum)
        return failure_set(&p->failure, -ENOENT, ERROR_NOTHING_STAGED, "%s", "");
    if (word && strncmp(checksum, word, length) != 0)
        return failure_set(&p->failure, -ESTALE, ERROR_STAGED_OTHER, "%.12s, not %s", checksum,
                           word);
    *ret = checksum; /* the worker compares once more */
    return 0;
}

int verb_finalize(Ctl *ctl, Problem *p)
{
    _cleanup_json_ json_object *status = NULL, *result = NULL;
    json_object *arguments;
    const char *checksum = NULL;
    char name[RELEASE_NAME_MAX];

    int r = ctl_call(ctl, "status", NULL, &status, p);
    if (r < 0)
        return r;
    json_object *staged = json_get(status, "staged");
    r = choose_staged(ctl, staged, &checksum, p);
    if (r < 0)
        return r;

    arguments = json_object_new_object();
    json_add_string(arguments, "checksum", checksum);
    r = ctl_call(ctl, "finalize", arguments, &result, p);
    if (r < 0)
        return r;
    term_line(&ctl->err, STYLE_GOOD, "%s is written at shutdown and boots next: `azlctl reboot`.",
              release_name(release_equal(staged, result) ? staged : result, name));
    return ctl->args->reboot ? reboot_now(ctl, p) : EXIT_DONE;
}

int verb_reboot(Ctl *ctl, Problem *p)
{
    return reboot_now(ctl, p);
}

static int set_pin(Ctl *ctl, bool pin, Problem *p)
{
    _cleanup_json_ json_object *result = NULL;
    json_object *arguments = json_object_new_object();
    const char *target = ctl->args->words[0];
    char checksum[RELEASE_NAME_MAX];

    json_add_string(arguments, "target", target);
    json_add_bool(arguments, "pin", pin);
    int r = ctl_call(ctl, "pin", arguments, &result, p);
    if (r < 0)
        return r;
    term_line(&ctl->err, STYLE_PLAIN,
              pin ? "%s (%s) is pinned: nothing removes it until `azlctl unpin`."
                  : "%s (%s) is no longer pinned.",
              target, release_checksum(result, checksum));
    return EXIT_DONE;
}

int verb_pin(Ctl *ctl, Problem *p)
{
    return set_pin(ctl, true, p);
}

int verb_unpin(Ctl *ctl, Problem *p)
{
    return set_pin(ctl, false, p);
}

static void say_cleaned(Ctl *ctl, json_object *result)
{
    json_object *dropped = json_get(result, "dropped");
    uint64_t freed = count_get(result, "freed"), objects = count_get(result, "objects");
    char size[SIZE_TEXT_MAX], name[RELEASE_NAME_MAX];

    for (size_t i = 0; i < list_length(dropped); i++)
        term_line(&ctl->err, STYLE_PLAIN, "%s is dropped.",
                  json_object_is_type(list_at(dropped, i), json_type_string)
                      ? list_text_at(dropped, i)
                      : release_name(list_at(dropped, i), name));
    if (freed > 0 || objects > 0)
        term_line(&ctl->err, STYLE_PLAIN, "%s freed, %" PRIu64 " objects removed.",
                  size_format(freed, size), objects);
    else if (list_length(dropped) == 0)
        term_line(&ctl->err, STYLE_PLAIN, "There is nothing to clean up.");
}

int verb_cleanup(Ctl *ctl, Problem *p)
{
    _cleanup_json_ json_object *result = NULL;
    json_object *arguments = json_object_new_object();

    if (ctl->args->staged)
        json_add_bool(arguments, "staged", true);
    if (ctl->args->rollback)
        json_add_bool(arguments, "rollback", true);
    if (ctl->args->no_wait)
        return backend_start(ctl, "cleanup", arguments, p);
    int r = ctl_call(ctl, "cleanup", arguments, &result, p);
    if (r < 0)
        return r;
    if (ctl->args->json)
        ctl_print_json(ctl, result);
    else
        say_cleaned(ctl, result);
    return EXIT_DONE;
}
