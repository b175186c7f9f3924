/* Writing conversations: open, append, leave, close, edit, delete, import; each checks rights and the session's state
 * inside `run`, so that it sees what it changes.
 *
 * Live events are stamped max(now, the session's last time). Imported times are kept. The same client-chosen event id
 * in the same session answers the stored event and appends nothing. */
#pragma once

#include "core/core.h"
#include "model/line.h"

/* ---- open ----------------------------------------------------------------------------------------------- */

enum open_outcome { OPEN_CREATED, OPEN_APPENDED, OPEN_UNCHANGED };

/* What opening or importing one line did. */
struct opened {
    enum open_outcome outcome;
    struct session_view view;
    size_t events_written;
};

/* Opens (or, imported, completes) the session of `line` inside a write transaction: resolves operator, department and
 * button, finds or makes the visitor (token, username "guest-N"), stamps (live) or keeps (import) times, folds, seals,
 * appends.
 *   import: a known session with an equal head and an equal prefix of events gets the rest; equal events are skipped;
 *           anything else is SESSION_DIFFERS. Heads are equal when all that the line gives is as stored. A line with
 *           `events_stored` goes on where an operation of the same import stopped: that much is not compared again.
 *   live:   a known session id is SESSION_EXISTS. Event times in the line are ignored.
 * A line without id gets a random one. A visitor id that was erased is a new visitor. Other reasons: COMPANY_UNKNOWN,
 * SESSION_ERASED, ID_TAKEN (another visitor's token; an event id given twice), ID_INVALID, those of event_check and
 * session_admits; on any of them nothing has been written. `line` is not changed: it may run again after a rollback.
 * `opened` lives in the op's arena. */
bool conversation_open_in(struct core *core, struct store_txn *txn, int64_t company, const struct line *line,
                          bool import, struct opened *opened, struct op *op, GError **error);

struct open_op {
    struct op op;
    int64_t company;
    struct line line; /* in the op's arena */
    bool import;      /* `at` of events and an id already there are fine */
    /* Also make a key for participant 1 and watch for its silence. Given by the caller so that a second run
     * stores the same ones. */
    struct str user_id, secure_key; /* STR_NULL = no key */
    bool live_chat;
    struct opened opened; /* out */
};
void open_op_init(struct open_op *op, struct core *core);

/* ---- append --------------------------------------------------------------------------------------------- */

/* The data of a LEFT event of a client that fell silent, and of one that a live close brings. */
#define LEFT_BY_TIMEOUT STR("{\"reason\":\"timeout\"}")
#define LEFT_BY_CLOSE STR("{\"reason\":\"closed\"}")

struct append_op {
    struct op op;
    int64_t company;
    struct str session_id;
    /* Asked first, with the session as it stands: refuses the caller, or sets `events` to what the operation comes to.
     * NULL = they are as given. May run twice. */
    bool (*prepare)(struct append_op *op, struct store_txn *txn, const struct session_view *view, GError **error);
    const void *prepare_data;
    uint32_t returning;    /* this participant, when they have left a session that is still open, joins again first;
                              0 = nobody */
    struct event *events;  /* kind, participant, id, text, data, target, and time_ms (NO_TIME = live: stamped now);
                              appended all or none */
    size_t event_count;    /* 1..8; with `returning`, and when `prepare` says so, also 0 */
    bool close_when_empty; /* after these, append CLOSED when neither a client nor an agent or supervisor is present */
    /* out */
    struct session_view view; /* after */
    struct event *stored;     /* each of `events` as stored (index, time): not what came beside them */
    /* The first event's id was there already, for the same event (with any other content: ID_TAKEN): `stored`
     * is that event alone, nothing was appended. */
    bool repeated;
};
/* Other reasons: SESSION_UNKNOWN, SESSION_ERASED, ID_TAKEN, ID_INVALID (an id that reads as another event's), those of
 * event_check, session_admits and `prepare`. */
void append_op_init(struct append_op *op, struct core *core);

/* ---- keys ----------------------------------------------------------------------------------------------- */

/* WRITE: adds a Genesys key to a session (any dialect) for its first client; earlier ones stay valid; no event.
 * Reasons SESSION_UNKNOWN, SESSION_ERASED, PARTICIPANT_UNKNOWN. */
struct key_op {
    struct op op;
    int64_t company;
    struct str session_id;
    struct str user_id, secure_key; /* as chosen by the caller: 16 hex digits each */
};
void key_op_init(struct key_op *op, struct core *core);

/* ---- import --------------------------------------------------------------------------------------------- */

/* WRITE (or, with op.kind set to OP_READ, a try that writes nothing and counts the same, but for sessions that come
 * twice in a batch): lines with about LIMIT_IMPORT_BATCH events, some 10 ms of the writer's time, all or none but for
 * lines refused: with `skip_bad` a refused line is noted and the others go in; without it the first refused line fails
 * the op (field "lines[N]") and nothing is written. */
struct import_op {
    struct op op;
    int64_t company;
    struct line *lines;
    size_t line_count;
    bool skip_bad;
    struct str value_name,
        value; /* a store value written in the same transaction (the import's place), STR_NULL = none */
    /* out */
    struct {
        size_t created, appended, unchanged, refused, events;
    } counts;
    GError **refusals; /* per line, NULL = went in; owned by the op */
};
void import_op_init(struct import_op *op, struct core *core);
void import_op_forget(struct import_op *op); /* what an earlier run left in the outputs, when it will not run again */
void import_op_clear(struct import_op *op);  /* instead of op_clear */
