/* The search index beside its words (text/words_test.c): that it keeps the same rules, and that it is filled anew when
 * these change, right at every moment of it. */
#include "store/contract_world.h"
#include "store/sqlite/search_index.h"
#include "text/words_cases.h"

enum { STEP = 7 };

static struct store_search search_of(const char *query)
{
    return (struct store_search){.company = 1,
                                 .query = str_from_c(query),
                                 .state = -1,
                                 .dialect = -1,
                                 .from_ms = NO_TIME,
                                 .to_ms = NO_TIME,
                                 .limit = 1000};
}

/* ---- words ---- */

/* Each text is a message of a visitor of its own. */
static void test_words(void)
{
    struct world w;
    GError *error = NULL;
    world_open(&w, false);
    for (size_t i = 0; i < G_N_ELEMENTS(words_cases); i++) {
        g_autofree char *visitor = g_strdup_printf("v%zu", i);
        struct told_session *s = world_session(&w, 1, visitor, w.now_ms);
        world_append(&w, s, EVENT_MESSAGE, w.now_ms, 0, words_cases[i].text);
    }
    struct store_txn *txn = world_read(&w);
    for (size_t i = 0; i < G_N_ELEMENTS(words_cases); i++) {
        g_autofree char *id = g_strdup_printf("v%zu", i);
        struct store_search search = search_of(words_cases[i].query);
        struct store_found found;
        struct visitor visitor;
        bool known;
        g_assert_true(store_visitor_get(txn, 1, str_from_c(id), &w.arena, &visitor, &known, &error) && known);
        search.visitor = visitor.number;
        store_search(txn, &search, &w.arena, &found, &error);
        g_assert_no_error(error);
        if (found.count != words_cases[i].finds)
            g_error("case %zu: \"%s\" %s \"%s\"", i, words_cases[i].query, found.count ? "finds" : "misses",
                    words_cases[i].text);
    }
    store_read_end(txn);
    world_check(&w);
    world_close(&w);
}

/* Words longer than FTS5's own 32,768 bytes, and than ours, in all that a message holds. */
static void test_long_words(void)
{
    static const char *const parts[] = {"a", "\u00e9", "7-", "\u4e0a", "\u0e01", "\U0001f468\u200d", "x#"};
    struct world w;
    world_open(&w, false);
    struct told_session *s = world_session(&w, 1, "v1", w.now_ms);
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autoptr(GString) text = g_string_new("start ");
        while (text->len + strlen(parts[i]) <= LIMIT_TEXT)
            g_string_append(text, parts[i]);
        world_append(&w, s, EVENT_MESSAGE, w.now_ms + (int64_t)i, 0, text->str);
        world_check(&w);
        world_append(&w, s, EVENT_EDIT, w.now_ms + (int64_t)i, s->events->len - 1, "short");
        world_check(&w);
    }
    world_close(&w);
}

/* ---- the refill ---- */

/* As if other rules had filled the index. */
static void change_rules(struct world *w)
{
    sqlite3 *db;
    g_autofree char *path = g_build_filename(w->directory, "parley.db", NULL);
    g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(db, "UPDATE value SET value = 'others' WHERE name = 'search_rules'", NULL, NULL, NULL),
                    ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_changes(db), ==, 1);
    sqlite3_close(db);
    world_reopen(w);
}

struct step_job {
    struct store_job job;
    struct store_refill refill;
};

static bool run_step(struct store_job *base, struct store_txn *txn, GError **error)
{
    return store_search_refill(txn, STEP, &((struct step_job *)base)->refill, error);
}

static struct store_refill step(struct world *w)
{
    struct step_job step = {.job = {.run = run_step, .bulk = true}};
    GError *error = NULL;
    store_write(w->store, &step.job, &error);
    g_assert_no_error(error);
    return step.refill;
}

static int64_t indexed_from(struct world *w)
{
    struct store_found found;
    struct store_search search = search_of("hello");
    GError *error = NULL;
    struct store_txn *txn = world_read(w);
    store_search(txn, &search, &w->arena, &found, &error);
    g_assert_no_error(error);
    store_read_end(txn);
    return found.indexed_from_ms;
}

/* What is as new as the answer says is found, whatever else is. */
static void check_found(struct world *w, const char *word)
{
    struct store_found found;
    struct store_search search = search_of(word);
    GError *error = NULL;
    struct store_txn *txn = world_read(w);
    store_search(txn, &search, &w->arena, &found, &error);
    g_assert_no_error(error);
    store_read_end(txn);
    size_t expected = 0, hits = 0;
    for (guint i = 0; i < w->sessions->len; i++) {
        const struct told_session *s = w->sessions->pdata[i];
        for (guint j = 0; s->company == 1 && !s->erased && j < s->events->len; j++) {
            struct str text = told_current_text(s, j);
            expected += text.ptr && strstr(text.ptr, word) &&
                        g_array_index(s->events, struct told_event, j).time_ms >= found.indexed_from_ms;
        }
    }
    for (size_t i = 0; i < found.count; i++)
        hits += found.hits[i].event.time_ms >= found.indexed_from_ms;
    g_assert_cmpuint(hits, ==, expected);
}

static void test_refill(void)
{
    struct world w;
    world_open(&w, false);
    world_play(&w, 400);
    g_assert_cmpint(indexed_from(&w), ==, NO_TIME);
    change_rules(&w);
    int64_t from = indexed_from(&w);
    g_assert_cmpint(from, !=, NO_TIME);
    world_check(&w);
    struct store_refill refill;
    for (int round = 0; refill = step(&w), !refill.finished; round++) {
        g_assert_cmpint(refill.from_ms, <=, from);
        g_assert_cmpint(refill.from_ms, ==, indexed_from(&w));
        from = refill.from_ms;
        check_found(&w, "refund");
        if (round % 4 == 0)
            world_play(&w, 5); /* new, edited, deleted */
        if (round % 8 == 0)
            world_check(&w);
        if (round == 20)
            world_reopen(&w);
    }
    g_assert_cmpint(indexed_from(&w), ==, NO_TIME);
    world_verify(&w);
    world_close(&w);
}

/* A second change while the first refill is under way. */
static void test_refill_again(void)
{
    struct world w;
    world_open(&w, false);
    world_play(&w, 300);
    change_rules(&w);
    for (int i = 0; i < 10; i++)
        g_assert_false(step(&w).finished);
    world_play(&w, 20);
    change_rules(&w);
    world_check(&w);
    world_play(&w, 20);
    while (!step(&w).finished)
        check_found(&w, "order");
    world_verify(&w);
    world_close(&w);
}

/* An edit and a step that meet in one transaction, in either order. */
struct meeting_job {
    struct store_job job;
    struct store_job *jobs[2];
};

static bool run_meeting(struct store_job *base, struct store_txn *txn, GError **error)
{
    struct meeting_job *meeting = (struct meeting_job *)base;
    for (int i = 0; i < 2; i++)
        if (!meeting->jobs[i]->run(meeting->jobs[i], txn, error))
            return false;
    return true;
}

struct edit_job {
    struct store_job job;
    struct told_session *s;
    const char *text;
    struct arena arena;
};

static bool run_edit(struct store_job *base, struct store_txn *txn, GError **error)
{
    struct edit_job *edit = (struct edit_job *)base;
    struct session_view before, after;
    bool found;
    if (!store_session_get(txn, 1, edit->s->id, &edit->arena, &before, &found, error))
        return false;
    session_copy(&before, &after, &edit->arena);
    struct event e = {.kind = EVENT_EDIT,
                      .index = after.session.last_index + 1,
                      .time_ms = after.session.last_time_ms,
                      .participant = 1,
                      .target = 1,
                      .text = str_from_c(edit->text)};
    event_salt(&e, 1);
    event_seal(&e, after.session.chain);
    session_apply(&after, &e, &edit->arena);
    memcpy(after.session.chain, e.chain, sizeof e.chain);
    struct store_append append = {.before = &before, .after = &after, .events = &e, .event_count = 1};
    return store_append(txn, &append, error);
}

static size_t hits(struct world *w, const char *query)
{
    struct store_found found;
    struct store_search search = search_of(query);
    GError *error = NULL;
    struct store_txn *txn = world_read(w);
    store_search(txn, &search, &w->arena, &found, &error);
    g_assert_no_error(error);
    store_read_end(txn);
    return found.count;
}

static void test_refill_meets_edit(void)
{
    for (int order = 0; order < 2; order++) {
        struct world w;
        GError *error = NULL;
        world_open(&w, false);
        struct told_session *s = world_session(&w, 1, "v1", w.now_ms);
        world_append(&w, s, EVENT_MESSAGE, w.now_ms, 0, "before");
        change_rules(&w);
        g_assert_cmpuint(hits(&w, "before"), ==, 0);
        struct step_job step_one = {.job = {.run = run_step}};
        struct edit_job edit = {.job = {.run = run_edit}, .s = s, .text = "after"};
        arena_init(&edit.arena);
        struct meeting_job meeting = {.job = {.run = run_meeting},
                                      .jobs = {order ? &edit.job : &step_one.job, order ? &step_one.job : &edit.job}};
        store_write(w.store, &meeting.job, &error);
        g_assert_no_error(error);
        g_assert_true(step_one.refill.finished);
        g_assert_cmpuint(hits(&w, "after"), ==, 1);
        g_assert_cmpuint(hits(&w, "before"), ==, 0);
        world_check(&w);
        arena_clear(&edit.arena);
        world_close(&w);
    }
}

/* Erasing what waits leaves nothing to be put in. */
static bool run_erase(struct store_job *job, struct store_txn *txn, GError **error)
{
    struct visitor v;
    struct arena a;
    bool found, finished = false;
    (void)job;
    arena_init(&a);
    bool ok = store_visitor_get(txn, 1, STR("v1"), &a, &v, &found, error) && store_erase_begin(txn, &v, error);
    while (ok && !finished)
        ok = store_erase_step(txn, 100, &finished, error);
    arena_clear(&a);
    return ok;
}

static void test_refill_meets_erasure(void)
{
    struct world w;
    GError *error = NULL;
    world_open(&w, false);
    struct told_session *gone = world_session(&w, 1, "v1", w.now_ms), *stays = world_session(&w, 1, "v2", w.now_ms);
    for (int i = 0; i < 3 * STEP; i++) {
        world_append(&w, gone, EVENT_MESSAGE, w.now_ms + i, 0, "secret");
        world_append(&w, stays, EVENT_MESSAGE, w.now_ms + i, 0, "secret");
    }
    change_rules(&w);
    step(&w);
    struct store_job erase = {.run = run_erase};
    store_write(w.store, &erase, &error);
    g_assert_no_error(error);
    world_check(&w);
    while (!step(&w).finished)
        world_check(&w);
    g_assert_cmpuint(hits(&w, "secret"), ==, 3 * STEP);
    world_check(&w);
    world_close(&w);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/search/words", test_words);
    g_test_add_func("/search/long-words", test_long_words);
    g_test_add_func("/search/refill/beside-changes", test_refill);
    g_test_add_func("/search/refill/begins-again", test_refill_again);
    g_test_add_func("/search/refill/meets-edit", test_refill_meets_edit);
    g_test_add_func("/search/refill/meets-erasure", test_refill_meets_erasure);
    return g_test_run();
}
