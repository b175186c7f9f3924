/* Classes of bytes: where tokens begin and end. All bytes beyond ASCII are text. */
#pragma once

#include "base/str.h"

#include <stdint.h>

enum byte_class {
    ENDS_LINE_TEXT = 1,     /* ends text in a line and in a spoiler; alone it is a text of one character */
    ENDS_EMPHASIS_TEXT = 2, /* the same in bold and italic text, and in a label */
    BEGINS_STRIKE_MARK = 4, /* in struck text, something may begin here */
    IS_WORD = 8,            /* ASCII letters and digits */
    IS_TEXT = 16,           /* no brackets and no marks */
    ENDS_PLAIN_WORD = 32,   /* ends text in a line, or may make a word more than one */
    BEGINS_PLAIN_WORD = 64, /* letters and digits that begin no emoticon */
};

extern const uint8_t byte_classes[256];

static inline bool byte_is(char c, enum byte_class class)
{
    return byte_classes[(uint8_t)c] & class;
}

static inline const char *skip_while(const char *at, const char *end, enum byte_class class)
{
    while (at < end && byte_is(*at, class))
        at++;
    return at;
}

static inline const char *skip_until(const char *at, const char *end, enum byte_class class)
{
    while (at < end && !byte_is(*at, class))
        at++;
    return at;
}

static inline const char *skip_spaces(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    return at;
}

static inline struct str between(const char *from, const char *to)
{
    return str_from(from, (size_t)(to - from));
}
