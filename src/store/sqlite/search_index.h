/* The full-text index: one row per message that has a text now. search_add and search_remove are in sqlite.h.
 *
 * rowid = search key = time_ms << 21 | low bits, so that newest first is the table's own order and a time bound is a
 * rowid bound. The low bits hold a slot of the session and the event's index, so that messages of one session at one
 * millisecond keep their order, up to 1,024 of them. When that key is taken the event tries others of the millisecond,
 * scattered by its number: where it stands is found again by the same tries, and how many it takes depends on how full
 * the millisecond is, not on what else came in one piece with it. Table `search_key` leads from key to event.
 *
 * Column `scope` holds what never changes and can be asked for: company, dialect and visitor as one word each. */
#pragma once

#include "store/sqlite/sqlite.h"

enum {
    SEARCH_KEY_LOW_BITS = 21,
    SEARCH_KEY_TRIES = 64, /* all taken: once in 10^6 events when a millisecond holds 1.7 of its 2 million */
    SEARCH_SCOPE_SIZE = 64,
};

/* The least key of a time; times beyond the limits are clipped. */
int64_t search_key_at(int64_t time_ms);

/* The key that an event takes when those of earlier tries are taken; `number` from 0. `event` is its number. */
int64_t search_key_try(int64_t time_ms, int64_t event, int number);

void search_scope(char scope[SEARCH_SCOPE_SIZE], int64_t company, enum dialect dialect, int64_t visitor);
