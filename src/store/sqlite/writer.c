/* The edges of a write transaction, for store/group.c. */
#include "store/sqlite/sqlite.h"

enum { READER_PATIENCE_MS = 5000 }; /* how long a group waits for the write lock */

static struct sqlite_store *store_of(struct store_txn *txn)
{
    return sqlite_txn(txn)->connection->store;
}

bool writer_reopen(struct sqlite_store *store, GError **error)
{
    connection_close(&store->connection);
    if (!connection_open(&store->connection, store->path, true, store->options.writer_cache_bytes, store, error))
        return false;
    log_watch(store);
    return true;
}

bool sqlite_write_begin(struct store_txn *txn, GError **error)
{
    struct connection *c = sqlite_txn(txn)->connection;
    if ((!c->db && !writer_reopen(c->store, error)) || !connection_roll_back(c, error))
        return false;
    sqlite3_stmt *s = txn_statement(txn, "BEGIN IMMEDIATE", error);
    /* A reader that meets the log's index while it is being written takes the write lock for a moment to read it again.
     * Only here: a checkpoint must not wait for readers. */
    sqlite3_busy_timeout(c->db, READER_PATIENCE_MS);
    bool begun = s && txn_run(txn, s, error);
    sqlite3_busy_timeout(c->db, 0);
    return begun;
}

bool sqlite_write_open(struct store_txn *txn, int64_t *rows)
{
    sqlite3 *db = sqlite_txn(txn)->connection->db;
    *rows = sqlite3_total_changes64(db);
    return !sqlite3_get_autocommit(db);
}

bool sqlite_write_flush(struct store_txn *txn, GError **error)
{
    return search_flush(txn, error);
}

bool sqlite_write_commit(struct store_txn *txn, GError **error)
{
    sqlite3_stmt *s = txn_statement(txn, "COMMIT", error);
    if (s && txn_run(txn, s, error)) {
        search_forget(store_of(txn));
        return true;
    }
    /* A page that found no room means that the commit's own page, the last one, is not there. */
    txn->not_committed = (sqlite3_errcode(sqlite_txn(txn)->connection->db) & 0xff) == SQLITE_FULL;
    return false;
}

/* What broke a transaction, want of memory say, may have left FTS5 with terms in its own memory that went back: with
 * the connection they are gone. */
void sqlite_write_break(struct store_txn *txn)
{
    struct sqlite_store *store = store_of(txn);
    connection_roll_back(&store->connection, NULL);
    search_forget(store);
    writer_reopen(store, NULL);
}

/* The schema's version as it is. */
bool sqlite_write_touch(struct store_txn *txn, GError **error)
{
    struct connection *c = sqlite_txn(txn)->connection;
    int64_t version;
    char text[64];
    if (!connection_number(c, "PRAGMA user_version", &version, error))
        return false;
    g_snprintf(text, sizeof text, "PRAGMA user_version = %" G_GINT64_FORMAT, version);
    return connection_run(c, text, error);
}

/* ---- work between groups ---- */

struct exclusive {
    bool (*work)(struct sqlite_store *store, void *data, GError **error);
    void *data;
};

static bool run_exclusive(struct store *head, void *data, GError **error)
{
    struct sqlite_store *store = sqlite_store(head);
    struct exclusive *exclusive = data;
    checkpointer_wait(store); /* it would hold up a checkpoint of the work's own */
    return (store->connection.db || writer_reopen(store, error)) && exclusive->work(store, exclusive->data, error);
}

bool writer_exclusive(struct sqlite_store *store, bool (*work)(struct sqlite_store *store, void *data, GError **error),
                      void *data, GError **error)
{
    return group_exclusive(&store->head, run_exclusive, &(struct exclusive){work, data}, error);
}
