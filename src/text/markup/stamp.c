/* <t:1753178400:R>: a time that each reader sees in their own zone. */
#include "text/civil.h"
#include "text/markup/inside.h"

/* What stands between the colons: ten digits, or a date with a time, or a time
 * of the day, the latter two with an offset or without. */
struct clock {
    int hour, minute, second, thousandths;
    bool has_offset;
    int offset_minutes;
};

static bool read_digits(const char **at, const char *end, int count, int *value)
{
    if (end - *at < count)
        return false;
    *value = 0;
    for (int i = 0; i < count; i++) {
        if (!g_ascii_isdigit((*at)[i]))
            return false;
        *value = *value * 10 + (*at)[i] - '0';
    }
    *at += count;
    return true;
}

static bool read_byte(const char **at, const char *end, char c)
{
    if (*at == end || **at != c)
        return false;
    (*at)++;
    return true;
}

static void read_offset(const char **at, const char *end, struct clock *clock)
{
    const char *place = *at;
    int hours, minutes;
    bool minus = read_byte(&place, end, '-');
    if ((!minus && !read_byte(&place, end, '+')) || !read_digits(&place, end, 2, &hours) ||
        !read_byte(&place, end, ':') || !read_digits(&place, end, 2, &minutes))
        return;
    clock->has_offset = true;
    clock->offset_minutes = hours > 23 || minutes > 59 ? G_MAXINT : (minus ? -1 : 1) * (hours * 60 + minutes);
    *at = place;
}

/* hh:mm, with seconds or (`short_form`) without, with thousandths only after a
 * date. */
static bool read_clock(const char **at, const char *end, bool of_day, struct clock *clock)
{
    const char *place = *at;
    *clock = (struct clock){0};
    if (!read_digits(&place, end, 2, &clock->hour) || !read_byte(&place, end, ':') ||
        !read_digits(&place, end, 2, &clock->minute))
        return false;
    const char *seconds = place;
    if (read_byte(&seconds, end, ':') && read_digits(&seconds, end, 2, &clock->second))
        place = seconds;
    else if (!of_day)
        return false;
    const char *fraction = place;
    if (!of_day && read_byte(&fraction, end, '.') && read_digits(&fraction, end, 3, &clock->thousandths))
        place = fraction;
    read_offset(&place, end, clock);
    *at = place;
    return true;
}

static bool read_date(const char **at, const char *end, struct civil_date *date)
{
    const char *place = *at;
    if (!read_digits(&place, end, 4, &date->year) || !read_byte(&place, end, '-') ||
        !read_digits(&place, end, 2, &date->month) || !read_byte(&place, end, '-') ||
        !read_digits(&place, end, 2, &date->day) || !read_byte(&place, end, 'T'))
        return false;
    *at = place;
    return true;
}

static bool is_time(const struct clock *clock)
{
    if (clock->hour == 24)
        return !clock->minute && !clock->second && !clock->thousandths && clock->offset_minutes != G_MAXINT;
    return clock->hour < 24 && clock->minute < 60 && clock->second < 60 && clock->offset_minutes != G_MAXINT;
}

/* As the original counts: whole seconds, cut off towards 1970, in 32 bits; what
 * is no time is 0. Days that a month does not have, up to 31, count on. */
static int32_t seconds_of(int64_t days, const struct clock *clock)
{
    int64_t seconds = days * 86400 + clock->hour * 3600 + clock->minute * 60 + clock->second;
    seconds -= clock->offset_minutes * 60;
    if (seconds < 0 && clock->thousandths)
        seconds++;
    return (int32_t)(uint32_t)(uint64_t)seconds;
}

static struct str value_of_date(struct parser *p, struct civil_date date, const struct clock *clock)
{
    bool valid = is_time(clock) && date.month >= 1 && date.month <= 12 && date.day >= 1 && date.day <= 31;
    int64_t days = valid ? civil_to_days((struct civil_date){date.year, date.month, 1}) + date.day - 1 : 0;
    return arena_printf(p->arena, "%d", valid ? seconds_of(days, clock) : 0);
}

static struct str value_of_clock(struct parser *p, const struct clock *clock)
{
    bool valid = is_time(clock) && clock->has_offset;
    return arena_printf(p->arena, "%d", valid ? seconds_of(civil_days_of_ms(p->written_ms), clock) : 0);
}

const char *stamp_read(struct parser *p, const char *at, struct row *row)
{
    if (!parser_at(p, at, "<t:"))
        return NULL;
    const char *place = at + 3, *end = p->end;
    struct civil_date date;
    struct clock clock;
    struct str value;
    const char *digits = place;
    int high, low;
    if (read_digits(&digits, end, 5, &high) && read_digits(&digits, end, 5, &low)) {
        value = str_from(place, 10);
        place = digits;
    } else if (read_date(&place, end, &date)) {
        if (!read_clock(&place, end, false, &clock))
            return NULL;
        value = value_of_date(p, date, &clock);
    } else if (read_clock(&place, end, true, &clock)) {
        value = value_of_clock(p, &clock);
    } else {
        return NULL;
    }
    char format = 't';
    if (end - place >= 2 && place[0] == ':' && strchr("tTdDfFR", place[1]) && place[1]) {
        format = place[1];
        place += 2;
    }
    if (!read_byte(&place, end, '>'))
        return NULL;
    struct markup_node *node = markup_node_new(p, MARKUP_TIMESTAMP, value);
    node->format = format;
    row_add_node(row, node);
    return place;
}
