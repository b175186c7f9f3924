/* The list of sessions as dialects page through it: a page and the opaque cursors to its neighbours.
 *
 * A cursor is bound to the company and to every filter, names the last session seen by time and id, and therefore
 * never skips or repeats a session, whatever is added meanwhile. */
#pragma once

#include "core/history.h"

struct list_page {
    struct history_item *items; /* newest first, whichever way the cursor led */
    size_t count;
    struct str next, previous; /* STR_NULL = nothing lies that way */
};

/* The page behind `cursor` (empty = the first). Reason CURSOR_INVALID naming "cursor". O(limit). */
bool list_sessions(struct core *core, struct store_txn *txn, const struct store_session_filter *filter,
                   struct str cursor, size_t limit, struct arena *a, struct list_page *page, GError **error);
