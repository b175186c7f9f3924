#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_clear(struct buf *b)
{
    g_free(b->ptr);
    buf_init(b, b->max);
}

void buf_reset(struct buf *b)
{
    b->len = 0;
    b->overflow = false;
}

char *buf_reserve(struct buf *b, size_t more)
{
    if (more > b->max - b->len || b->overflow) {
        b->overflow = true;
        return NULL;
    }
    size_t needed = b->len + more;
    if (needed > b->capacity) {
        size_t capacity = MAX(b->capacity * 2, 256);
        capacity = MIN(MAX(capacity, needed), b->max);
        b->ptr = g_realloc(b->ptr, capacity);
        b->capacity = capacity;
    }
    return b->ptr + b->len;
}

void buf_add(struct buf *b, struct str s)
{
    if (s.len == 0)
        return;
    char *place = buf_reserve(b, s.len);
    if (!place)
        return;
    memcpy(place, s.ptr, s.len);
    b->len += s.len;
}

void buf_add_byte(struct buf *b, char c)
{
    buf_add(b, str_from(&c, 1));
}

void buf_add_int(struct buf *b, int64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        buf_add_byte(b, '-');
    buf_add(b, str_from(digits + at, sizeof digits - at));
}

void buf_printf(struct buf *b, const char *format, ...)
{
    char small[128]; /* enough for most, so that they are printed once */
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(small, sizeof small, format, arguments);
    va_end(arguments);
    /* One byte more than the text: vsnprintf ends it with a zero that is not counted. */
    char *place = length >= 0 ? buf_reserve(b, (size_t)length + 1) : NULL;
    if (place) {
        if ((size_t)length < sizeof small)
            memcpy(place, small, (size_t)length);
        else
            vsnprintf(place, (size_t)length + 1, format, again);
        b->len += (size_t)length;
    }
    va_end(again);
}

void buf_consume(struct buf *b, size_t n)
{
    if (n == 0)
        return;
    g_assert(n <= b->len);
    memmove(b->ptr, b->ptr + n, b->len - n);
    b->len -= n;
}
