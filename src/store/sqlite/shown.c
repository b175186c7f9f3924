/* What is shown of a session in the order of (time, index): messages that are not deleted, and files.
 *
 * Nearly all sessions are short, and this order is asked for rarely: after a delete of the newest, and where times went
 * back. So a session's first events are looked through, FIRST_EVENTS at most, and only what lies behind them is in an
 * index; one over all messages cost an import a tenth of its time. Time and index together are one number, the key. */
#include "store/sqlite/sqlite.h"

enum { FIRST_EVENTS = 1024 }; /* as in the index's condition */

/* Expressions and conditions as in the index, letter for letter. */
#define KEY "time_ms << 20 | (number & 1048575)"
#define SHOWN "kind IN (3, 8) AND NOT deleted"
#define BEHIND(compare, order) \
    "SELECT " KEY " FROM event INDEXED BY event_shown WHERE number & 1048575 >= 1024 AND " SHOWN \
    " AND number >> 20 = ?1 AND " KEY " " compare " ?2 ORDER BY " KEY " " order " LIMIT ?3"

/* The keys of a bound statement that lie behind `edge`. */
static bool add_keys(struct store_txn *txn, sqlite3_stmt *s, int64_t edge, bool ascending, GArray *keys, GError **error)
{
    int row;
    while ((row = txn_step(txn, s, error)) > 0) {
        int64_t key = column_int(s, 0);
        if (ascending ? key > edge : key < edge)
            g_array_append_val(keys, key);
    }
    return row == 0;
}

static bool look_through_first(struct store_txn *txn, const struct session *session, int64_t edge, bool ascending,
                               GArray *keys, GError **error)
{
    sqlite3_stmt *s = txn_statement(txn, "SELECT " KEY " FROM event WHERE number BETWEEN ?1 AND ?2 AND " SHOWN, error);
    if (!s)
        return false;
    bind_int(s, 1, event_number(session->number, 0));
    bind_int(s, 2, event_number(session->number, FIRST_EVENTS - 1));
    return add_keys(txn, s, edge, ascending, keys, error);
}

static bool ask_index(struct store_txn *txn, const struct session *session, int64_t edge, bool ascending, size_t limit,
                      GArray *keys, GError **error)
{
    if (session->last_index < FIRST_EVENTS)
        return true;
    sqlite3_stmt *s = txn_statement(txn, ascending ? BEHIND(">", "ASC") : BEHIND("<", "DESC"), error);
    if (!s)
        return false;
    bind_int(s, 1, session->number);
    bind_int(s, 2, edge);
    bind_int(s, 3, (int64_t)MIN(limit, INT64_MAX));
    return add_keys(txn, s, edge, ascending, keys, error);
}

static int compare_up(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int compare_down(const void *a, const void *b)
{
    return compare_up(b, a);
}

bool sqlite_shown(struct store_txn *txn, const struct session *session, const struct event *behind, bool ascending,
                  size_t limit, struct arena *a, struct event **events, size_t *count, GError **error)
{
    int64_t edge = behind ? behind->time_ms << EVENT_INDEX_BITS | behind->index : ascending ? -1 : INT64_MAX;
    g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(int64_t));
    *count = 0;
    if (!look_through_first(txn, session, edge, ascending, keys, error) ||
        !ask_index(txn, session, edge, ascending, limit, keys, error))
        return false;
    g_array_sort(keys, ascending ? compare_up : compare_down);
    size_t shown = MIN(limit, keys->len);
    *events = arena_array(a, MAX(shown, 1), sizeof **events);
    for (; *count < shown; ++*count) {
        int64_t number = event_number(session->number, event_number_index(g_array_index(keys, int64_t, *count)));
        bool found;
        if (!event_read(txn, number, session->erased, a, &(*events)[*count], &found, error))
            return false;
        if (!found)
            return txn_corrupt(txn, "an event that was listed is missing", error);
    }
    return true;
}
