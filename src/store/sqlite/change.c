#include "base/clock.h"
#include "store/sqlite/sqlite.h"

bool change_add(struct store_txn *txn, const struct store_change *change, int64_t *number, GError **error)
{
    sqlite3_stmt *s = txn_statement(txn,
                                    "INSERT INTO change(kind, company, visitor, session, first, last, at_ms)"
                                    " VALUES(?, ?, ?, ?, ?, ?, ?)",
                                    error);
    if (!s)
        return false;
    bind_int(s, 1, change->kind);
    bind_int(s, 2, change->company);
    bind_int(s, 3, change->visitor);
    bind_int(s, 4, change->session);
    bind_int(s, 5, change->first);
    bind_int(s, 6, change->last);
    bind_int(s, 7, clock_now_ms());
    if (!txn_run(txn, s, error))
        return false;
    *number = sqlite3_last_insert_rowid(sqlite_txn(txn)->connection->db);
    return true;
}

#define CHANGES(where) \
    "SELECT number, kind, company, visitor, session, first, last, at_ms FROM change" where \
    " number > ?1 ORDER BY number LIMIT ?2"

bool sqlite_changes(struct store_txn *txn, const struct store_change_filter *filter, int64_t after, size_t limit,
                    struct arena *a, struct store_change **changes, size_t *count, GError **error)
{
    *changes = NULL;
    *count = 0;
    sqlite3_stmt *s = txn_statement(txn,
                                    filter->session   ? CHANGES(" INDEXED BY change_session WHERE session = ?3 AND")
                                    : filter->company ? CHANGES(" INDEXED BY change_company WHERE company = ?3 AND")
                                                      : CHANGES(" WHERE"),
                                    error);
    if (!s)
        return false;
    bind_int(s, 1, after);
    bind_int(s, 2, (int64_t)MIN(limit, INT64_MAX));
    bind_int(s, 3, filter->session ? filter->session : filter->company);
    g_autoptr(GArray) read = g_array_new(FALSE, FALSE, sizeof(struct store_change));
    int row;
    while ((row = txn_step(txn, s, error)) > 0) {
        struct store_change change = {
            .number = column_int(s, 0),
            .kind = (enum store_change_kind)column_int(s, 1),
            .company = column_int(s, 2),
            .visitor = column_int(s, 3),
            .session = column_int(s, 4),
            .first = (uint32_t)column_int(s, 5),
            .last = (uint32_t)column_int(s, 6),
            .at_ms = column_time(s, 7),
        };
        g_array_append_val(read, change);
    }
    if (row < 0)
        return false;
    *changes = rows_take(read, a, count);
    return true;
}
