/* Makes what was erased disappear from the files.
 *
 * Three places hold bytes that no query can reach: the search index (words of removed rows stand in its segments until
 * those are merged), pages whose cells were moved (SQLite's secure_delete overwrites freed cells and pages, but not the
 * copies that balancing a tree leaves in the free space of its pages), and the write-ahead log. So: merge the index to
 * one segment, in steps; rebuild the file (VACUUM: the only way SQLite has to get rid of the second kind; costs about
 * as much time as reading and writing the database twice, and its size in free disk space both beside the database and
 * in SQLite's temporary directory); empty the log.
 *
 * What is owed stands in the table `value`, and goes in the transaction that adds the SCRUB entry, after all of it is
 * done; a scrub that was interrupted anywhere is begun again. */
#include "base/clock.h"
#include "store/sqlite/sqlite.h"

enum { PAGES_PER_MERGE = 2000 };

struct scrub {
    bool (*cancelled)(void *data);
    void *data;
    char *owed; /* what stood in `value` at the start */
    bool merging;
};

static bool owed_get(struct connection *c, char **owed, GError **error)
{
    sqlite3_stmt *q = connection_statement(c, "SELECT value FROM value WHERE name = 'scrub'", error);
    if (!q)
        return false;
    int code = sqlite3_step(q);
    g_free(*owed);
    *owed = code == SQLITE_ROW ? g_strdup((const char *)sqlite3_column_text(q, 0)) : NULL;
    sqlite3_reset(q);
    return code == SQLITE_ROW || code == SQLITE_DONE || connection_fail(c, error);
}

/* One step of merging. A negative number takes all segments together, the positive ones go on with that; FTS5 says
 * that it is done by changing nothing but its own settings row. */
static bool merge_step(struct sqlite_store *store, void *data, GError **error)
{
    struct scrub *scrub = data;
    struct connection *c = &store->connection;
    char sql[96];
    g_snprintf(sql, sizeof sql, "INSERT INTO search(search, rank) VALUES('merge', %d)",
               scrub->merging ? PAGES_PER_MERGE : -PAGES_PER_MERGE);
    if (!scrub->merging && !owed_get(c, &scrub->owed, error))
        return false;
    int64_t before = sqlite3_total_changes64(c->db);
    if (!connection_run(c, sql, error))
        return false;
    scrub->merging = sqlite3_total_changes64(c->db) - before >= 2;
    return true;
}

/* Readers in the middle of a snapshot keep the log from being emptied: SQLite waits for them as long as it is told to.
 */
static bool empty_log(struct connection *c, GError **error)
{
    int64_t busy;
    sqlite3_busy_timeout(c->db, 10 * 1000);
    bool ok = connection_number(c, "PRAGMA wal_checkpoint(TRUNCATE)", &busy, error);
    sqlite3_busy_timeout(c->db, 0);
    if (ok && busy) {
        reason_set(error, REASON_CANCELLED, "a reader holds the log; the scrub goes on later");
        return false;
    }
    return ok;
}

static bool rebuild_file(struct sqlite_store *store, void *data, GError **error)
{
    struct scrub *scrub = data;
    struct connection *c = &store->connection;
    /* The new file is not made in memory: it may be large. */
    bool ok = connection_run(c, "PRAGMA temp_store = FILE", error) && connection_run(c, "VACUUM", error);
    ok = connection_run(c, "PRAGMA temp_store = MEMORY", ok ? error : NULL) && ok;
    if (!ok || !empty_log(c, error))
        return false;
    char *owed = sqlite3_mprintf("BEGIN IMMEDIATE;"
                                 "INSERT INTO change(kind, company, visitor, session, first, last, at_ms)"
                                 " VALUES(%d, 0, 0, 0, 0, 0, %lld);"
                                 "DELETE FROM value WHERE name = 'scrub' AND value = %Q"
                                 " AND NOT EXISTS(SELECT 1 FROM visitor WHERE state = 1); COMMIT",
                                 STORE_CHANGE_SCRUB, (long long)clock_now_ms(), scrub->owed ? scrub->owed : "");
    if (!owed)
        reason_set(error, REASON_MEMORY_SHORT, "there is not enough memory for this: try again");
    ok = owed && connection_roll_back(c, error) && connection_run(c, owed, error);
    if (!ok)
        connection_roll_back(c, NULL);
    sqlite3_free(owed);
    return ok;
}

bool sqlite_scrub(struct store *store, bool (*cancelled)(void *data), void *data, GError **error)
{
    struct scrub scrub = {.cancelled = cancelled, .data = data};
    bool ok = true;
    do {
        if (cancelled && cancelled(data)) {
            reason_set(error, REASON_CANCELLED, "the scrub was interrupted");
            ok = false;
        }
        ok = ok && writer_exclusive(sqlite_store(store), merge_step, &scrub, error);
    } while (ok && scrub.merging);
    ok = ok && writer_exclusive(sqlite_store(store), rebuild_file, &scrub, error);
    g_free(scrub.owed);
    return ok;
}
