/* Statuses, preferences, canned answers. */
#include "store/sqlite/sqlite.h"

/* ---- statuses ---- */

bool sqlite_status_put(struct store_txn *txn, const struct operator_status *status, GError **error)
{
    sqlite3_stmt *s = txn_statement(
        txn, "INSERT OR REPLACE INTO operator_status(company, operator_id, status, since_ms) VALUES(?, ?, ?, ?)",
        error);
    if (!s)
        return false;
    bind_int(s, 1, status->company);
    bind_str(s, 2, status->operator_id);
    bind_int(s, 3, status->availability);
    bind_int(s, 4, status->since_ms);
    return txn_run(txn, s, error);
}

static enum availability availability_column(sqlite3_stmt *s, int at)
{
    return (enum availability)CLAMP(column_int(s, at), AVAILABILITY_OFFLINE, AVAILABILITY_AWAY);
}

bool sqlite_status_get(struct store_txn *txn, int64_t company, struct str operator_id, struct operator_status *status,
                       GError **error)
{
    *status = (struct operator_status){.company = company, .operator_id = operator_id, .since_ms = NO_TIME};
    sqlite3_stmt *s =
        txn_statement(txn, "SELECT status, since_ms FROM operator_status WHERE company = ? AND operator_id = ?", error);
    if (!s)
        return false;
    bind_int(s, 1, company);
    bind_str(s, 2, operator_id);
    int row = txn_step(txn, s, error);
    if (row <= 0)
        return row == 0;
    status->availability = availability_column(s, 0);
    status->since_ms = column_event_time(s, 1);
    sqlite3_reset(s);
    return true;
}

bool sqlite_statuses(struct store_txn *txn, int64_t company, struct arena *a, struct operator_status **statuses,
                     size_t *count, GError **error)
{
    sqlite3_stmt *s = txn_statement(
        txn, "SELECT operator_id, status, since_ms FROM operator_status WHERE company = ? ORDER BY operator_id", error);
    if (!s)
        return false;
    bind_int(s, 1, company);
    g_autoptr(GArray) read = g_array_new(FALSE, FALSE, sizeof(struct operator_status));
    int row;
    while ((row = txn_step(txn, s, error)) > 0) {
        struct operator_status status = {.company = company,
                                         .operator_id = column_str(s, 0, a),
                                         .availability = availability_column(s, 1),
                                         .since_ms = column_event_time(s, 2)};
        g_array_append_val(read, status);
    }
    *statuses = rows_take(read, a, count);
    return row == 0;
}

/* ---- preferences ---- */

bool sqlite_preference_put(struct store_txn *txn, struct str operator_id, struct str value, GError **error)
{
    sqlite3_stmt *s = txn_statement(txn, "INSERT OR REPLACE INTO preference(operator_id, value) VALUES(?, ?)", error);
    if (!s)
        return false;
    bind_str(s, 1, operator_id);
    bind_str(s, 2, value);
    return txn_run(txn, s, error);
}

bool sqlite_preference_get(struct store_txn *txn, struct str operator_id, struct arena *a, struct str *value,
                           bool *found, GError **error)
{
    *found = false;
    *value = STR_NULL;
    sqlite3_stmt *s = txn_statement(txn, "SELECT value FROM preference WHERE operator_id = ?", error);
    if (!s)
        return false;
    bind_str(s, 1, operator_id);
    int row = txn_step(txn, s, error);
    if (row <= 0)
        return row == 0;
    *value = column_str(s, 0, a);
    *found = true;
    sqlite3_reset(s);
    return true;
}

/* ---- canned answers ---- */

#define CANNED_SELECT "SELECT id, department, shortcut, text, changed_ms FROM canned_answer"

static struct canned_answer canned_column(sqlite3_stmt *s, int64_t company, struct arena *a)
{
    return (struct canned_answer){
        .company = company,
        .id = column_str(s, 0, a),
        .department = column_str(s, 1, a),
        .shortcut = column_str(s, 2, a),
        .text = column_str(s, 3, a),
        .changed_ms = column_event_time(s, 4),
    };
}

static bool shortcut_is_free(struct store_txn *txn, const struct canned_answer *c, GError **error)
{
    sqlite3_stmt *s = txn_statement(
        txn, "SELECT 1 FROM canned_answer WHERE company = ? AND shortcut = ? AND department = ? AND id <> ?", error);
    if (!s)
        return false;
    bind_int(s, 1, c->company);
    bind_str(s, 2, c->shortcut);
    bind_str(s, 3, c->department);
    bind_str(s, 4, c->id);
    bool taken;
    if (!txn_any(txn, s, &taken, error))
        return false;
    if (taken)
        reason_set_field(error, REASON_NAME_TAKEN, STR("shortcut"), "another canned answer there has this shortcut");
    return !taken;
}

bool sqlite_canned_put(struct store_txn *txn, const struct canned_answer *c, GError **error)
{
    if (!shortcut_is_free(txn, c, error))
        return false;
    sqlite3_stmt *s = txn_statement(txn,
                                    "INSERT OR REPLACE INTO canned_answer(company, id, department, shortcut, text,"
                                    " changed_ms) VALUES(?, ?, ?, ?, ?, ?)",
                                    error);
    if (!s)
        return false;
    bind_int(s, 1, c->company);
    bind_str(s, 2, c->id);
    bind_str(s, 3, c->department);
    bind_str(s, 4, c->shortcut);
    bind_str(s, 5, c->text);
    bind_int(s, 6, c->changed_ms);
    return txn_run(txn, s, error);
}

bool sqlite_canned_get(struct store_txn *txn, int64_t company, struct str id, struct arena *a, struct canned_answer *c,
                       bool *found, GError **error)
{
    *found = false;
    *c = (struct canned_answer){0};
    sqlite3_stmt *s = txn_statement(txn, CANNED_SELECT " WHERE company = ? AND id = ?", error);
    if (!s)
        return false;
    bind_int(s, 1, company);
    bind_str(s, 2, id);
    int row = txn_step(txn, s, error);
    if (row <= 0)
        return row == 0;
    *c = canned_column(s, company, a);
    *found = true;
    sqlite3_reset(s);
    return true;
}

bool sqlite_canned_delete(struct store_txn *txn, int64_t company, struct str id, GError **error)
{
    sqlite3_stmt *s = txn_statement(txn, "DELETE FROM canned_answer WHERE company = ? AND id = ?", error);
    if (!s)
        return false;
    bind_int(s, 1, company);
    bind_str(s, 2, id);
    return txn_run(txn, s, error);
}

bool sqlite_canned_list(struct store_txn *txn, int64_t company, const struct canned_answer *after, size_t limit,
                        struct arena *a, struct canned_answer **answers, size_t *count, GError **error)
{
    /* Shortcuts are not empty, so the least key stands before all. */
    sqlite3_stmt *s = txn_statement(txn,
                                    CANNED_SELECT " INDEXED BY canned_answer_shortcut WHERE company = ?"
                                                  " AND (shortcut, department) > (?, ?)"
                                                  " ORDER BY shortcut, department LIMIT ?",
                                    error);
    if (!s)
        return false;
    bind_int(s, 1, company);
    bind_str(s, 2, after ? after->shortcut : STR(""));
    bind_str(s, 3, after ? after->department : STR(""));
    bind_int(s, 4, (int64_t)MIN(limit, INT64_MAX));
    g_autoptr(GArray) read = g_array_new(FALSE, FALSE, sizeof(struct canned_answer));
    int row;
    while ((row = txn_step(txn, s, error)) > 0) {
        struct canned_answer c = canned_column(s, company, a);
        g_array_append_val(read, c);
    }
    *answers = rows_take(read, a, count);
    return row == 0;
}

bool sqlite_canned_count(struct store_txn *txn, int64_t company, size_t *count, GError **error)
{
    *count = 0;
    sqlite3_stmt *s = txn_statement(txn,
                                    "SELECT count(*) FROM canned_answer INDEXED BY canned_answer_shortcut"
                                    " WHERE company = ?",
                                    error);
    if (!s)
        return false;
    bind_int(s, 1, company);
    int row = txn_step(txn, s, error);
    if (row <= 0)
        return row == 0;
    *count = (size_t)column_int(s, 0);
    sqlite3_reset(s);
    return true;
}
