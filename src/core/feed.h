/* The change feed: what happened to a company's conversations, in the order of the commits, one change an event.
 *
 * The store's change entries are the order, the events are the content. A change is shown as its event stands when it
 * is read: what was edited since has its new text, and of what was deleted or erased since nothing is told any more, in
 * earlier changes neither.
 *
 *     entry 7: session a, indices 0..2        entry 8: session b, 4..4        entry 9: ERASE     ...
 *     open | append | append                  edit                            (no change)
 *     7.1    7.2      7.3                     8.1                                                 places behind them
 *
 * Entries of an erasure's or a scrub's steps are passed over: an erasure is the event `erased` that each of the
 * visitor's sessions got. Numbers grow in the order of the commits and a snapshot sees all below the greatest one, so a
 * reader that goes on from a place misses nothing, however late anything commits.
 *
 * A cursor is a place with the lines of the database that lead to it (store_lines), sealed for the company. The
 * same change has the same cursor for ever, in every copy that has it. After a restore a cursor from behind the copy
 * names what is not there, and is refused together with the last place that both have. */
#pragma once

#include "base/waiter.h"
#include "core/access.h"
#include "core/core.h"

/* In the order of enum feed_kind. */
#define FEED_KIND_WORDS "open append edit delete take close visitor erase redact retention hold"

enum feed_kind {
    FEED_OPEN,
    FEED_APPEND, /* what has no kind of its own */
    FEED_EDIT,
    FEED_DELETE,
    FEED_TAKE,
    FEED_CLOSE,
    FEED_VISITOR,
    FEED_ERASE,
    /* What nothing in the log says yet: */
    FEED_REDACT,
    FEED_RETENTION,
    FEED_HOLD,
    FEED_KIND_COUNT
};

struct str feed_kind_name(enum feed_kind kind);

/* Behind `events` events of an entry; {0} = before the oldest change. */
struct feed_place {
    int64_t number;
    uint32_t events;
};

/* Less than, equal to or greater than 0. */
int feed_place_compare(struct feed_place a, struct feed_place b);

struct feed_change {
    struct feed_place place; /* behind it */
    enum feed_kind kind;
    int64_t time_ms;                 /* when it was stored here; NO_TIME for entries of schema 1 */
    const struct session_view *view; /* as it stands now */
    struct event event;              /* as it stands now; the head without the visitor's token and recorded documents */
    bool is_internal;                /* or revises an internal event: for callers with the right `notes` */
};

struct feed_filter {
    int64_t company;
    int64_t session;             /* number; 0 = all */
    unsigned kinds;              /* 1 << kind */
    const struct caller *viewer; /* told is what they may see; NULL = nothing is hidden */
};
#define FEED_ALL_KINDS ((1u << FEED_KIND_COUNT) - 1)

/* May they see it: a session of theirs (core/access.h) as it stands now, and internal events with the right `notes`? */
bool feed_sees(const struct caller *viewer, const struct feed_change *change);

struct feed_page {
    struct feed_change *changes;
    size_t count;
    struct feed_place next; /* behind all that was looked at */
    bool complete;          /* there is nothing behind it */
};

/* Looks at up to `limit` events behind `after`, and takes those that the filter lets through. For snapshots with a
 * bound on what they do: `limit` dozens at most. O(limit). */
bool feed_read(struct store_txn *txn, const struct feed_filter *filter, struct feed_place after, size_t limit,
               struct arena *a, struct feed_page *page, GError **error);

/* ---- cursors ---- */

/* In the arena. */
struct str feed_cursor(struct core *core, int64_t company, struct feed_place place, struct arena *a);

/* The place of a cursor. CURSOR_INVALID when it is none of this company; CURSOR_GONE when a restore left it behind:
 * `place` is then the last one that both lines have, {0} when there is none. Both name the parameter `after`. */
bool feed_cursor_read(struct core *core, int64_t company, struct str cursor, struct feed_place *place, struct arena *a,
                      GError **error);

/* ---- waiting ----
 *
 *     feed_watch_mark, then a snapshot that shows nothing new, then feed_watch_wait: whatever commits behind that
 * snapshot wakes, also when it did so before the wait began. It may wake without need. */

struct tail;
struct feed_crowd;
struct feed_watch {
    struct tail *tail;        /* of the one session; NULL = the whole company's */
    struct feed_crowd *crowd; /* the company's, when all of it is watched */
    uint32_t mark;
};

/* `session_id` STR_NULL = all. `session` gets its number, 0 = all. Reads the store when that session is not in memory.
 * SESSION_UNKNOWN. Cleared before the core is closed. */
bool feed_watch_init(struct feed_watch *watch, struct core *core, struct store_reader *reader, int64_t company,
                     struct str session_id, int64_t *session, GError **error);
void feed_watch_clear(struct feed_watch *watch);

/* Any thread. */
void feed_watch_mark(struct feed_watch *watch);

/* Wakes once, on any thread, maybe at once. feed_watch_unwait before the waiter's memory goes: then it will not be
 * woken any more, even when a wake was under way. */
void feed_watch_wait(struct feed_watch *watch, struct waiter *waiter);
void feed_watch_unwait(struct feed_watch *watch, struct waiter *waiter);
