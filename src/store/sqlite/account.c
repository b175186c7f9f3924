/* Accounts and small values: plain tables, read rarely (the core caches them by store_account_epoch). */
#include "store/sqlite/sqlite.h"

static void moved(struct store_txn *txn)
{
    txn->accounts_changed = true;
}

/* ---- companies ---- */

static bool company_name_free(struct store_txn *txn, const struct company *company, GError **error)
{
    sqlite3_stmt *s =
        txn_statement(txn, "SELECT 1 FROM company WHERE (name = ? OR host = ?) AND number <> ? LIMIT 1", error);
    if (!s)
        return false;
    bind_str(s, 1, company->name);
    bind_str(s, 2, company->host);
    bind_int(s, 3, company->number);
    bool taken;
    if (!txn_any(txn, s, &taken, error))
        return false;
    if (taken)
        reason_set(error, REASON_NAME_TAKEN, "another company has this name or host");
    return !taken;
}

bool sqlite_company_put(struct store_txn *txn, struct company *company, GError **error)
{
    if (!company_name_free(txn, company, error))
        return false;
    if (!company->number) {
        sqlite3_stmt *s = txn_statement(txn, "SELECT coalesce(max(number), 0) FROM company", error);
        if (!s || txn_step(txn, s, error) < 0)
            return false;
        company->number = column_int(s, 0) + 1;
        company->is_default = company->number == 1;
        sqlite3_reset(s);
    }
    /* `guests` only moves in company_guest: whoever changes a name must not turn the counter back. */
    sqlite3_stmt *s = txn_statement(txn,
                                    "INSERT INTO company(number, name, time_zone, host, is_default, is_sample, guests)"
                                    " VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT(number) DO UPDATE SET"
                                    " name = excluded.name, time_zone = excluded.time_zone, host = excluded.host,"
                                    " is_default = excluded.is_default, is_sample = excluded.is_sample",
                                    error);
    if (!s)
        return false;
    bind_int(s, 1, company->number);
    bind_str(s, 2, company->name);
    bind_str(s, 3, company->time_zone);
    bind_str(s, 4, company->host);
    bind_int(s, 5, company->is_default);
    bind_int(s, 6, company->is_sample);
    bind_int(s, 7, company->guests);
    moved(txn);
    return txn_run(txn, s, error);
}

bool sqlite_companies(struct store_txn *txn, struct arena *a, struct company **companies, size_t *count, GError **error)
{
    sqlite3_stmt *s = txn_statement(
        txn, "SELECT number, name, time_zone, host, is_default, is_sample, guests FROM company ORDER BY number", error);
    if (!s)
        return false;
    g_autoptr(GArray) read = g_array_new(FALSE, FALSE, sizeof(struct company));
    int row;
    while ((row = txn_step(txn, s, error)) > 0) {
        struct company company = {
            .number = column_int(s, 0),
            .name = column_str(s, 1, a),
            .time_zone = column_str(s, 2, a),
            .host = column_str(s, 3, a),
            .is_default = column_int(s, 4),
            .is_sample = column_int(s, 5),
            .guests = column_int(s, 6),
        };
        g_array_append_val(read, company);
    }
    *companies = rows_take(read, a, count);
    return row == 0;
}

bool sqlite_company_guest(struct store_txn *txn, int64_t company, int64_t *guest, GError **error)
{
    sqlite3_stmt *s =
        txn_statement(txn, "UPDATE company SET guests = guests + 1 WHERE number = ? RETURNING guests", error);
    if (!s)
        return false;
    bind_int(s, 1, company);
    int row = txn_step(txn, s, error);
    if (row < 0)
        return false;
    if (row == 0) {
        reason_set(error, REASON_COMPANY_UNKNOWN, "there is no such company");
        return false;
    }
    *guest = column_int(s, 0);
    sqlite3_reset(s);
    return true;
}

/* ---- operators ---- */

#define OPERATOR_SELECT \
    "SELECT company, id, username, name, email, password, digest, roles, departments, disabled, created_ms" \
    " FROM operator"

static struct operator_account operator_column(sqlite3_stmt *s, struct arena *a)
{
    return (struct operator_account){
        .company = column_int(s, 0),
        .id = column_str(s, 1, a),
        .username = column_str(s, 2, a),
        .name = column_str(s, 3, a),
        .email = column_str(s, 4, a),
        .password = column_str(s, 5, a),
        .digest = column_str(s, 6, a),
        .roles = (unsigned)column_int(s, 7),
        .departments = column_str(s, 8, a),
        .disabled = column_int(s, 9),
        .created_ms = column_int(s, 10),
    };
}

bool sqlite_operator_put(struct store_txn *txn, const struct operator_account *o, GError **error)
{
    sqlite3_stmt *s = txn_statement(txn, "SELECT 1 FROM operator WHERE username = ? AND id <> ?", error);
    if (!s)
        return false;
    bind_str(s, 1, o->username);
    bind_str(s, 2, o->id);
    bool taken;
    if (!txn_any(txn, s, &taken, error))
        return false;
    if (taken) {
        reason_set(error, REASON_NAME_TAKEN, "another operator has this username");
        return false;
    }
    s = txn_statement(txn,
                      "INSERT OR REPLACE INTO operator(company, id, username, name, email, password, digest, roles,"
                      " departments, disabled, created_ms) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      error);
    if (!s)
        return false;
    bind_int(s, 1, o->company);
    bind_str(s, 2, o->id);
    bind_str(s, 3, o->username);
    bind_str(s, 4, o->name);
    bind_str(s, 5, o->email);
    bind_str(s, 6, o->password);
    bind_str(s, 7, o->digest);
    bind_int(s, 8, o->roles);
    bind_str(s, 9, o->departments);
    bind_int(s, 10, o->disabled);
    bind_int(s, 11, o->created_ms);
    moved(txn);
    return txn_run(txn, s, error);
}

static bool one_operator(struct store_txn *txn, const char *sql, struct str key, struct arena *a,
                         struct operator_account *o, bool *found, GError **error)
{
    *found = false;
    *o = (struct operator_account){0};
    sqlite3_stmt *s = txn_statement(txn, sql, error);
    if (!s)
        return false;
    bind_str(s, 1, key);
    int row = txn_step(txn, s, error);
    if (row <= 0)
        return row == 0;
    *o = operator_column(s, a);
    *found = true;
    sqlite3_reset(s);
    return true;
}

bool sqlite_operator_by_id(struct store_txn *txn, struct str id, struct arena *a, struct operator_account *o,
                           bool *found, GError **error)
{
    return one_operator(txn, OPERATOR_SELECT " WHERE id = ?", id, a, o, found, error);
}

bool sqlite_operator_by_username(struct store_txn *txn, struct str username, struct arena *a,
                                 struct operator_account *o, bool *found, GError **error)
{
    return one_operator(txn, OPERATOR_SELECT " WHERE username = ?", username, a, o, found, error);
}

bool sqlite_operators(struct store_txn *txn, int64_t company, struct arena *a, struct operator_account **operators,
                      size_t *count, GError **error)
{
    sqlite3_stmt *s = txn_statement(txn, OPERATOR_SELECT " WHERE ?1 = 0 OR company = ?1 ORDER BY username", error);
    if (!s)
        return false;
    bind_int(s, 1, company);
    g_autoptr(GArray) read = g_array_new(FALSE, FALSE, sizeof(struct operator_account));
    int row;
    while ((row = txn_step(txn, s, error)) > 0) {
        struct operator_account o = operator_column(s, a);
        g_array_append_val(read, o);
    }
    *operators = rows_take(read, a, count);
    return row == 0;
}

/* ---- departments and buttons ---- */

bool sqlite_department_put(struct store_txn *txn, const struct department *d, GError **error)
{
    sqlite3_stmt *s = txn_statement(
        txn, "INSERT OR REPLACE INTO department(company, id, name, parent, enabled) VALUES(?, ?, ?, ?, ?)", error);
    if (!s)
        return false;
    bind_int(s, 1, d->company);
    bind_str(s, 2, d->id);
    bind_str(s, 3, d->name);
    bind_str(s, 4, d->parent);
    bind_int(s, 5, d->enabled);
    moved(txn);
    return txn_run(txn, s, error);
}

bool sqlite_departments(struct store_txn *txn, int64_t company, struct arena *a, struct department **departments,
                        size_t *count, GError **error)
{
    sqlite3_stmt *s = txn_statement(txn,
                                    "SELECT company, id, name, parent, enabled FROM department"
                                    " WHERE ?1 = 0 OR company = ?1 ORDER BY company, id",
                                    error);
    if (!s)
        return false;
    bind_int(s, 1, company);
    g_autoptr(GArray) read = g_array_new(FALSE, FALSE, sizeof(struct department));
    int row;
    while ((row = txn_step(txn, s, error)) > 0) {
        struct department d = {
            .company = column_int(s, 0),
            .id = column_str(s, 1, a),
            .name = column_str(s, 2, a),
            .parent = column_str(s, 3, a),
            .enabled = column_int(s, 4),
        };
        g_array_append_val(read, d);
    }
    *departments = rows_take(read, a, count);
    return row == 0;
}

bool sqlite_button_put(struct store_txn *txn, const struct button *b, GError **error)
{
    sqlite3_stmt *s = txn_statement(txn, "INSERT OR REPLACE INTO button(company, id, name) VALUES(?, ?, ?)", error);
    if (!s)
        return false;
    bind_int(s, 1, b->company);
    bind_str(s, 2, b->id);
    bind_str(s, 3, b->name);
    moved(txn);
    return txn_run(txn, s, error);
}

bool sqlite_buttons(struct store_txn *txn, int64_t company, struct arena *a, struct button **buttons, size_t *count,
                    GError **error)
{
    sqlite3_stmt *s = txn_statement(
        txn, "SELECT company, id, name FROM button WHERE ?1 = 0 OR company = ?1 ORDER BY company, id", error);
    if (!s)
        return false;
    bind_int(s, 1, company);
    g_autoptr(GArray) read = g_array_new(FALSE, FALSE, sizeof(struct button));
    int row;
    while ((row = txn_step(txn, s, error)) > 0) {
        struct button b = {
            .company = column_int(s, 0),
            .id = column_str(s, 1, a),
            .name = column_str(s, 2, a),
        };
        g_array_append_val(read, b);
    }
    *buttons = rows_take(read, a, count);
    return row == 0;
}

/* ---- tokens ---- */

bool sqlite_token_put(struct store_txn *txn, const struct token *t, GError **error)
{
    sqlite3_stmt *s = txn_statement(txn,
                                    "INSERT INTO token(hash, id, kind, company, operator_id, companion, rights,"
                                    " is_sample, created_ms, expires_ms, last_used_ms)"
                                    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                                    " ON CONFLICT(hash) DO UPDATE SET kind = excluded.kind, company = excluded.company,"
                                    " operator_id = excluded.operator_id, companion = excluded.companion,"
                                    " rights = excluded.rights, is_sample = excluded.is_sample,"
                                    " created_ms = excluded.created_ms, expires_ms = excluded.expires_ms",
                                    error);
    if (!s)
        return false;
    bind_blob(s, 1, t->hash, sizeof t->hash);
    bind_str(s, 2, t->id);
    bind_int(s, 3, t->kind);
    bind_int(s, 4, t->company);
    bind_str(s, 5, t->operator_id);
    bind_blob(s, 6, t->companion, sizeof t->companion);
    bind_int(s, 7, t->rights);
    bind_int(s, 8, t->is_sample);
    bind_int(s, 9, t->created_ms);
    bind_int(s, 10, t->expires_ms);
    bind_int(s, 11, t->last_used_ms);
    moved(txn);
    return txn_run(txn, s, error);
}

#define TOKEN_SELECT \
    "SELECT hash, id, kind, company, operator_id, companion, rights, is_sample, created_ms, expires_ms, last_used_ms" \
    " FROM token"

/* The row of a TOKEN_SELECT. When it cannot be read the statement is reset. */
static bool read_token(struct store_txn *txn, sqlite3_stmt *s, struct arena *a, struct token *t, GError **error)
{
    *t = (struct token){
        .id = column_str(s, 1, a),
        .kind = (enum token_kind)column_int(s, 2),
        .company = column_int(s, 3),
        .operator_id = column_str(s, 4, a),
        .rights = (unsigned)column_int(s, 6),
        .is_sample = column_int(s, 7),
        .created_ms = column_int(s, 8),
        .expires_ms = column_int(s, 9),
        .last_used_ms = column_int(s, 10),
    };
    if (column_bytes(s, 0, t->hash, sizeof t->hash) && column_bytes(s, 5, t->companion, sizeof t->companion))
        return true;
    sqlite3_reset(s);
    return txn_corrupt(txn, "a token cannot be read", error);
}

bool sqlite_token_get(struct store_txn *txn, const uint8_t hash[ID_HASH_SIZE], struct arena *a, struct token *t,
                      bool *found, GError **error)
{
    *found = false;
    *t = (struct token){0};
    sqlite3_stmt *s = txn_statement(txn, TOKEN_SELECT " WHERE hash = ?", error);
    if (!s)
        return false;
    bind_blob(s, 1, hash, ID_HASH_SIZE);
    int row = txn_step(txn, s, error);
    if (row <= 0)
        return row == 0;
    if (!read_token(txn, s, a, t, error))
        return false;
    sqlite3_reset(s);
    *found = true;
    return true;
}

#define TOKENS_OF_OPERATOR \
    TOKEN_SELECT " INDEXED BY token_operator WHERE operator_id = ?2 AND company = ?1 ORDER BY created_ms"
#define TOKENS_OF_COMPANY \
    TOKEN_SELECT " INDEXED BY token_company WHERE operator_id IS NULL AND company = ?1 ORDER BY created_ms"

bool sqlite_tokens(struct store_txn *txn, int64_t company, struct str operator_id, struct arena *a,
                   struct token **tokens, size_t *count, GError **error)
{
    *tokens = NULL;
    *count = 0;
    sqlite3_stmt *s = txn_statement(txn, operator_id.ptr ? TOKENS_OF_OPERATOR : TOKENS_OF_COMPANY, error);
    if (!s)
        return false;
    bind_int(s, 1, company);
    bind_str(s, 2, operator_id);
    g_autoptr(GArray) read = g_array_new(FALSE, FALSE, sizeof(struct token));
    int row;
    while ((row = txn_step(txn, s, error)) > 0) {
        struct token t;
        if (!read_token(txn, s, a, &t, error))
            return false;
        g_array_append_val(read, t);
    }
    *tokens = rows_take(read, a, count);
    return row == 0;
}

bool sqlite_token_used(struct store_txn *txn, const uint8_t hash[ID_HASH_SIZE], int64_t at_ms, GError **error)
{
    sqlite3_stmt *s =
        txn_statement(txn, "UPDATE token SET last_used_ms = ?2 WHERE hash = ?1 AND last_used_ms <= ?2 - ?3", error);
    if (!s)
        return false;
    bind_blob(s, 1, hash, ID_HASH_SIZE);
    bind_int(s, 2, at_ms);
    bind_int(s, 3, STORE_TOKEN_USE_MS);
    return txn_run(txn, s, error);
}

bool sqlite_token_delete(struct store_txn *txn, const uint8_t hash[ID_HASH_SIZE], GError **error)
{
    sqlite3_stmt *s = txn_statement(txn, "DELETE FROM token WHERE hash = ?", error);
    if (!s)
        return false;
    bind_blob(s, 1, hash, ID_HASH_SIZE);
    moved(txn);
    return txn_run(txn, s, error);
}

bool sqlite_token_trim(struct store_txn *txn, struct str operator_id, int64_t now_ms, size_t keep, GError **error)
{
    sqlite3_stmt *s = txn_statement(txn,
                                    "DELETE FROM token WHERE operator_id = ?1 AND expires_ms <> 0 AND (expires_ms <= ?2"
                                    " OR hash NOT IN (SELECT hash FROM token WHERE operator_id = ?1 AND expires_ms <> 0"
                                    " ORDER BY created_ms DESC, hash LIMIT ?3))",
                                    error);
    if (!s)
        return false;
    bind_str(s, 1, operator_id);
    bind_int(s, 2, now_ms);
    bind_int(s, 3, (int64_t)keep);
    moved(txn);
    return txn_run(txn, s, error);
}

bool sqlite_token_delete_of(struct store_txn *txn, struct str operator_id, GError **error)
{
    sqlite3_stmt *s = txn_statement(txn, "DELETE FROM token WHERE operator_id = ?", error);
    if (!s)
        return false;
    bind_str(s, 1, operator_id);
    moved(txn);
    return txn_run(txn, s, error);
}

/* ---- Genesys chats ---- */

bool sqlite_chat_key_put(struct store_txn *txn, const struct chat_key *k, GError **error)
{
    sqlite3_stmt *s = txn_statement(txn,
                                    "INSERT OR REPLACE INTO chat_key(company, visitor, session, user_id, hash,"
                                    " participant) SELECT ?, visitor, number, ?, ?, ? FROM session WHERE number = ?",
                                    error);
    if (!s)
        return false;
    bind_int(s, 1, k->company);
    bind_str(s, 2, k->user_id);
    bind_blob(s, 3, k->hash, sizeof k->hash);
    bind_int(s, 4, k->participant);
    bind_int(s, 5, k->session);
    return txn_run(txn, s, error);
}

bool sqlite_chat_keys(struct store_txn *txn, int64_t session, struct arena *a, struct chat_key **keys, size_t *count,
                      GError **error)
{
    *keys = NULL;
    *count = 0;
    sqlite3_stmt *s =
        txn_statement(txn, "SELECT company, user_id, hash, participant FROM chat_key WHERE session = ?", error);
    if (!s)
        return false;
    bind_int(s, 1, session);
    g_autoptr(GArray) read = g_array_new(FALSE, FALSE, sizeof(struct chat_key));
    int row;
    while ((row = txn_step(txn, s, error)) > 0) {
        struct chat_key k = {
            .company = column_int(s, 0),
            .session = session,
            .user_id = column_str(s, 1, a),
            .participant = (uint32_t)column_int(s, 3),
        };
        if (!column_bytes(s, 2, k.hash, sizeof k.hash)) {
            sqlite3_reset(s);
            return txn_corrupt(txn, "a chat key cannot be read", error);
        }
        g_array_append_val(read, k);
    }
    *keys = rows_take(read, a, count);
    return row == 0;
}

bool sqlite_live_chats(struct store_txn *txn, struct arena *a, int64_t **sessions, size_t *count, GError **error)
{
    *sessions = NULL;
    *count = 0;
    sqlite3_stmt *s = txn_statement(txn,
                                    "SELECT l.session FROM live_chat AS l JOIN session AS s ON s.number = l.session"
                                    " WHERE s.state = ? ORDER BY l.session",
                                    error);
    if (!s)
        return false;
    bind_int(s, 1, SESSION_OPEN);
    g_autoptr(GArray) read = g_array_new(FALSE, FALSE, sizeof(int64_t));
    int row;
    while ((row = txn_step(txn, s, error)) > 0) {
        int64_t session = column_int(s, 0);
        g_array_append_val(read, session);
    }
    *sessions = rows_take(read, a, count);
    return row == 0;
}

bool sqlite_live_chat_put(struct store_txn *txn, int64_t session, GError **error)
{
    sqlite3_stmt *s = txn_statement(txn, "INSERT OR IGNORE INTO live_chat(session) VALUES(?)", error);
    if (!s)
        return false;
    bind_int(s, 1, session);
    return txn_run(txn, s, error);
}

bool sqlite_live_chat_delete(struct store_txn *txn, int64_t session, GError **error)
{
    sqlite3_stmt *s = txn_statement(txn, "DELETE FROM live_chat WHERE session = ?", error);
    if (!s)
        return false;
    bind_int(s, 1, session);
    return txn_run(txn, s, error);
}

/* ---- values ---- */

bool sqlite_value_get(struct store_txn *txn, struct str name, struct arena *a, struct str *value, bool *found,
                      GError **error)
{
    *found = false;
    *value = STR_NULL;
    sqlite3_stmt *s = txn_statement(txn, "SELECT value FROM value WHERE name = ?", error);
    if (!s)
        return false;
    bind_str(s, 1, name);
    int row = txn_step(txn, s, error);
    if (row <= 0)
        return row == 0;
    *value = column_str(s, 0, a);
    *found = true;
    sqlite3_reset(s);
    return true;
}

bool sqlite_value_put(struct store_txn *txn, struct str name, struct str value, GError **error)
{
    sqlite3_stmt *s = txn_statement(txn, "INSERT OR REPLACE INTO value(name, value) VALUES(?, ?)", error);
    if (!s)
        return false;
    bind_str(s, 1, name);
    bind_str(s, 2, value.ptr ? value : STR(""));
    moved(txn);
    return txn_run(txn, s, error);
}
