/* Damage done behind the store's back is found by store_check; what is made from the log is made again by
 * store_rebuild. */
#include "store/contract_world.h"
#include "store/sqlite/search_words.h"

#include <glib/gstdio.h>

/* How many rows it changed; a constraint may stop it. */
static int try_damage(struct world *w, const char *sql)
{
    sqlite3 *db;
    g_autofree char *path = g_build_filename(w->directory, "parley.db", NULL);
    g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
    g_assert_cmpint(search_words_register(db), ==, SQLITE_OK);
    int result = sqlite3_exec(db, sql, NULL, NULL, NULL);
    if (result != SQLITE_OK && result != SQLITE_MISMATCH && result != SQLITE_CONSTRAINT)
        g_error("%s: %s", sql, sqlite3_errmsg(db));
    int changes = sqlite3_total_changes(db);
    sqlite3_close(db);
    return changes;
}

static void damage(struct world *w, const char *sql)
{
    g_assert_cmpint(try_damage(w, sql), >, 0);
}

static void collect(void *data, const char *text)
{
    g_string_append_printf(data, "%s\n", text);
}

static GString *findings(struct world *w, GError **error)
{
    GString *found = g_string_new(NULL);
    store_check(w->reader, collect, found, NULL, error);
    return found;
}

#define ONE_MESSAGE "(SELECT min(event) FROM search_key)"
#define MESSAGE_TEXT \
    "(SELECT text FROM event AS e WHERE e.number = CASE WHEN event.revised_by THEN" \
    " (event.number & ~1048575 | event.revised_by) ELSE event.number END)"

static const struct {
    const char *sql, *finding;
    bool rebuilt; /* store_rebuild repairs it */
} cases[] = {
    {"UPDATE rollup SET sessions = sessions + 1 WHERE bucket = (SELECT max(bucket) FROM rollup)", "roll-up", true},
    {"DELETE FROM rollup WHERE level = 0", "roll-up", true},
    {"INSERT INTO rollup VALUES(7, 1, 5, 1, 1, 1)", "roll-up", true},
    {"DELETE FROM search_key WHERE event = " ONE_MESSAGE, "search", true},
    {"INSERT INTO search(rowid, text, scope) VALUES(77, 'stray', 'c1')", "search index", true},
    {"INSERT INTO search(search, rowid, text, scope) SELECT 'delete', key, " MESSAGE_TEXT
     ", 'c' || company FROM search_key JOIN event ON event.number = "
     "search_key.event"
     " JOIN session ON session.number = event.number >> 20 LIMIT 1",
     "search index", true},
    {"INSERT INTO search(search) VALUES('delete-all')", "search index", true},
    {"UPDATE event SET text = 'other words' WHERE number = " ONE_MESSAGE " AND revised_by = 0", "search index", true},
    {"UPDATE search_key SET key = key + 9000000000 WHERE event = " ONE_MESSAGE, "search", true},
    {"INSERT INTO search_rest SELECT * FROM search_key LIMIT 1", "search", true},
    {"UPDATE participant SET type = (type + 1) % 2", "search index", true},
    {"UPDATE event SET deleted = 1 WHERE number = " ONE_MESSAGE, "being deleted", true},
    {"UPDATE event SET deleted = 0 WHERE deleted", "being deleted", true},
    {"DELETE FROM event WHERE number = " ONE_MESSAGE, "in a row", false},
    {"UPDATE session SET last_index = last_index + 1 WHERE number = 1", "last event", false},
    {"DELETE FROM change WHERE number = 5", "change", false},
    {"INSERT INTO change(kind, company, visitor, session, first, last) VALUES(0, 1, 1, 1, 0, 0)", "change", false},
    {"INSERT INTO change(kind, company, visitor, session, first, last) VALUES(0, 1, 1, 999999, 0, 0)", "change", false},
    {"UPDATE visitor SET sessions = sessions + 1 WHERE number = 1", "counts", false},
    {"DELETE FROM visitor WHERE number = 1", "no visitor", false},
    {"DELETE FROM company WHERE number = 1", "no company", false},
    {"DELETE FROM session WHERE number = 1", "no session", false},
    {"INSERT INTO participant SELECT * FROM (SELECT company, visitor, 999999, participant, type, name, operator_id,"
     " operator_username, operator_name, joined, present, internal FROM participant LIMIT 1)",
     "no session", false},
    {"DELETE FROM event_id WHERE event = (SELECT max(event) FROM event_id)", "found by its id", false},
    {"UPDATE event_id SET event = event + 1 WHERE session = 1 AND event = 1", "does not lead", false},
    {"UPDATE event SET revised_by = 1 WHERE revised_by = 0 AND kind = 4", "revision", false},
    {"INSERT INTO live_chat VALUES(999999)", "live chat", false},
    {"INSERT INTO chat_key VALUES(1, 1, 999999, 'u', x'00', 1)", "chat key", false},
};

static void test_damage(gconstpointer data)
{
    size_t i = GPOINTER_TO_SIZE(data);
    struct world w;
    GError *error = NULL;
    world_open(&w, false);
    world_play(&w, 120);
    world_check(&w);
    damage(&w, cases[i].sql);
    world_reopen(&w);
    GString *found = findings(&w, &error);
    g_assert_no_error(error);
    if (!strstr(found->str, cases[i].finding))
        g_error("%s: the check says \"%s\"", cases[i].sql, found->str);
    if (cases[i].rebuilt) {
        g_assert_true(store_rebuild(w.store, NULL, &error));
        g_assert_no_error(error);
        world_check(&w);
    }
    g_string_free(found, TRUE);
    world_close(&w);
}

/* Bytes that changed on the disk are found or refused, wherever they are; nothing crashes. */
static void test_bit_rot(void)
{
    struct world w;
    world_open(&w, false);
    world_play(&w, 150);
    world_reopen(&w);
    char *path = g_build_filename(w.directory, "parley.db", NULL), *bytes;
    gsize size;
    g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
    int noticed = 0, rounds = 60;
    for (int i = 0; i < rounds; i++) {
        GError *error = NULL;
        store_reader_close(w.reader);
        store_close(w.store);
        char *rotten = g_memdup2(bytes, size);
        for (gsize page = 4096 + 4096 * (gsize)(i % (int)(size / 4096 - 1)), at = page; at < page + 200; at++)
            rotten[at] ^= (char)g_rand_int_range(w.random, 0, 256);
        FILE *file = fopen(path, "wb");
        g_assert_true(file && fwrite(rotten, 1, size, file) == size && fclose(file) == 0);
        g_free(rotten);
        w.store = store_open(w.directory, &(struct store_options){.full_text = true}, &error);
        if (w.store && (w.reader = store_reader_open(w.store, &error))) {
            GString *found = findings(&w, &error);
            noticed += error || found->len;
            g_string_free(found, TRUE);
        } else {
            noticed++;
        }
        if (error)
            g_assert_cmpint(reason_class(reason_of(error)), ==, CLASS_CORRUPT);
        g_clear_error(&error);
        if (w.store && !w.reader)
            store_close(w.store);
        file = fopen(path, "wb");
        g_assert_true(file && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
        if (!w.store || !w.reader) {
            w.store = store_open(w.directory, &(struct store_options){.full_text = true}, &error);
            w.reader = store_reader_open(w.store, &error);
        }
    }
    g_assert_cmpint(noticed, >, rounds * 3 / 4); /* the rest fell on free space */
    store_reader_close(w.reader);
    store_close(w.store);
    FILE *file = fopen(path, "wb");
    g_assert_true(file && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
    GError *error = NULL;
    w.store = store_open(w.directory, &(struct store_options){.full_text = true}, &error);
    g_assert_no_error(error);
    w.reader = store_reader_open(w.store, &error);
    world_verify(&w);
    g_free(bytes);
    g_free(path);
    world_close(&w);
}

/* ---- odd values in every column ---- */

/* Whatever a read of a damaged file gives, it is an answer or says that the file is corrupt. */
static void allow(bool ok, GError **error)
{
    g_assert_true(ok == !*error);
    if (*error)
        g_assert_cmpint(reason_class(reason_of(*error)), ==, CLASS_CORRUPT);
    g_clear_error(error);
}

static void read_all(struct world *w)
{
    GError *error = NULL;
    struct arena a;
    struct session_view *views = NULL;
    struct visitor *visitors;
    struct session *sessions;
    struct store_change *changes;
    struct summary sum;
    size_t views_count = 0, count;
    const struct store_change_filter all = {0};
    arena_init(&a);
    struct store_txn *txn = store_read_begin(w->reader, &error);
    g_assert_no_error(error);
    allow(store_session_scan(txn, 0, 0, 100, &a, &views, &views_count, &error), &error);
    for (size_t i = 0; i < views_count; i++) {
        const struct session *s = &views[i].session;
        struct event *events = NULL;
        count = 0;
        allow(store_events(txn, s, 0, s->last_index, 100, &a, &events, &count, &error), &error);
        for (size_t j = 0; j < count; j++) {
            event_shown_id(&events[j], s->id, &a);
            event_current_text(&events[j]);
            if (events[j].revised_by)
                event_kind_name(events[j].revision);
        }
        allow(store_shown(txn, s, NULL, false, 100, &a, &events, &count, &error), &error);
        session_contribution(s);
    }
    for (int64_t company = 1; company <= WORLD_COMPANIES; company++) {
        const struct store_session_filter filter = {
            .company = company, .state = -1, .dialect = -1, .from_ms = NO_TIME, .to_ms = NO_TIME};
        allow(store_session_list(txn, &filter, NULL, false, 100, &a, &sessions, &count, &error), &error);
        allow(store_summary(txn, company, NO_TIME, NO_TIME, &sum, &error), &error);
        summary_average_thousandths(&sum);
    }
    allow(store_visitor_scan(txn, 0, 100, &a, &visitors, &count, &error), &error);
    allow(store_changes(txn, &all, 0, 100, &a, &changes, &count, &error), &error);
    store_read_end(txn);
    arena_clear(&a);
}

static GPtrArray *columns(struct world *w)
{
    GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *path = g_build_filename(w->directory, "parley.db", NULL);
    sqlite3 *db;
    sqlite3_stmt *q;
    g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_prepare_v2(db,
                                       "SELECT t.name, c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c"
                                       " WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'"
                                       " AND (t.name = 'search_key' OR t.name NOT LIKE 'search%')",
                                       -1, &q, NULL),
                    ==, SQLITE_OK);
    while (sqlite3_step(q) == SQLITE_ROW)
        g_ptr_array_add(found, g_strdup_printf("UPDATE OR IGNORE %s SET %s = ", sqlite3_column_text(q, 0),
                                               sqlite3_column_text(q, 1)));
    sqlite3_finalize(q);
    sqlite3_close(db);
    return found;
}

/* Nothing overflows, warns or leaves an array, and the check says what it finds. */
static void test_odd_values(void)
{
    static const char *const values[] = {"-9223372036854775807 - 1", "9223372036854775807", "x'c3ff00'", "NULL"};
    struct world w;
    GError *error = NULL;
    world_open(&w, false);
    world_play(&w, 60);
    world_reopen(&w);
    g_autofree char *path = g_build_filename(w.directory, "parley.db", NULL);
    g_autofree char *bytes = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
    GPtrArray *all = columns(&w);
    for (guint i = 0; i < all->len * G_N_ELEMENTS(values); i++) {
        g_autofree char *sql =
            g_strconcat(all->pdata[i / G_N_ELEMENTS(values)], values[i % G_N_ELEMENTS(values)], NULL);
        g_test_message("%s", sql);
        store_reader_close(w.reader);
        store_close(w.store);
        g_assert_true(g_file_set_contents_full(path, bytes, (gssize)size, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
        try_damage(&w, sql);
        w.store = store_open(w.directory, &(struct store_options){.full_text = true}, &error);
        w.reader = w.store ? store_reader_open(w.store, &error) : NULL;
        g_assert_no_error(error);
        g_string_free(findings(&w, &error), TRUE);
        allow(!error, &error);
        read_all(&w);
    }
    g_ptr_array_unref(all);
    world_close(&w);
}

static bool stop_at_once(void *data, int64_t done, int64_t total)
{
    (void)data, (void)done, (void)total;
    return false;
}

static void test_cancel(void)
{
    struct world w;
    GError *error = NULL;
    const struct store_progress progress = {stop_at_once, NULL};
    world_open(&w, false);
    world_play(&w, 50);
    g_assert_false(store_check(w.reader, collect, NULL, &progress, &error));
    g_assert_cmpint(reason_of(error), ==, REASON_CANCELLED);
    g_clear_error(&error);
    g_assert_false(store_rebuild(w.store, &progress, &error));
    g_assert_cmpint(reason_of(error), ==, REASON_CANCELLED);
    g_clear_error(&error);
    g_assert_true(store_rebuild(w.store, NULL, &error));
    world_verify(&w);
    world_close(&w);
}

/* A search streams: the full-text table leads, the others are looked up by number, nothing is sorted. */
static void test_search_plan(void)
{
    struct world w;
    struct arena a;
    GError *error = NULL;
    struct store_found found;
    world_open(&w, false);
    world_play(&w, 50);
    arena_init(&a);
    const struct store_search search = {.company = 1,
                                        .query = STR("red -blue"),
                                        .state = -1,
                                        .dialect = -1,
                                        .operator_id = STR("o1"),
                                        .from_ms = 1,
                                        .to_ms = NO_TIME,
                                        .limit = 5};
    struct store_txn *txn = store_read_begin(w.reader, &error);
    g_assert_true(store_search(txn, &search, &a, &found, &error));
    sqlite3 *db = sqlite_txn(txn)->connection->db;
    int searches = 0, steps = 0;
    for (sqlite3_stmt *s = sqlite3_next_stmt(db, NULL); s; s = sqlite3_next_stmt(db, s)) {
        if (!strstr(sqlite3_sql(s), "search MATCH"))
            continue;
        searches++;
        char *sql = g_strconcat("EXPLAIN QUERY PLAN ", sqlite3_sql(s), NULL);
        sqlite3_stmt *plan;
        g_assert_cmpint(sqlite3_prepare_v2(db, sql, -1, &plan, NULL), ==, SQLITE_OK);
        while (sqlite3_step(plan) == SQLITE_ROW) {
            const char *step = (const char *)sqlite3_column_text(plan, 3);
            g_test_message("%s", step);
            g_assert_null(strstr(step, "TEMP B-TREE"));
            g_assert_true(steps == 0 ? g_str_has_prefix(step, "SCAN search VIRTUAL TABLE")
                                     : g_str_has_suffix(step, "USING INTEGER PRIMARY KEY (rowid=?)"));
            steps++;
        }
        sqlite3_finalize(plan);
        g_free(sql);
        break;
    }
    g_assert_true(searches == 1 && steps == 3);
    store_read_end(txn);
    arena_clear(&a);
    world_close(&w);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char name[32];
        g_snprintf(name, sizeof name, "/check/damage/%zu", i);
        g_test_add_data_func(name, GSIZE_TO_POINTER(i), test_damage);
    }
    g_test_add_func("/check/bit-rot", test_bit_rot);
    g_test_add_func("/check/odd-values", test_odd_values);
    g_test_add_func("/check/cancel", test_cancel);
    g_test_add_func("/search/plan", test_search_plan);
    return g_test_run();
}
