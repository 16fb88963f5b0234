/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <string.h>

/* Bytes of the UTF-8 sequence at `text`; 0 when it is not a valid one. */
static size_t sequence_length(const unsigned char *text, size_t size)
{
    unsigned char lowest = 0x80, highest = 0xbf; /* what the second byte may be */
    size_t length;

    if (text[0] < 0x80)
        return 1;
    if (text[0] >= 0xc2 && text[0] <= 0xdf)
        length = 2;
    else if (text[0] >= 0xe0 && text[0] <= 0xef)
        length = 3;
    else if (text[0] >= 0xf0 && text[0] <= 0xf4)
        length = 4;
    else
        return 0;

    if (text[0] == 0xe0)
        lowest = 0xa0; /* below: overlong */
    else if (text[0] == 0xed)
        highest = 0x9f; /* above: surrogates */
    else if (text[0] == 0xf0)
        lowest = 0x90; /* below: overlong */
    else if (text[0] == 0xf4)
        highest = 0x8f; /* above: beyond U+10FFFF */

    if (size < length || text[1] < lowest || text[1] > highest)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

bool text_is_utf8(const char *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t length = sequence_length((const unsigned char *)text + at, size - at);

        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

void text_make_utf8(char *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t length = sequence_length((const unsigned char *)text + at, size - at);

        if (length == 0)
            text[at] = '?';
        at += length ?: 1;
    }
}

void text_make_line(char *text)
{
    if (!text)
        return;
    text_make_utf8(text, strlen(text));

    for (unsigned char *c = (unsigned char *)text; *c; c++) {
        bool c1 = c[0] == 0xc2 && c[1] < 0xa0;

        if (c1)
            *c++ = ' ';
        if (c1 || *c < 0x20 || *c == 0x7f)
            *c = ' ';
    }
}
