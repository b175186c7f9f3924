#include "text/json_escape.h"

#include "base/utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The letter of a short escape, 'u' for \u00XX, 0 for a byte that stands for itself. */
static char escape_letter(uint8_t c)
{
    switch (c) {
    case '"':
    case '\\':
        return (char)c;
    case '\n':
        return 'n';
    case '\t':
        return 't';
    case '\r':
        return 'r';
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    default:
        return c < 0x20 ? 'u' : 0;
    }
}

/* Writes the character at the beginning of `*s` and steps over it; returns the new end of the output. */
static char *escape_one(char *out, struct str *s)
{
    uint8_t c = (uint8_t)s->ptr[0];
    if (c >= 0x80) {
        int length = utf8_sequence_length(*s);
        size_t taken = (size_t)(length < 0 ? -length : length);
        if (length < 0) {
            memcpy(out, "\xef\xbf\xbd", 3);
            out += 3;
        } else {
            memcpy(out, s->ptr, taken);
            out += taken;
        }
        *s = str_skip(*s, taken);
        return out;
    }
    char letter = escape_letter(c);
    *s = str_skip(*s, 1);
    if (letter == 0) {
        *out++ = (char)c;
        return out;
    }
    *out++ = '\\';
    *out++ = letter;
    if (letter == 'u') {
        static const char digits[] = "0123456789abcdef";
        *out++ = '0';
        *out++ = '0';
        *out++ = digits[c >> 4];
        *out++ = digits[c & 15];
    }
    return out;
}

size_t json_escape_scalar(char *out, struct str s)
{
    const char *start = out;
    while (s.len)
        out = escape_one(out, &s);
    return (size_t)(out - start);
}

size_t json_escape(char *out, struct str s)
{
    const char *start = out;
#ifdef __SSE2__
    const __m128i blank = _mm_set1_epi8(0x20), quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
    while (s.len >= 16) {
        __m128i chunk = _mm_loadu_si128((const __m128i *)s.ptr);
        /* A signed comparison: control characters and all bytes from 0x80 on are "less than a blank". */
        __m128i special = _mm_or_si128(_mm_cmplt_epi8(chunk, blank),
                                       _mm_or_si128(_mm_cmpeq_epi8(chunk, quote), _mm_cmpeq_epi8(chunk, backslash)));
        unsigned mask = (unsigned)_mm_movemask_epi8(special);
        _mm_storeu_si128((__m128i *)out, chunk);
        size_t plain = mask ? (size_t)__builtin_ctz(mask) : 16;
        out += plain;
        s = str_skip(s, plain);
        if (mask == 0)
            continue;
        out = escape_one(out, &s);
        /* Text in most scripts has its bytes from 0x80 on side by side. */
        while (s.len && (uint8_t)s.ptr[0] >= 0x80)
            out = escape_one(out, &s);
    }
#endif
    return (size_t)(out - start) + json_escape_scalar(out, s);
}

size_t json_escape_length(struct str s)
{
    size_t length = 0;
    while (s.len) {
        char scratch[JSON_ESCAPE_WORST];
        length += (size_t)(escape_one(scratch, &s) - scratch);
    }
    return length;
}
