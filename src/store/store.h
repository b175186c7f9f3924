/* The store: where the log and its projections are kept. The contract that every driver fulfils.
 *
 * A store is one data directory, which one process has open at a time. Changes run one after another, each seeing what
 * those before it wrote, in groups that become durable together; any number of readers read beside them.
 *
 *   reading   store_reader_open once per thread; store_read_begin .. calls .. store_read_end is one snapshot.
 *   writing   store_submit(job): job->run gets a transaction and may call everything in this header that takes a
 *             `txn`; when its commit is durable job->done is called. store_write waits for that.
 *
 * Two classes (doc/decisions.md 4):
 *   atomic with the append: events, session row, participants, visitor row;
 *   sequenced: change numbers, roll-ups, search. A reader sees both at once here; a driver that sequences later
 *   must add the undrained tail itself.
 *
 * Nobody above relies on how rows are kept, on numbers without gaps, on the writer being in this process, or on all
 * processes' clocks being one. Lists go on behind a key; an offset stands only where a dialect's wire has one.
 *
 * Threads: a reader and a write transaction belong to one thread at a time. store_submit, store_write and
 * store_close's wait may be called from any thread; `run` and `done` run on the writer's thread.
 *
 * Memory: what a function returns lives in the arena it was given; struct members not filled are zero.
 *
 * Errors: besides those named at each function, every call may give DATABASE_CORRUPT, DISK_FULL, FILE_UNREADABLE,
 * FILE_UNWRITABLE or INTERNAL. A *read* that finds nothing is no error: bool functions with a `found` say so there.
 *
 * Costs are for the embedded driver, with what is read in memory: point reads are a few microseconds. */
#pragma once

#include "model/account.h"
#include "model/team.h"
#include "model/visitor.h"

#include <stdatomic.h>

struct store;
struct store_reader;
struct store_txn;

/* ---- opening -------------------------------------------------------------------------------------------- */

struct store_options {
    bool create;               /* make the directory and an empty database when there is none */
    bool full_text;            /* maintain the search index; false only in benchmarks */
    size_t reader_cache_bytes; /* memory in which one reader keeps what it has read; 0 = as the driver thinks best */
    size_t writer_cache_bytes; /* alike */
};

/* Opens the data directory for this process and starts the writer. Runs pending migrations first.
 * Reasons: DIRECTORY_IN_USE (another process has it; the message says how to reach that one), DIRECTORY_UNSAFE (others
 * may write it, or a file in it is a link; the message says what to do), FILE_UNREADABLE, FILE_UNWRITABLE,
 * DATABASE_FOREIGN (not Parley's), DATABASE_NEWER (written by a later version), DATABASE_CORRUPT. */
struct store *store_open(const char *directory, const struct store_options *options, GError **error);

/* Finishes what was submitted, stops the writer, checkpoints, gives the directory free. All readers must be closed. */
void store_close(struct store *store);

/* A directory's driver can be wrapped for tests: store/fault/fault.h. */

struct store_reader *store_reader_open(struct store *store, GError **error);
void store_reader_close(struct store_reader *reader);

/* A snapshot for reading. Borrowed from the reader; one at a time; end it within one chunk of a reply. */
struct store_txn *store_read_begin(struct store_reader *reader, GError **error);
void store_read_end(struct store_txn *txn);

/* From now on calls on this reader's snapshots fail with CANCELLED soon after `*stop` becomes true: milliseconds, or
 * one step of a search index. NULL = never. `stop` is borrowed until it is replaced; any thread may set it. Not while a
 * snapshot is open. */
void store_reader_stop_when(struct store_reader *reader, const atomic_bool *stop);

/* ---- writing -------------------------------------------------------------------------------------------- */

/* One change. Embedded in a larger struct; it must stay where it is until `done`. */
struct store_job {
    /* Reads and checks first, then writes: when it returns FALSE with an error it must have written nothing. No
     * savepoints protect it. It may be called a second time after a rollback (alone, in a transaction of its own), so
     * it starts by forgetting what an earlier call left in the job. */
    bool (*run)(struct store_job *job, struct store_txn *txn, GError **error);
    /* Called once: `error` is NULL when the job's commit is durable; else why not (ownership moves to the callee):
     * run's own error, COMMIT_UNKNOWN (the outcome is open: retry with the same id), WRITES_OFF, STOPPING, or an io
     * reason. Must not block. */
    void (*done)(struct store_job *job, GError *error);
    /* One of many that nobody waits for one by one (an import): gives way to other jobs, and many of its kind share a
     * commit when there are no others. In order among themselves. */
    bool bulk;
    struct store_job *next; /* the queue's */
};

/* Queues the job. Always leads to exactly one `done`, even when refused (QUEUE_FULL, WRITES_OFF, STOPPING: then at
 * once, on the calling thread). */
void store_submit(struct store *store, struct store_job *job);

/* Submits and waits; job->done is not called and may be NULL. Not from the writer's thread. */
bool store_write(struct store *store, struct store_job *job, GError **error);

/* For a job that has to refuse after it has written (a batch whose last line is bad): what the transaction wrote is
 * rolled back, never committed; the other jobs of the group run again, as does this one, alone. Call it, then return
 * FALSE with the error. Write transactions only. */
void store_txn_spoil(struct store_txn *txn);

/* Numbers since the store was opened, for /metrics. Any thread. */
struct store_counters {
    int64_t groups, jobs, group_failures, queue_length;
    int64_t bytes;     /* of the database's files, but for the log */
    bool writes_off;   /* a commit failed: writes are refused until one succeeds */
    int64_t log_bytes; /* durable, but not yet moved to where they are to stay; 0 for a driver without such a log */
};
void store_counters(struct store *store, struct store_counters *counters);

/* For who keeps what it has read or made of it. A moment counts commits: read it, then begin a snapshot, and what that
 * shows of a visitor (row, sessions, events) stays true as long as store_visitor_unchanged says so of that moment. It
 * says no before a commit can be seen, so before any job of it is answered (erasure: at store_erase_begin); it may say
 * no without need, never yes. Any thread, O(1), no lock. */
int64_t store_moment(struct store *store);
bool store_visitor_unchanged(struct store *store, int64_t visitor, int64_t moment);

/* ---- sessions and events -------------------------------------------------------------------------------- */

/* The session with its participants. `found` false: no such id in that company. */
bool store_session_get(struct store_txn *txn, int64_t company, struct str id, struct arena *a,
                       struct session_view *view, bool *found, GError **error);

/* By its number. */
bool store_session_by_number(struct store_txn *txn, int64_t session, struct arena *a, struct session_view *view,
                             bool *found, GError **error);

/* Events of one session in ascending index order from `first` to `last` (both inclusive, clipped to what is there),
 * with revisions joined in. At most `limit`. O(events returned). */
bool store_events(struct store_txn *txn, const struct session *s, uint32_t first, uint32_t last, size_t limit,
                  struct arena *a, struct event **events, size_t *count, GError **error);

/* Messages that are not deleted, and files, in the order of (time, index): those strictly behind `behind` (NULL = from
 * the start; only its index and time are looked at), newest first unless `ascending`. At most `limit`. O(events
 * returned) and a bounded look at the session's beginning, whatever lies between them. */
bool store_shown(struct store_txn *txn, const struct session *s, const struct event *behind, bool ascending,
                 size_t limit, struct arena *a, struct event **events, size_t *count, GError **error);

/* The event with this client-chosen id in the session. */
bool store_event_by_id(struct store_txn *txn, const struct session *s, struct str id, struct arena *a,
                       struct event *event, bool *found, GError **error);

/* The message event with this client-chosen id in any session of the company; `session` gets the number. */
bool store_event_find(struct store_txn *txn, int64_t company, struct str id, struct arena *a, struct event *event,
                      int64_t *session, bool *found, GError **error);

/* The next free numbers, for a session of this visitor and for a visitor with this id: a driver that spreads visitors
 * over machines puts the place into the number. Write transactions only. Gaps may appear when a job is refused
 * afterwards. */
bool store_session_number(struct store_txn *txn, int64_t company, int64_t visitor, int64_t *number, GError **error);
bool store_visitor_number(struct store_txn *txn, int64_t company, struct str id, int64_t *number, GError **error);

/* What one append changes: `before` is the session as read in this transaction (NULL: the session is new and events[0]
 * is its head), `after` the same with all `events` folded in and sealed (chain set). Visitor alike (`visitor_before`
 * NULL: new; both NULL: the visitor is untouched). Writes the event rows, session, participants, visitor, roll-ups
 * (contribution of after minus before), search rows (edits and deletes replace the text of their target), `revised_by`
 * of targets and one change entry covering the events.
 * Write transactions only. Reasons: ID_TAKEN (the session id, or a client-chosen event id in this session, is there
 * already). */
struct store_append {
    const struct session_view *before, *after;
    const struct visitor *visitor_before, *visitor_after;
    const struct event *events;
    size_t event_count;
    int64_t change; /* out: the change number */
};
bool store_append(struct store_txn *txn, struct store_append *append, GError **error);

/* ---- visitors ------------------------------------------------------------------------------------------- */

bool store_visitor_get(struct store_txn *txn, int64_t company, struct str id, struct arena *a, struct visitor *v,
                       bool *found, GError **error);
bool store_visitor_by_number(struct store_txn *txn, int64_t visitor, struct arena *a, struct visitor *v, bool *found,
                             GError **error);
bool store_visitor_by_token(struct store_txn *txn, int64_t company, struct str token, struct arena *a,
                            struct visitor *v, bool *found, GError **error);

/* Visitors whose name, e-mail or phone holds `text` (ASCII case-insensitive; empty = all), by number descending,
 * below `before` (0 = from the newest). O(visitors of the company) in the worst case. */
bool store_visitor_list(struct store_txn *txn, int64_t company, struct str text, int64_t before, size_t limit,
                        struct arena *a, struct visitor **visitors, size_t *count, GError **error);

/* ---- lists of sessions ---------------------------------------------------------------------------------- */

enum store_time { STORE_BY_START, STORE_BY_FIRST_MESSAGE, STORE_BY_QUEUED };

struct store_session_filter {
    int64_t company;                                  /* required */
    int64_t visitor;                                  /* 0 = any */
    struct str operator_id, department_id, button_id; /* STR_NULL = any */
    int state;                                        /* enum session_state, -1 = any */
    int dialect;                                      /* enum dialect, -1 = any */
    enum store_time by;     /* which time the bounds and the order speak of; FIRST_MESSAGE leaves out sessions without a
                            message, QUEUED those that do not wait in the queue */
    int64_t from_ms, to_ms; /* half-open [from, to); NO_TIME = unbounded */
    int64_t changed_since_ms; /* whose last change was written here then or later (store_change.at_ms); 0 = any */
};

/* A place between two sessions of a list: time, then id. */
struct store_session_key {
    int64_t time_ms;
    struct str id;
};

/* A page, newest time first, then id ascending (`ascending` turns both round: for `previous` cursors), strictly
 * behind `after` (NULL = from the start). Erased sessions are listed (erased = true). With every filter the order
 * comes from an index; asserted on the query plan in the tests. Participants are not read. */
bool store_session_list(struct store_txn *txn, const struct store_session_filter *filter,
                        const struct store_session_key *after, bool ascending, size_t limit, struct arena *a,
                        struct session **sessions, size_t *count, GError **error);

/* One visitor's rooms for Rocket.Chat: newest first by start or by `lm_ms`; equal times newest start first, then by id,
 * whatever the direction; with the wire's offset and count (limit 0 = all). O(offset + count). */
enum store_room_order { STORE_ROOM_START_DESC, STORE_ROOM_START_ASC, STORE_ROOM_LM_DESC, STORE_ROOM_LM_ASC };
bool store_visitor_rooms(struct store_txn *txn, int64_t company, int64_t visitor, enum store_room_order order,
                         size_t offset, size_t limit, struct arena *a, struct session **sessions, size_t *count,
                         GError **error);

/* What a list shows beside the sessions, for each of them in one go: its event of that index (0 = none: the event has
 * index 0) with its revision, without its seal, and who did it (id 0 when nobody). Arrays of `count`, all parallel. */
bool store_event_of_each(struct store_txn *txn, const struct session *sessions, const uint32_t *indices, size_t count,
                         struct arena *a, struct event **events, struct participant **authors, GError **error);

/* ---- summary -------------------------------------------------------------------------------------------- */

/* Sums session_contribution over the company's sessions with from_ms <= first_message_ms < to_ms (NO_TIME = unbounded),
 * optionally of one button (no roll-up: O(sessions in range)). O(days + 200), flat in the number of sessions. */
bool store_summary(struct store_txn *txn, int64_t company, int64_t from_ms, int64_t to_ms, struct summary *sum,
                   GError **error);

/* The least and greatest first_message_ms of the company; `found` false when there is no message yet. */
bool store_summary_bounds(struct store_txn *txn, int64_t company, int64_t *least_ms, int64_t *greatest_ms, bool *found,
                          GError **error);

/* ---- search --------------------------------------------------------------------------------------------- */

struct store_search {
    int64_t company;
    struct str query;                                 /* Parley's syntax, text/search_query.h, already checked */
    int64_t visitor;                                  /* 0 = any */
    struct str operator_id, department_id, button_id; /* of the session; STR_NULL = any */
    int state, dialect;                               /* -1 = any */
    int64_t from_ms, to_ms;                           /* of the message, half-open; NO_TIME = unbounded */
    bool internal;                                    /* internal events, too (event_is_internal) */
    bool best_first; /* by relevance among the newest 2,000 matches (a bound for common words), else newest first */
    int64_t below;   /* only hits with a lesser `key`; 0 = all */
    size_t skip;     /* best first: so many of the best are left out */
    size_t limit;
    int64_t time_ms; /* how long it may look; 0 = as long as it takes */
};

struct store_range {
    uint32_t start, length; /* code points */
};

struct store_hit {
    int64_t key;     /* newer ones are greater; for `below` */
    int64_t session; /* number */
    struct str session_id;
    struct event event; /* with its revision */
    struct str snippet; /* part of the current text around the first match, at most 200 code points, valid UTF-8 */
    bool snippet_from_start, snippet_to_end; /* nothing was cut there */
    struct store_range *highlights;          /* inside the snippet, ascending, not overlapping */
    size_t highlight_count;
};

struct store_found {
    struct store_hit *hits;
    size_t count;
    bool partial; /* the time was over before all was looked at: there may be more below `edge`, which is lesser than
                     `below` was, so whoever goes on from edge to edge comes to the end */
    int64_t edge;
    int64_t indexed_from_ms; /* older messages are not in the index yet (store_search_refill); NO_TIME = all are */
};

/* Message events whose current text matches; words are those of text/words.h. Erased and deleted messages never match.
 * Budget: newest 20 of 10 million messages under 2 ms. With `time_ms` it ends soon after that; when not even the newest
 * twelve days below `below` could be looked at in that time, with these. Reasons QUERY_INVALID, CANCELLED. */
bool store_search(struct store_txn *txn, const struct store_search *search, struct arena *a, struct store_found *found,
                  GError **error);

/* Puts up to `limit` messages (fewer when their texts are large) that the index lacks since its rules changed into it,
 * newest first. For bulk jobs one after the other, until finished; each takes milliseconds. Write transactions only. */
struct store_refill {
    size_t messages; /* looked at in this step */
    bool finished;
    int64_t from_ms; /* all messages from then on are in the index; NO_TIME = finished */
};
bool store_search_refill(struct store_txn *txn, size_t limit, struct store_refill *refill, GError **error);

/* Does the index lack anything? As store_search says it. */
bool store_search_indexed_from(struct store_txn *txn, int64_t *from_ms, GError **error);

/* ---- the order of changes ------------------------------------------------------------------------------- */

enum store_change_kind { STORE_CHANGE_APPEND, STORE_CHANGE_ERASE, STORE_CHANGE_SCRUB };

/* One committed append (or a step of an erasure). Numbers grow in commit order and are never used twice. */
struct store_change {
    int64_t number;
    enum store_change_kind kind;
    int64_t company, visitor, session; /* session 0 for SCRUB */
    uint32_t first, last;              /* indices appended, inclusive */
    int64_t at_ms;                     /* when it was written here; NO_TIME for those of schema 1 */
};

struct store_change_filter {
    int64_t company; /* 0 = all */
    int64_t session; /* 0 = all; with it, `company` is not asked for */
};

/* A line of the database: what follows one after the other in it. A restored copy begins a new one, for its numbers go
 * on where the copy ended and mean something else than they did before. */
struct store_line {
    struct str id; /* random, hexadecimal */
    int64_t after; /* the last change that it shares with the line before it; 0 for the first */
};

/* From the first to the one that is written now; never none. `after` grows or stays. */
bool store_lines(struct store_txn *txn, struct arena *a, struct store_line **lines, size_t *count, GError **error);

/* Changes above `after` in ascending order. O(changes returned). */
bool store_changes(struct store_txn *txn, const struct store_change_filter *filter, int64_t after, size_t limit,
                   struct arena *a, struct store_change **changes, size_t *count, GError **error);

/* ---- erasure -------------------------------------------------------------------------------------------- */

/* Makes everything of the visitor unreadable at once: state ERASING, identifying columns dropped, sessions marked
 * erased (no list content, search or event read shows text from now on), chat keys dropped. Counts stay. Write
 * transactions only. */
bool store_erase_begin(struct store_txn *txn, const struct visitor *v, GError **error);

/* Drops payloads of up to `limit` events of visitors in state ERASING (inner hash stays, salt and payload go, search
 * rows go). `finished`: nothing is left to drop; their state is ERASED now. Resumable: call until finished. Write
 * transactions only. */
bool store_erase_step(struct store_txn *txn, size_t limit, bool *finished, GError **error);

/* After erase steps finished: makes dropped bytes disappear from the files, wherever they still stand. Long; outside
 * any transaction; writes wait meanwhile. `cancelled` is polled between steps. Interrupted it is begun again. Ends with
 * a SCRUB change entry. store_scrub_pending says whether one is owed (also after a crash), and since when: the last
 * erasure that it is owed for. */
bool store_scrub(struct store *store, bool (*cancelled)(void *data), void *data, GError **error);
bool store_scrub_pending(struct store_txn *txn, bool *erasing, bool *scrub, int64_t *owed_ms, GError **error);

/* ---- accounts (plain tables) ---------------------------------------------------------------------------- */

/* number 0 = new: it gets one; the first is the default. Reason NAME_TAKEN (name or host). */
bool store_company_put(struct store_txn *txn, struct company *company, GError **error);
/* Counts up the company's `guests` and answers the new number, the N of "guest-N". No account commit in the sense of
 * store_account_epoch: it happens with every new visitor. Write transactions only. COMPANY_UNKNOWN. */
bool store_company_guest(struct store_txn *txn, int64_t company, int64_t *guest, GError **error);
bool store_companies(struct store_txn *txn, struct arena *a, struct company **companies, size_t *count, GError **error);

/* Inserts or replaces by id. Reason NAME_TAKEN (username of another operator). */
bool store_operator_put(struct store_txn *txn, const struct operator_account *o, GError **error);
bool store_operator_by_id(struct store_txn *txn, struct str id, struct arena *a, struct operator_account *o,
                          bool *found, GError **error);
bool store_operator_by_username(struct store_txn *txn, struct str username, struct arena *a, struct operator_account *o,
                                bool *found, GError **error);
/* By username, ascending. company 0 = all. */
bool store_operators(struct store_txn *txn, int64_t company, struct arena *a, struct operator_account **operators,
                     size_t *count, GError **error);

bool store_department_put(struct store_txn *txn, const struct department *d, GError **error);
bool store_departments(struct store_txn *txn, int64_t company, struct arena *a, struct department **departments,
                       size_t *count, GError **error);

bool store_button_put(struct store_txn *txn, const struct button *b, GError **error);
bool store_buttons(struct store_txn *txn, int64_t company, struct arena *a, struct button **buttons, size_t *count,
                   GError **error);

/* Inserts, or replaces the one with this hash. */
bool store_token_put(struct store_txn *txn, const struct token *t, GError **error);
bool store_token_get(struct store_txn *txn, const uint8_t hash[ID_HASH_SIZE], struct arena *a, struct token *t,
                     bool *found, GError **error);
bool store_token_delete(struct store_txn *txn, const uint8_t hash[ID_HASH_SIZE], GError **error);
/* An operator's, or with STR_NULL those of the company itself (Agendize, bearer), oldest first. */
bool store_tokens(struct store_txn *txn, int64_t company, struct str operator_id, struct arena *a,
                  struct token **tokens, size_t *count, GError **error);
/* The token was used at `at_ms`. Writes nothing when a use of the hour before is noted already, or the token is gone.
 * No account commit in the sense of store_account_epoch. */
#define STORE_TOKEN_USE_MS (INT64_C(60) * 60 * 1000)
bool store_token_used(struct store_txn *txn, const uint8_t hash[ID_HASH_SIZE], int64_t at_ms, GError **error);
/* Of an operator's tokens that end some day: deletes those that have by `now_ms`, and all but the `keep` newest.
 * O(their tokens). */
bool store_token_trim(struct store_txn *txn, struct str operator_id, int64_t now_ms, size_t keep, GError **error);
/* All of one operator. */
bool store_token_delete_of(struct store_txn *txn, struct str operator_id, GError **error);

/* What operators say of themselves; none of it is an account commit. The status of who never said one is offline since
 * NO_TIME. All of a company's that were said, by operator id. */
bool store_status_put(struct store_txn *txn, const struct operator_status *status, GError **error);
bool store_status_get(struct store_txn *txn, int64_t company, struct str operator_id, struct operator_status *status,
                      GError **error);
bool store_statuses(struct store_txn *txn, int64_t company, struct arena *a, struct operator_status **statuses,
                    size_t *count, GError **error);

/* An operator's preferences: a JSON object that nobody here reads. No account commit. */
bool store_preference_put(struct store_txn *txn, struct str operator_id, struct str value, GError **error);
bool store_preference_get(struct store_txn *txn, struct str operator_id, struct arena *a, struct str *value,
                          bool *found, GError **error);

/* Inserts, or replaces the one with this id. NAME_TAKEN (the shortcut, in that department). No account commit. */
bool store_canned_put(struct store_txn *txn, const struct canned_answer *c, GError **error);
bool store_canned_get(struct store_txn *txn, int64_t company, struct str id, struct arena *a, struct canned_answer *c,
                      bool *found, GError **error);
bool store_canned_delete(struct store_txn *txn, int64_t company, struct str id, GError **error);
/* By shortcut, then department, strictly behind those of `after` (NULL = from the start). */
bool store_canned_list(struct store_txn *txn, int64_t company, const struct canned_answer *after, size_t limit,
                       struct arena *a, struct canned_answer **answers, size_t *count, GError **error);
/* O(answers of the company). */
bool store_canned_count(struct store_txn *txn, int64_t company, size_t *count, GError **error);

bool store_chat_key_put(struct store_txn *txn, const struct chat_key *k, GError **error);
bool store_chat_keys(struct store_txn *txn, int64_t session, struct arena *a, struct chat_key **keys, size_t *count,
                     GError **error);

/* Genesys chats that were opened live in this database and are still open: whose silent clients the server must time
 * out, after a restart too. Sessions with at least one chat key made by open, dialect genesys, state open, not
 * imported. */
bool store_live_chats(struct store_txn *txn, struct arena *a, int64_t **sessions, size_t *count, GError **error);
bool store_live_chat_put(struct store_txn *txn, int64_t session, GError **error);
bool store_live_chat_delete(struct store_txn *txn, int64_t session, GError **error);

/* Counts accounts-table commits (anything in this section that is not said to be none, nor about chats): caches drop
 * what they hold when it moves. Any thread, one atomic load. */
uint64_t store_account_epoch(struct store *store);

/* Small named values of the installation (cursor key, instance id...), up to 4 KiB. */
bool store_value_get(struct store_txn *txn, struct str name, struct arena *a, struct str *value, bool *found,
                     GError **error);
bool store_value_put(struct store_txn *txn, struct str name, struct str value, GError **error);

/* ---- keeping ------------------------------------------------------------------------------------------- */

/* Called as long work goes on; false interrupts it (the call then fails with CANCELLED). */
struct store_progress {
    bool (*report)(void *data, int64_t done, int64_t total);
    void *data;
};

/* Writes a consistent copy of the database to `path` while the store serves: a new file that only its owner may read,
 * under that name only once it is whole and on disk. Reasons FILE_UNWRITABLE (also for a name that is taken),
 * DISK_FULL, CANCELLED. */
bool store_backup(struct store *store, const char *path, const struct store_progress *progress, GError **error);

/* Makes `directory`, which must be empty or not there, hold what the backup at `path` does, and opens it once, so that
 * migrations have run; it is a line of its own (store_lines). What is no backup leaves no file behind. Reasons:
 * DIRECTORY_NOT_EMPTY, DISK_FULL, those of store_open. */
bool store_restore(const char *directory, const char *path, GError **error);

/* What a check found; `text` is for people. */
typedef void store_finding(void *data, const char *text);

/* Integrity of the files and of what the driver alone knows: pages, indexes, orphan rows, roll-ups against a full scan,
 * search index against the events' current texts, change entries cover every index exactly once. Each finding is
 * reported; the result is FALSE only when checking itself failed. */
bool store_check(struct store_reader *reader, store_finding *report, void *data, const struct store_progress *progress,
                 GError **error);

/* All sessions in number order above `after`, for checks and exports. */
bool store_session_scan(struct store_txn *txn, int64_t company /* 0 = all */, int64_t after, size_t limit,
                        struct arena *a, struct session_view **views, size_t *count, GError **error);
bool store_visitor_scan(struct store_txn *txn, int64_t after, size_t limit, struct arena *a, struct visitor **visitors,
                        size_t *count, GError **error);

/* Repair: replaces the stored projection. Write transactions only. */
bool store_session_replace(struct store_txn *txn, const struct session_view *view, GError **error);
bool store_visitor_replace(struct store_txn *txn, const struct visitor *v, GError **error);
/* Makes roll-ups, the search index and what else the driver alone keeps of the log anew. Long; resumable by calling it
 * again. */
bool store_rebuild(struct store *store, const struct store_progress *progress, GError **error);
