/* Makes the roll-ups, what events know of their deletion and the search index anew from the log. On the writer's
 * thread, in transactions of a bounded size; writes wait. Interrupted, the index is incomplete until the call is
 * repeated; check says so. */
#include "store/sqlite/sqlite.h"

enum { EVENTS_PER_STEP = 20000 };

struct rebuild {
    const struct store_progress *progress;
    int64_t after; /* number of the last event looked at */
    int64_t done, total;
    bool finished;
};

static bool rebuild_rollups(struct store_txn *txn, GError **error)
{
    sqlite3_stmt *q = txn_statement(txn, "DELETE FROM rollup", error);
    if (!q || !txn_run(txn, q, error))
        return false;
    for (int level = 0; level < ROLLUP_LEVELS; level++) {
        q = txn_statement(txn,
                          "INSERT INTO rollup(company, level, bucket, sessions, duration_ms, messages)"
                          " SELECT company, ?1, first_message_ms / ?2, count(*),"
                          " sum(last_message_ms - first_message_ms), sum(messages)"
                          " FROM session WHERE first_message_ms IS NOT NULL GROUP BY company, first_message_ms / ?2",
                          error);
        if (!q)
            return false;
        bind_int(q, 1, level);
        bind_int(q, 2, rollup_width_ms[level]);
        if (!txn_run(txn, q, error))
            return false;
    }
    return true;
}

static bool rebuild_begin(struct store_txn *txn, struct rebuild *rebuild, GError **error)
{
    sqlite3_stmt *q = txn_statement(txn, "INSERT INTO search(search) VALUES('delete-all')", error);
    if (!q || !txn_run(txn, q, error))
        return false;
    q = txn_statement(txn, "UPDATE event SET deleted = NOT deleted WHERE deleted <> " EVENT_IS_DELETED, error);
    if (!q || !txn_run(txn, q, error))
        return false;
    q = txn_statement(txn, "DELETE FROM search_key", error);
    if (!q || !txn_run(txn, q, error))
        return false;
    q = txn_statement(txn, "DELETE FROM search_rest", error);
    if (!q || !txn_run(txn, q, error) || !rebuild_rollups(txn, error))
        return false;
    q = txn_statement(txn, "SELECT total(messages) FROM session", error);
    if (!q || txn_step(txn, q, error) < 0)
        return false;
    rebuild->total = column_int(q, 0);
    sqlite3_reset(q);
    rebuild->after = -1;
    return true;
}

/* The next messages go into the index. */
static bool rebuild_step(struct store_txn *txn, struct rebuild *rebuild, GError **error)
{
    sqlite3_stmt *q = txn_statement(txn,
                                    "SELECT event.number, session.company, session.dialect, session.visitor FROM event"
                                    " CROSS JOIN session ON session.number = event.number >> 20"
                                    " WHERE event.number > ?1 AND event.kind = 3 AND event.salt IS NOT NULL"
                                    " ORDER BY event.number LIMIT ?2",
                                    error);
    if (!q)
        return false;
    bind_int(q, 1, rebuild->after);
    bind_int(q, 2, EVENTS_PER_STEP);
    struct arena a;
    arena_init(&a);
    int64_t before = rebuild->done;
    int row = 0;
    bool ok = true;
    while (ok && (row = txn_step(txn, q, error)) > 0) {
        struct event e;
        bool found;
        int64_t number = column_int(q, 0);
        struct session s = {.number = event_number_session(number),
                            .company = column_int(q, 1),
                            .dialect = (enum dialect)column_int(q, 2),
                            .visitor = column_int(q, 3)};
        enum search_author author;
        ok = event_read(txn, number, false, &a, &e, &found, error) &&
             search_author_read(txn, s.number, &e, &author, error) &&
             search_add(txn, &s, author, &e, event_current_text(&e), error);
        arena_clear(&a);
        rebuild->after = number;
        rebuild->done++;
    }
    sqlite3_reset(q);
    rebuild->finished = rebuild->done - before < EVENTS_PER_STEP;
    return ok && row == 0;
}

static bool in_transaction(struct sqlite_store *store, struct rebuild *rebuild,
                           bool (*work)(struct store_txn *, struct rebuild *, GError **), GError **error)
{
    struct store_txn *txn = &store->txn.head;
    *txn = (struct store_txn){.driver = store->head.driver};
    if (!connection_roll_back(&store->connection, error) ||
        !connection_run(&store->connection, "BEGIN IMMEDIATE", error))
        return false;
    bool ok =
        work(txn, rebuild, error) && search_flush(txn, error) && connection_run(&store->connection, "COMMIT", error);
    search_forget(store);
    if (!ok)
        connection_roll_back(&store->connection, NULL);
    return ok;
}

static bool rebuild_all(struct sqlite_store *store, void *data, GError **error)
{
    struct rebuild *rebuild = data;
    const struct store_progress *progress = rebuild->progress;
    if (!in_transaction(store, rebuild, rebuild_begin, error))
        return false;
    rebuild->finished = !store->options.full_text;
    while (!rebuild->finished) {
        if (!in_transaction(store, rebuild, rebuild_step, error))
            return false;
        if (progress && !progress->report(progress->data, rebuild->done, rebuild->total)) {
            reason_set(error, REASON_CANCELLED, "the rebuild was interrupted; the search index is not complete");
            return false;
        }
    }
    return true;
}

bool sqlite_rebuild(struct store *store, const struct store_progress *progress, GError **error)
{
    struct rebuild rebuild = {.progress = progress};
    return writer_exclusive(sqlite_store(store), rebuild_all, &rebuild, error);
}
