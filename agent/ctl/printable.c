/* SPDX-License-Identifier: MIT */
#include "agent/ctl/printable.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/macro.h"

#define REPLACEMENT "\xEF\xBF\xBD"

/* Decodes one character. Returns its length in bytes; 1 and *ret == UINT32_MAX where the bytes are
 * no UTF-8 (overlong forms, surrogates and cut sequences included). */
static size_t decode(const char *text, uint32_t *ret)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = *text;
    size_t length = first < 0x80             ? 1
                    : (first & 0xE0) == 0xC0 ? 2
                    : (first & 0xF0) == 0xE0 ? 3
                    : (first & 0xF8) == 0xF0 ? 4
                                             : 0;
    uint32_t c = length <= 1 ? first : first & (0xFFU >> (length + 1));

    for (size_t i = 1; i < length; i++) {
        if (((unsigned char)text[i] & 0xC0) != 0x80) {
            length = 0;
            break;
        }
        c = c << 6 | ((unsigned char)text[i] & 0x3F);
    }
    if (length == 0 || c < smallest[length] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) {
        *ret = UINT32_MAX;
        return 1;
    }
    *ret = c;
    return length;
}

/* Would it move the cursor, hide, or reorder what stands around it? */
static bool is_harmful(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x00, 0x1F},            /* C0 */
        {0x7F, 0x9F},            /* DEL, C1: U+009B is another way to say "ESC [" */
        {0xAD, 0xAD},            /* soft hyphen */
        {0x061C, 0x061C},        /* Arabic letter mark */
        {0x200B, 0x200F},        /* zero width, direction marks */
        {0x2028, 0x202E},        /* separators, direction overrides */
        {0x2060, 0x206F},        /* invisible operators, direction isolates */
        {0xFEFF, 0xFEFF},        /* byte order mark */
        {0xFFF9, 0xFFFB},        /* interlinear annotation */
        {0xE0000, 0xE0FFF},      /* tags, variation selectors */
        {UINT32_MAX, UINT32_MAX} /* not UTF-8 */
    };

    for (size_t i = 0; i < ELEMENTSOF(ranges); i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

/* What stands for a character where only ASCII can be shown. */
static const char *ascii_likeness(uint32_t c)
{
    static const struct {
        uint32_t c;
        const char *ascii;
    } glyphs[] = {{0x25CF, "*"}, {0x2192, "->"}, {0x2026, "..."}, {0x2014, "-"}, {0x2013, "-"},
                  {0x2501, "#"}, {0x2500, "-"},  {0x201C, "\""},  {0x201D, "\""}};

    for (size_t i = 0; i < ELEMENTSOF(glyphs); i++)
        if (glyphs[i].c == c)
            return glyphs[i].ascii;
    return "?";
}

char *printable_copy(const char *text, bool utf8)
{
    /* A byte becomes at most the three bytes of the replacement character. */
    char *clean = malloc(strlen(text) * 3 + 1), *out = clean;

    if (!clean)
        return NULL;
    while (*text) {
        uint32_t c;
        size_t length = decode(text, &c);

        if (is_harmful(c))
            out = stpcpy(out, utf8 ? REPLACEMENT : "?");
        else if (c < 0x80 || utf8)
            out = mempcpy(out, text, length);
        else
            out = stpcpy(out, ascii_likeness(c));
        text += length;
    }
    *out = '\0';
    return clean;
}

static size_t columns_of(uint32_t c)
{
    int n = c < 0x80 ? 1 : wcwidth((wchar_t)c);

    return n < 0 ? 1 : (size_t)n;
}

size_t printable_width(const char *text)
{
    size_t columns = 0;
    uint32_t c;

    while (*text) {
        text += decode(text, &c);
        columns += columns_of(c);
    }
    return columns;
}

size_t printable_fit(const char *text, size_t columns)
{
    const char *end = text;
    uint32_t c;

    while (*end) {
        size_t length = decode(end, &c), width = columns_of(c);
        if (width > columns)
            break;
        columns -= width;
        end += length;
    }
    return end - text;
}
