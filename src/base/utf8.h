/* One UTF-8 sequence, for base/str.c and text/json_escape.c, which step over text character by character. */
#pragma once

#include "base/str.h"

#include <stdint.h>

/* Length of the sequence at the beginning of `s` (not empty, first byte >= 0x80), or minus the number of bytes that one
 * U+FFFD stands for where it is broken: the longest beginning of some valid sequence, at least one byte (Unicode 15,
 * section 3.9, "maximal subpart"). */
static inline int utf8_sequence_length(struct str s)
{
    const uint8_t *byte = (const uint8_t *)s.ptr;
    uint8_t first = byte[0], low = 0x80, high = 0xbf;
    int length;
    if (first >= 0xc2 && first <= 0xdf) {
        length = 2;
    } else if (first >= 0xe0 && first <= 0xef) {
        length = 3;
        if (first == 0xe0)
            low = 0xa0; /* overlong below */
        else if (first == 0xed)
            high = 0x9f; /* surrogates above */
    } else if (first >= 0xf0 && first <= 0xf4) {
        length = 4;
        if (first == 0xf0)
            low = 0x90;
        else if (first == 0xf4)
            high = 0x8f; /* past U+10FFFF above */
    } else {
        return -1;
    }
    for (int i = 1; i < length; i++) {
        if ((size_t)i >= s.len || byte[i] < low || byte[i] > high)
            return -i;
        low = 0x80;
        high = 0xbf;
    }
    return length;
}
