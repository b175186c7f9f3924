/* Times in and out: RFC 3339. Inside Parley a time is int64_t milliseconds UTC. Pure; any thread. */
#pragma once

#include "base/buf.h"
#include "text/zone.h"

#include <stdint.h>

/* A time as a client wrote it: milliseconds, cut off, and whether digits other than 0 stood behind them. */
struct time_point {
    int64_t ms;
    bool finer;
};

/* The first whole millisecond not before the point: for bounds of the forms `time >= p` and `time < p`. An exclusive
 * lower bound, `time > p`, compares with `ms` itself, whatever `finer` is. */
static inline int64_t time_point_ceil_ms(struct time_point p)
{
    return p.ms + p.finer;
}

/* Reads a date-time with an offset: "2021-07-22T17:17:04.937Z", any number of fraction digits, `Z` or +hh:mm (also
 * +hhmm), lower case `t` and `z`, a blank for the `T`, and a blank for the offset's `+` (a plus that was not escaped in
 * a query string). The leap second 23:59:60 UTC is taken as the second after it. Fails with TIME_INVALID, naming
 * `field` unless that is STR_NULL: malformed, no such day, or outside 0..LIMIT_TIME_MS. */
bool time_parse(struct str text, struct str field, struct time_point *value, GError **error);

/* Reads a bound of a list: all that time_parse reads, and a date-time without offset or a date alone (midnight), both
 * local in `zone` by its DST rules (text/zone.h). A bound outside 0..LIMIT_TIME_MS is valid, for it says what it means;
 * it becomes -1 or LIMIT_TIME_MS + 1. Fails with TIME_INVALID, naming `field`. */
bool time_parse_bound(struct str text, struct str field, const struct zone *zone, struct time_point *value,
                      GError **error);

enum { TIME_UTC_SIZE = 24, TIME_LOCAL_SIZE = 19 };

/* Writes "2021-07-22T17:17:04.937Z" into `out`: 24 bytes, no terminating zero. Any `ms` between the years 0 and 9999;
 * beyond them the nearest one is written. No libc call, no division by a variable. */
void time_format_utc(int64_t ms, char out[TIME_UTC_SIZE]);

/* Writes the local date-time in `zone`, "2021-07-22T13:17:04": 19 bytes, the fraction cut off. */
void time_format_local(int64_t ms, const struct zone *zone, char out[TIME_LOCAL_SIZE]);

enum { TIME_ZONED_SIZE = 29 };

/* Writes the local date-time in `zone` with its offset, "2021-07-22T13:17:04.937-04:00": 29 bytes. An offset has whole
 * minutes here; one that has seconds (Liberia until 1972) is cut, and the clock with it: the instant stays. */
void time_format_zoned(int64_t ms, const struct zone *zone, char out[TIME_ZONED_SIZE]);

/* The same three, appended to a buffer. */
void time_write_utc(struct buf *out, int64_t ms);
void time_write_local(struct buf *out, int64_t ms, const struct zone *zone);
void time_write_zoned(struct buf *out, int64_t ms, const struct zone *zone);
