/* The search index against the events' current texts, without writing (FTS5's own integrity-check wants to write and
 * does not know our texts).
 *
 * Both sides are summed up: a hash of each (row, word, place) as the index lists them, and the same as the tokenizer
 * makes them from the texts. Equal sums of 64 bits mean equal sets; the sum needs no order and no memory. */
#include "store/sqlite/check.h"
#include "store/sqlite/search_index.h"
#include "store/sqlite/search_words.h"

struct tally {
    uint64_t sum, words;
    uint64_t row;    /* key of the row whose words come */
    uint64_t column; /* 0 text, 1 scope */
    uint64_t place;
};

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static void tally_word(struct tally *t, struct str folded)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (size_t i = 0; i < folded.len; i++)
        hash = (hash ^ (unsigned char)folded.ptr[i]) * UINT64_C(0x100000001b3);
    t->sum += mix(mix(mix(hash ^ t->row) + t->column) + t->place);
    t->words++;
}

static int tally_next(void *data, struct str folded, int start, int end)
{
    (void)start, (void)end;
    struct tally *t = data;
    tally_word(t, folded);
    t->place++;
    return SQLITE_OK;
}

static void tally_text(struct tally *t, struct search_words *words, uint64_t column, struct str text)
{
    t->column = column;
    t->place = 0;
    search_words_split(words, text, tally_next, t);
}

/* What the index says. */
static bool tally_index(struct check *check, struct tally *t, GError **error)
{
    struct connection *c = sqlite_txn(check->txn)->connection;
    if (!connection_run(
            c, "CREATE VIRTUAL TABLE IF NOT EXISTS temp.search_instance USING fts5vocab(main, search, instance)",
            error))
        return false;
    sqlite3_stmt *q = txn_statement(check->txn, "SELECT term, doc, col, \"offset\" FROM temp.search_instance", error);
    if (!q)
        return false;
    int row;
    while ((row = txn_step(check->txn, q, error)) > 0) {
        t->row = (uint64_t)column_int(q, 1);
        t->column = g_strcmp0((const char *)sqlite3_column_text(q, 2), "text") != 0;
        t->place = (uint64_t)column_int(q, 3);
        tally_word(t, str_from((const char *)sqlite3_column_blob(q, 0), (size_t)sqlite3_column_bytes(q, 0)));
    }
    return row == 0;
}

#define CURRENT_TEXT \
    "CASE WHEN event.revised_by = 0 THEN event.text ELSE" \
    " (SELECT text FROM event AS r WHERE r.number = (event.number & ~1048575 | event.revised_by)) END"

static bool key_fits(int64_t key, int64_t time_ms, int64_t event)
{
    for (int number = 0; number < SEARCH_KEY_TRIES; number++)
        if (search_key_try(time_ms, event, number) == key)
            return true;
    return false;
}

/* What the texts say, through search_key. `events` sums up which events have a key. */
static bool tally_texts(struct check *check, struct tally *t, uint64_t *events, GError **error)
{
    struct search_words *words = search_words_get(sqlite_txn(check->txn)->connection, error);
    sqlite3_stmt *q = words ? txn_statement(check->txn,
                                            "SELECT key, event.number, event.time_ms, session.company, session.dialect,"
                                            " session.visitor, " CURRENT_TEXT " FROM search_key"
                                            " LEFT JOIN event ON event.number = search_key.event AND event.kind = 3"
                                            " LEFT JOIN session ON session.number = event.number >> 20 ORDER BY key",
                                            error)
                            : NULL;
    if (!q)
        return false;
    int row;
    while ((row = txn_step(check->txn, q, error)) > 0) {
        int64_t key = column_int(q, 0), event = column_int(q, 1);
        struct str text = str_from((const char *)sqlite3_column_blob(q, 6), (size_t)sqlite3_column_bytes(q, 6));
        if (!text.len) {
            check_report(check, "search key %" G_GINT64_FORMAT " leads to no message with a text", key);
            continue;
        }
        if (!key_fits(key, column_int(q, 2), event))
            check_report(check, "search key %" G_GINT64_FORMAT " is not at its message's time", key);
        char scope[SEARCH_SCOPE_SIZE];
        search_scope(scope, column_int(q, 3), (enum dialect)column_int(q, 4), column_int(q, 5));
        t->row = (uint64_t)key;
        tally_text(t, words, 0, text);
        tally_text(t, words, 1, str_from_c(scope));
        *events += mix((uint64_t)event);
    }
    return row == 0;
}

/* Which events should have a key. */
static bool tally_messages(struct check *check, uint64_t *events, GError **error)
{
    sqlite3_stmt *q =
        txn_statement(check->txn, "SELECT number FROM event WHERE kind = 3 AND length(" CURRENT_TEXT ") > 0", error);
    if (!q)
        return false;
    int row;
    while ((row = txn_step(check->txn, q, error)) > 0)
        *events += mix((uint64_t)column_int(q, 0));
    return row == 0;
}

bool check_search(struct check *check, GError **error)
{
    if (!sqlite_txn(check->txn)->connection->store->options.full_text)
        return true;
    struct tally index = {0}, texts = {0};
    uint64_t with_key = 0, with_text = 0;
    if (!tally_index(check, &index, error) || !tally_texts(check, &texts, &with_key, error) ||
        !tally_messages(check, &with_text, error))
        return false;
    if (with_key != with_text)
        check_report(check, "the search keys are not those of the messages with a text");
    if (index.sum != texts.sum || index.words != texts.words)
        check_report(check, "the search index holds %" G_GUINT64_FORMAT " words, the messages %" G_GUINT64_FORMAT "%s",
                     index.words, texts.words, index.words == texts.words ? ", and they differ" : "");
    return true;
}
