/* The search index against the events' current texts, without writing (FTS5's own integrity-check wants to write and
 * does not know our texts).
 *
 * Both sides are summed up: a hash of each (row, word, place) as the index lists them, and the same as the tokenizer
 * makes them from the texts. Equal sums of 64 bits mean equal sets; the sum needs no order and no memory. */
#include "store/sqlite/check.h"
#include "store/sqlite/search_index.h"
#include "text/words.h"

struct tally {
    uint64_t sum, words;
    uint64_t row;    /* key of the row whose words come */
    uint64_t column; /* 0 text, 1 scope */
    uint64_t place;
    bool internal; /* a row is of an internal event */
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

static bool tally_next(void *data, const struct word *word)
{
    struct tally *t = data;
    t->place = word->place;
    tally_word(t, word->folded);
    return true;
}

static void tally_text(struct tally *t, uint64_t column, struct str text)
{
    t->column = column;
    words_split(text, WORDS_OF_TEXT, tally_next, t);
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

static struct str borrowed_text(sqlite3_stmt *q, int at)
{
    return str_from((const char *)sqlite3_column_blob(q, at), (size_t)sqlite3_column_bytes(q, at));
}

static bool tally_row(struct check *check, struct tally *t, sqlite3_stmt *q, GError **error)
{
    const struct session s = {
        .company = column_int(q, 2), .dialect = (enum dialect)column_int(q, 3), .visitor = column_int(q, 4)};
    const struct event e = {
        .time_ms = column_int(q, 5), .participant = (uint32_t)column_int(q, 6), .data = borrowed_text(q, 7)};
    char scope[SEARCH_SCOPE_SIZE];
    enum search_author author;
    if (!search_author_read(check->txn, event_number_session(column_int(q, 1)), &e, &author, error))
        return false;
    t->internal |= event_is_internal(&e);
    t->row = (uint64_t)column_int(q, 0);
    tally_text(t, 0, borrowed_text(q, 8));
    tally_text(t, 1, search_scope(scope, &s, author, &e));
    return true;
}

/* What the texts say, through search_key. `events` sums up which events have a key. */
static bool tally_texts(struct check *check, struct tally *t, uint64_t *events, GError **error)
{
    sqlite3_stmt *q = txn_statement(check->txn,
                                    "SELECT key, event.number, session.company, session.dialect, session.visitor,"
                                    " event.time_ms, event.participant, event.data, " CURRENT_TEXT " FROM search_key"
                                    " LEFT JOIN event ON event.number = search_key.event AND event.kind = 3"
                                    " LEFT JOIN session ON session.number = event.number >> 20 ORDER BY key",
                                    error);
    if (!q)
        return false;
    int row = 1;
    bool ok = true;
    while (ok && (row = txn_step(check->txn, q, error)) > 0) {
        int64_t key = column_int(q, 0), event = column_int(q, 1);
        if (!borrowed_text(q, 8).len) {
            check_report(check, "search key %" G_GINT64_FORMAT " leads to no message with a text", key);
            continue;
        }
        if (!key_fits(key, column_int(q, 5), event))
            check_report(check, "search key %" G_GINT64_FORMAT " is not at its message's time", key);
        ok = tally_row(check, t, q, error);
        *events += mix((uint64_t)event);
    }
    sqlite3_reset(q);
    return ok && row == 0;
}

/* The sum of the events that a text names. */
static bool tally_events(struct check *check, const char *sql, uint64_t *events, GError **error)
{
    sqlite3_stmt *q = txn_statement(check->txn, sql, error);
    if (!q)
        return false;
    int row;
    while ((row = txn_step(check->txn, q, error)) > 0)
        *events += mix((uint64_t)column_int(q, 0));
    return row == 0;
}

/* Which events should have a key, or wait for the refill. */
static bool tally_messages(struct check *check, uint64_t *waiting, uint64_t *with_text, GError **error)
{
    return tally_events(check, "SELECT number FROM event WHERE kind = 3 AND length(" CURRENT_TEXT ") > 0", with_text,
                        error) &&
           tally_events(check,
                        "SELECT number FROM search_rest JOIN event ON event.number = search_rest.event"
                        " WHERE kind = 3 AND length(" CURRENT_TEXT ") > 0",
                        waiting, error);
}

/* Searches rely on it when they hide internal events. */
static bool check_internal(struct check *check, const struct tally *texts, GError **error)
{
    int64_t noted;
    if (!connection_number(sqlite_txn(check->txn)->connection,
                           "SELECT EXISTS(SELECT 1 FROM value WHERE name = 'search_internal')", &noted, error))
        return false;
    if (texts->internal && !noted)
        check_report(check, "the search index holds internal messages and does not say so");
    return true;
}

bool check_search(struct check *check, GError **error)
{
    if (!sqlite_txn(check->txn)->connection->store->options.full_text)
        return true;
    struct tally index = {0}, texts = {0};
    uint64_t with_key = 0, waiting = 0, with_text = 0;
    if (!tally_index(check, &index, error) || !tally_texts(check, &texts, &with_key, error) ||
        !tally_messages(check, &waiting, &with_text, error) || !check_internal(check, &texts, error))
        return false;
    if (with_key + waiting != with_text)
        check_report(check, "the search keys are not those of the messages with a text");
    if (index.sum != texts.sum || index.words != texts.words)
        check_report(check, "the search index holds %" G_GUINT64_FORMAT " words, the messages %" G_GUINT64_FORMAT "%s",
                     index.words, texts.words, index.words == texts.words ? ", and they differ" : "");
    return true;
}
