#include "text/markup/byte.h"

#define WITHIN(c, first, last) ((c) >= (first) && (c) <= (last))

#define BRACKETS(c) \
    ((c) == '(' || (c) == ')' || (c) == '[' || (c) == ']' || (c) == '<' || (c) == '!' || (c) == ':' || (c) == '|')
#define EMPHASIS(c) ((c) == '*' || (c) == '_' || (c) == '~')
#define ENDS_LINE(c) \
    ((c) == ' ' || (c) == '\t' || (c) == '\n' || (c) == '`' || (c) == '\\' || BRACKETS(c) || EMPHASIS(c))
#define STRIKE(c) ((ENDS_LINE(c) && (c) != '\t' && (c) != '(' && (c) != ')') || (c) == '#' || (c) == '@')
#define WORD(c) (WITHIN(c, '0', '9') || WITHIN(c, 'A', 'Z') || WITHIN(c, 'a', 'z'))
#define TEXT(c) (WITHIN(c, ' ', '\'') || WITHIN(c, '+', 'Z') || WITHIN(c, 'a', 'z') || (c) >= 0x80)
#define EMOTICON(c) ((c) == '0' || (c) == '8' || (c) == 'B' || (c) == 'D' || (c) == 'O' || (c) == 'X')
#define EMOJI(c) ((c) == 0xe2 || (c) == 0xf0) /* the first byte of some */

#define CLASS(c) \
    ((ENDS_LINE(c) ? ENDS_LINE_TEXT : 0) | ((c) == ' ' || (c) == '\n' || EMPHASIS(c) ? ENDS_EMPHASIS_TEXT : 0) | \
     (STRIKE(c) || EMOJI(c) ? BEGINS_STRIKE_MARK : 0) | (WORD(c) ? IS_WORD : 0) | (TEXT(c) ? IS_TEXT : 0) | \
     (ENDS_LINE(c) || (c) == '.' || (c) == '#' || (c) == '@' ? ENDS_PLAIN_WORD : 0) | \
     (WORD(c) && !EMOTICON(c) ? BEGINS_PLAIN_WORD : 0))

#define FOUR(c) CLASS(c), CLASS((c) + 1), CLASS((c) + 2), CLASS((c) + 3)
#define ROW(c) FOUR(c), FOUR((c) + 4), FOUR((c) + 8), FOUR((c) + 12)

const uint8_t byte_classes[256] = {
    ROW(0x00), ROW(0x10), ROW(0x20), ROW(0x30), ROW(0x40), ROW(0x50), ROW(0x60), ROW(0x70),
    ROW(0x80), ROW(0x90), ROW(0xa0), ROW(0xb0), ROW(0xc0), ROW(0xd0), ROW(0xe0), ROW(0xf0),
};
