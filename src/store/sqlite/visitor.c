#include "store/sqlite/sqlite.h"

#define VISITOR_SELECT \
    "SELECT company, number, id, token, username, name, email, phone, sessions, created_ms, state FROM visitor"

/* The row of a VISITOR_SELECT. */
static struct visitor visitor_column(sqlite3_stmt *s, struct arena *a)
{
    return (struct visitor){
        .company = column_int(s, 0),
        .number = column_int(s, 1),
        .id = column_str(s, 2, a),
        .token = column_str(s, 3, a),
        .username = column_str(s, 4, a),
        .name = column_str(s, 5, a),
        .email = column_str(s, 6, a),
        .phone = column_str(s, 7, a),
        .sessions = column_int(s, 8),
        .created_ms = column_time(s, 9),
        .state = (enum visitor_state)CLAMP(column_int(s, 10), VISITOR_KNOWN, VISITOR_ERASED),
    };
}

/* The only row of a bound statement, if there is one. */
static bool one(struct store_txn *txn, sqlite3_stmt *s, struct arena *a, struct visitor *v, bool *found, GError **error)
{
    *v = (struct visitor){0};
    int row = txn_step(txn, s, error);
    *found = row > 0;
    if (row <= 0)
        return row == 0;
    *v = visitor_column(s, a);
    sqlite3_reset(s);
    return true;
}

static bool all(struct store_txn *txn, sqlite3_stmt *s, struct arena *a, struct visitor **visitors, size_t *count,
                GError **error)
{
    g_autoptr(GArray) read = g_array_new(FALSE, FALSE, sizeof(struct visitor));
    int row;
    while ((row = txn_step(txn, s, error)) > 0) {
        struct visitor v = visitor_column(s, a);
        g_array_append_val(read, v);
    }
    if (row < 0)
        return false;
    *visitors = rows_take(read, a, count);
    return true;
}

bool sqlite_visitor_get(struct store_txn *txn, int64_t company, struct str id, struct arena *a, struct visitor *v,
                        bool *found, GError **error)
{
    sqlite3_stmt *s = txn_statement(txn, VISITOR_SELECT " WHERE company = ? AND id = ?", error);
    if (!s)
        return false;
    bind_int(s, 1, company);
    bind_str(s, 2, id);
    return one(txn, s, a, v, found, error);
}

bool sqlite_visitor_by_number(struct store_txn *txn, int64_t visitor, struct arena *a, struct visitor *v, bool *found,
                              GError **error)
{
    sqlite3_stmt *s = txn_statement(txn, VISITOR_SELECT " WHERE number = ?", error);
    if (!s)
        return false;
    bind_int(s, 1, visitor);
    return one(txn, s, a, v, found, error);
}

bool sqlite_visitor_by_token(struct store_txn *txn, int64_t company, struct str token, struct arena *a,
                             struct visitor *v, bool *found, GError **error)
{
    sqlite3_stmt *s =
        txn_statement(txn, VISITOR_SELECT " WHERE company = ? AND token = ? ORDER BY number LIMIT 1", error);
    if (!s)
        return false;
    bind_int(s, 1, company);
    bind_str(s, 2, token);
    return one(txn, s, a, v, found, error);
}

bool sqlite_visitor_list(struct store_txn *txn, int64_t company, struct str text, int64_t before, size_t limit,
                         struct arena *a, struct visitor **visitors, size_t *count, GError **error)
{
    /* SQLite's lower() folds ASCII only, as promised. */
    sqlite3_stmt *s =
        txn_statement(txn,
                      VISITOR_SELECT " INDEXED BY visitor_company WHERE company = ?1 AND number < ?2 AND (?3 = ''"
                                     " OR instr(lower(name), lower(?3)) OR instr(lower(email), lower(?3))"
                                     " OR instr(lower(phone), lower(?3))) ORDER BY number DESC LIMIT ?4",
                      error);
    if (!s)
        return false;
    bind_int(s, 1, company);
    bind_int(s, 2, before ? before : INT64_MAX);
    bind_str(s, 3, text.ptr ? text : STR(""));
    bind_int(s, 4, (int64_t)MIN(limit, INT64_MAX));
    return all(txn, s, a, visitors, count, error);
}

bool sqlite_visitor_scan(struct store_txn *txn, int64_t after, size_t limit, struct arena *a, struct visitor **visitors,
                         size_t *count, GError **error)
{
    sqlite3_stmt *s = txn_statement(txn, VISITOR_SELECT " WHERE number > ? ORDER BY number LIMIT ?", error);
    if (!s)
        return false;
    bind_int(s, 1, after);
    bind_int(s, 2, (int64_t)MIN(limit, INT64_MAX));
    return all(txn, s, a, visitors, count, error);
}

bool sqlite_visitor_number(struct store_txn *txn, int64_t company, struct str id, int64_t *number, GError **error)
{
    (void)company, (void)id; /* one machine holds all */
    (void)error;
    *number = ++sqlite_txn(txn)->connection->store->last_visitor;
    return true;
}

static void bind_visitor(sqlite3_stmt *s, const struct visitor *v)
{
    bind_int(s, 1, v->company);
    bind_int(s, 2, v->number);
    bind_str(s, 3, v->id);
    bind_str(s, 4, v->token);
    bind_str(s, 5, v->username);
    bind_str(s, 6, v->name);
    bind_str(s, 7, v->email);
    bind_str(s, 8, v->phone);
    bind_int(s, 9, v->sessions);
    bind_time(s, 10, v->created_ms);
    bind_int(s, 11, v->state);
}

bool sqlite_visitor_replace(struct store_txn *txn, const struct visitor *v, GError **error)
{
    group_touch_visitor(&sqlite_txn(txn)->connection->store->head, v->number);
    sqlite3_stmt *s = txn_statement(txn,
                                    "INSERT OR REPLACE INTO visitor(company, number, id, token, username, name, email,"
                                    " phone, sessions, created_ms, state) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                    error);
    if (!s)
        return false;
    bind_visitor(s, v);
    return txn_run(txn, s, error);
}

bool visitor_write(struct store_txn *txn, const struct visitor *before, const struct visitor *after, GError **error)
{
    if (!before) {
        sqlite3_stmt *s = txn_statement(txn,
                                        "INSERT INTO visitor(company, number, id, token, username, name, email, phone,"
                                        " sessions, created_ms, state) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                        error);
        if (!s)
            return false;
        bind_visitor(s, after);
        return txn_run(txn, s, error);
    }
    /* What is in an index is not named unless it moves. */
    sqlite3_stmt *s = txn_statement(
        txn,
        before->state == after->state && str_equal(before->token, after->token)
            ? "UPDATE visitor SET username = ?5, name = ?6, email = ?7, phone = ?8, sessions = ?9, created_ms = ?10"
              " WHERE number = ?2"
            : "UPDATE visitor SET token = ?4, username = ?5, name = ?6, email = ?7, phone = ?8, sessions = ?9,"
              " created_ms = ?10, state = ?11 WHERE number = ?2",
        error);
    if (!s)
        return false;
    bind_visitor(s, after);
    return txn_run(txn, s, error);
}
