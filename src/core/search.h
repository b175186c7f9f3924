/* Search as dialects page through it: hits and an opaque cursor behind them.
 *
 * A cursor is bound to the company, the words and every filter. Hits in sessions that the viewer may not see
 * (core/access.h) are left out; a page that had to leave out many is partial, as one is whose time was over, and its
 * cursor goes on behind what was looked at. */
#pragma once

#include "core/access.h"
#include "core/core.h"

struct search_query {
    struct store_search search; /* all but below, skip, limit, time_ms */
    struct str cursor;          /* empty = the first page */
    size_t limit;
};

struct search_page {
    struct store_hit *hits;
    size_t count;
    struct str next;         /* STR_NULL = there are no more */
    bool partial;            /* it may hold fewer than asked though there are more */
    int64_t indexed_from_ms; /* as store_found's */
};

/* Reasons CURSOR_INVALID naming "cursor", QUERY_INVALID, CANCELLED. Not on a loop. */
bool search_messages(struct core *core, struct store_txn *txn, const struct search_query *query,
                     const struct caller *viewer, struct arena *a, struct search_page *page, GError **error);
