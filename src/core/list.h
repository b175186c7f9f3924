/* The list of sessions as dialects page through it: a page and the opaque cursors to its neighbours.
 *
 * A cursor is bound to the company and to every filter, names the last session seen by time and id, and therefore
 * never skips or repeats a session, whatever is added meanwhile. Sessions that the viewer may not see (core/access.h)
 * are left out; a page ends early once LIST_LOOKED of all were looked at for it, and its cursor goes on behind those.
 */
#pragma once

#include "core/access.h"
#include "core/history.h"

enum { LIST_LOOKED = 1000 };

struct list_page {
    struct history_item *items; /* newest first, whichever way the cursor led */
    size_t count;
    struct str next, previous; /* STR_NULL = nothing lies that way */
    bool partial;              /* it ended early: there may be more where the cursor in its direction leads */
};

/* Where the time that `by` names begins: newest first, as most lists are, or oldest first, as a queue is. */
enum list_order { LIST_NEWEST_FIRST, LIST_OLDEST_FIRST };

struct list_query {
    struct store_session_filter filter;
    enum list_order order;
    struct str cursor; /* empty = the first page */
    size_t limit;
};

/* `viewer` NULL = nothing is hidden. Reason CURSOR_INVALID naming "cursor". O(limit) where nothing is hidden, else
 * O(LIST_LOOKED): not on a loop. */
bool list_sessions(struct core *core, struct store_txn *txn, const struct list_query *query,
                   const struct caller *viewer, struct arena *a, struct list_page *page, GError **error);
