/* A session as it stands: the projection of its events.
 *
 * `session_apply` folds one event after the other into a `struct session` and its participants; nothing else ever
 * changes them. `parley check` folds the whole log again and compares, so every function here is pure: no clock, no
 * lookup, no setting.
 *
 * Three starts, three names (doc/decisions.md 1): `start_ms` = first event; `first_message_ms` = Agendize's start;
 * every report counts by first_message. All times are milliseconds UTC; NO_TIME where there is none. */
#pragma once

#include "model/event.h"
#include "model/head.h"

#define NO_TIME INT64_MIN

enum session_state { SESSION_OPEN, SESSION_CLOSED };

enum closer { CLOSER_NONE, CLOSER_VISITOR, CLOSER_OPERATOR, CLOSER_SYSTEM };

/* Rocket.Chat's room metrics (doc/dialects/rocketchat.md 2.2). Durations are milliseconds here, seconds on the wire.
 * Those not yet set are NO_TIME; sums start at 0 with `response_total` 0. */
struct session_metrics {
    int64_t visitor_last_query_ms;    /* v.lq */
    int64_t served_last_reply_ms;     /* servedBy.lr */
    int64_t reaction_first_ms;        /* reaction.fd, a date */
    int64_t reaction_first_length_ms; /* reaction.ft */
    int64_t reaction_total_ms;        /* reaction.tt */
    int64_t response_first_ms;        /* response.fd, a date */
    int64_t response_first_length_ms; /* response.ft */
    int64_t response_total_ms;        /* response.tt; response.avg = tt / total */
    int64_t response_total;           /* response.total, a count */
    int64_t chat_length_ms;           /* chatDuration, at close */
    int64_t service_length_ms;        /* serviceTimeDuration, at close */
};

struct session {
    /* Where it stands; set by the store or the opener, never by session_apply. */
    int64_t company;   /* company number */
    int64_t visitor;   /* visitor number */
    int64_t number;    /* session number, unique in the database */
    struct str id;     /* unique in its company; the same in all dialects */
    struct str newest; /* the store's own copy of the newest message shown; nothing else may look at it */

    /* From the head. */
    enum dialect dialect;
    struct str time_zone; /* STR_NULL = the company's */
    struct str button_id, button_name;
    bool head_documents; /* there are documents that a view must show: in the head (recorded, source), or recorded */
    uint32_t recorded_up_to; /* a recorded room speaks while last_index is this, the event of kind RECORDED that holds
                                it or the last one that the head's knows of; 0 too when there is none */
    int64_t recorded_lm_ms;  /* that room's `lm`; NO_TIME = none */

    /* Folded. */
    enum session_state state;
    enum closer closer;
    struct operator_ref closed_by; /* the operator who closed it; nobody where somebody else did */
    struct str tags;               /* of the close: a JSON array of strings; STR_NULL = none */
    uint32_t close_index;          /* the event that closed it; 0 while open */
    bool rocketchat_close;         /* which Rocket.Chat's dialect wrote */
    bool on_hold;
    bool erased;
    struct operator_ref served_by; /* who serves it; nobody = STR_NULLs */
    int64_t served_ms;             /* since when (Rocket.Chat servedBy.ts); NO_TIME = nobody */
    int64_t queued_ms; /* since when it waits in the queue, open and served by nobody; NO_TIME = it does not */
    struct str department_id;
    struct str department_ancestors; /* JSON array; STR_NULL = none */
    int64_t start_ms;
    int64_t first_message_ms;       /* least time of a message event */
    int64_t last_message_ms;        /* greatest */
    int64_t last_time_ms;           /* greatest time of any event: live events are stamped max(now, this) */
    int64_t end_ms;                 /* time of the closing event; NO_TIME while open */
    bool times_went_back;           /* an event is earlier than one before it: index order is not the order of time */
    uint32_t last_index;            /* 0 = the head only */
    uint32_t messages;              /* message events, deleted ones included */
    uint32_t deleted;               /* how many of those are deleted by now */
    uint32_t last_message;          /* index of the newest message event; 0 = none */
    uint32_t files;                 /* file events that go with no message */
    uint32_t last_shown;            /* Rocket.Chat's newest: a message that is not deleted, or a file; 0 = none */
    int64_t last_shown_ms;          /* its time */
    int64_t lm_ms;                  /* Rocket.Chat's `lm`, recorded or computed (doc/events.md) */
    uint32_t operators_joined;      /* agents and supervisors that joined: Rocket.Chat usersCount - 1 */
    uint32_t participant_count;     /* the greatest participant id in use */
    uint32_t rocketchat_system;     /* what its own system messages add to `msgs` (doc/events.md) */
    int64_t last_client_message_ms; /* v.lastMessageTs */
    bool waiting_response;
    struct {
        struct operator_ref operator_ref;
        int64_t first_ms, last_ms;
    } response_by; /* Rocket.Chat responseBy; nobody = STR_NULLs */
    struct session_metrics metrics;
    uint8_t chain[EVENT_CHAIN_SIZE]; /* of the last event */
};

/* A session with its participants: what an append needs to see. `participants` is sorted by id. */
struct session_view {
    struct session session;
    struct participant *participants;
    size_t participant_count;
    size_t participant_capacity; /* places in the array; below participant_count when somebody else made it */
};

/* A copy that session_apply may change without touching `from`: the participants get an array of their own in the
 * arena, strings stay shared. */
void session_copy(const struct session_view *from, struct session_view *to, struct arena *a);

/* Starts the projection from the head event: fills everything of `view` that the head knows. `session.number`,
 * `.company`, `.visitor`, `.id` are the caller's. Slices point into `h` and the arena. */
void session_open(struct session_view *view, const struct event *head, const struct head *h, struct arena *a);

/* Folds one event (index = last_index + 1) into the view. An event that comes with a revision is folded as it stands
 * now: a deleted message is never shown, so that folding a stored log needs nothing else. Only whoever appends a DELETE
 * of `last_shown` must then find what else is shown and hand it to session_show; session_apply leaves none.
 * Data that the kinds TAKE, TRANSFER, JOINED, CLOSED... need is read from e->data. New participants named by the
 * event's data are added. Never fails on an event that passed event_check and session_admits; unknown members of data
 * are ignored. Changes the array of participants in place (session_copy first to keep the old state). Slices point into
 * e and the arena. O(1) but for participants (a handful).
 */
void session_apply(struct session_view *view, const struct event *e, struct arena *a);

/* Is the event one of those that Rocket.Chat shows as messages: a message that is not deleted, or a file that goes with
 * none, and not internal? */
bool session_shows(const struct event *e);

/* If session_shows: `last_shown` is it, unless a newer one (by time, then
 * index) is known already. Others change nothing. Pure. */
void session_show(struct session *s, const struct event *e);

/* The index of the message that Rocket.Chat's room shows as its newest: `last_shown`, or the close where its dialect
 * wrote one; 0 = none. */
uint32_t session_rocketchat_last(const struct session *s);

/* May this event be appended to the session as it stands? `live` = stamped now by the server, else imported.
 * Reasons: SESSION_CLOSED (live events after the close, but read receipts, surveys and user data), SESSION_ERASED,
 * SESSION_FULL, PARTICIPANT_UNKNOWN (`by` names nobody and the data introduces nobody), PARTICIPANT_GONE (live: it has
 * left; joining again is allowed), EVENT_UNKNOWN / FIELD_VALUE (an edit's target is no message), EVENT_DELETED.
 * `target` is the event that an edit or delete names (NULL when there is none at that index). Pure. */
bool session_admits(const struct session_view *view, const struct event *e, const struct event *target, bool live,
                    GError **error);

/* Borrowed from the view; NULL when there is none. O(log participants). */
const struct participant *session_participant(const struct session_view *view, uint32_t id);

/* Everything folded is equal (identity columns and chain included): what `check` compares. Of an erased session only
 * what follows without payloads is compared: identity, state, times, counts and chain. `difference`, when not NULL,
 * gets the name of the first member that differs (static storage). */
bool session_equal(const struct session_view *a, const struct session_view *b, const char **difference);

/* What one session adds to the reports (doc/decisions.md 4): counted once its first message exists, at that time. */
struct contribution {
    bool counts;         /* false while there is no message: the rest is 0 then */
    int64_t at_ms;       /* first_message_ms */
    int64_t sessions;    /* 1 */
    int64_t duration_ms; /* last message minus first */
    int64_t messages;
};

struct contribution session_contribution(const struct session *s);

/* The sum of contributions; what every report is made of. */
struct summary {
    int64_t sessions;
    int64_t duration_ms;
    int64_t messages;
};

/* doc/dialects/agendize.md "Summary numbers": average duration in thousandths of a second, rounded half up; 0 without
 * sessions.
 */
int64_t summary_average_thousandths(const struct summary *s);
