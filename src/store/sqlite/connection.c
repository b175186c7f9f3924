#include "store/sqlite/sqlite.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/sqlite/search_words.h"

/* The one place where SQLite's codes become reasons. */
static enum reason reason_of_code(int code)
{
    switch (code & 0xff) {
    case SQLITE_FULL:
        return REASON_DISK_FULL;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return REASON_DATABASE_CORRUPT;
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return REASON_FILE_UNWRITABLE;
    case SQLITE_CANTOPEN:
        return REASON_FILE_UNREADABLE;
    case SQLITE_NOMEM:
        return REASON_MEMORY_SHORT;
    case SQLITE_IOERR:
        if (code == SQLITE_IOERR_NOMEM)
            return REASON_MEMORY_SHORT;
        return code == SQLITE_IOERR_READ || code == SQLITE_IOERR_SHORT_READ ? REASON_FILE_UNREADABLE
                                                                            : REASON_FILE_UNWRITABLE;
    case SQLITE_INTERRUPT:
        return REASON_CANCELLED;
    default:
        return REASON_INTERNAL;
    }
}

static const char *message_of_reason(enum reason reason)
{
    switch (reason) {
    case REASON_DISK_FULL:
        return "the disk is full";
    case REASON_DATABASE_CORRUPT:
        return "the database is damaged";
    case REASON_FILE_UNWRITABLE:
        return "the database cannot be written";
    case REASON_FILE_UNREADABLE:
        return "the database cannot be read";
    case REASON_MEMORY_SHORT:
        return "there is not enough memory for this: try again";
    case REASON_CANCELLED:
        return "the read was interrupted";
    default:
        return "the database failed";
    }
}

static void fail_with(struct connection *c, int code, enum reason reason, GError **error)
{
    const char *message = c->db ? sqlite3_errmsg(c->db) : sqlite3_errstr(code);
    if (reason != REASON_CANCELLED)
        LOG_ERROR("database failed", LOG_TEXT("reason", str_from_c(reason_name(reason))), LOG_NUMBER("code", code),
                  LOG_TEXT("message", str_from_c(message)));
    reason_set(error, reason, "%s", message_of_reason(reason));
}

bool connection_fail(struct connection *c, GError **error)
{
    int code = c->db ? sqlite3_extended_errcode(c->db) : SQLITE_NOMEM;
    fail_with(c, code, reason_of_code(code), error);
    return false;
}

/* Our texts are right: where one fails in itself, the file lost a table or column, or holds values that cannot be. */
static void fail_on_content(struct connection *c, GError **error)
{
    int code = sqlite3_extended_errcode(c->db);
    fail_with(c, code, code == SQLITE_ERROR ? REASON_DATABASE_CORRUPT : reason_of_code(code), error);
}

bool connection_roll_back(struct connection *c, GError **error)
{
    return !c->db || sqlite3_get_autocommit(c->db) || connection_run(c, "ROLLBACK", error);
}

static bool register_words(struct connection *c, GError **error)
{
    int code = search_words_register(c->db);
    if (code != SQLITE_OK)
        fail_with(c, code, reason_of_code(code), error);
    return code == SQLITE_OK;
}

bool connection_open(struct connection *c, const char *path, bool writer, size_t cache_bytes,
                     struct sqlite_store *store, GError **error)
{
    *c = (struct connection){.store = store, .writer = writer};
    /* One thread uses a connection at a time, so SQLite's own locks are left out. */
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW |
                (writer ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
    if (sqlite3_open_v2(path, &c->db, flags, NULL) != SQLITE_OK) {
        connection_fail(c, error);
        connection_close(c);
        return false;
    }
    c->statements = g_hash_table_new(g_direct_hash, g_direct_equal);
    char settings[160];
    g_snprintf(settings, sizeof settings,
               "PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;"
               "PRAGMA cache_size = -%" G_GSIZE_FORMAT,
               (cache_bytes ? cache_bytes : 2 * 1024 * 1024) / 1024);
    bool ok = connection_run(c, settings, error) && register_words(c, error);
    if (ok && writer)
        ok = connection_run(c,
                            "PRAGMA synchronous = FULL; PRAGMA secure_delete = FAST;"
                            "PRAGMA wal_autocheckpoint = 0", /* the writer does it between groups */
                            error);
    if (!ok)
        connection_close(c);
    return ok;
}

void connection_close(struct connection *c)
{
    if (c->statements) {
        GHashTableIter i;
        gpointer s;
        g_hash_table_iter_init(&i, c->statements);
        while (g_hash_table_iter_next(&i, NULL, &s))
            sqlite3_finalize(s);
        g_hash_table_destroy(c->statements);
        c->statements = NULL;
    }
    for (int i = 0; i < CONNECTION_LISTS; i++)
        g_clear_pointer(&c->lists[i], g_free);
    sqlite3_close(c->db);
    c->db = NULL;
}

static int is_over(void *data)
{
    struct connection *c = data;
    if (c->stop && atomic_load_explicit(c->stop, memory_order_relaxed))
        return 1;
    c->timed_out = c->until_ms && clock_monotonic_ms() >= c->until_ms;
    return c->timed_out;
}

static void look_now_and_then(struct connection *c)
{
    enum { STEPS_BETWEEN_LOOKS = 500 }; /* of SQLite's machine: some microseconds, or a hundred pages of an index */
    bool any = c->stop || c->until_ms;
    sqlite3_progress_handler(c->db, STEPS_BETWEEN_LOOKS, any ? is_over : NULL, c);
}

void connection_stop_when(struct connection *c, const atomic_bool *stop)
{
    c->stop = stop;
    look_now_and_then(c);
}

void connection_end_at(struct connection *c, int64_t until_ms)
{
    c->until_ms = until_ms;
    c->timed_out = false;
    look_now_and_then(c);
}

bool connection_run(struct connection *c, const char *sql, GError **error)
{
    return sqlite3_exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK || connection_fail(c, error);
}

bool connection_number(struct connection *c, const char *sql, int64_t *number, GError **error)
{
    sqlite3_stmt *s;
    *number = 0;
    if (sqlite3_prepare_v2(c->db, sql, -1, &s, NULL) != SQLITE_OK)
        return connection_fail(c, error);
    int code = sqlite3_step(s);
    if (code == SQLITE_ROW)
        *number = sqlite3_column_int64(s, 0);
    bool ok = code == SQLITE_ROW || code == SQLITE_DONE || connection_fail(c, error);
    sqlite3_finalize(s);
    return ok;
}

sqlite3_stmt *connection_statement(struct connection *c, const char *sql, GError **error)
{
    sqlite3_stmt *s = g_hash_table_lookup(c->statements, sql);
    if (s)
        return s;
    if (sqlite3_prepare_v3(c->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s, NULL) != SQLITE_OK) {
        fail_on_content(c, error);
        return NULL;
    }
    g_hash_table_insert(c->statements, (gpointer)sql, s);
    return s;
}

sqlite3_stmt *txn_statement(struct store_txn *txn, const char *sql, GError **error)
{
    sqlite3_stmt *s = connection_statement(sqlite_txn(txn)->connection, sql, error);
    if (!s)
        txn->failed = true;
    return s;
}

int txn_step(struct store_txn *txn, sqlite3_stmt *s, GError **error)
{
    int code = sqlite3_step(s);
    if (code == SQLITE_ROW)
        return 1;
    if (code != SQLITE_DONE) {
        txn->failed = true;
        fail_on_content(sqlite_txn(txn)->connection, error);
    }
    sqlite3_reset(s);
    return code == SQLITE_DONE ? 0 : -1;
}

bool txn_run(struct store_txn *txn, sqlite3_stmt *s, GError **error)
{
    int row = txn_step(txn, s, error);
    if (row > 0)
        sqlite3_reset(s);
    return row >= 0;
}

bool txn_any(struct store_txn *txn, sqlite3_stmt *s, bool *found, GError **error)
{
    int row = txn_step(txn, s, error);
    *found = row > 0;
    if (row > 0)
        sqlite3_reset(s);
    return row >= 0;
}

bool txn_corrupt(struct store_txn *txn, const char *what, GError **error)
{
    txn->failed = true;
    LOG_ERROR("database is damaged", LOG_TEXT("what", str_from_c(what)));
    reason_set(error, REASON_DATABASE_CORRUPT, "the database is damaged: %s", what);
    return false;
}

struct str column_str(sqlite3_stmt *s, int at, struct arena *a)
{
    /* As a blob: asking for text would make SQLite copy it once more to end it with a zero. */
    const char *bytes = sqlite3_column_blob(s, at);
    if (bytes)
        return arena_str(a, str_from(bytes, (size_t)sqlite3_column_bytes(s, at)));
    return sqlite3_column_type(s, at) == SQLITE_NULL ? STR_NULL : STR("");
}

void *rows_take(const GArray *read, struct arena *a, size_t *count)
{
    size_t size = g_array_get_element_size((GArray *)read);
    void *result = arena_array(a, MAX(read->len, 1), size);
    if (read->len)
        memcpy(result, read->data, read->len * size);
    *count = read->len;
    return result;
}

bool column_bytes(sqlite3_stmt *s, int at, void *to, size_t size)
{
    const void *bytes = sqlite3_column_blob(s, at);
    if (!bytes || (size_t)sqlite3_column_bytes(s, at) != size)
        return false;
    memcpy(to, bytes, size);
    return true;
}
