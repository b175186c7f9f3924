/* Fills the search index from the log, newest messages first: search_index.h says when and why. */
#include "base/log.h"
#include "store/sqlite/search_index.h"
#include "text/words.h"

enum { STEP_BYTES = 256 * 1024 }; /* of a step's texts, about */

/* ---- beginning anew ---- */

/* All keys go to search_rest: nothing is to be done, the tables change names, or, when a refill under way begins again,
 * both halves are put together, which takes a while. */
static const char *keys_to_rest(bool any_key, bool any_rest)
{
    if (!any_key)
        return "";
    if (!any_rest)
        return "DROP TABLE search_rest;"
               "ALTER TABLE search_key RENAME TO search_rest;"
               "CREATE TABLE search_key(key INTEGER PRIMARY KEY, event INTEGER NOT NULL)";
    return "INSERT OR IGNORE INTO search_rest SELECT key, event FROM search_key;"
           /* Of two with one key one gets the next free number above all: it goes in first. */
           "INSERT INTO search_rest(event) SELECT search_key.event FROM search_key"
           " JOIN search_rest ON search_rest.key = search_key.key AND search_rest.event <> search_key.event;"
           "DELETE FROM search_key";
}

static bool begin_anew(struct connection *c, const char *rules, GError **error)
{
    int64_t any_key, any_rest;
    if (!connection_number(c, "SELECT EXISTS(SELECT 1 FROM search_key)", &any_key, error) ||
        !connection_number(c, "SELECT EXISTS(SELECT 1 FROM search_rest)", &any_rest, error))
        return false;
    char value[160];
    sqlite3_snprintf(sizeof value, value, "INSERT OR REPLACE INTO value(name, value) VALUES('search_rules', %Q)",
                     rules);
    if (any_key || any_rest)
        LOG_INFO("the search index begins anew", LOG_TEXT("rules", str_from_c(rules)));
    return connection_run(c, keys_to_rest(any_key, any_rest), error) &&
           connection_run(c, "INSERT INTO search(search) VALUES('delete-all')", error) &&
           connection_run(c, value, error);
}

static bool rules_are(struct connection *c, const char *rules, bool *same, GError **error)
{
    sqlite3_stmt *q = connection_statement(c, "SELECT 1 FROM value WHERE name = 'search_rules' AND value = ?1", error);
    if (!q)
        return false;
    bind_str(q, 1, str_from_c(rules));
    int code = sqlite3_step(q);
    bool ok = code == SQLITE_ROW || code == SQLITE_DONE || connection_fail(c, error);
    *same = code == SQLITE_ROW;
    sqlite3_reset(q);
    return ok;
}

bool search_open(struct connection *c, GError **error)
{
    const char *rules = words_rules();
    bool same;
    if (!rules_are(c, rules, &same, error))
        return false;
    if (same || (connection_run(c, "BEGIN IMMEDIATE", error) && begin_anew(c, rules, error) &&
                 connection_run(c, "COMMIT", error)))
        return true;
    connection_roll_back(c, NULL);
    return false;
}

/* ---- going on ---- */

bool sqlite_search_indexed_from(struct store_txn *txn, int64_t *from_ms, GError **error)
{
    sqlite3_stmt *q = txn_statement(txn, "SELECT max(key) FROM search_rest", error);
    if (!q || txn_step(txn, q, error) < 0)
        return false;
    /* Of the key's own millisecond some may wait. */
    bool all = sqlite3_column_type(q, 0) == SQLITE_NULL;
    *from_ms = all ? NO_TIME : (column_int(q, 0) >> SEARCH_KEY_LOW_BITS) + 1;
    sqlite3_reset(q);
    return true;
}

/* What search_scope asks for. */
static bool read_session(struct store_txn *txn, int64_t number, struct session *s, GError **error)
{
    sqlite3_stmt *q = txn_statement(txn, "SELECT company, dialect, visitor FROM session WHERE number = ?1", error);
    if (!q)
        return false;
    bind_int(q, 1, number);
    int row = txn_step(txn, q, error);
    if (row <= 0)
        return row == 0 && txn_corrupt(txn, "a message has no session", error);
    *s = (struct session){.number = number,
                          .company = column_int(q, 0),
                          .dialect = (enum dialect)column_int(q, 1),
                          .visitor = column_int(q, 2)};
    sqlite3_reset(q);
    return true;
}

/* Puts the message in as it stands now. One that was erased or deleted meanwhile has no text any more. */
static bool put_in(struct store_txn *txn, int64_t number, struct arena *a, size_t *bytes, GError **error)
{
    struct event e;
    struct session s;
    enum search_author author;
    bool found;
    if (!event_read(txn, number, false, a, &e, &found, error))
        return false;
    struct str text = found && e.kind == EVENT_MESSAGE ? event_current_text(&e) : STR_NULL;
    *bytes += text.len;
    return str_is_empty(text) ||
           (read_session(txn, event_number_session(number), &s, error) &&
            search_author_read(txn, s.number, &e, &author, error) && search_add(txn, &s, author, &e, text, error));
}

static bool take_from_rest(struct store_txn *txn, int64_t from_key, GError **error)
{
    sqlite3_stmt *q = txn_statement(txn, "DELETE FROM search_rest WHERE key >= ?1", error);
    if (!q)
        return false;
    bind_int(q, 1, from_key);
    return txn_run(txn, q, error);
}

bool sqlite_search_refill(struct store_txn *txn, size_t limit, struct store_refill *refill, GError **error)
{
    *refill = (struct store_refill){0};
    /* What the group's other jobs did to a message that still waited must have come to nothing before it goes in. */
    if (!search_flush(txn, error))
        return false;
    sqlite3_stmt *q = txn_statement(txn, "SELECT key, event FROM search_rest ORDER BY key DESC LIMIT ?1", error);
    if (!q)
        return false;
    bind_int(q, 1, (int64_t)limit);
    struct arena a;
    arena_init(&a);
    size_t bytes = 0;
    int64_t key = -1;
    bool ok = true;
    int row = 1;
    while (ok && bytes < STEP_BYTES && (row = txn_step(txn, q, error)) > 0) {
        key = column_int(q, 0);
        ok = put_in(txn, column_int(q, 1), &a, &bytes, error);
        arena_reset(&a);
        refill->messages++;
    }
    sqlite3_reset(q);
    arena_clear(&a);
    ok = ok && row >= 0 && (key < 0 || take_from_rest(txn, key, error)) &&
         sqlite_search_indexed_from(txn, &refill->from_ms, error);
    refill->finished = ok && refill->from_ms == NO_TIME;
    return ok;
}
