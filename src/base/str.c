#include "base/str.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdint.h>

bool str_equal_nocase(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (a.ptr[i] != b.ptr[i] && g_ascii_tolower(a.ptr[i]) != g_ascii_tolower(b.ptr[i]))
            return false;
    return true;
}

bool str_among_nocase(struct str s, const char *words)
{
    struct str rest = str_from_c(words), word;
    while (rest.ptr) {
        rest = str_split(rest, ' ', &word);
        if (str_equal_nocase(word, s))
            return true;
    }
    return false;
}

int str_compare(struct str a, struct str b)
{
    size_t shorter = MIN(a.len, b.len);
    int order = shorter ? memcmp(a.ptr, b.ptr, shorter) : 0;
    if (order)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

bool str_starts_with(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_equal(str_from(s.ptr, prefix.len), prefix);
}

struct str str_split(struct str s, char separator, struct str *head)
{
    const char *at = s.len ? memchr(s.ptr, separator, s.len) : NULL;
    if (!at) {
        *head = s;
        return STR_NULL;
    }
    size_t before = (size_t)(at - s.ptr);
    *head = str_from(s.ptr, before);
    return str_skip(s, before + 1);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
    while (s.len && is_blank(s.ptr[0]))
        s = str_skip(s, 1);
    while (s.len && is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

/* What most text is made of, eight bytes at a time: how many bytes from the beginning are ASCII for sure. */
static size_t ascii_words(struct str s)
{
    size_t at = 0;
    for (uint64_t word; s.len - at >= sizeof word; at += sizeof word) {
        memcpy(&word, s.ptr + at, sizeof word);
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    return at;
}

bool str_is_utf8(struct str s)
{
    while (s.len) {
        s = str_skip(s, ascii_words(s));
        while (s.len && !(s.ptr[0] & 0x80))
            s = str_skip(s, 1);
        /* Text in most scripts has its bytes from 0x80 on side by side. */
        while (s.len && (s.ptr[0] & 0x80)) {
            int length = utf8_sequence_length(s);
            if (length < 0)
                return false;
            s = str_skip(s, (size_t)length);
        }
    }
    return true;
}

bool str_to_int64(struct str s, int64_t *value)
{
    bool negative = s.len && s.ptr[0] == '-';
    if (negative)
        s = str_skip(s, 1);
    if (s.len == 0)
        return false;
    uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX;
    uint64_t sum = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (!g_ascii_isdigit(s.ptr[i]))
            return false;
        uint64_t digit = (uint64_t)(s.ptr[i] - '0');
        if (sum > (limit - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *value = negative ? (int64_t)(0 - sum) : (int64_t)sum;
    return true;
}
