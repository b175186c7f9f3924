#include "base/log.h"
#include "store/sqlite/sqlite.h"

/* "PARL": tells Parley's files from other SQLite databases. */
enum { APPLICATION_ID = 0x5041524c };

/* Numbered forward migrations: entry i leads from schema version i to i + 1. What stands here is never changed once
 * released, only added to. Meaning of tables and columns: doc/schema.md.
 *
 * Order: lists run newest first with the id as ascending tie-break, so their indexes do too. */
static const char *const migrations[] = {
    /* ---- 0 -> 1 ---- */

    /* The log. number = session number << 20 | index. Large columns last: the small ones are read without them. */
    "CREATE TABLE event("
    " number INTEGER PRIMARY KEY,"
    " kind INTEGER NOT NULL,"
    " time_ms INTEGER NOT NULL,"
    " participant INTEGER NOT NULL,"
    " target INTEGER NOT NULL,"
    " revised_by INTEGER NOT NULL,"
    " salt BLOB,"  /* NULL once erased */
    " inner BLOB," /* NULL until erased */
    " chain BLOB NOT NULL,"
    " id TEXT,"
    " text TEXT,"
    " data TEXT);"

    /* Client-chosen ids: unique in a session, found in the whole company. */
    "CREATE TABLE event_id("
    " company INTEGER NOT NULL,"
    " id TEXT NOT NULL,"
    " session INTEGER NOT NULL,"
    " event INTEGER NOT NULL," /* index */
    " PRIMARY KEY(company, id, session)) WITHOUT ROWID;"

    /* What SQL asks for is a column, the rest of the fold is packed (session_fold.c). */
    "CREATE TABLE session("
    " company INTEGER NOT NULL,"
    " visitor INTEGER NOT NULL,"
    " number INTEGER PRIMARY KEY,"
    " id TEXT NOT NULL,"
    " dialect INTEGER NOT NULL,"
    " button_id TEXT,"
    " state INTEGER NOT NULL,"
    " erased INTEGER NOT NULL,"
    " operator_id TEXT,"
    " department_id TEXT,"
    " start_ms INTEGER NOT NULL,"
    " first_message_ms INTEGER,"
    " last_message_ms INTEGER,"
    " messages INTEGER NOT NULL,"
    " last_index INTEGER NOT NULL,"
    " last_message INTEGER NOT NULL,"
    " folded BLOB NOT NULL);"

    "CREATE UNIQUE INDEX session_id ON session(company, id);"
    /* By start: written once, never moved. */
    "CREATE INDEX session_start ON session(company, start_ms DESC, id);"
    "CREATE INDEX session_visitor_start ON session(company, visitor, start_ms DESC, id);"
    "CREATE INDEX session_operator_start ON session(company, operator_id, start_ms DESC, id)"
    " WHERE operator_id IS NOT NULL;"
    "CREATE INDEX session_department_start ON session(company, department_id, start_ms DESC, id)"
    " WHERE department_id IS NOT NULL;"
    "CREATE INDEX session_button_start ON session(company, button_id, start_ms DESC, id) WHERE button_id IS NOT NULL;"
    "CREATE INDEX session_dialect_start ON session(company, dialect, start_ms DESC, id);"
    /* Nearly all sessions are closed, so only the open ones need an index of their own. */
    "CREATE INDEX session_open_start ON session(company, start_ms DESC, id) WHERE state = 0;"
    /* By first message; the last two columns make it cover what a summary's edges sum. */
    "CREATE INDEX session_first ON session(company, first_message_ms DESC, id, last_message_ms, messages)"
    " WHERE first_message_ms IS NOT NULL;"
    "CREATE INDEX session_visitor_first ON session(company, visitor, first_message_ms DESC, id)"
    " WHERE first_message_ms IS NOT NULL;"
    "CREATE INDEX session_operator_first ON session(company, operator_id, first_message_ms DESC, id)"
    " WHERE operator_id IS NOT NULL AND first_message_ms IS NOT NULL;"
    "CREATE INDEX session_department_first ON session(company, department_id, first_message_ms DESC, id)"
    " WHERE department_id IS NOT NULL AND first_message_ms IS NOT NULL;"
    "CREATE INDEX session_button_first ON session(company, button_id, first_message_ms DESC, id)"
    " WHERE button_id IS NOT NULL AND first_message_ms IS NOT NULL;"
    "CREATE INDEX session_open_first ON session(company, first_message_ms DESC, id)"
    " WHERE state = 0 AND first_message_ms IS NOT NULL;"
    /* Rocket.Chat's `lm`. */
    "CREATE INDEX session_visitor_last ON session(company, visitor, coalesce(last_message_ms, start_ms) DESC, id);"

    "CREATE TABLE participant("
    " company INTEGER NOT NULL,"
    " visitor INTEGER NOT NULL,"
    " session INTEGER NOT NULL,"
    " participant INTEGER NOT NULL,"
    " type INTEGER NOT NULL,"
    " name TEXT,"
    " operator_id TEXT,"
    " operator_username TEXT,"
    " operator_name TEXT,"
    " joined INTEGER NOT NULL,"
    " present INTEGER NOT NULL,"
    " PRIMARY KEY(session, participant)) WITHOUT ROWID;"

    "CREATE TABLE visitor("
    " company INTEGER NOT NULL,"
    " number INTEGER PRIMARY KEY,"
    " id TEXT NOT NULL,"
    " token TEXT,"
    " username TEXT,"
    " name TEXT,"
    " email TEXT,"
    " phone TEXT,"
    " sessions INTEGER NOT NULL,"
    " created_ms INTEGER,"
    " state INTEGER NOT NULL);"
    "CREATE UNIQUE INDEX visitor_id ON visitor(company, id);"
    "CREATE INDEX visitor_company ON visitor(company);" /* in the order of the numbers */
    "CREATE INDEX visitor_token ON visitor(company, token) WHERE token IS NOT NULL;"
    "CREATE INDEX visitor_erasing ON visitor(state) WHERE state = 1;"

    "CREATE TABLE rollup("
    " company INTEGER NOT NULL,"
    " level INTEGER NOT NULL,"
    " bucket INTEGER NOT NULL,"
    " sessions INTEGER NOT NULL,"
    " duration_ms INTEGER NOT NULL,"
    " messages INTEGER NOT NULL,"
    " PRIMARY KEY(company, level, bucket)) WITHOUT ROWID;"

    /* Full text. key = time_ms << 21 | low bits, so that newest first is key DESC; rowid of `search` = key. */
    "CREATE TABLE search_key(key INTEGER PRIMARY KEY, event INTEGER NOT NULL);"
    "CREATE VIRTUAL TABLE search USING fts5(text, scope, content='', tokenize='unicode61 remove_diacritics 2');"

    /* Rows are never deleted, so the next rowid is never one that was used. */
    "CREATE TABLE change("
    " number INTEGER PRIMARY KEY,"
    " kind INTEGER NOT NULL,"
    " company INTEGER NOT NULL,"
    " visitor INTEGER NOT NULL,"
    " session INTEGER NOT NULL,"
    " first INTEGER NOT NULL,"
    " last INTEGER NOT NULL);"

    "CREATE TABLE chat_key("
    " company INTEGER NOT NULL,"
    " visitor INTEGER NOT NULL,"
    " session INTEGER NOT NULL,"
    " user_id TEXT NOT NULL,"
    " hash BLOB NOT NULL,"
    " participant INTEGER NOT NULL,"
    " PRIMARY KEY(session, hash)) WITHOUT ROWID;"
    "CREATE TABLE live_chat(session INTEGER PRIMARY KEY);"

    /* Accounts. */
    "CREATE TABLE company("
    " number INTEGER PRIMARY KEY,"
    " name TEXT NOT NULL UNIQUE,"
    " time_zone TEXT NOT NULL,"
    " host TEXT UNIQUE,"
    " is_default INTEGER NOT NULL,"
    " is_sample INTEGER NOT NULL,"
    " guests INTEGER NOT NULL);"
    "CREATE TABLE operator("
    " id TEXT PRIMARY KEY,"
    " company INTEGER NOT NULL,"
    " username TEXT NOT NULL UNIQUE,"
    " name TEXT,"
    " email TEXT,"
    " password TEXT,"
    " digest TEXT,"
    " roles INTEGER NOT NULL,"
    " departments TEXT,"
    " disabled INTEGER NOT NULL,"
    " created_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE department("
    " company INTEGER NOT NULL,"
    " id TEXT NOT NULL,"
    " name TEXT,"
    " parent TEXT,"
    " enabled INTEGER NOT NULL,"
    " PRIMARY KEY(company, id)) WITHOUT ROWID;"
    "CREATE TABLE button("
    " company INTEGER NOT NULL,"
    " id TEXT NOT NULL,"
    " name TEXT,"
    " PRIMARY KEY(company, id)) WITHOUT ROWID;"
    "CREATE TABLE token("
    " hash BLOB PRIMARY KEY,"
    " kind INTEGER NOT NULL,"
    " company INTEGER NOT NULL,"
    " operator_id TEXT,"
    " companion BLOB NOT NULL,"
    " rights INTEGER NOT NULL,"
    " is_sample INTEGER NOT NULL,"
    " created_ms INTEGER NOT NULL,"
    " expires_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX token_operator ON token(operator_id) WHERE operator_id IS NOT NULL;"
    "CREATE TABLE value(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;",

    /* ---- 1 -> 2 ---- */

    /* Messages that are not deleted, and files: by session, then time and index as one number; beyond the first 1,024
     * events of a session, which shown.c looks through. */
    "ALTER TABLE event ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;"
    "UPDATE event SET deleted = 1 WHERE number IN"
    " (SELECT number & ~1048575 | target FROM event WHERE kind = 14);"
    "CREATE INDEX event_shown ON event(number >> 20, time_ms << 20 | (number & 1048575))"
    " WHERE number & 1048575 >= 1024 AND kind IN (3, 8) AND NOT deleted;"

    /* Rocket.Chat's `lm`: what it nearly always is; the fold corrects the others. */
    "ALTER TABLE session ADD COLUMN lm_ms INTEGER NOT NULL DEFAULT 0;"
    "UPDATE session SET lm_ms = coalesce(last_message_ms, start_ms);"
    "DROP INDEX session_visitor_last;"
    "CREATE INDEX session_visitor_lm ON session(company, visitor, lm_ms DESC, start_ms DESC, id);"

    "ALTER TABLE change ADD COLUMN at_ms INTEGER;"    /* NULL: written before this */
    "CREATE INDEX change_company ON change(company);" /* in the order of the numbers, both */
    "CREATE INDEX change_session ON change(session);"

    "ALTER TABLE token ADD COLUMN id TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE token ADD COLUMN last_used_ms INTEGER NOT NULL DEFAULT 0;"
    "UPDATE token SET id = lower(hex(randomblob(8)));"
    "CREATE UNIQUE INDEX token_id ON token(id);"
    "DROP INDEX token_operator;"
    "CREATE INDEX token_operator ON token(operator_id, created_ms) WHERE operator_id IS NOT NULL;"
    "CREATE INDEX token_company ON token(company, created_ms) WHERE operator_id IS NULL;"

    /* The search index, with our own words; search_open fills it anew from search_rest. */
    "DROP TABLE search;"
    "ALTER TABLE search_key RENAME TO search_rest;"
    "CREATE TABLE search_key(key INTEGER PRIMARY KEY, event INTEGER NOT NULL);"
    "CREATE VIRTUAL TABLE search USING fts5(text, scope, content='', tokenize='parley');",

    /* ---- 2 -> 3 ---- */

    /* In the order of the numbers; after = the last change that a line shares with the one before it. */
    "CREATE TABLE line("
    " number INTEGER PRIMARY KEY,"
    " id TEXT NOT NULL,"
    " after INTEGER NOT NULL);"
    "INSERT INTO line(id, after) VALUES(lower(hex(randomblob(4))), 0);"

    /* Since when a session waits in the queue; the fold fills it. Few wait at once. */
    "ALTER TABLE session ADD COLUMN queued_ms INTEGER;"
    "CREATE INDEX session_queued ON session(company, queued_ms DESC, id) WHERE queued_ms IS NOT NULL;"

    "ALTER TABLE participant ADD COLUMN internal INTEGER NOT NULL DEFAULT 0;"

    /* Bearer tokens that may administer may manage, too. */
    "UPDATE token SET rights = rights | 32 WHERE kind = 2 AND rights & 8;"

    "CREATE TABLE operator_status("
    " company INTEGER NOT NULL,"
    " operator_id TEXT NOT NULL,"
    " status INTEGER NOT NULL,"
    " since_ms INTEGER NOT NULL,"
    " PRIMARY KEY(company, operator_id)) WITHOUT ROWID;"
    "CREATE TABLE preference(operator_id TEXT PRIMARY KEY, value TEXT NOT NULL);"
    "CREATE TABLE canned_answer("
    " company INTEGER NOT NULL,"
    " id TEXT NOT NULL,"
    " department TEXT NOT NULL," /* '' = the whole company's */
    " shortcut TEXT NOT NULL,"
    " text TEXT NOT NULL,"
    " changed_ms INTEGER NOT NULL,"
    " PRIMARY KEY(company, id));"
    "CREATE UNIQUE INDEX canned_answer_shortcut ON canned_answer(company, shortcut, department);",
};

#define SCHEMA_VERSION ((int)G_N_ELEMENTS(migrations))

/* The last version that changed what a session's row is folded into: older rows are folded anew, once, after all
 * migrations' texts, since the fold that this program knows writes the columns that this program knows. */
enum { REFOLD_VERSION = 3 };

static bool migrate_from(struct connection *c, int64_t version, GError **error)
{
    struct sqlite_txn txn = {.connection = c};
    for (int64_t next = version; next < SCHEMA_VERSION; next++)
        if (!connection_run(c, migrations[next], error))
            return false;
    if (version > 0 && version < REFOLD_VERSION && !refold_sessions(&txn.head, error))
        return false;
    char numbers[96];
    g_snprintf(numbers, sizeof numbers, "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION_ID,
               SCHEMA_VERSION);
    return connection_run(c, numbers, error);
}

/* All that changes and the version number become visible together or, after a kill, not at all. */
static bool migrate(struct connection *c, int64_t version, GError **error)
{
    if (version > 0)
        LOG_INFO("migrating the database", LOG_NUMBER("from", version), LOG_NUMBER("to", SCHEMA_VERSION));
    if (connection_run(c, "BEGIN IMMEDIATE", error) && migrate_from(c, version, error) &&
        connection_run(c, "COMMIT", error))
        return true;
    connection_roll_back(c, NULL);
    return false;
}

bool schema_migrate(struct connection *c, bool create, GError **error)
{
    int64_t application, version, objects;
    if (!connection_number(c, "PRAGMA application_id", &application, error) ||
        !connection_number(c, "PRAGMA user_version", &version, error) ||
        !connection_number(c, "SELECT count(*) FROM sqlite_schema", &objects, error))
        return false;
    bool fresh = application == 0 && version == 0 && objects == 0;
    if (!fresh && application != APPLICATION_ID) {
        reason_set(error, REASON_DATABASE_FOREIGN, "the data directory holds a database that is not Parley's");
        return false;
    }
    /* A file that lost its content looks like one that was never filled. Only who may make a database may fill it. */
    if (fresh && !create) {
        reason_set(error, REASON_DATABASE_CORRUPT, "the database in the data directory is empty");
        return false;
    }
    /* The version and the tables came in one transaction. */
    if (version < 0 || (version == 0 && !fresh)) {
        reason_set(error, REASON_DATABASE_CORRUPT, "the database is damaged: it has no version");
        return false;
    }
    if (version > SCHEMA_VERSION) {
        reason_set(error, REASON_DATABASE_NEWER,
                   "the database has schema version %" G_GINT64_FORMAT ", this program knows up to %d: use a newer one",
                   version, SCHEMA_VERSION);
        return false;
    }
    /* Only now: a stranger's file is left as it was found. */
    if (!connection_run(c, "PRAGMA journal_mode = WAL", error))
        return false;
    return version == SCHEMA_VERSION || migrate(c, version, error);
}
