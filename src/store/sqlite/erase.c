/* Erasing a visitor, in three parts: unreadable at once (begin), payloads dropped bit by bit (steps), dropped bytes
 * made to disappear from the files (scrub, in scrub.c).
 *
 * session.erased: 0 no, 1 unreadable, 2 unreadable and payloads dropped. Readers only ask whether it is 0. */
#include "store/sqlite/sqlite.h"

/* Runs one of the statements below with the visitor's company and number as ?1 and ?2. */
static bool run_for(struct store_txn *txn, const char *sql, const struct visitor *v, GError **error)
{
    sqlite3_stmt *q = txn_statement(txn, sql, error);
    if (!q)
        return false;
    bind_int(q, 1, v->company);
    bind_int(q, 2, v->number);
    return txn_run(txn, q, error);
}

/* "erased-<number>", or longer when a visitor came with that very id. */
static bool replace_id(struct store_txn *txn, const struct visitor *v, GError **error)
{
    sqlite3_stmt *q = txn_statement(txn,
                                    "UPDATE OR IGNORE visitor SET id = ?2, state = 1, token = NULL, username = NULL,"
                                    " name = NULL, email = NULL, phone = NULL WHERE number = ?1",
                                    error);
    if (!q)
        return false;
    struct arena a;
    arena_init(&a);
    struct str id = arena_printf(&a, "erased-%" G_GINT64_FORMAT, v->number);
    bool ok;
    do {
        bind_int(q, 1, v->number);
        bind_str(q, 2, id);
        ok = txn_run(txn, q, error);
        id = arena_printf(&a, "%.*s-", STR_ARG(id));
    } while (ok && sqlite3_changes(sqlite_txn(txn)->connection->db) == 0);
    arena_clear(&a);
    return ok;
}

/* Says in the feed that each session is gone. */
static bool add_changes(struct store_txn *txn, const struct visitor *v, GError **error)
{
    sqlite3_stmt *q = txn_statement(
        txn, "SELECT number FROM session WHERE company = ?1 AND visitor = ?2 ORDER BY start_ms DESC, id", error);
    if (!q)
        return false;
    bind_int(q, 1, v->company);
    bind_int(q, 2, v->number);
    int row;
    while ((row = txn_step(txn, q, error)) > 0) {
        int64_t ignored;
        struct store_change change = {
            .kind = STORE_CHANGE_ERASE, .company = v->company, .visitor = v->number, .session = column_int(q, 0)};
        if (!change_add(txn, &change, &ignored, error)) {
            sqlite3_reset(q);
            return false;
        }
    }
    return row == 0;
}

#define OF_VISITOR " IN (SELECT number FROM session WHERE company = ?1 AND visitor = ?2)"

bool sqlite_erase_begin(struct store_txn *txn, const struct visitor *v, GError **error)
{
    group_touch_visitor(&sqlite_txn(txn)->connection->store->head, v->number);
    /* What stands in `value` tells a scrub whether another erasure began while it ran. */
    return add_changes(txn, v, error) &&
           run_for(txn, "UPDATE session SET erased = 1 WHERE company = ?1 AND visitor = ?2", v, error) &&
           /* Visitors and whoever came from outside; who works here is no data of the visitor. */
           run_for(txn, "UPDATE participant SET name = NULL WHERE type IN (0, 3) AND session" OF_VISITOR, v, error) &&
           run_for(txn, "DELETE FROM chat_key WHERE session" OF_VISITOR, v, error) &&
           run_for(txn, "DELETE FROM live_chat WHERE session" OF_VISITOR, v, error) &&
           run_for(txn,
                   "INSERT OR REPLACE INTO value(name, value)"
                   " SELECT 'scrub', max(number) || '-' || ?1 || '-' || ?2 FROM change",
                   v, error) &&
           replace_id(txn, v, error);
}

static bool drop_payload(struct store_txn *txn, const struct session *s, struct event *e, GError **error)
{
    static const uint8_t any[EVENT_CHAIN_SIZE];
    enum search_author author;
    if (e->kind == EVENT_MESSAGE && (!search_author_read(txn, s->number, e, &author, error) ||
                                     !search_remove(txn, s, author, e, event_current_text(e), error)))
        return false;
    if (e->id.ptr) {
        sqlite3_stmt *q =
            txn_statement(txn, "DELETE FROM event_id WHERE company = ?1 AND id = ?2 AND session = ?3", error);
        if (!q)
            return false;
        bind_int(q, 1, s->company);
        bind_str(q, 2, e->id);
        bind_int(q, 3, s->number);
        if (!txn_run(txn, q, error))
            return false;
    }
    struct event sealed = *e;
    event_seal(&sealed, any); /* for `inner` alone */
    sqlite3_stmt *q = txn_statement(
        txn, "UPDATE event SET salt = NULL, inner = ?2, id = NULL, text = NULL, data = NULL WHERE number = ?1", error);
    if (!q)
        return false;
    bind_int(q, 1, event_number(s->number, e->index));
    bind_blob(q, 2, sealed.inner, sizeof sealed.inner);
    return txn_run(txn, q, error);
}

/* Drops up to *left payloads of a session; `whole` when none is left there. Ascending, because a message's current text
 * stands in the edit behind it. */
static bool drop_of_session(struct store_txn *txn, const struct session *s, size_t *left, bool *whole, GError **error)
{
    sqlite3_stmt *q = txn_statement(txn,
                                    "SELECT number FROM event WHERE number BETWEEN ?1 AND ?2 AND salt IS NOT NULL"
                                    " ORDER BY number LIMIT ?3",
                                    error);
    if (!q)
        return false;
    bind_int(q, 1, event_number(s->number, 0));
    bind_int(q, 2, event_number(s->number, LIMIT_EVENTS_PER_SESSION - 1));
    bind_int(q, 3, (int64_t)*left);
    struct arena a;
    arena_init(&a);
    bool ok = true;
    int row;
    *whole = false;
    while (ok && *left && (row = txn_step(txn, q, error)) != 0) {
        struct event e;
        bool found;
        ok = row > 0 && event_read(txn, column_int(q, 0), false, &a, &e, &found, error) &&
             drop_payload(txn, s, &e, error);
        arena_clear(&a);
        --*left;
    }
    *whole = ok && *left;
    sqlite3_reset(q);
    return ok;
}

/* The next session with payloads to drop; number 0 = none. */
static bool next_session(struct store_txn *txn, struct session *s, GError **error)
{
    sqlite3_stmt *q = txn_statement(txn,
                                    "SELECT session.company, session.visitor, session.number, session.dialect"
                                    " FROM visitor CROSS JOIN session ON session.company = visitor.company"
                                    " AND session.visitor = visitor.number"
                                    " WHERE visitor.state = 1 AND session.erased = 1 LIMIT 1",
                                    error);
    if (!q)
        return false;
    *s = (struct session){0};
    int row = txn_step(txn, q, error);
    if (row > 0)
        *s = (struct session){.company = column_int(q, 0),
                              .visitor = column_int(q, 1),
                              .number = column_int(q, 2),
                              .dialect = (enum dialect)column_int(q, 3)};
    sqlite3_reset(q);
    return row >= 0;
}

bool sqlite_erase_step(struct store_txn *txn, size_t limit, bool *finished, GError **error)
{
    struct session s;
    *finished = false;
    while (limit) {
        bool whole;
        if (!next_session(txn, &s, error))
            return false;
        if (!s.number) {
            *finished = true;
            sqlite3_stmt *q = txn_statement(txn, "UPDATE visitor SET state = 2 WHERE state = 1", error);
            return q && txn_run(txn, q, error);
        }
        if (!drop_of_session(txn, &s, &limit, &whole, error))
            return false;
        if (!whole)
            continue;
        if (!session_dropped(txn, s.number, error))
            return false;
        limit--; /* sessions of few events cost too */
    }
    return true;
}

bool sqlite_scrub_pending(struct store_txn *txn, bool *erasing, bool *scrub, int64_t *owed_ms, GError **error)
{
    sqlite3_stmt *q = txn_statement(txn,
                                    "SELECT EXISTS(SELECT 1 FROM visitor WHERE state = 1),"
                                    " EXISTS(SELECT 1 FROM value WHERE name = 'scrub'),"
                                    /* The value begins with the erasure's change. */
                                    " (SELECT at_ms FROM change, value WHERE change.number = CAST(value AS INTEGER)"
                                    "  AND name = 'scrub')",
                                    error);
    if (!q || txn_step(txn, q, error) < 0)
        return false;
    *erasing = column_int(q, 0);
    *scrub = column_int(q, 1);
    *owed_ms = column_int(q, 2);
    sqlite3_reset(q);
    return true;
}
