/* JSON out: a writer that appends to a buffer.
 *
 *     struct json w;
 *     json_init(&w, &out);
 *     json_object_begin(&w);
 *     json_member_string(&w, "id", id);            // "id" is a literal that needs no escaping
 *     json_key_literal(&w, "events");
 *     json_array_begin(&w);
 *     json_add_int(&w, 7);
 *     json_array_end(&w);
 *     json_object_end(&w);
 *     if (out.overflow) ...                        // checked once, at the end
 *
 * Commas come by themselves. The output is always valid UTF-8: a string's bytes that are not are replaced by U+FFFD,
 * one for each maximal part of a broken sequence. Escaped are only `"`, `\` and control characters (\n \t \r \b \f
 * short, the others as \u00XX). Nothing is allocated but the buffer's growth, and the writer never fails: past the
 * buffer's cap, or deeper than JSON_WRITE_DEPTH, `overflow` is set in the buffer. Pairing begin and end, and
 * putting a key before each member, is the caller's part.
 *
 * This is the hottest path of the product, so what matters is inline and a literal key is one copy. A writer belongs to
 * one thread at a time. */
#pragma once

#include "base/buf.h"

#include <stdint.h>

/* Above LIMIT_JSON_DEPTH, so that whatever was read can be written inside another document. */
enum { JSON_WRITE_DEPTH = 128 };

struct json {
    struct buf *out;
    int depth;
    bool comma; /* the next key or value needs a comma before it */
};

/* A writer of one value into `out`, which it borrows; what `out` holds already stays before it. */
static inline void json_init(struct json *w, struct buf *out)
{
    *w = (struct json){.out = out};
}

/* ---- values ---- */

void json_object_begin(struct json *w);
void json_object_end(struct json *w);
void json_array_begin(struct json *w);
void json_array_end(struct json *w);

/* The key of the next member, escaped as a string is. For literals json_key_literal is faster. */
void json_key(struct json *w, struct str key);

/* A string; STR_NULL gives "" (json_add_string_or_null gives null). O(length). */
void json_add_string(struct json *w, struct str s);
void json_add_string_or_null(struct json *w, struct str s);

void json_add_int(struct json *w, int64_t value);
void json_add_bool(struct json *w, bool value);
void json_add_null(struct json *w);

/* Bytes that are already one valid JSON value; they are copied as they are. */
void json_add_raw(struct json *w, struct str value);

/* A time in UTC as "2021-07-22T17:17:04.937Z" (text/time.h, time_write_utc). */
void json_add_time(struct json *w, int64_t ms);

/* A number of thousandths as the shortest decimal: 233 -> 0.233, 1500 -> 1.5, 1000 -> 1, 0 -> 0. */
void json_add_decimal3(struct json *w, int64_t thousandths);

/* The same, but always with a fraction: 1000 -> 1.0, 0 -> 0.0 (Agendize's floats). */
void json_add_float3(struct json *w, int64_t thousandths);

/* ---- literal keys ---- */

/* Room for `more` bytes, without a call when the buffer has it; NULL past the cap. */
static inline char *json_reserve(struct json *w, size_t more)
{
    struct buf *b = w->out;
    if (G_LIKELY(more <= b->capacity - b->len && !b->overflow))
        return b->ptr + b->len;
    return buf_reserve(b, more);
}

/* `quoted` is the key with quotes and colon. Always inlined, so that the copy's length is a constant. */
static inline __attribute__((always_inline)) void json_key_quoted(struct json *w, const char *quoted, size_t len)
{
    char *place = json_reserve(w, len + 1);
    if (!place)
        return;
    *place = ',';
    place += w->comma;
    memcpy(place, quoted, len);
    w->out->len += len + w->comma;
    w->comma = false;
}

/* The key of the next member: a string literal in which nothing needs escaping. */
#define json_key_literal(w, name) json_key_quoted((w), "\"" name "\":", sizeof("\"" name "\":") - 1)

/* A whole member, `name` as for json_key_literal. `w` is evaluated twice. */
#define json_member_string(w, name, value) (json_key_literal((w), name), json_add_string((w), (value)))
#define json_member_string_or_null(w, name, value) (json_key_literal((w), name), json_add_string_or_null((w), (value)))
#define json_member_int(w, name, value) (json_key_literal((w), name), json_add_int((w), (value)))
#define json_member_bool(w, name, value) (json_key_literal((w), name), json_add_bool((w), (value)))
#define json_member_null(w, name) (json_key_literal((w), name), json_add_null((w)))
#define json_member_raw(w, name, value) (json_key_literal((w), name), json_add_raw((w), (value)))
#define json_member_time(w, name, ms) (json_key_literal((w), name), json_add_time((w), (ms)))
#define json_member_decimal3(w, name, value) (json_key_literal((w), name), json_add_decimal3((w), (value)))
#define json_member_float3(w, name, value) (json_key_literal((w), name), json_add_float3((w), (value)))
#define json_member_object_begin(w, name) (json_key_literal((w), name), json_object_begin((w)))
#define json_member_array_begin(w, name) (json_key_literal((w), name), json_array_begin((w)))

/* Nothing at all when the value is STR_NULL: "what is not known is left out". `value` is evaluated twice. */
#define json_member_string_if(w, name, value) ((value).ptr ? json_member_string((w), name, (value)) : (void)0)
