/* Time zones of the system's tzdata, backward links included.
 *
 * A zone is read once (through GLib) into a table of its offsets from 1970 to 2109 and kept as long as the process
 * lives: it is as constant as the program itself, and there are at most some 600. Handles are therefore never freed
 * and may be used on any thread. A "local" time is a count of milliseconds since 1970-01-01T00:00:00 on the zone's wall
 * clock.
 *
 * DST (doc/dialects/agendize.md): a local time that occurs twice means its first occurrence; one that a gap skips moves
 * forward by the length of the gap (02:30 becomes 03:30). */
#pragma once

#include "base/str.h"

#include <stdint.h>

struct zone;

/* The zone with this tzdata id ("America/New_York", "US/Eastern", "Asia/Calcutta", "GMT", "Etc/GMT+5"), in exactly
 * this spelling. Fails with ZONE_UNKNOWN for anything else: paths, POSIX rules, abbreviations that are no id, the
 * empty string. The first call for a zone reads a file (under a millisecond or so); later ones are a look-up under a
 * short lock. */
const struct zone *zone_get(struct str id, GError **error);

/* Coordinated universal time; needs no tzdata. */
const struct zone *zone_utc(void);

/* The id the zone was asked by, links not followed. Zero-terminated, lives for ever. */
struct str zone_id(const struct zone *zone);

/* O(log offsets). */
int64_t zone_to_local_ms(const struct zone *zone, int64_t utc_ms);
int64_t zone_to_utc_ms(const struct zone *zone, int64_t local_ms);

enum zone_span { ZONE_HOUR, ZONE_DAY, ZONE_WEEK, ZONE_MONTH };

/* The hour, day, week (from Monday) or month on the zone's wall clock that holds `utc_ms`: it begins at `*start` and
 * ends before `*next`, both UTC. Spans of a zone follow each other without hole or overlap; a day has 23 to 25 hours
 * across a DST change. An hour never spans a change of offset: the repeated hour counts as two, and a change by half
 * an hour (Lord Howe) leaves a half one. utc_ms in 0..LIMIT_TIME_MS. O(log offsets). */
void zone_span(const struct zone *zone, enum zone_span by, int64_t utc_ms, int64_t *start, int64_t *next);
