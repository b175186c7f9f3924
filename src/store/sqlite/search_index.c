/* Rows are collected and written once a group: first all get their keys, then they go in, keys ascending: each step
 * back would make FTS5 write out a segment. */
#include "store/sqlite/search_index.h"

/* The low bits of the first try: a slot for the session, and in it the event's index. */
enum { KEY_INDEX_BITS = 10, KEY_SLOT_BITS = SEARCH_KEY_LOW_BITS - KEY_INDEX_BITS };

/* A group's texts are held in memory up to here, then written early. */
enum { COLLECTED_BYTES = 8 * 1024 * 1024 };

struct search_row {
    int64_t time_ms;
    int64_t key; /* of the first try; from key_settle on the row's own, 0 = nothing is to be written */
    int64_t event;
    struct str scope;
    bool internal;
    struct str old_text; /* to be taken out; STR_NULL = nothing is in */
    struct str new_text; /* to be put in; STR_NULL = nothing */
};

struct search_rows {
    GHashTable *by_event; /* &row->event -> row, in the arena */
    struct arena arena;
};

int64_t search_key_at(int64_t time_ms)
{
    return CLAMP(time_ms, 0, LIMIT_TIME_MS) << SEARCH_KEY_LOW_BITS;
}

static uint64_t scatter(uint64_t x)
{
    x *= UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
    return x ^ x >> 32;
}

int64_t search_key_try(int64_t time_ms, int64_t event, int number)
{
    uint64_t low;
    if (number == 0) {
        uint64_t slot = (uint64_t)event_number_session(event) * UINT64_C(0x9e3779b97f4a7c15) >> (64 - KEY_SLOT_BITS);
        low = slot << KEY_INDEX_BITS | (event_number_index(event) & ((1 << KEY_INDEX_BITS) - 1));
    } else {
        low = scatter((uint64_t)event * SEARCH_KEY_TRIES + (uint64_t)number) >> (64 - SEARCH_KEY_LOW_BITS);
    }
    return search_key_at(time_ms) | (int64_t)low;
}

static char *put_word(char *at, struct str word)
{
    memcpy(at, word.ptr, word.len);
    at[word.len] = ' ';
    return at + word.len + 1;
}

/* As printf would, which takes longer than all else here. */
static char *put_number(char *at, char kind, int64_t number)
{
    char digits[20];
    int count = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while (number /= 10);
    *at++ = kind;
    while (count)
        *at++ = digits[--count];
    *at = ' ';
    return at + 1;
}

struct str search_scope(char scope[SEARCH_SCOPE_SIZE], const struct session *s, enum search_author author,
                        const struct event *e)
{
    static const struct str authors[] = {
        [SEARCH_BY_VISITOR] = STR("visitor"), [SEARCH_BY_OPERATOR] = STR("operator"), [SEARCH_BY_BOT] = STR("bot")};
    char *at = put_number(scope, 'c', s->company);
    at = put_number(at, 'd', s->dialect);
    at = put_number(at, 'v', s->visitor);
    at = put_word(at, authors[author]);
    if (event_is_internal(e))
        at = put_word(at, STR("internal"));
    at = put_number(at, 't', search_key_at(e->time_ms) >> SEARCH_SPAN_BITS);
    return str_from(scope, (size_t)(at - 1 - scope));
}

static enum search_author author_of_type(int type)
{
    return type == PARTICIPANT_CLIENT                                    ? SEARCH_BY_VISITOR
           : type == PARTICIPANT_AGENT || type == PARTICIPANT_SUPERVISOR ? SEARCH_BY_OPERATOR
                                                                         : SEARCH_BY_BOT;
}

enum search_author search_author_of(const struct session_view *view, const struct event *e)
{
    const struct participant *by = session_participant(view, e->participant);
    return author_of_type(by ? (int)by->type : -1);
}

bool search_author_read(struct store_txn *txn, int64_t session, const struct event *e, enum search_author *author,
                        GError **error)
{
    sqlite3_stmt *q = txn_statement(txn, "SELECT type FROM participant WHERE session = ?1 AND participant = ?2", error);
    if (!q)
        return false;
    bind_int(q, 1, session);
    bind_int(q, 2, e->participant);
    int row = txn_step(txn, q, error);
    *author = author_of_type(row > 0 ? (int)column_int(q, 0) : -1);
    sqlite3_reset(q);
    return row >= 0;
}

static struct search_row *row_get(struct sqlite_store *store, const struct session *s, enum search_author author,
                                  const struct event *e)
{
    struct search_rows *rows = store->search_rows;
    if (!rows) {
        rows = store->search_rows = g_new0(struct search_rows, 1);
        rows->by_event = g_hash_table_new(g_int64_hash, g_int64_equal);
        arena_init(&rows->arena);
    }
    int64_t number = event_number(s->number, e->index);
    struct search_row *row = g_hash_table_lookup(rows->by_event, &number);
    if (row)
        return row;
    row = arena_new(&rows->arena, struct search_row);
    row->event = number;
    row->time_ms = e->time_ms;
    row->key = search_key_try(e->time_ms, number, 0);
    char scope[SEARCH_SCOPE_SIZE];
    row->scope = arena_str(&rows->arena, search_scope(scope, s, author, e));
    row->internal = event_is_internal(e);
    g_hash_table_insert(rows->by_event, &row->event, row);
    return row;
}

static bool flush_when_large(struct store_txn *txn, GError **error)
{
    struct sqlite_store *store = sqlite_txn(txn)->connection->store;
    return store->search_rows->arena.total < COLLECTED_BYTES || search_flush(txn, error);
}

bool search_add(struct store_txn *txn, const struct session *s, enum search_author author, const struct event *e,
                struct str text, GError **error)
{
    struct sqlite_store *store = sqlite_txn(txn)->connection->store;
    if (str_is_empty(text) || !store->options.full_text)
        return true;
    struct search_row *row = row_get(store, s, author, e); /* makes the arena */
    row->new_text = arena_str(&store->search_rows->arena, text);
    return flush_when_large(txn, error);
}

bool search_remove(struct store_txn *txn, const struct session *s, enum search_author author, const struct event *e,
                   struct str text, GError **error)
{
    struct sqlite_store *store = sqlite_txn(txn)->connection->store;
    if (str_is_empty(text) || !store->options.full_text)
        return true;
    struct search_row *row = row_get(store, s, author, e);
    if (row->new_text.ptr)
        row->new_text = STR_NULL; /* added in this very group: it never went in */
    else
        row->old_text = arena_str(&store->search_rows->arena, text);
    return flush_when_large(txn, error);
}

/* The key under which the event is indexed; 0 = it is not. */
static bool key_find(struct store_txn *txn, const struct search_row *row, int64_t *key, GError **error)
{
    sqlite3_stmt *q = txn_statement(txn, "SELECT 1 FROM search_key WHERE key = ?1 AND event = ?2", error);
    if (!q)
        return false;
    for (int number = 0; number < SEARCH_KEY_TRIES; number++) {
        *key = search_key_try(row->time_ms, row->event, number);
        bind_int(q, 1, *key);
        bind_int(q, 2, row->event);
        int found = txn_step(txn, q, error);
        sqlite3_reset(q);
        if (found)
            return found > 0;
    }
    *key = 0;
    return true;
}

/* Takes the first of the event's keys that is free. */
static bool key_take(struct store_txn *txn, const struct search_row *row, int64_t *key, GError **error)
{
    sqlite3_stmt *q = txn_statement(txn, "INSERT OR IGNORE INTO search_key(key, event) VALUES(?1, ?2)", error);
    if (!q)
        return false;
    for (int number = 0; number < SEARCH_KEY_TRIES; number++) {
        *key = search_key_try(row->time_ms, row->event, number);
        bind_int(q, 1, *key);
        bind_int(q, 2, row->event);
        if (!txn_run(txn, q, error))
            return false;
        if (sqlite3_changes(sqlite_txn(txn)->connection->db))
            return true;
    }
    txn->failed = true;
    reason_set_field(error, REASON_TIME_INVALID, STR("at"), "too many messages have this very time already");
    return false;
}

static bool key_drop(struct store_txn *txn, int64_t key, GError **error)
{
    sqlite3_stmt *q = txn_statement(txn, "DELETE FROM search_key WHERE key = ?1", error);
    if (!q)
        return false;
    bind_int(q, 1, key);
    return txn_run(txn, q, error);
}

static bool index_change(struct store_txn *txn, const char *sql, int64_t key, struct str text, struct str scope,
                         GError **error)
{
    sqlite3_stmt *q = txn_statement(txn, sql, error);
    if (!q)
        return false;
    bind_int(q, 1, key);
    bind_str(q, 2, text);
    bind_str(q, 3, scope);
    return txn_run(txn, q, error);
}

/* No key that is given up here is free before all have theirs: one row's text never goes in before another's is out.
 * What has a text and no key waits for the refill. */
static bool key_settle(struct store_txn *txn, struct search_row *row, GError **error)
{
    row->key = 0;
    if (row->old_text.ptr)
        return key_find(txn, row, &row->key, error);
    return !row->new_text.ptr || key_take(txn, row, &row->key, error);
}

/* Searches that must not show internal events ask for them only then: most databases have none. */
static bool note_internal(struct store_txn *txn, GError **error)
{
    sqlite3_stmt *q =
        txn_statement(txn, "INSERT OR IGNORE INTO value(name, value) VALUES('search_internal', '1')", error);
    return q && txn_run(txn, q, error);
}

static bool row_write(struct store_txn *txn, const struct search_row *row, GError **error)
{
    if (!row->key)
        return true;
    if (row->internal && !note_internal(txn, error))
        return false;
    if (row->old_text.ptr &&
        !index_change(txn, "INSERT INTO search(search, rowid, text, scope) VALUES('delete', ?1, ?2, ?3)", row->key,
                      row->old_text, row->scope, error))
        return false;
    if (!row->new_text.ptr)
        return key_drop(txn, row->key, error);
    return index_change(txn, "INSERT INTO search(rowid, text, scope) VALUES(?1, ?2, ?3)", row->key, row->new_text,
                        row->scope, error);
}

static int by_key(const void *a, const void *b)
{
    const struct search_row *x = *(const struct search_row *const *)a, *y = *(const struct search_row *const *)b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->event > y->event) - (x->event < y->event);
}

bool search_flush(struct store_txn *txn, GError **error)
{
    struct sqlite_store *store = sqlite_txn(txn)->connection->store;
    struct search_rows *rows = store->search_rows;
    if (!rows)
        return true;
    guint count = g_hash_table_size(rows->by_event);
    struct search_row **sorted = arena_array(&rows->arena, count, sizeof *sorted);
    GHashTableIter i;
    gpointer row;
    g_hash_table_iter_init(&i, rows->by_event);
    for (guint at = 0; g_hash_table_iter_next(&i, NULL, &row);)
        sorted[at++] = row;
    bool ok = true;
    if (count)
        qsort(sorted, count, sizeof(struct search_row *), by_key);
    for (guint at = 0; ok && at < count; at++)
        ok = key_settle(txn, sorted[at], error);
    if (count)
        qsort(sorted, count, sizeof(struct search_row *), by_key);
    for (guint at = 0; ok && at < count; at++)
        ok = row_write(txn, sorted[at], error);
    search_forget(store);
    return ok;
}

void search_forget(struct sqlite_store *store)
{
    if (!store->search_rows)
        return;
    g_hash_table_remove_all(store->search_rows->by_event);
    arena_clear(&store->search_rows->arena);
}

void search_free(struct sqlite_store *store)
{
    if (!store->search_rows)
        return;
    search_forget(store);
    g_hash_table_destroy(store->search_rows->by_event);
    g_free(store->search_rows);
    store->search_rows = NULL;
}
