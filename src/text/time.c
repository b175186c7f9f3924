#include "text/time.h"

#include "base/limits.h"
#include "base/reason.h"
#include "text/civil.h"

#include <stdlib.h>

/* ---- in ---- */

struct parsed {
    int64_t ms; /* as the text shows it, before any offset */
    bool finer;
    bool leap_second;
    bool has_offset;
    int64_t offset_ms;
};

/* Takes exactly `count` digits off the front. */
static bool take_digits(struct str *s, size_t count, int *value)
{
    if (s->len < count)
        return false;
    *value = 0;
    for (size_t i = 0; i < count; i++) {
        if (!g_ascii_isdigit(s->ptr[i]))
            return false;
        *value = *value * 10 + (s->ptr[i] - '0');
    }
    *s = str_skip(*s, count);
    return true;
}

static bool take_char(struct str *s, const char *any_of)
{
    if (s->len == 0 || s->ptr[0] == '\0' || !strchr(any_of, s->ptr[0]))
        return false;
    *s = str_skip(*s, 1);
    return true;
}

static bool take_date(struct str *s, int64_t *days)
{
    struct civil_date date;
    if (!take_digits(s, 4, &date.year) || !take_char(s, "-") || !take_digits(s, 2, &date.month) || !take_char(s, "-") ||
        !take_digits(s, 2, &date.day))
        return false;
    if (date.month < 1 || date.month > 12 || date.day < 1 || date.day > civil_month_length(date.year, date.month))
        return false;
    *days = civil_to_days(date);
    return true;
}

/* Any number of digits: three count, the others only as "finer". */
static bool take_fraction(struct str *s, struct parsed *p)
{
    if (!take_char(s, "."))
        return true;
    int weight = 100;
    size_t digits = 0;
    for (; s->len && g_ascii_isdigit(s->ptr[0]); digits++, *s = str_skip(*s, 1)) {
        int digit = s->ptr[0] - '0';
        p->ms += digit * weight;
        if (weight == 0 && digit)
            p->finer = true;
        weight /= 10;
    }
    return digits > 0;
}

static bool take_clock(struct str *s, struct parsed *p)
{
    int hour, minute, second;
    if (!take_digits(s, 2, &hour) || !take_char(s, ":") || !take_digits(s, 2, &minute) || !take_char(s, ":") ||
        !take_digits(s, 2, &second))
        return false;
    if (hour > 23 || minute > 59 || second > 60)
        return false;
    p->leap_second = second == 60;
    p->ms += (int64_t)(hour * 60 + minute) * 60000 + second * 1000;
    return take_fraction(s, p);
}

static bool take_offset(struct str *s, struct parsed *p)
{
    if (s->len == 0)
        return true;
    p->has_offset = true;
    if (take_char(s, "Zz"))
        return true;
    bool west = s->ptr[0] == '-';
    int hours, minutes;
    if (!take_char(s, "+- ") || !take_digits(s, 2, &hours))
        return false;
    take_char(s, ":");
    if (!take_digits(s, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    p->offset_ms = (int64_t)(hours * 60 + minutes) * (west ? -60000 : 60000);
    return true;
}

static bool parse(struct str s, struct parsed *p)
{
    *p = (struct parsed){0};
    int64_t days;
    if (!take_date(&s, &days))
        return false;
    p->ms = days * CIVIL_MS_PER_DAY;
    if (s.len == 0)
        return true;
    if (!take_char(&s, "Tt ") || !take_clock(&s, p) || !take_offset(&s, p) || s.len)
        return false;
    if (!p->leap_second)
        return true;
    /* Leap seconds come only at the end of a UTC day. */
    int64_t second_after = p->ms - p->offset_ms - p->ms % 1000;
    return p->has_offset && second_after % CIVIL_MS_PER_DAY == 0;
}

static bool refuse_time(struct str field, const char *what, GError **error)
{
    struct str name = field.ptr ? field : STR("the time");
    if (field.ptr)
        reason_set_field(error, REASON_TIME_INVALID, field, "%.*s %s", STR_ARG(name), what);
    else
        reason_set(error, REASON_TIME_INVALID, "%.*s %s", STR_ARG(name), what);
    return false;
}

bool time_parse(struct str text, struct str field, struct time_point *value, GError **error)
{
    struct parsed p;
    if (!parse(text, &p) || !p.has_offset)
        return refuse_time(field, "must be a date and time with an offset, such as 2021-07-22T17:17:04.937Z", error);
    int64_t ms = p.ms - p.offset_ms;
    if (ms < 0 || ms > LIMIT_TIME_MS)
        return refuse_time(field, "must be between the years 1970 and 2109", error);
    *value = (struct time_point){ms, p.finer};
    return true;
}

bool time_parse_bound(struct str text, struct str field, const struct zone *zone, struct time_point *value,
                      GError **error)
{
    struct parsed p;
    if (!parse(text, &p))
        return refuse_time(field, "must be a date and time such as 2021-07-22T17:17:04Z, or a date such as 2021-07-22",
                           error);
    int64_t ms = p.has_offset ? p.ms - p.offset_ms : zone_to_utc_ms(zone, p.ms);
    if (ms < 0)
        *value = (struct time_point){-1, false};
    else if (ms > LIMIT_TIME_MS)
        *value = (struct time_point){LIMIT_TIME_MS + 1, false};
    else
        *value = (struct time_point){ms, p.finer};
    return true;
}

/* ---- out ---- */

static char *put2(char *out, int value)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                                "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                                "8081828384858687888990919293949596979899";
    memcpy(out, pairs + 2 * value, 2);
    return out + 2;
}

/* Writes "2021-07-22T17:17:04" and returns the milliseconds left over. */
static int put_date_time(char out[TIME_LOCAL_SIZE], int64_t ms)
{
    const int64_t year_0 = INT64_C(-62167219200000), year_9999_end = INT64_C(253402300799999);
    ms = CLAMP(ms, year_0, year_9999_end);
    int64_t days = civil_days_of_ms(ms);
    int rest = (int)(ms - days * CIVIL_MS_PER_DAY), second = rest / 1000;
    struct civil_date date = civil_from_days(days);
    out = put2(out, date.year / 100);
    out = put2(out, date.year % 100);
    *out++ = '-';
    out = put2(out, date.month);
    *out++ = '-';
    out = put2(out, date.day);
    *out++ = 'T';
    out = put2(out, second / 3600);
    *out++ = ':';
    out = put2(out, second / 60 % 60);
    *out++ = ':';
    put2(out, second % 60);
    return rest % 1000;
}

/* With the fraction: "2021-07-22T17:17:04.937". */
static char *put_date_time_ms(char *out, int64_t ms)
{
    int fraction = put_date_time(out, ms);
    out += TIME_LOCAL_SIZE;
    *out++ = '.';
    *out++ = (char)('0' + fraction / 100);
    return put2(out, fraction % 100);
}

void time_format_utc(int64_t ms, char out[TIME_UTC_SIZE])
{
    *put_date_time_ms(out, ms) = 'Z';
}

void time_format_local(int64_t ms, const struct zone *zone, char out[TIME_LOCAL_SIZE])
{
    put_date_time(out, zone_to_local_ms(zone, ms));
}

void time_format_zoned(int64_t ms, const struct zone *zone, char out[TIME_ZONED_SIZE])
{
    int minutes = (int)((zone_to_local_ms(zone, ms) - ms) / 60000);
    out = put_date_time_ms(out, ms + (int64_t)minutes * 60000);
    *out++ = minutes < 0 ? '-' : '+';
    out = put2(out, abs(minutes) / 60);
    *out++ = ':';
    put2(out, abs(minutes) % 60);
}

void time_write_utc(struct buf *out, int64_t ms)
{
    char text[TIME_UTC_SIZE];
    time_format_utc(ms, text);
    buf_add(out, str_from(text, sizeof text));
}

void time_write_local(struct buf *out, int64_t ms, const struct zone *zone)
{
    char text[TIME_LOCAL_SIZE];
    time_format_local(ms, zone, text);
    buf_add(out, str_from(text, sizeof text));
}

void time_write_zoned(struct buf *out, int64_t ms, const struct zone *zone)
{
    char text[TIME_ZONED_SIZE];
    time_format_zoned(ms, zone, text);
    buf_add(out, str_from(text, sizeof text));
}
