/* The log's events: the one truth of a conversation.
 *
 * Every session has one append-only sequence of events. Index 0 is the head ("opened": who, where from, in which
 * dialect; model/head.h); what participants do follows as 1, 2, 3... without gaps, and those are the indices that
 * every dialect shows. doc/events.md is the table kind x dialect.
 *
 * Values live as long as the arena they were read into or the request they came from. */
#pragma once

#include "base/arena.h"
#include "base/limits.h"
#include "base/reason.h"

#include <stdint.h>

/* Every kind's facts; what it holds and changes is prose in doc/events.md, which is made from these rows and those of
 * each dialect (tools/event_table.c).
 *   number            as stored; never renumber, only add
 *   name, word        here, and in import lines and Parley's API
 *   live              may be appended; the others are written by operations of their own
 *   by_participant    only a participant can do it; the others may have participant 0, the system
 *   needs_text        means nothing without one (but in an import)
 *   text_max          bytes
 *   after_close       admitted when the session is closed
 * X(number, name, word, live, by_participant, needs_text, text_max, after_close) */
#define EVENT_KINDS(X) \
    X(0, OPENED, "opened", false, false, false, LIMIT_TEXT, false) \
    X(1, JOINED, "joined", true, true, false, LIMIT_TEXT, false) \
    X(2, LEFT, "left", true, true, false, LIMIT_TEXT, false) \
    X(3, MESSAGE, "message", true, true, true, LIMIT_TEXT, false) \
    X(4, TYPING_STARTED, "typing_started", true, true, false, LIMIT_TEXT, false) \
    X(5, TYPING_STOPPED, "typing_stopped", true, true, false, LIMIT_TEXT, false) \
    X(6, NOTICE, "notice", true, true, false, LIMIT_TEXT, false) \
    X(7, URL, "url", true, true, true, LIMIT_URL, false) \
    X(8, FILE, "file", true, true, false, LIMIT_TEXT, false) \
    X(9, TAKE, "take", true, false, false, LIMIT_TEXT, false) \
    X(10, TRANSFER, "transfer", true, false, false, LIMIT_TEXT, false) \
    X(11, HOLD, "hold", true, false, false, LIMIT_TEXT, false) \
    X(12, RESUME, "resume", true, false, false, LIMIT_TEXT, false) \
    X(13, EDIT, "edit", true, false, true, LIMIT_TEXT, false) \
    X(14, DELETE, "delete", true, false, false, LIMIT_TEXT, false) \
    X(15, NICKNAME, "nickname", true, true, true, LIMIT_NAME, false) \
    X(16, USER_DATA, "user_data", true, false, false, LIMIT_TEXT, true) \
    X(17, PAGE_VISITED, "page_visited", true, false, true, LIMIT_URL, false) \
    X(18, SURVEY, "survey", true, false, false, LIMIT_TEXT, true) \
    X(19, READ_RECEIPT, "read_receipt", true, true, false, LIMIT_TEXT, true) \
    X(20, CLOSED, "closed", true, false, false, LIMIT_TEXT, false) \
    X(21, ERASED, "erased", false, false, false, LIMIT_TEXT, true) \
    X(22, RECORDED, "recorded", false, false, false, LIMIT_TEXT, true)

enum event_kind {
#define X(number, name, ...) EVENT_##name = number,
    EVENT_KINDS(X)
#undef X
        EVENT_KIND_COUNT
};

/* All words with blanks between. */
#define EVENT_KIND_WORD(number, name, word, ...) " " word
#define EVENT_KIND_WORDS (&(EVENT_KINDS(EVENT_KIND_WORD))[1])

struct event_facts {
    struct str word;
    bool live, by_participant, needs_text, after_close;
    size_t text_max;
};

extern const struct event_facts event_facts[EVENT_KIND_COUNT];

/* The kind's word ("typing_started"). */
static inline struct str event_kind_name(enum event_kind kind)
{
    return event_facts[kind].word;
}

/* False when no kind has that word. */
bool event_kind_from_name(struct str name, enum event_kind *kind);

enum { EVENT_CHAIN_SIZE = 32, EVENT_SALT_SIZE = 16 };

struct event {
    uint32_t index; /* 0 = head */
    enum event_kind kind;
    int64_t time_ms;
    uint32_t participant; /* who did it; 0 = the system itself (head, erased, a time-out's close) */
    uint32_t target;      /* EDIT and DELETE: the index of the message; else 0 */
    struct str id;        /* client-chosen; STR_NULL = none, see event_shown_id */
    struct str text;      /* STR_NULL = none */
    struct str data;      /* compact JSON object of what else belongs to it; STR_NULL = none */

    /* Not part of the event itself: what later events did to this one. */
    uint32_t revised_by;          /* index of the last EDIT or DELETE of it; 0 = untouched */
    enum event_kind revision;     /* that event's kind, when revised_by is set */
    struct str revised_text;      /* an EDIT's text, when revised_by is set */
    struct str revised_data;      /* its data */
    int64_t revised_ms;           /* its time */
    uint32_t revised_participant; /* who did it */

    bool erased; /* payload dropped: id, text and data are STR_NULL */

    /* The seal. `salt` holds the salt while the payload is there, `inner` = BLAKE2b-256(salt, payload) always
     * (computed on reading, kept on disk only once the payload is erased). */
    uint8_t salt[EVENT_SALT_SIZE];
    uint8_t inner[EVENT_CHAIN_SIZE];
    uint8_t chain[EVENT_CHAIN_SIZE];
};

/* The text as it stands now: a deleted message's is empty, an edited one's is the new text. Borrowed. */
struct str event_current_text(const struct event *e);

static inline bool event_is_deleted(const struct event *e)
{
    return e->revised_by && e->revision == EVENT_DELETE;
}

/* An edit or a delete of another event, its target. */
static inline bool event_is_revision(const struct event *e)
{
    return e->kind == EVENT_EDIT || e->kind == EVENT_DELETE;
}

/* For agents only: data has "visibility":"internal" (doc/events.md). No dialect and no projection shows anything of it.
 */
bool event_is_internal(const struct event *e);

/* A file that goes with a message of its own, which names it: Rocket.Chat's view shows both as that one message. */
bool event_is_attached(const struct event *e);

/* The id that dialects show: the client's, else "<session id>.<index>" (made in the arena). */
struct str event_shown_id(const struct event *e, struct str session_id, struct arena *a);

/* The reverse for ids that were never stored: true, with *index set, when `id` reads as "<session id>.<index>". */
bool event_index_from_id(struct str id, struct str session_id, uint32_t *index);

/* Notes in `target` that `revision`, an EDIT or DELETE of it, happened: fills revised_by and what goes with it.
 * Borrows. */
void event_revise(struct event *target, const struct event *revision);

/* Computes e->inner from salt and payload (id, text, data, target), then e->chain from `previous` (the chain of the
 * event before it, all zeros before the head), kind, time, participant and inner. The byte layout is doc/format.md's.
 * An erased event keeps its stored inner. Pure. O(payload). */
void event_seal(struct event *e, const uint8_t previous[EVENT_CHAIN_SIZE]);

/* Fresh random salts; one call to the kernel for many, as each costs more than sealing the event. */
void event_salt(struct event *events, size_t count);

/* Checks what any event must fulfil whatever its origin: sizes (limits.h), UTF-8, no U+0000, time range, kind-specific
 * needs (a message has text, an edit has target and text...). `imported` permits what only an import may do (an empty
 * text). Reasons: TEXT_EMPTY, TEXT_TOO_LONG, TEXT_INVALID, TIME_INVALID, ID_INVALID, FIELD_MISSING, FIELD_VALUE,
 * FIELD_TOO_LONG; the error's field names the member ("text", "at", "id", "by", "target", "data"). */
bool event_check(const struct event *e, bool imported, GError **error);

/* Same members, nothing of revision or seal compared: what "equal events are skipped" means. */
bool event_equal(const struct event *a, const struct event *b);

/* Ids: 1 to LIMIT_ID bytes of UTF-8 without control characters. Reason ID_INVALID naming `field`. */
bool model_check_id(struct str id, const char *field, GError **error);

/* Text: UTF-8 without U+0000, at most `max` bytes. Reasons TEXT_INVALID, TEXT_TOO_LONG naming `field`. */
bool model_check_text(struct str text, size_t max, const char *field, GError **error);
