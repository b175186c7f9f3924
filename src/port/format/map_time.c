/* Times of people's files: spreadsheets' serial dates, and any order of day, month and year. */
#include "port/format/map.h"

#include "port/format/build.h"
#include "text/civil.h"

#include <math.h>
#include <time.h>

enum { SERIAL_OF_1970 = 25569 }; /* spreadsheets count days from 1899-12-30 */

static bool read_number(struct str text, double *value)
{
    char copy[64], *end;
    if (!text.len || text.len >= sizeof copy)
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    for (char *c = copy; *c; c++)
        if (*c == ',') /* as many spreadsheets write it */
            *c = '.';
    *value = g_ascii_strtod(copy, &end);
    return *end == 0 && end != copy && isfinite(*value);
}

/* Milliseconds on the wall clock, or of UTC when the text says its offset. */
static bool read_pattern(struct str text, struct str pattern, int64_t *ms, bool *is_local)
{
    struct tm tm = {.tm_mday = 1};
    g_autofree char *copy = str_to_heap(text);
    const char *end = strptime(copy, pattern.ptr, &tm);
    if (!end || *end || strlen(copy) != text.len || tm.tm_mday < 1 || tm.tm_year < 70 || tm.tm_year > 1000)
        return false;
    if (tm.tm_mday > civil_month_length(tm.tm_year + 1900, tm.tm_mon + 1))
        return false;
    int64_t days = civil_to_days((struct civil_date){tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday});
    *ms = days * CIVIL_MS_PER_DAY + ((tm.tm_hour * 60 + tm.tm_min) * 60 + tm.tm_sec) * INT64_C(1000);
    *is_local = !strstr(pattern.ptr, "%z");
    *ms -= *is_local ? 0 : tm.tm_gmtoff * 1000;
    return true;
}

static bool read_format(struct str text, struct str format, int64_t *ms, bool *is_local)
{
    double number;
    bool is_serial = str_equal(format, STR("spreadsheet"));
    if (!is_serial && !str_equal(format, STR("seconds")) && !str_equal(format, STR("milliseconds")))
        return read_pattern(text, format, ms, is_local);
    if (!read_number(text, &number) || number < 0 || number > 1e15)
        return false;
    *is_local = is_serial;
    *ms = is_serial                           ? llround((number - SERIAL_OF_1970) * CIVIL_MS_PER_DAY)
          : str_equal(format, STR("seconds")) ? llround(number * 1000)
                                              : llround(number);
    return true;
}

static int64_t refuse_map_time(struct str text, const char *why, GError **error)
{
    reason_set(error, REASON_TIME_INVALID, "\"%.*s\" %s", (int)MIN(text.len, (size_t)100), text.ptr, why);
    return NO_TIME;
}

int64_t map_time(const struct map *map, struct str text, const struct zone *zone, GError **error)
{
    struct conversion_hints hints = {.zone = zone ? zone : map->zone};
    int64_t ms = 0;
    bool is_local = false, is_read = false;
    double number;
    if (!map->time_format_count)
        return memchr(text.ptr, '.', text.len) && read_number(text, &number) && number > 0 && number < 1e11
                   ? llround(number * 1000) /* seconds, as some databases give them */
                   : build_time(&hints, text, error);
    text = str_trim(text);
    for (size_t i = 0; !is_read && i < map->time_format_count; i++)
        is_read = read_format(text, map->time_formats[i], &ms, &is_local);
    if (!is_read)
        return refuse_map_time(text, "is no time of the map's time_format", error);
    if (is_local && !hints.zone)
        return refuse_map_time(text, "has no time zone: say with --time-zone which one the archive's times are in",
                               error);
    if (is_local)
        ms = zone_to_utc_ms(hints.zone, ms);
    return ms >= 0 && ms <= LIMIT_TIME_MS ? ms : refuse_map_time(text, "is not between 1970 and 2109", error);
}
