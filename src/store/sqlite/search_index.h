/* The full-text index: one row per message that has a text now. search_add and search_remove are in sqlite.h.
 *
 * rowid = search key = time_ms << 21 | low bits, so that newest first is the table's own order and a time bound is a
 * rowid bound. The low bits hold a slot of the session and the event's index, so that messages of one session at one
 * millisecond keep their order; when two events want one key, the later row takes the next free one. Table
 * `search_key` leads from key to event.
 *
 * Column `scope` holds what never changes and can be asked for: company, dialect and visitor as one word each. */
#pragma once

#include "store/sqlite/sqlite.h"

enum { SEARCH_KEY_LOW_BITS = 21, SEARCH_SCOPE_SIZE = 64 };

/* The least key of a time; times beyond the limits are clipped. */
int64_t search_key_at(int64_t time_ms);

/* The key that an event gets when it is free. `event` is its number. */
int64_t search_key_wish(int64_t time_ms, int64_t event);

void search_scope(char scope[SEARCH_SCOPE_SIZE], int64_t company, enum dialect dialect, int64_t visitor);
