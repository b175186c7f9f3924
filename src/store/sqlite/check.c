/* Looks for what no reader would notice: damaged pages, rows that lead nowhere, projections of this driver (roll-ups,
 * change entries, counters) that differ from what they are made of. The search index is check_search.c's.
 * One snapshot from beginning to end. */
#include "store/sqlite/check.h"

enum { PROGRESS_INSTRUCTIONS = 200 * 1000 };

void check_report(struct check *check, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    check->report(check->data, text);
    g_free(text);
}

bool check_go_on(struct check *check)
{
    if (check->progress && !check->cancelled)
        check->cancelled = !check->progress->report(check->progress->data, check->done, CHECK_PARTS);
    return !check->cancelled;
}

static int interrupt(void *data)
{
    return !check_go_on(data);
}

/* Reports each row's first column. */
static bool report_rows(struct check *check, const char *sql, GError **error)
{
    sqlite3_stmt *q = txn_statement(check->txn, sql, error);
    if (!q)
        return false;
    int row;
    while ((row = txn_step(check->txn, q, error)) > 0)
        check_report(check, "%s", (const char *)sqlite3_column_text(q, 0));
    return row == 0;
}

static bool check_pages(struct check *check, GError **error)
{
    sqlite3_stmt *q = txn_statement(check->txn, "PRAGMA integrity_check(100)", error);
    if (!q)
        return false;
    int row;
    while ((row = txn_step(check->txn, q, error)) > 0) {
        const char *text = (const char *)sqlite3_column_text(q, 0);
        if (g_strcmp0(text, "ok"))
            check_report(check, "file: %s", text);
    }
    return row == 0;
}

#define FIRST_100 " LIMIT 100"

static const char *const orphans[] = {
    "SELECT 'session ' || number || ' has no visitor' FROM session"
    " WHERE NOT EXISTS(SELECT 1 FROM visitor WHERE visitor.number = session.visitor"
    " AND visitor.company = session.company)" FIRST_100,
    "SELECT 'session ' || number || ' has no company' FROM session"
    " WHERE NOT EXISTS(SELECT 1 FROM company WHERE company.number = session.company)" FIRST_100,
    "SELECT 'participant ' || participant || ' of session ' || session || ' has no session' FROM participant"
    " WHERE NOT EXISTS(SELECT 1 FROM session WHERE session.number = participant.session)" FIRST_100,
    "SELECT 'an event id of session ' || session || ', event ' || event || ' does not lead to it' FROM event_id"
    " WHERE NOT EXISTS(SELECT 1 FROM event WHERE event.number = (event_id.session << 20 | event_id.event)"
    " AND event.id = event_id.id)" FIRST_100,
    "SELECT 'event ' || (number & 1048575) || ' of session ' || (number >> 20) || ' is not found by its id' FROM event"
    " WHERE id IS NOT NULL AND NOT EXISTS(SELECT 1 FROM event_id WHERE event_id.company ="
    " (SELECT company FROM session WHERE session.number = event.number >> 20) AND event_id.id = event.id"
    " AND event_id.session = event.number >> 20)" FIRST_100,
    "SELECT 'event ' || (number & 1048575) || ' of session ' || (number >> 20) || ' has a revision that is not its'"
    " FROM event WHERE revised_by <> 0 AND NOT EXISTS(SELECT 1 FROM event AS r"
    " WHERE r.number = (event.number & ~1048575 | event.revised_by) AND r.target = (event.number & 1048575)"
    " AND r.kind IN (13, 14))" FIRST_100,
    "SELECT 'event ' || (number & 1048575) || ' of session ' || (number >> 20) || ' is wrong about being deleted'"
    " FROM event WHERE deleted <> " EVENT_IS_DELETED FIRST_100,
    "SELECT 'a chat key names session ' || session || ', which is not there' FROM chat_key"
    " WHERE NOT EXISTS(SELECT 1 FROM session WHERE session.number = chat_key.session)" FIRST_100,
    "SELECT 'a live chat names session ' || session || ', which is not there' FROM live_chat"
    " WHERE NOT EXISTS(SELECT 1 FROM session WHERE session.number = live_chat.session)" FIRST_100,
    "SELECT 'visitor ' || number || ' counts ' || sessions || ' sessions' FROM visitor"
    " WHERE sessions <> (SELECT count(*) FROM session WHERE session.company = visitor.company"
    " AND session.visitor = visitor.number)" FIRST_100,
};

static bool check_orphans(struct check *check, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(orphans); i++)
        if (!report_rows(check, orphans[i], error))
            return false;
    return true;
}

/* Roll-ups of one level against a full scan, both ways. */
static bool check_rollups(struct check *check, GError **error)
{
    for (int level = 0; level < ROLLUP_LEVELS; level++) {
        sqlite3_stmt *q = txn_statement(
            check->txn,
            "WITH truth AS (SELECT company, first_message_ms / ?2 AS bucket, count(*) AS sessions,"
            "  sum(last_message_ms - first_message_ms) AS duration_ms, sum(messages) AS messages FROM session"
            "  WHERE first_message_ms IS NOT NULL GROUP BY 1, 2),"
            " kept AS (SELECT company, bucket, sessions, duration_ms, messages FROM rollup"
            "  WHERE level = ?1 AND (sessions <> 0 OR duration_ms <> 0 OR messages <> 0))"
            " SELECT company, bucket FROM (SELECT * FROM truth EXCEPT SELECT * FROM kept)"
            " UNION SELECT company, bucket FROM (SELECT * FROM kept EXCEPT SELECT * FROM truth)" FIRST_100,
            error);
        if (!q)
            return false;
        bind_int(q, 1, level);
        bind_int(q, 2, rollup_width_ms[level]);
        int row;
        while ((row = txn_step(check->txn, q, error)) > 0)
            check_report(check, "the roll-up of company %" G_GINT64_FORMAT " for %s %" G_GINT64_FORMAT " is wrong",
                         column_int(q, 0), level == ROLLUP_DAY ? "day" : "quarter of an hour", column_int(q, 1));
        if (row < 0)
            return false;
    }
    return true;
}

/* Index wanted next, by session: changes of a session come in the order of its indices. */
static bool follow_changes(struct check *check, GHashTable *next, GError **error)
{
    sqlite3_stmt *q = txn_statement(
        check->txn, "SELECT number, session, first, last FROM change WHERE kind = ?1 ORDER BY number", error);
    if (!q)
        return false;
    bind_int(q, 1, STORE_CHANGE_APPEND);
    int row;
    while ((row = txn_step(check->txn, q, error)) > 0) {
        gpointer session = GSIZE_TO_POINTER((gsize)column_int(q, 1));
        int64_t wanted = (int64_t)GPOINTER_TO_SIZE(g_hash_table_lookup(next, session));
        int64_t first = column_int(q, 2), last = column_int(q, 3);
        if (first != wanted || last < first)
            check_report(check,
                         "change %" G_GINT64_FORMAT " of session %" G_GINT64_FORMAT " covers %" G_GINT64_FORMAT
                         " to %" G_GINT64_FORMAT ", not from %" G_GINT64_FORMAT " on",
                         column_int(q, 0), column_int(q, 1), first, last, wanted);
        g_hash_table_insert(next, session, GSIZE_TO_POINTER((gsize)last + 1));
    }
    return row == 0;
}

/* Sessions, changes and events say the same about how many events there are. */
static bool check_indices(struct check *check, GError **error)
{
    GHashTable *next = g_hash_table_new(NULL, NULL);
    bool ok = follow_changes(check, next, error);
    sqlite3_stmt *q =
        ok ? txn_statement(check->txn, "SELECT number, last_index FROM session ORDER BY number", error) : NULL;
    sqlite3_stmt *events = q ? txn_statement(check->txn, "SELECT number FROM event ORDER BY number", error) : NULL;
    int row = events ? 1 : -1, event = events ? txn_step(check->txn, events, error) : -1;
    while (row >= 0 && event >= 0 && (row = txn_step(check->txn, q, error)) > 0) {
        int64_t number = column_int(q, 0), last = column_int(q, 1), counted = 0;
        for (; event > 0 && event_number_session(column_int(events, 0)) < number;
             event = txn_step(check->txn, events, error))
            check_report(check, "event %" G_GINT64_FORMAT " has no session", column_int(events, 0));
        for (; event > 0 && event_number_session(column_int(events, 0)) == number;
             event = txn_step(check->txn, events, error))
            counted += event_number_index(column_int(events, 0)) == counted;
        gpointer key = GSIZE_TO_POINTER((gsize)number);
        gsize changed = GPOINTER_TO_SIZE(g_hash_table_lookup(next, key));
        g_hash_table_remove(next, key);
        if (counted - 1 != last || changed != (gsize)last + 1)
            check_report(check,
                         "session %" G_GINT64_FORMAT " says its last event is %" G_GINT64_FORMAT
                         ", there are %" G_GINT64_FORMAT " in a row and changes for %" G_GSIZE_FORMAT,
                         number, last, counted, changed);
    }
    for (; event > 0; event = txn_step(check->txn, events, error))
        check_report(check, "event %" G_GINT64_FORMAT " has no session", column_int(events, 0));
    if (row >= 0 && event >= 0 && g_hash_table_size(next))
        check_report(check, "there are changes of %u sessions that do not exist", g_hash_table_size(next));
    if (q)
        sqlite3_reset(q);
    if (events)
        sqlite3_reset(events);
    g_hash_table_destroy(next);
    return row == 0 && event == 0;
}

bool sqlite_check(struct store_reader *reader, store_finding *report, void *data, const struct store_progress *progress,
                  GError **error)
{
    static bool (*const parts[CHECK_PARTS])(struct check *, GError **) = {check_pages, check_orphans, check_rollups,
                                                                          check_indices, check_search};
    struct check check = {.report = report, .data = data, .progress = progress};
    GError *failed = NULL;
    check.txn = sqlite_read_begin(reader, error);
    if (!check.txn)
        return false;
    sqlite3 *db = sqlite_txn(check.txn)->connection->db;
    sqlite3_progress_handler(db, PROGRESS_INSTRUCTIONS, interrupt, &check);
    for (; !failed && check.done < CHECK_PARTS && check_go_on(&check); check.done++) {
        if (!parts[check.done](&check, &failed) && reason_of(failed) == REASON_DATABASE_CORRUPT) {
            check_report(&check, "the database is damaged: part %d of the check had to stop", check.done + 1);
            g_clear_error(&failed);
        }
    }
    sqlite3_progress_handler(db, 0, NULL, NULL);
    sqlite_read_end(check.txn);
    if (check.cancelled) {
        g_clear_error(&failed);
        reason_set(error, REASON_CANCELLED, "the check was interrupted");
        return false;
    }
    if (failed) {
        g_propagate_error(error, failed);
        return false;
    }
    return true;
}
