/* A growing buffer with a cap: bytes out.
 *
 * Every buffer is made with the largest size it may reach, so that nothing a client sends can make it grow
 * without bound. An append that would pass the cap (or whose size overflows) changes nothing and sets
 * `overflow`, which stays set until buf_reset; writers therefore append freely and check once at the end.
 *
 * A buffer belongs to one thread at a time. */
#pragma once

#include "base/str.h"

#include <stdint.h>

struct buf {
    char *ptr;
    size_t len;
    size_t capacity; /* bytes owned */
    size_t max;      /* bytes it may ever hold */
    bool overflow;   /* an append was refused */
};

/* An empty buffer; memory is taken at the first append. */
void buf_init(struct buf *b, size_t max);

/* Gives the memory back; the buffer is empty and usable again with the same cap. */
void buf_clear(struct buf *b);

/* Empties it and keeps the memory; `overflow` is false again. */
void buf_reset(struct buf *b);

/* Makes room for `more` bytes behind len and returns where they go, or NULL (with overflow set) past the cap.
 * The caller writes there and adds to len. The place is valid until the next call on the buffer. */
char *buf_reserve(struct buf *b, size_t more);

void buf_add(struct buf *b, struct str s);
void buf_add_byte(struct buf *b, char c);
void buf_add_int(struct buf *b, int64_t value);
void buf_printf(struct buf *b, const char *format, ...) G_GNUC_PRINTF(2, 3);

#define buf_add_literal(b, literal) buf_add((b), STR(literal))

/* What is in it, borrowed until the next change. */
static inline struct str buf_str(const struct buf *b)
{
    return str_from(b->ptr, b->len);
}

/* Removes the first `n` bytes (n <= len). O(bytes left). */
void buf_consume(struct buf *b, size_t n);
