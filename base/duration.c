/* SPDX-License-Identifier: MIT */
#include "base/duration.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"

#define FRACTION_DIGITS_MAX 9
#define SPACE               " \t"
#define DIGITS              "0123456789"

static const struct {
    int64_t length;
    const char *names[6]; /* the first one is how it is written */
} units[] = {
    {7 * 86400, {"w", "week", "weeks"}},    {86400, {"d", "day", "days"}},
    {3600, {"h", "hr", "hour", "hours"}},   {60, {"min", "m", "minute", "minutes"}},
    {1, {"s", "sec", "second", "seconds"}},
};

/* Takes the unit at *text. Returns its index, or -EINVAL. */
static int take_unit(const char **text)
{
    size_t length = strspn(*text, "abcdefghijklmnopqrstuvwxyz");

    for (size_t i = 0; i < ELEMENTSOF(units); i++)
        for (const char *const *name = units[i].names; *name; name++)
            if (strlen(*name) == length && strncmp(*name, *text, length) == 0) {
                *text += length;
                return i;
            }
    return -EINVAL;
}

typedef struct Number {
    int64_t whole;
    int64_t fraction, scale; /* the part behind the point is fraction / scale */
} Number;

/* Takes "12" or "1.5" at *text. */
static int take_number(const char **text, Number *ret)
{
    Number number = {.scale = 1};

    if (strspn(*text, DIGITS) == 0)
        return -EINVAL;
    for (; **text && strchr(DIGITS, **text); ++*text) {
        number.whole = number.whole * 10 + (**text - '0');
        if (number.whole > DURATION_MAX)
            return -ERANGE;
    }
    if (**text == '.') {
        size_t digits = strspn(++*text, DIGITS);

        if (digits == 0 || digits > FRACTION_DIGITS_MAX)
            return -EINVAL;
        for (; digits > 0; digits--, ++*text, number.scale *= 10)
            number.fraction = number.fraction * 10 + (**text - '0');
    }
    *ret = number;
    return 0;
}

int duration_parse(const char *text, int64_t *ret_seconds)
{
    int64_t total = 0;
    int last = -1;

    text += strspn(text, SPACE);
    do {
        Number number;
        int unit, r = take_number(&text, &number);

        if (r < 0)
            return r;
        text += strspn(text, SPACE);
        if (last < 0 && !*text)
            unit = ELEMENTSOF(units) - 1; /* a number alone is in seconds */
        else
            unit = take_unit(&text);
        if (unit <= last)
            return -EINVAL;
        last = unit;
        if (number.whole > DURATION_MAX / units[unit].length)
            return -ERANGE;
        total +=
            number.whole * units[unit].length + number.fraction * units[unit].length / number.scale;
        text += strspn(text, SPACE);
    } while (*text);
    if (total > DURATION_MAX)
        return -ERANGE;
    *ret_seconds = total;
    return 0;
}

char *duration_format(int64_t seconds, char buf[static DURATION_TEXT_MAX])
{
    size_t used = 0;

    strcpy(buf, seconds == 0 ? "0" : "-");
    if (seconds < 0 || seconds > DURATION_MAX)
        return buf;
    /* Without weeks: "14d" is what people write. */
    for (size_t i = 1; i < ELEMENTSOF(units); i++) {
        int64_t n = seconds / units[i].length;

        seconds %= units[i].length;
        if (n > 0)
            used += snprintf(buf + used, DURATION_TEXT_MAX - used, "%s%" PRId64 "%s",
                             used ? " " : "", n, units[i].names[0]);
    }
    return buf;
}
