/* The full-text index: one row per message that has a text now. search_add and search_remove are in sqlite.h.
 *
 * rowid = search key = time_ms << 21 | low bits, so that newest first is the table's own order and a time bound is a
 * rowid bound. The low bits hold a slot of the session and the event's index, so that messages of one session at one
 * millisecond keep their order, up to 1,024 of them. When that key is taken the event tries others of the millisecond,
 * scattered by its number: where it stands is found again by the same tries, and how many it takes depends on how full
 * the millisecond is, not on what else came in one piece with it. Table `search_key` leads from key to event.
 *
 * Column `scope` holds what never changes and can be asked for, a word each: company, dialect, visitor, who wrote,
 * whether it is internal, and the span of time, by which a search that takes long goes back step by step (search.c).
 *
 * ---- the refill ----
 *
 * When the words' rules change (text/words.h: ours, or Unicode's), and at the migration that made this index, all keys
 * move to table `search_rest` and the index is empty: `search_open`. From there messages go in newest first, beside the
 * service (`sqlite_search_refill`, a bulk job after the other), and their rows out of `search_rest`, in one
 * transaction. So the greatest key in `search_rest` is the watermark: newer messages are in the index, older ones that
 * wait there are not, and whatever changes them leaves the index alone, since they have no key: they go in as they are
 * then. New messages get their key and their words at once, whatever their time. */
#pragma once

#include "store/sqlite/sqlite.h"

enum {
    SEARCH_KEY_LOW_BITS = 21,
    SEARCH_KEY_TRIES = 64, /* all taken: once in 10^6 events when a millisecond holds 1.7 of its 2 million */
    SEARCH_SCOPE_SIZE = 128,
    SEARCH_SPAN_BITS = SEARCH_KEY_LOW_BITS + 30, /* of a key: the span is what lies above, 12 days */
};

/* The least key of a time; times beyond the limits are clipped. */
int64_t search_key_at(int64_t time_ms);

/* The key that an event takes when those of earlier tries are taken; `number` from 0. `event` is its number. */
int64_t search_key_try(int64_t time_ms, int64_t event, int number);

/* Of the session: company, dialect and visitor. */
struct str search_scope(char scope[SEARCH_SCOPE_SIZE], const struct session *s, enum search_author author,
                        const struct event *e);
