/* A slice: bytes that somebody else owns.
 *
 * `struct str` is how text and ids travel through Parley. It owns nothing: the bytes live as long as the
 * arena, buffer or literal they were taken from, and that life time is stated where the slice is handed out.
 * The bytes need no terminating zero and may hold any byte, zero included. `ptr == NULL` means "not given",
 * which is not the same as the empty string; `len` is 0 then.
 *
 * All functions are pure and may be called from any thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct str {
    const char *ptr;
    size_t len; /* bytes */
};

/* A slice of a string literal, usable in initialisers. */
#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_NULL ((struct str){NULL, 0})

/* printf helper: printf("%.*s", STR_ARG(s)). Only for text known to be shorter than INT_MAX. */
#define STR_ARG(s) (int)(s).len, (s).ptr ? (s).ptr : ""

/* A slice of a zero-terminated string; NULL gives STR_NULL. O(length). */
static inline struct str str_from_c(const char *c)
{
    return (struct str){c, c ? strlen(c) : 0};
}

static inline struct str str_from(const char *ptr, size_t len)
{
    return (struct str){ptr, len};
}

/* True for STR_NULL and for the empty string. */
static inline bool str_is_empty(struct str s)
{
    return s.len == 0;
}

/* `a`, or `b` when it is missing or empty. */
static inline struct str str_or(struct str a, struct str b)
{
    return str_is_empty(a) ? b : a;
}

/* Byte equality. A missing and an empty string are equal. Not constant time: for credentials use
 * id_equal_secret (base/id.h). */
static inline bool str_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* ASCII case-insensitive equality; other bytes compare exactly. */
bool str_equal_nocase(struct str a, struct str b);

/* Is it one of `words`, which stand with single blanks between? ASCII case-insensitive. O(words). */
bool str_among_nocase(struct str s, const char *words);

/* Byte order, a prefix before what it begins: <0, 0, >0. */
int str_compare(struct str a, struct str b);

bool str_starts_with(struct str s, struct str prefix);

/* The part behind the first `n` bytes; n must be <= s.len. */
static inline struct str str_skip(struct str s, size_t n)
{
    return n ? (struct str){s.ptr + n, s.len - n} : s;
}

/* Splits at the first `separator`: `*head` gets what stands before it, the result is what stands behind it.
 * Without a separator `*head` is all of `s` and the result is STR_NULL. */
struct str str_split(struct str s, char separator, struct str *head);

/* Without leading and trailing ASCII blanks (space, tab, CR, LF). */
struct str str_trim(struct str s);

/* True when the bytes are valid UTF-8 (no surrogates, no overlong forms, at most U+10FFFF).
 * U+0000 is valid UTF-8 and passes; text that may not hold it is checked by model_check_text. */
bool str_is_utf8(struct str s);

/* Reads a decimal integer that fills the whole slice, with an optional minus sign and no other character.
 * False when empty, malformed or out of the range of int64_t; `*value` is then untouched. */
bool str_to_int64(struct str s, int64_t *value);

/* A zero-terminated heap copy; g_free. Bytes behind an embedded zero are copied too but invisible to C. */
static inline char *str_to_heap(struct str s)
{
    return g_strndup(s.ptr ? s.ptr : "", s.len);
}
