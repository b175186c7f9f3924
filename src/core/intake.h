/* Events on their way into one session: checked and folded one by one, then sealed and written together. The one way
 * by which anything gets into the log (open, append, import, erase). Internal to the core. */
#pragma once

#include "core/internal.h"

struct intake {
    struct store_txn *txn;
    struct arena *arena;
    const struct session_view *before; /* NULL = a new session */
    struct session_view after;
    const struct visitor *visitor_before; /* NULL = new or not looked at yet */
    struct visitor visitor_after;
    bool visitor_known; /* visitor_after is filled */
    struct event *events;
    size_t count, capacity;
    size_t expected;     /* how many the caller adds; a close may bring more */
    struct str free_id;  /* the caller has seen that no stored event has it */
    GHashTable *ids;     /* client-chosen ones among `events`; made when there can be two */
    GHashTable *revised; /* index -> the event as edits among `events` leave it; alike */
    bool last_deleted;   /* the newest message shown was deleted: the one before it must be found */
};

/* For a session read in this transaction, and up to `expected` more events. intake_clear in any case. */
void intake_init(struct intake *p, struct store_txn *txn, const struct session_view *before, size_t expected,
                 struct arena *a);

/* For a new session: the head and up to `expected` events. `after`'s identity and the visitor are the caller's. */
void intake_init_new(struct intake *p, struct store_txn *txn, const struct head *h, int64_t time_ms, size_t expected,
                     struct arena *a);

/* Checks one event whose time is set, and folds it in. Writes nothing. `e` is copied, its strings are borrowed. It is
 * then the last of `events`; before a live close stand the leaves of everybody who was present, whoever closes
 * (doc/events.md, "closed"). Reasons: ID_TAKEN, ID_INVALID, those of event_check and session_admits. */
bool intake_add(struct intake *p, const struct event *e, bool live, GError **error);

/* Seals and writes all events; the head's data must be final and folded into the visitor. Nothing may be refused any
 * more. */
bool intake_write(struct intake *p, GError **error);

void intake_clear(struct intake *p);
