/* The line: one session as one JSON object, the form of import and export (doc/format.md, issue text "Import and
 * export") and of the body of Parley's POST sessions. */
#pragma once

#include "base/buf.h"
#include "model/visitor.h"

struct line {
    struct str id; /* session id; may be STR_NULL where `id_optional` */
    struct head head;
    int64_t start_ms; /* time of the head: member "start", else the recorded room's `ts`, else the first event's, else
                         NO_TIME */
    struct event *events; /* events[0] has index 1 */
    size_t event_count;
    size_t events_stored; /* so many at the beginning are known to be stored already; 0 after reading */
};

/* Decodes and checks one line (event_check with imported = true for each; ids, sizes, zone names, participants unique
 * and known to every event's `by`, unknown members refused by name). `operator` stays as given in
 * head.operator.username (id and name unset), also those of participants, and `department` in head.department.id:
 * whoever appends resolves them. An absent dialect is parley. `id_optional` (the body of a live POST): id,
 * participants, events and the events' `at` may be absent; an absent `at` is 0. Events have their revisions noted.
 * Reasons: BODY_*, FIELD_*, TEXT_*, TIME_INVALID, ZONE_UNKNOWN, ID_INVALID, ID_TAKEN (twice in the line),
 * PARTICIPANT_UNKNOWN, EVENT_KIND_UNKNOWN, EVENT_UNKNOWN and EVENT_DELETED (targets), SESSION_FULL; the error's field
 * is a path such as "events[3].text". Slices live in the arena. O(length). */
bool line_read(const struct json_node *object, bool id_optional, struct line *line, struct arena *a, GError **error);

/* Parses text first, then line_read. */
bool line_parse(struct str text, struct line *line, struct arena *a, GError **error);

/* Writes the line without a newline; members in the fixed order of doc/format.md, so that equal sessions give equal
 * bytes. Revisions are events of their own and need nothing here. May overflow `out` (check out->overflow). */
void line_write(const struct line *line, struct buf *out);

/* The same piece by piece into a writer that was just begun: what stands before the first event (`first_ms` is its
 * time, NO_TIME when there is none), each event, what stands behind the last one, whose index is `last_index`. */
void line_write_begin(struct json *w, struct str id, const struct head *h, int64_t start_ms, int64_t first_ms);
void line_write_event(struct json *w, const struct event *e);
void line_write_end(struct json *w, const struct head *h, uint32_t last_index);
