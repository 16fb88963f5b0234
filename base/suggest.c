/* SPDX-License-Identifier: MIT */
#include "base/suggest.h"

#include <stdint.h>
#include <string.h>

#include "base/macro.h"

#define WORD_MAX 32

size_t suggest_distance(const char *a, const char *b)
{
    /* Optimal string alignment: d[i][j] turns the first i letters of a into the first j of b. */
    size_t d[WORD_MAX + 1][WORD_MAX + 1];
    size_t length_a = strlen(a), length_b = strlen(b);

    if (length_a > WORD_MAX || length_b > WORD_MAX)
        return SIZE_MAX;

    for (size_t i = 0; i <= length_a; i++)
        for (size_t j = 0; j <= length_b; j++) {
            if (i == 0 || j == 0) {
                d[i][j] = i + j;
                continue;
            }
            size_t change = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            d[i][j] = MIN_OF(d[i - 1][j], d[i][j - 1]) + 1;
            d[i][j] = MIN_OF(d[i][j], change);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = MIN_OF(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[length_a][length_b];
}

const char *suggest_nearest(const char *word, const char *const candidates[])
{
    size_t length = strlen(word);
    size_t best_distance = MIN_OF(length / 3 + 1, (size_t)3); /* what counts as a slip */
    const char *best = NULL;

    for (const char *const *candidate = candidates; *candidate; candidate++) {
        size_t distance = suggest_distance(word, *candidate);

        /* Half a word is how people who use completion type. */
        if (length >= 3 && strncmp(*candidate, word, length) == 0)
            distance = MIN_OF(distance, (size_t)1);
        if (distance < best_distance || (distance == best_distance && !best)) {
            best_distance = distance;
            best = *candidate;
        }
    }
    return best;
}
