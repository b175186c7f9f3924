/* Putting a conversation together from what another product kept: participants by that product's own keys, texts and
 * names cut and cleaned to what an event may hold, times as they stand. */
#pragma once

#include "port/format/format.h"

struct build {
    struct conversion *conversion;
    struct line *line;
    struct arena *arena;
    GArray *events;                /* struct event */
    GArray *participants;          /* struct participant */
    GHashTable *keys;              /* char *, the product's own key -> the participant's id */
    struct str name, email, phone; /* of the visitor, as known by now */
};

/* A conversation begun under the origin's id `id` (build_id). */
void build_init(struct build *b, struct conversion *c, struct line *line, struct str id, struct arena *a);
/* Moves what was gathered into the line; participants are introduced by the first event of each. FIELD_MISSING when
 * nothing says when it began. */
bool build_end(struct build *b, GError **error);
void build_clear(struct build *b);

/* The line's events become those of `events` (struct event), copied into the arena. */
void build_line_events(struct line *line, const GArray *events, struct arena *a);

/* The participant that the product calls `key`; made at the first call, with what is known then. Agents' `name` is
 * their operator's too, `username` what names the account. */
uint32_t build_participant(struct build *b, struct str key, enum participant_type type, struct str name,
                           struct str username);

/* The first participant that is a client; 0 while there is none. */
uint32_t build_client(const struct build *b);

/* An event; `text` STR_NULL = none. The result is valid until the next one; set `id`, `data`, `target` in it. */
struct event *build_event(struct build *b, enum event_kind kind, int64_t time_ms, uint32_t participant,
                          struct str text);

/* The newest event is for agents only, whatever it is: data.visibility is "internal". */
void build_hide(struct build *b);

/* Where the newest event's time was given finer than in milliseconds, the text of it is kept as data.time. */
void build_source_time(struct build *b, struct str text);

/* What no event is like: a notice with `what` in its data, counted in the report. */
void build_notice(struct build *b, struct str what, int64_t time_ms, uint32_t participant, struct str text);

/* A file event: name, type, size (-1 = not known) and address. */
void build_file(struct build *b, int64_t time_ms, uint32_t participant, struct str name, struct str type, int64_t size,
                struct str url);

/* What became known of the visitor: into the head while there is no event, afterwards as an event `user_data`, so that
 * a longer archive begins as a shorter one did. What is known already, and what is empty, changes nothing. */
void build_visitor(struct build *b, int64_t time_ms, struct str name, struct str email, struct str phone);

/* Text as an event may hold it: valid UTF-8 (else U+FFFD), no U+0000, at most `max` bytes (the rest is counted as
 * lost). */
struct str build_text(struct build *b, struct str text, size_t max);

/* A time: seconds, milliseconds or microseconds since 1970 (a whole number, told apart by its size), RFC 3339, or a
 * local one by the hints' zone. NO_TIME with TIME_INVALID. */
int64_t build_time(const struct conversion_hints *hints, struct str text, GError **error);
/* The same of a JSON value; absent or null is NO_TIME without an error. */
int64_t build_time_of(const struct conversion_hints *hints, const struct json_node *value, GError **error);

/* A string, or a number or boolean as its text; STR_NULL for anything else. */
struct str build_word(const struct json_node *value, struct arena *a);

/* The member of an object, the element of an array by its number; NULL when there is none. O(members). */
const struct json_node *build_child(const struct json_node *tree, struct str name);

/* build_child along a dotted path ("visitor.name"), array elements by number ("users.0.name"). */
const struct json_node *build_get(const struct json_node *tree, const char *path);
