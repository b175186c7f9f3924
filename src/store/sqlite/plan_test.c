/* Every list's order comes from an index. The plans asked for are those of the very statements that the calls left
 * prepared in their connection. */
#include "store/sqlite/test_shop.h"

static void no_error(bool ok, GError *error)
{
    g_assert_no_error(error);
    g_assert_true(ok);
}

/* All shapes of session lists. */
static void list_all(struct store_txn *txn, struct arena *a)
{
    static const struct store_session_key key = {1, {"x", 1}};
    for (unsigned shape = 0; shape < 1 << 7; shape++)
        for (int state = -1; state <= SESSION_CLOSED; state++) {
            struct store_session_filter filter = {
                .company = 1,
                .visitor = shape & 1 ? 1 : 0,
                .operator_id = shape & 2 ? STR("o") : STR_NULL,
                .department_id = shape & 4 ? STR("d") : STR_NULL,
                .button_id = shape & 8 ? STR("b") : STR_NULL,
                .dialect = shape & 16 ? DIALECT_GENESYS : -1,
                .state = state,
                .by = shape & 32 ? STORE_BY_FIRST_MESSAGE : STORE_BY_START,
                .from_ms = NO_TIME,
                .to_ms = NO_TIME,
            };
            struct session *sessions;
            size_t count;
            GError *error = NULL;
            bool ok = store_session_list(txn, &filter, &key, shape & 64, 10, a, &sessions, &count, &error);
            no_error(ok, error);
        }
}

static void read_all(struct store_txn *txn, struct arena *a)
{
    GError *error = NULL;
    struct session *sessions;
    struct session_view view, *views;
    struct visitor visitor, *visitors;
    struct event event, *events;
    struct participant *authors;
    struct store_change *changes;
    struct chat_key *keys;
    struct token *tokens;
    int64_t session;
    size_t count;
    bool found;
    for (int order = STORE_ROOM_START_DESC; order <= STORE_ROOM_LM_ASC; order++)
        no_error(store_visitor_rooms(txn, 1, 1, (enum store_room_order)order, 0, 10, a, &sessions, &count, &error),
                 error);
    no_error(store_session_get(txn, 1, STR("s"), a, &view, &found, &error), error);
    g_assert_true(found);
    no_error(store_session_by_number(txn, view.session.number, a, &view, &found, &error), error);
    no_error(store_event_of_each(txn, &view.session, &view.session.last_message, 1, a, &events, &authors, &error),
             error);
    struct session longer = view.session; /* the index is asked for long ones only */
    longer.last_index = 5000;
    no_error(store_shown(txn, &longer, NULL, false, 10, a, &events, &count, &error), error);
    no_error(store_shown(txn, &longer, NULL, true, 10, a, &events, &count, &error), error);
    no_error(store_events(txn, &view.session, 0, 10, 10, a, &events, &count, &error), error);
    no_error(store_event_by_id(txn, &view.session, STR("m"), a, &event, &found, &error), error);
    no_error(store_event_find(txn, 1, STR("m"), a, &event, &session, &found, &error), error);
    no_error(store_visitor_get(txn, 1, STR("v"), a, &visitor, &found, &error), error);
    no_error(store_visitor_by_number(txn, 1, a, &visitor, &found, &error), error);
    no_error(store_visitor_by_token(txn, 1, STR("t"), a, &visitor, &found, &error), error);
    no_error(store_visitor_list(txn, 1, STR("x"), 0, 10, a, &visitors, &count, &error), error);
    no_error(store_visitor_scan(txn, 0, 10, a, &visitors, &count, &error), error);
    no_error(store_session_scan(txn, 0, 0, 10, a, &views, &count, &error), error);
    static const struct store_change_filter filters[] = {{0}, {.company = 1}, {.session = 1}};
    for (size_t i = 0; i < G_N_ELEMENTS(filters); i++)
        no_error(store_changes(txn, &filters[i], 0, 10, a, &changes, &count, &error), error);
    no_error(store_tokens(txn, 1, STR("o"), a, &tokens, &count, &error), error);
    no_error(store_tokens(txn, 1, STR_NULL, a, &tokens, &count, &error), error);
    no_error(store_chat_keys(txn, 1, a, &keys, &count, &error), error);
    struct canned_answer *answers;
    struct operator_status *statuses;
    static const struct canned_answer behind = {.shortcut = {"x", 1}, .department = {"", 0}};
    no_error(store_canned_list(txn, 1, &behind, 10, a, &answers, &count, &error), error);
    no_error(store_statuses(txn, 1, a, &statuses, &count, &error), error);
}

/* What the plan of `sql` says that it must not; NULL = nothing. */
static char *objection(sqlite3 *db, const char *sql)
{
    g_autofree char *explain = g_strconcat("EXPLAIN QUERY PLAN ", sql, NULL);
    sqlite3_stmt *s;
    g_assert_cmpint(sqlite3_prepare_v2(db, explain, -1, &s, NULL), ==, SQLITE_OK);
    char *found = NULL;
    while (!found && sqlite3_step(s) == SQLITE_ROW) {
        const char *line = (const char *)sqlite3_column_text(s, 3);
        /* Ascending rooms walk their index backwards: only runs of equal times are sorted, by id. */
        bool run = strstr(line, "RIGHT PART OF ORDER BY") && strstr(sql, "LIMIT ? OFFSET ?");
        if (g_str_has_prefix(line, "SCAN") || (strstr(line, "TEMP B-TREE") && !run))
            found = g_strdup(line);
    }
    sqlite3_finalize(s);
    return found;
}

/* By which columns these indexes are entered: a prefix of them would be a walk over a session or a company. */
static const struct {
    const char *index, *plan;
} entered[] = {
    {"session_visitor_lm", "session_visitor_lm (company=? AND visitor=?)"},
    {"event_shown", "event_shown (<expr>=? AND <expr>"},
    {"change_company", "change_company (company=? AND rowid>?)"},
    {"change_session WHERE session", "change_session (session=? AND rowid>?)"},
    {"change_session WHERE c.session", "change_session (session=?)"},
    {"token_operator", "token_operator (operator_id=?)"},
    {"token_company", "token_company (company=?)"},
    {"canned_answer_shortcut", "canned_answer_shortcut (company=? AND (shortcut,department)>(?,?))"},
};

static bool plan_has(sqlite3 *db, const char *sql, const char *step)
{
    g_autofree char *explain = g_strconcat("EXPLAIN QUERY PLAN ", sql, NULL);
    sqlite3_stmt *s;
    bool has = false;
    g_assert_cmpint(sqlite3_prepare_v2(db, explain, -1, &s, NULL), ==, SQLITE_OK);
    while (!has && sqlite3_step(s) == SQLITE_ROW)
        has = strstr((const char *)sqlite3_column_text(s, 3), step);
    sqlite3_finalize(s);
    return has;
}

/* How often each of them was seen. */
static void check_entered(sqlite3 *db, const char *sql, int seen[G_N_ELEMENTS(entered)])
{
    for (size_t i = 0; i < G_N_ELEMENTS(entered); i++) {
        g_autofree char *named = g_strdup_printf("INDEXED BY %s ", entered[i].index);
        if (!strstr(sql, named))
            continue;
        g_test_message("%s", sql);
        g_assert_true(plan_has(db, sql, entered[i].plan));
        seen[i]++;
    }
}

static void test_plans(void)
{
    struct shop shop;
    shop_open(&shop);
    g_assert_true(shop_write(&shop, "s", "m", NULL));
    GError *error = NULL;
    struct store_reader *reader = store_reader_open(shop.store, &error);
    g_assert_no_error(error);
    struct store_txn *txn = store_read_begin(reader, &error);
    g_assert_no_error(error);
    struct arena a;
    arena_init(&a);
    list_all(txn, &a);
    read_all(txn, &a);
    store_read_end(txn);
    struct connection *c = &((struct sqlite_reader *)reader)->connection;
    /* Each shape is prepared once; this bounds what hostile filters can make a reader keep. */
    g_assert_cmpint(g_hash_table_size(c->statements), <, 450);
    int seen[G_N_ELEMENTS(entered)] = {0};
    GHashTableIter i;
    gpointer sql;
    g_hash_table_iter_init(&i, c->statements);
    while (g_hash_table_iter_next(&i, &sql, NULL)) {
        g_autofree char *objected = objection(c->db, sql);
        if (objected)
            g_test_message("%s\n  in %s", objected, (const char *)sql);
        g_assert_null(objected);
        check_entered(c->db, sql, seen);
    }
    for (size_t n = 0; n < G_N_ELEMENTS(entered); n++)
        g_assert_cmpint(seen[n], >, 0);
    arena_clear(&a);
    store_reader_close(reader);
    shop_close(&shop);
}

/* Packing loses nothing, and a cut row is noticed or reads as what was left out. */
static void test_fold(void)
{
    struct session full;
    memset(&full, 0, sizeof full);
    full.start_ms = 1700000000000;
    full.last_time_ms = full.start_ms + 5;
    full.end_ms = full.start_ms - 5;
    full.served_ms = NO_TIME;
    full.time_zone = STR("Europe/Berlin");
    full.button_name = STR("");
    full.served_by.name = STR("Bob");
    full.deleted = UINT32_MAX;
    full.metrics.response_total = INT64_MAX;
    full.metrics.chat_length_ms = -1;
    full.metrics.service_length_ms = NO_TIME;
    full.chain[31] = 7;
    struct buf packed;
    buf_init(&packed, 4096);
    session_fold_pack(&full, &packed);
    struct session back = {.start_ms = full.start_ms};
    g_assert_true(session_fold_unpack(&back, buf_str(&packed)));
    g_assert_cmpint(back.last_time_ms, ==, full.last_time_ms);
    g_assert_cmpint(back.end_ms, ==, full.end_ms);
    g_assert_cmpint(back.served_ms, ==, NO_TIME);
    g_assert_cmpint(back.deleted, ==, UINT32_MAX);
    g_assert_cmpint(back.metrics.response_total, ==, INT64_MAX);
    g_assert_cmpint(back.metrics.chat_length_ms, ==, -1);
    g_assert_cmpint(back.metrics.service_length_ms, ==, NO_TIME);
    g_assert_cmpmem(back.chain, sizeof back.chain, full.chain, sizeof full.chain);
    g_assert_true(str_equal(back.time_zone, full.time_zone));
    g_assert_nonnull(back.button_name.ptr);
    g_assert_cmpint(back.button_name.len, ==, 0);
    g_assert_null(back.served_by.username.ptr);
    g_assert_cmpstr(back.served_by.name.ptr, ==, "Bob"); /* ends with a zero */
    for (size_t cut = 0; cut < packed.len; cut++) {
        g_autofree char *part = g_memdup2(packed.ptr, cut + 1); /* so that reading too far is seen */
        struct session some = {.start_ms = 1};
        bool ok = session_fold_unpack(&some, str_from(part, cut));
        g_assert_true(ok || cut < packed.len);
        g_assert_true(!ok || cut >= sizeof full.chain);
    }
    buf_clear(&packed);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    id_library_init();
    g_test_add_func("/sqlite/plan/lists", test_plans);
    g_test_add_func("/sqlite/plan/fold", test_fold);
    return g_test_run();
}
