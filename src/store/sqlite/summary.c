/* Reports: whole days from the day roll-ups, the rest of the bounds from quarters of an hour, what is left of those
 * (less than 15 minutes on each side) from the covering index. */
#include "store/sqlite/sqlite.h"

/* Two million sessions of 139 years each are more than a sum holds; so is what a damaged file may say. */
static void add_capped(int64_t *sum, int64_t part)
{
    if (__builtin_add_overflow(*sum, part, sum))
        *sum = INT64_MAX;
}

static bool add_up(struct store_txn *txn, sqlite3_stmt *q, struct summary *sum, GError **error)
{
    int row = txn_step(txn, q, error);
    if (row > 0) {
        add_capped(&sum->sessions, column_int(q, 0));
        add_capped(&sum->duration_ms, column_int(q, 1));
        add_capped(&sum->messages, column_int(q, 2));
        sqlite3_reset(q);
    }
    return row >= 0;
}

static bool add_sessions(struct store_txn *txn, int64_t company, int64_t from_ms, int64_t to_ms, struct summary *sum,
                         GError **error)
{
    sqlite3_stmt *q = txn_statement(txn,
                                    "SELECT count(*), sum(last_message_ms - first_message_ms), sum(messages)"
                                    " FROM session INDEXED BY session_first"
                                    " WHERE company = ?1 AND first_message_ms >= ?2 AND first_message_ms < ?3",
                                    error);
    if (!q)
        return false;
    bind_int(q, 1, company);
    bind_int(q, 2, from_ms);
    bind_int(q, 3, to_ms);
    return add_up(txn, q, sum, error);
}

static bool add_buckets(struct store_txn *txn, int64_t company, int level, int64_t from, int64_t to,
                        struct summary *sum, GError **error)
{
    sqlite3_stmt *q = txn_statement(txn,
                                    "SELECT sum(sessions), sum(duration_ms), sum(messages) FROM rollup"
                                    " WHERE company = ?1 AND level = ?2 AND bucket >= ?3 AND bucket < ?4",
                                    error);
    if (!q)
        return false;
    bind_int(q, 1, company);
    bind_int(q, 2, level);
    bind_int(q, 3, from);
    bind_int(q, 4, to);
    return add_up(txn, q, sum, error);
}

/* Adds [from, to): whole buckets of this level, and both edges from the levels below. Times are not negative. */
static bool add_range(struct store_txn *txn, int64_t company, int level, int64_t from_ms, int64_t to_ms,
                      struct summary *sum, GError **error)
{
    if (from_ms >= to_ms)
        return true;
    if (level == ROLLUP_LEVELS)
        return add_sessions(txn, company, from_ms, to_ms, sum, error);
    int64_t width = rollup_width_ms[level];
    int64_t first = (from_ms + width - 1) / width, end = to_ms / width;
    if (first >= end)
        return add_range(txn, company, level + 1, from_ms, to_ms, sum, error);
    return add_range(txn, company, level + 1, from_ms, first * width, sum, error) &&
           add_buckets(txn, company, level, first, end, sum, error) &&
           add_range(txn, company, level + 1, end * width, to_ms, sum, error);
}

bool sqlite_summary(struct store_txn *txn, int64_t company, int64_t from_ms, int64_t to_ms, struct summary *sum,
                    GError **error)
{
    *sum = (struct summary){0};
    int64_t from = from_ms == NO_TIME ? 0 : CLAMP(from_ms, 0, LIMIT_TIME_MS + 1);
    int64_t to = to_ms == NO_TIME ? LIMIT_TIME_MS + 1 : CLAMP(to_ms, 0, LIMIT_TIME_MS + 1);
    return add_range(txn, company, ROLLUP_DAY, from, to, sum, error);
}

bool sqlite_summary_bounds(struct store_txn *txn, int64_t company, int64_t *least_ms, int64_t *greatest_ms, bool *found,
                           GError **error)
{
    /* Two statements in one: SQLite answers min and max from an index only when each stands alone. */
    sqlite3_stmt *q = txn_statement(txn,
                                    "SELECT (SELECT min(first_message_ms) FROM session INDEXED BY session_first"
                                    "        WHERE company = ?1 AND first_message_ms IS NOT NULL),"
                                    "       (SELECT max(first_message_ms) FROM session INDEXED BY session_first"
                                    "        WHERE company = ?1 AND first_message_ms IS NOT NULL)",
                                    error);
    if (!q)
        return false;
    bind_int(q, 1, company);
    if (txn_step(txn, q, error) < 0)
        return false;
    *least_ms = column_time(q, 0);
    *greatest_ms = column_time(q, 1);
    *found = *least_ms != NO_TIME;
    sqlite3_reset(q);
    return true;
}
