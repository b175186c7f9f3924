/* Reading conversations. All functions run in place with a read transaction and give what the caller's company holds;
 * another company's ids are unknown ids. Erased sessions: `view.session.erased` is true and nothing in them has text.
 */
#pragma once

#include "core/core.h"

/* SESSION_UNKNOWN when there is no such id in that company. */
bool history_session(struct store_txn *txn, int64_t company, struct str id, struct arena *a, struct session_view *view,
                     GError **error);

/* The head of a session, decoded. An erased session's head has no visitor. */
bool history_head(struct store_txn *txn, const struct session *s, struct arena *a, struct head *head, GError **error);

enum history_anchor {
    HISTORY_FROM,   /* ascending from `index` on, `index` included */
    HISTORY_BEFORE, /* the newest `limit` below `index` */
    HISTORY_AFTER,  /* the oldest `limit` above `index` */
    HISTORY_AROUND, /* `index` in the middle */
};

/* Which events of a session such a page holds, both ends included; none when first > last. `complete`: nothing lies
 * further in the direction asked (AROUND: in neither). */
struct history_range {
    uint32_t first, last;
    bool complete;
};
struct history_range history_range(const struct session *s, enum history_anchor anchor, uint32_t index, size_t limit);

/* These events, ascending whatever the anchor. */
struct history_page {
    struct event *events;
    size_t count;
    bool complete;
};
bool history_events(struct store_txn *txn, const struct session *s, enum history_anchor anchor, uint32_t index,
                    size_t limit, struct arena *a, struct history_page *page, GError **error);

/* The messages, files and the close of a session as people read them, deleted ones left out: those behind `behind` in
 * the order of (time, index), or before it unless `ascending` (NULL = from that end; only index and time are looked
 * at). The page is ascending either way and holds at most `limit` + 1. For sessions whose times went back; in the
 * others the order of the indices is the same. */
bool history_shown(struct store_txn *txn, const struct session *s, const struct event *behind, bool ascending,
                   size_t limit, struct arena *a, struct history_page *page, GError **error);

/* The event of an id as dialects show it (client-chosen or "<session>.<index>"), in a known session. */
bool history_event(struct store_txn *txn, const struct session *s, struct str id, struct arena *a, struct event *event,
                   GError **error);

/* A session of a list with its visitor and newest message. */
struct history_item {
    struct session session;
    struct visitor visitor;    /* state and id; columns STR_NULL once erased */
    struct event last_message; /* index 0 = none. Of rooms: session_rocketchat_last */
    struct participant author; /* of the last message; id 0 = none */
    struct participant editor; /* of its last edit or delete; id 0 = none */
};
/* A page of the list of all. */
bool history_list(struct store_txn *txn, const struct store_session_filter *filter,
                  const struct store_session_key *after, bool ascending, size_t limit, struct arena *a,
                  struct history_item **items, size_t *count, GError **error);

/* The same of sessions that were read in this snapshot: an array of `count`. */
bool history_items(struct store_txn *txn, const struct session *sessions, size_t count, struct arena *a,
                   struct history_item **items, GError **error);

/* The same for one session that was read. */
bool history_one(struct store_txn *txn, const struct session *s, struct arena *a, struct history_item *item,
                 GError **error);

/* One visitor's sessions (Rocket.Chat's rooms): see store_visitor_rooms. limit 0 = all. */
bool history_rooms(struct store_txn *txn, const struct visitor *v, enum store_room_order order, size_t offset,
                   size_t limit, struct arena *a, struct history_item **items, size_t *count, GError **error);

/* The same rooms, given by their numbers, in that order. */
bool history_rooms_by_number(struct store_txn *txn, const struct visitor *v, const int64_t *numbers, size_t count,
                             struct arena *a, struct history_item **items, GError **error);

/* For whoever looks at all rooms of a visitor: the next ones behind `after` (NULL = from the start), newest start
 * first, and what is shown beside some. */
bool history_visitor_sessions(struct store_txn *txn, const struct visitor *v, const struct store_session_key *after,
                              size_t limit, struct arena *a, struct session **sessions, size_t *count, GError **error);
bool history_room_items(struct store_txn *txn, const struct visitor *v, const struct session *sessions, size_t count,
                        struct arena *a, struct history_item **items, GError **error);

/* VISITOR_UNKNOWN when there is none, or they are erased. */
bool history_visitor(struct store_txn *txn, int64_t company, struct str id, struct arena *a, struct visitor *v,
                     GError **error);
/* A session's; an erased session's is the nameless one it was left with. */
bool history_visitor_of(struct store_txn *txn, const struct session *s, struct arena *a, struct visitor *v,
                        GError **error);
bool history_visitors(struct store_txn *txn, int64_t company, struct str text, int64_t before, size_t limit,
                      struct arena *a, struct visitor **visitors, size_t *count, GError **error);

/* See store.h: search and summary are its functions, named here so that dialects need not look below the core. */
static inline bool history_search(struct store_txn *txn, const struct store_search *search, struct arena *a,
                                  struct store_found *found, GError **error)
{
    return store_search(txn, search, a, found, error);
}

static inline bool history_summary(struct store_txn *txn, int64_t company, int64_t from_ms, int64_t to_ms,
                                   struct summary *sum, GError **error)
{
    return store_summary(txn, company, from_ms, to_ms, sum, error);
}

/* One bar of a chart: [start, end) in UTC ms. */
struct history_bucket {
    int64_t start_ms, end_ms;
    struct summary sum;
};

enum history_unit { HISTORY_HOUR, HISTORY_DAY, HISTORY_WEEK, HISTORY_MONTH };

/* The summary between bounds cut at the zone's hours, days, weeks (Monday) or months; empty buckets included, at most
 * 5,000 (else FIELD_VALUE naming "by"). Unbounded sides begin and end with the units of the first and last message.
 * ZONE_UNKNOWN. */
bool history_summary_by(struct store_txn *txn, int64_t company, int64_t from_ms, int64_t to_ms, enum history_unit unit,
                        struct str zone, struct arena *a, struct history_bucket **buckets, size_t *count,
                        GError **error);
