#include "text/json_write.h"

#include "text/json_escape.h"
#include "text/time.h"

/* Room for a value of at most `more` bytes with the comma before it already written; NULL past the cap. */
static char *value_reserve(struct json *w, size_t more)
{
    char *place = json_reserve(w, more + 1);
    if (!place)
        return NULL;
    *place = ',';
    w->out->len += w->comma;
    place += w->comma;
    w->comma = true;
    return place;
}

static void begin_bracket(struct json *w, char bracket)
{
    if (w->depth == JSON_WRITE_DEPTH)
        w->out->overflow = true;
    char *place = value_reserve(w, 1);
    if (!place)
        return;
    *place = bracket;
    w->out->len++;
    w->depth++;
    w->comma = false;
}

static void end_bracket(struct json *w, char bracket)
{
    char *place = json_reserve(w, 1);
    if (!place)
        return;
    *place = bracket;
    w->out->len++;
    w->depth--;
    w->comma = true;
}

void json_object_begin(struct json *w)
{
    begin_bracket(w, '{');
}

void json_object_end(struct json *w)
{
    end_bracket(w, '}');
}

void json_array_begin(struct json *w)
{
    begin_bracket(w, '[');
}

void json_array_end(struct json *w)
{
    end_bracket(w, ']');
}

void json_add_string(struct json *w, struct str s)
{
    /* Nearly always the buffer has room for the worst case, and one pass does. Where it has not, the exact length is
     * counted first, so that the cap refuses only what is really too long. */
    struct buf *b = w->out;
    size_t room = b->capacity - b->len;
    size_t most =
        room >= 3 && s.len <= (room - 3) / JSON_ESCAPE_WORST ? s.len * JSON_ESCAPE_WORST : json_escape_length(s);
    char *place = value_reserve(w, most + 2);
    if (!place)
        return;
    char *at = place;
    *at++ = '"';
    at += json_escape(at, s);
    *at++ = '"';
    b->len += (size_t)(at - place);
}

void json_add_string_or_null(struct json *w, struct str s)
{
    if (s.ptr)
        json_add_string(w, s);
    else
        json_add_null(w);
}

void json_key(struct json *w, struct str key)
{
    json_add_string(w, key);
    char *place = json_reserve(w, 1);
    if (!place)
        return;
    *place = ':';
    w->out->len++;
    w->comma = false;
}

void json_add_raw(struct json *w, struct str value)
{
    char *place = value_reserve(w, value.len);
    if (!place || value.len == 0)
        return;
    memcpy(place, value.ptr, value.len);
    w->out->len += value.len;
}

void json_add_bool(struct json *w, bool value)
{
    json_add_raw(w, value ? STR("true") : STR("false"));
}

void json_add_null(struct json *w)
{
    json_add_raw(w, STR("null"));
}

enum { DIGITS_MAX = 20 };

/* The digits of `value`, right-aligned so that they end at `end`; returns where they begin. */
static char *digits_before(char *end, uint64_t value)
{
    do {
        *--end = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    return end;
}

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

void json_add_int(struct json *w, int64_t value)
{
    char digits[DIGITS_MAX + 1], *end = digits + sizeof digits;
    char *first = digits_before(end, magnitude(value));
    if (value < 0)
        *--first = '-';
    json_add_raw(w, str_from(first, (size_t)(end - first)));
}

static void add_thousandths(struct json *w, int64_t thousandths, bool always_fraction)
{
    uint64_t size = magnitude(thousandths);
    unsigned fraction = (unsigned)(size % 1000);
    char text[DIGITS_MAX + 5], *point = text + sizeof text - 4;
    point[0] = '.';
    point[1] = (char)('0' + fraction / 100);
    point[2] = (char)('0' + fraction / 10 % 10);
    point[3] = (char)('0' + fraction % 10);
    char *end = point + 4;
    while (end[-1] == '0' && end - point > 2)
        end--;
    if (fraction == 0 && !always_fraction)
        end = point;
    char *first = digits_before(point, size / 1000);
    if (thousandths < 0)
        *--first = '-';
    json_add_raw(w, str_from(first, (size_t)(end - first)));
}

void json_add_decimal3(struct json *w, int64_t thousandths)
{
    add_thousandths(w, thousandths, false);
}

void json_add_float3(struct json *w, int64_t thousandths)
{
    add_thousandths(w, thousandths, true);
}

void json_add_time(struct json *w, int64_t ms)
{
    char *place = value_reserve(w, TIME_UTC_SIZE + 2);
    if (!place)
        return;
    place[0] = '"';
    time_format_utc(ms, place + 1);
    place[TIME_UTC_SIZE + 1] = '"';
    w->out->len += TIME_UTC_SIZE + 2;
}
