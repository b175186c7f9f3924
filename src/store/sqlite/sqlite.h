/* The embedded driver's insides: what its files share. Not for use outside this folder.
 *
 * One connection belongs to the writer's thread; each reader has its own. A connection prepares every SQL text once
 * and keeps the statement; a function that has stepped one resets it before it returns, so that no statement holds a
 * snapshot or a lock. Texts and blobs are bound without a copy: they stay where they are until the reset.
 *
 * Tables and columns: doc/schema.md. */
#pragma once

#include "base/buf.h"
#include "store/group.h"

#include <sqlite3.h>

struct sqlite_store;
struct search_rows; /* search.c: full-text rows collected until the end of the group */

enum { CONNECTION_LISTS = 3 << 8 }; /* shapes of session lists (session_list.c) */

struct connection {
    sqlite3 *db;
    GHashTable *statements;     /* SQL text, by address -> sqlite3_stmt * */
    struct sqlite_store *store; /* NULL for a connection of its own (backup) */
    /* What ends a read that is under way; `timed_out` when it was the time. */
    const atomic_bool *stop;
    int64_t until_ms;
    bool timed_out;
    bool writer;
    char *lists[CONNECTION_LISTS]; /* the texts of those that were asked for */
};

struct sqlite_txn {
    struct store_txn head;
    struct connection *connection;
};

static inline struct sqlite_txn *sqlite_txn(struct store_txn *txn)
{
    return (struct sqlite_txn *)txn;
}

struct sqlite_reader {
    struct store_reader head;
    struct connection connection;
    struct sqlite_txn txn;
};

struct checkpointer; /* checkpoint.c: the thread that empties the log */

/* The data directory (folder.c). */
struct folder {
    char *path; /* where it really is: no link in it */
    int handle;
    int lock; /* DIR/lock, once it is held; -1 before */
};
#define FOLDER_NONE ((struct folder){.handle = -1, .lock = -1})

struct sqlite_store {
    struct store head;
    struct folder folder;
    char *path; /* of the database */
    struct store_options options;
    struct connection connection;       /* the writer's */
    struct sqlite_txn txn;              /* the writer's */
    struct buf folded, newest;          /* the writer's, for binding session_fold_pack's result and what it copies */
    int64_t last_session, last_visitor; /* greatest numbers given out; writer's thread only */
    struct search_rows *search_rows;    /* search.c's; NULL when there are none yet */
    struct checkpointer *checkpointer;
    _Atomic int log_pages; /* in the log; the writer's thread writes it */
    int log_tried;         /* as many as there were at the last attempt to empty it that readers held up */
};

static inline struct sqlite_store *sqlite_store(struct store *store)
{
    return (struct sqlite_store *)store;
}

/* ---- the data directory (folder.c) ------------------------------------------------------------------------ */

#define DATABASE "parley.db"
#define RESTORED "restored" /* line.c's mark */

/* `create` makes it when it is not there, for its owner alone. Reasons: FILE_UNREADABLE, FILE_UNWRITABLE,
 * DIRECTORY_UNSAFE (others may write it, or it is another user's; the message says what to do). */
bool folder_open(struct folder *folder, const char *path, bool create, GError **error);
/* Gives the lock back. A folder that is closed or FOLDER_NONE may be closed again. */
void folder_close(struct folder *folder);

/* Takes the lock for this process. DIRECTORY_IN_USE. */
bool folder_lock(struct folder *folder, GError **error);

/* Is there anything of that name, be it a link to nowhere? */
bool folder_has(const struct folder *folder, const char *name);

/* Opens a file in it, with open's flags: a regular file that has no other name, else DIRECTORY_UNSAFE; links are not
 * followed. It is the owner's alone afterwards, whatever mode it had. -1 with error set. */
int folder_file(const struct folder *folder, const char *name, int flags, GError **error);

/* Names and files in it are on disk. */
bool folder_sync(const struct folder *folder, GError **error);

/* Renames in a directory, never over something that is there (EEXIST). FALSE with errno set. */
bool folder_publish(int directory, const char *part, const char *name);

/* FALSE with errno as a reason: DISK_FULL, else FILE_UNWRITABLE or FILE_UNREADABLE. */
bool folder_fail(const char *what, bool writing, GError **error);

/* Opens the store in a locked folder, which moves into it; not when that fails (open.c). */
struct store *folder_store(struct folder *folder, const struct store_options *options, GError **error);

/* ---- connections (connection.c) ------------------------------------------------------------------------- */

/* Opens `path`, in which no link is followed. `store` may be NULL. cache_bytes 0 = SQLite's default. */
bool connection_open(struct connection *c, const char *path, bool writer, size_t cache_bytes,
                     struct sqlite_store *store, GError **error);
/* Finalizes its statements too. A closed or zeroed connection may be closed again. */
void connection_close(struct connection *c);

/* Runs SQL text without parameters and rows: PRAGMAs, schema, BEGIN. Not kept. */
bool connection_run(struct connection *c, const char *sql, GError **error);
/* The first column of the first row of such a text, as a number; 0 when there is no row. */
bool connection_number(struct connection *c, const char *sql, int64_t *number, GError **error);

/* Rolls back the transaction that is open; nothing when there is none, as after errors for which SQLite did so itself.
 * Without memory even that may fail, so whoever begins one calls this before. */
bool connection_roll_back(struct connection *c, GError **error);

/* Ends reads that are under way, soon: when `*stop` is true, or at a time of the monotonic clock (0 = none). */
void connection_stop_when(struct connection *c, const atomic_bool *stop);
void connection_end_at(struct connection *c, int64_t until_ms);

/* Turns SQLite's last error into a reason, logs it once with SQLite's message, and returns false. */
bool connection_fail(struct connection *c, GError **error);

/* The connection's statement of this SQL text, reset. `sql` stays where it is as long as the connection does
 * (a literal, nearly always): the cache goes by its address. NULL with error set when it does not compile. */
sqlite3_stmt *connection_statement(struct connection *c, const char *sql, GError **error);

/* ---- statements inside a transaction --------------------------------------------------------------------- */

/* connection_statement of the transaction's connection; a failure marks the transaction failed. */
sqlite3_stmt *txn_statement(struct store_txn *txn, const char *sql, GError **error);

/* One step: 1 = a row is there, 0 = done, -1 = failed with error set and the transaction marked failed. After 0 and -1
 * the statement is reset; after the last row wanted the caller resets it. */
int txn_step(struct store_txn *txn, sqlite3_stmt *s, GError **error);

/* Runs a bound statement that gives no rows, and resets it. */
bool txn_run(struct store_txn *txn, sqlite3_stmt *s, GError **error);

/* Does a bound statement give a row? Resets it. */
bool txn_any(struct store_txn *txn, sqlite3_stmt *s, bool *found, GError **error);

/* FALSE with DATABASE_CORRUPT, logged: what was read cannot be. */
bool txn_corrupt(struct store_txn *txn, const char *what, GError **error);

/* Binding cannot fail: the parameter numbers are constants and nothing is copied. */
static inline void bind_int(sqlite3_stmt *s, int at, int64_t value)
{
    sqlite3_bind_int64(s, at, value);
}

/* STR_NULL binds NULL. */
static inline void bind_str(sqlite3_stmt *s, int at, struct str value)
{
    if (value.ptr)
        sqlite3_bind_text(s, at, value.ptr, (int)value.len, SQLITE_STATIC);
    else
        sqlite3_bind_null(s, at);
}

/* NO_TIME binds NULL. */
static inline void bind_time(sqlite3_stmt *s, int at, int64_t time_ms)
{
    if (time_ms == NO_TIME)
        sqlite3_bind_null(s, at);
    else
        sqlite3_bind_int64(s, at, time_ms);
}

static inline void bind_blob(sqlite3_stmt *s, int at, const void *bytes, size_t size)
{
    sqlite3_bind_blob(s, at, bytes, (int)size, SQLITE_STATIC);
}

static inline int64_t column_int(sqlite3_stmt *s, int at)
{
    return sqlite3_column_int64(s, at);
}

/* A time as any that was ever let in, whatever a damaged file says: times are added and subtracted without looking. */
static inline int64_t column_event_time(sqlite3_stmt *s, int at)
{
    return CLAMP(sqlite3_column_int64(s, at), 0, LIMIT_TIME_MS);
}

/* The same where there may be none: NULL reads as NO_TIME. */
static inline int64_t column_time(sqlite3_stmt *s, int at)
{
    return sqlite3_column_type(s, at) == SQLITE_NULL ? NO_TIME : column_event_time(s, at);
}

/* A copy in the arena; NULL reads as STR_NULL. */
struct str column_str(sqlite3_stmt *s, int at, struct arena *a);

/* The rows that were read, handed over to the arena. */
void *rows_take(const GArray *read, struct arena *a, size_t *count);

/* Copies exactly `size` bytes; false (nothing copied) when the column holds another size or NULL. */
bool column_bytes(sqlite3_stmt *s, int at, void *to, size_t size);

/* ---- the file (schema.c) --------------------------------------------------------------------------------- */

/* Checks that the file is Parley's and not from the future, then runs the pending migrations, all in one transaction.
 */
bool schema_migrate(struct connection *c, bool create, GError **error);

/* refold.c: makes every session's row anew from its events, inside the transaction of a migration that asks for it. An
 * erased session's row stays: its payloads are gone. A session whose log does not read is left to `parley check`. */
bool refold_sessions(struct store_txn *txn, GError **error);

/* ---- events (event.c) ------------------------------------------------------------------------------------ */

/* An event's number: one B-tree clustered by session. */
enum { EVENT_INDEX_BITS = 20 };

static inline int64_t event_number(int64_t session, uint32_t index)
{
    return (int64_t)((uint64_t)session << EVENT_INDEX_BITS | index);
}

static inline int64_t event_number_session(int64_t number)
{
    return number >> EVENT_INDEX_BITS;
}

static inline uint32_t event_number_index(int64_t number)
{
    return (uint32_t)(number & ((1 << EVENT_INDEX_BITS) - 1));
}

/* SQL: is the row of `event` that of a message that was deleted? What the column `deleted` must say. */
#define EVENT_IS_DELETED \
    "(revised_by <> 0 AND EXISTS(SELECT 1 FROM event AS r" \
    " WHERE r.number = (event.number & ~1048575 | event.revised_by) AND r.kind = 14))"

/* One event with its revision. `hide` = its session is erased: no payload whatever the disk still holds. */
bool event_read(struct store_txn *txn, int64_t number, bool hide, struct arena *a, struct event *e, bool *found,
                GError **error);
/* Fills in what the event at e->revised_by did to it. */
bool event_read_revision(struct store_txn *txn, int64_t session, bool hide, struct arena *a, struct event *e,
                         GError **error);
/* `revision`: the edit or delete of it that comes along in the same append; NULL = none. */
bool event_insert(struct store_txn *txn, const struct session *s, const struct event *e, const struct event *revision,
                  GError **error);
/* Notes in the row of its target that an edit or delete happened. */
bool event_mark_revised(struct store_txn *txn, const struct session *s, const struct event *revision, GError **error);

/* ---- sessions (session.c) -------------------------------------------------------------------------------- */

/* The columns of table session beside `number` (the key) and `folded`: what SQL asks for.
 * X(column, type, member of struct session, class). The class says which UPDATE writes it, since naming a column in one
 * rewrites every index that holds it:
 *   FIXED    never after the insert
 *   QUIET    always; no index holds it
 *   MESSAGE  when a message came, or Rocket.Chat's `lm` moved
 *   MOVED    when the session changed hands or state, or had its first message */
/* clang-format off */
#define SESSION_COLUMNS(X) \
    X(company, int, company, FIXED) \
    X(visitor, int, visitor, FIXED) \
    X(id, str, id, FIXED) \
    X(dialect, int, dialect, FIXED) \
    X(button_id, str, button_id, FIXED) \
    X(state, int, state, MOVED) \
    X(erased, int, erased, QUIET) \
    X(operator_id, str, served_by.id, MOVED) \
    X(department_id, str, department_id, MOVED) \
    X(start_ms, time, start_ms, FIXED) \
    X(first_message_ms, time, first_message_ms, MOVED) \
    X(last_message_ms, time, last_message_ms, MESSAGE) \
    X(lm_ms, time, lm_ms, MESSAGE) \
    X(messages, int, messages, MESSAGE) \
    X(last_index, int, last_index, QUIET) \
    X(last_message, int, last_message, QUIET) \
    X(queued_ms, time, queued_ms, MOVED)

/* What no SQL asks for, packed into the column `folded` in this order (session_fold.c): a row of fifty columns takes
 * SQLite longer to take apart than everything else that a list does. New members go to the end.
 * X(type, member). Types: int; time, and length (of time): NO_TIME packs short; str. */
#define SESSION_FOLDED(X) \
    X(int, closer) \
    X(int, on_hold) \
    X(int, head_documents) \
    X(int, waiting_response) \
    X(int, deleted) \
    X(int, operators_joined) \
    X(int, participant_count) \
    X(int, rocketchat_system) \
    X(int, metrics.response_total) \
    X(time, last_time_ms) \
    X(time, end_ms) \
    X(time, served_ms) \
    X(time, last_client_message_ms) \
    X(time, response_by.first_ms) \
    X(time, response_by.last_ms) \
    X(time, metrics.visitor_last_query_ms) \
    X(time, metrics.served_last_reply_ms) \
    X(time, metrics.reaction_first_ms) \
    X(time, metrics.response_first_ms) \
    X(length, metrics.reaction_first_length_ms) \
    X(length, metrics.reaction_total_ms) \
    X(length, metrics.response_first_length_ms) \
    X(length, metrics.response_total_ms) \
    X(length, metrics.chat_length_ms) \
    X(length, metrics.service_length_ms) \
    X(str, time_zone) \
    X(str, button_name) \
    X(str, served_by.username) \
    X(str, served_by.name) \
    X(str, department_ancestors) \
    X(str, response_by.operator_ref.id) \
    X(str, response_by.operator_ref.username) \
    X(str, response_by.operator_ref.name) \
    X(int, recorded_up_to) \
    X(time, recorded_lm_ms) \
    X(int, files) \
    X(int, last_shown) \
    X(time, last_shown_ms) \
    X(int, times_went_back) \
    X(int, close_index) \
    X(int, rocketchat_close) \
    X(str, closed_by.id) \
    X(str, closed_by.username) \
    X(str, closed_by.name) \
    X(str, tags) \
    X(str, newest)
/* clang-format on */

/* The copy of a session's newest shown event and its author that stands in its row, so that a page of rooms reads no
 * more than the rows: an unrevised event, with its author as they stand now, in at most NEWEST_MAX bytes. */
enum { NEWEST_MAX = 1024 };
void session_newest_pack(const struct event *e, const struct participant *author, struct buf *out);
/* FALSE when the row has none. Strings are slices of session->newest. */
bool session_newest_unpack(const struct session *session, struct event *e, struct participant *author);

/* Packs SESSION_FOLDED behind what is in `out`: the chain first. */
void session_fold_pack(const struct session *session, struct buf *out);
/* The reverse, after the columns were read; slices point into `packed`. FALSE when it is not whole. */
bool session_fold_unpack(struct session *session, struct str packed);

/* "SELECT s.number, s.company, ..." FROM session AS s is the caller's. */
#define SESSION_SELECT "SELECT s.number, s.folded" SESSION_COLUMNS(SESSION_SELECT_COLUMN)
#define SESSION_SELECT_COLUMN(column, type, member, when) ", s." #column

/* The row of a SESSION_SELECT. When it cannot be read the statement is reset. */
bool session_column(struct store_txn *txn, sqlite3_stmt *s, struct arena *a, struct session *session, GError **error);
/* One session without its participants. */
bool session_read(struct store_txn *txn, int64_t number, struct arena *a, struct session *session, bool *found,
                  GError **error);
/* Inserts (`before` NULL) or updates what differs. ID_TAKEN when the id is there already; nothing is written then. */
/* The payloads of an erased session are dropped: so is what its row kept of them. */
bool session_dropped(struct store_txn *txn, int64_t number, GError **error);
bool session_write(struct store_txn *txn, const struct session_view *before, const struct session_view *after,
                   GError **error);

/* A participant from the columns type, name, operator_id, operator_username, operator_name, joined, present, internal.
 */
struct participant session_participant_column(sqlite3_stmt *s, int at, uint32_t id, struct arena *a);

/* ---- visitors (visitor.c) -------------------------------------------------------------------------------- */

bool visitor_write(struct store_txn *txn, const struct visitor *before, const struct visitor *after, GError **error);

/* ---- roll-ups and changes (rollup.c, change.c) ------------------------------------------------------------ */

enum { ROLLUP_DAY, ROLLUP_QUARTER, ROLLUP_LEVELS }; /* UTC day, 15 minutes: bucket = at_ms / rollup_width_ms */
extern const int64_t rollup_width_ms[ROLLUP_LEVELS];

/* Applies after's contribution minus before's (NULL = none). */
bool rollup_apply(struct store_txn *txn, const struct session *before, const struct session *after, GError **error);

/* Adds an entry, stamped now, and says its number. */
bool change_add(struct store_txn *txn, const struct store_change *change, int64_t *number, GError **error);

/* ---- lines (line.c) --------------------------------------------------------------------------------------- */

/* Says before the database gets its name that a new line begins with it. */
bool line_mark(const struct folder *folder, GError **error);
/* On opening: begins the line that was marked. */
bool line_open(const struct folder *folder, struct connection *c, GError **error);

/* ---- search (search_index.c, search_refill.c) ------------------------------------------------------------ */

/* Who wrote a message, by the participant: the words of the index for it. */
enum search_author { SEARCH_BY_VISITOR, SEARCH_BY_OPERATOR, SEARCH_BY_BOT };
enum search_author search_author_of(const struct session_view *view, const struct event *e);
/* The same from the tables. */
bool search_author_read(struct store_txn *txn, int64_t session, const struct event *e, enum search_author *author,
                        GError **error);

/* The message `e` of session `s`, written by `author`, is to be found under `text` (copied) from now on. Collected; the
 * rows go in at search_flush. */
bool search_add(struct store_txn *txn, const struct session *s, enum search_author author, const struct event *e,
                struct str text, GError **error);
/* The reverse, naming the text it was added with. Neither does anything to a message that waits for the refill, as an
 * edit's add right behind its remove. */
bool search_remove(struct store_txn *txn, const struct session *s, enum search_author author, const struct event *e,
                   struct str text, GError **error);
/* Before the commit of a group: writes what was collected. */
bool search_flush(struct store_txn *txn, GError **error);
/* After a rollback or commit: forgets it. */
void search_forget(struct sqlite_store *store);
/* At closing: frees store->search_rows. */
void search_free(struct sqlite_store *store);

/* When the file is opened, before anything is written: the index begins anew if its words are not words_rules'. */
bool search_open(struct connection *c, GError **error);

/* ---- the writer's connection (writer.c) ------------------------------------------------------------------- */

/* Closes and opens it anew. Writer's thread, outside a transaction. */
bool writer_reopen(struct sqlite_store *store, GError **error);

/* group_exclusive with the writer's connection open and no checkpoint under way. For scrub and rebuild. */
bool writer_exclusive(struct sqlite_store *store, bool (*work)(struct sqlite_store *store, void *data, GError **error),
                      void *data, GError **error);

/* ---- emptying the log beside the writer (checkpoint.c) ---------------------------------------------------- */

bool checkpointer_start(struct sqlite_store *store, GError **error);
void checkpointer_stop(struct sqlite_store *store);
/* Asks for a pass. */
void checkpointer_ask(struct sqlite_store *store);
/* Waits until no pass is under way. Writer's thread. */
void checkpointer_wait(struct sqlite_store *store);
/* Counts the log's pages from now on; for each new connection of the writer. */
void log_watch(struct sqlite_store *store);

/* ---- the driver's calls ----------------------------------------------------------------------------------- */

#define X(function, name, parameters, arguments) bool sqlite_##name parameters;
STORE_TXN_CALLS(X)
#undef X
#define X(result, on, function, name, parameters, arguments) result sqlite_##name parameters;
STORE_OTHER_CALLS(X)
#undef X
void sqlite_close(struct store *store);
void sqlite_reader_close(struct store_reader *reader);
void sqlite_reader_stop_when(struct store_reader *reader, const atomic_bool *stop);
void sqlite_read_end(struct store_txn *txn);
int64_t sqlite_bytes(struct store *store);
int64_t sqlite_log_bytes(struct store *store);
bool sqlite_write_begin(struct store_txn *txn, GError **error);
bool sqlite_write_open(struct store_txn *txn, int64_t *rows);
bool sqlite_write_flush(struct store_txn *txn, GError **error);
bool sqlite_write_commit(struct store_txn *txn, GError **error);
void sqlite_write_break(struct store_txn *txn);
bool sqlite_write_touch(struct store_txn *txn, GError **error);
void sqlite_between_groups(struct store *store);
