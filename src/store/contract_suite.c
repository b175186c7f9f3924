/* One suite over store.h for every driver, alone and through fault at every call. */
#include "store/contract_world.h"

#include "base/id.h"

#include <glib/gstdio.h>

enum { DAY_MS = 24 * 3600 * 1000 };

#define OK(call) \
    do { \
        GError *failure = NULL; \
        bool did = (call); \
        g_assert_no_error(failure); \
        g_assert_true(did); \
    } while (0)

/* A job that calls `step` in its transaction. */
struct step_job {
    struct store_job job;
    bool (*step)(struct store_txn *txn, void *data, GError **error);
    void *data;
};

static bool step_run(struct store_job *job, struct store_txn *txn, GError **error)
{
    struct step_job *step = (struct step_job *)job;
    return step->step(txn, step->data, error);
}

static bool write_step(struct world *w, bool (*step)(struct store_txn *, void *, GError **), void *data, GError **error)
{
    struct step_job job = {.job = {.run = step_run}, .step = step, .data = data};
    return store_write(w->store, &job.job, error);
}

/* ---- the log and its projections ---- */

static void test_play(void)
{
    struct world w;
    world_open(&w, false);
    for (int round = 0; round < 4; round++) {
        world_play(&w, 150);
        world_verify(&w);
    }
    world_reopen(&w);
    world_verify(&w);
    world_play(&w, 50);
    world_verify(&w);
    world_close(&w);
}

/* Edits and deletes of what the same transaction wrote, and of what it changed before. */
static void test_together(void)
{
    struct world w;
    world_open(&w, false);
    struct told_session *s = world_session(&w, 1, "v1", w.now_ms), *sessions[] = {s, s, s, s, s, s};
    world_append(&w, s, EVENT_MESSAGE, w.now_ms, 0, "red one"); /* index 1 */
    struct told_event events[] = {
        {.kind = EVENT_MESSAGE, .time_ms = w.now_ms, .by = 1, .id = STR("a"), .text = STR("green two")}, /* 2 */
        {.kind = EVENT_EDIT, .time_ms = w.now_ms, .by = 1, .target = 2, .id = STR("b"), .text = STR("blue two")},
        {.kind = EVENT_EDIT, .time_ms = w.now_ms, .by = 1, .target = 1, .id = STR("c"), .text = STR("zebra one")},
        {.kind = EVENT_EDIT, .time_ms = w.now_ms, .by = 1, .target = 1, .id = STR("d"), .text = STR("paper one")},
        {.kind = EVENT_MESSAGE, .time_ms = w.now_ms, .by = 1, .id = STR("e"), .text = STR("order six")}, /* 6 */
        {.kind = EVENT_DELETE, .time_ms = w.now_ms, .by = 1, .target = 6, .id = STR("f")},
    };
    world_append_together(&w, sessions, events, G_N_ELEMENTS(events));
    world_verify(&w);
    world_close(&w);
}

static void test_ids(void)
{
    struct world w;
    struct arena a;
    world_open(&w, false);
    arena_init(&a);
    struct told_session *s = world_session(&w, 1, "v1", w.now_ms);
    world_append(&w, s, EVENT_MESSAGE, w.now_ms, 0, "hello");
    struct told_event *told = &g_array_index(s->events, struct told_event, 1);
    struct store_txn *txn = world_read(&w);
    struct session_view view;
    struct event e;
    struct visitor v;
    int64_t number;
    bool found;
    OK(store_session_get(txn, 2, s->id, &a, &view, &found, &failure));
    g_assert_false(found); /* another company's */
    OK(store_session_get(txn, 1, s->id, &a, &view, &found, &failure));
    g_assert_true(found);
    OK(store_session_by_number(txn, view.session.number, &a, &view, &found, &failure));
    g_assert_true(found && str_equal(view.session.id, s->id));
    OK(store_event_by_id(txn, &view.session, told->id, &a, &e, &found, &failure));
    g_assert_true(found && e.index == 1 && str_equal(e.text, STR("hello")));
    OK(store_event_by_id(txn, &view.session, STR("nobody"), &a, &e, &found, &failure));
    g_assert_false(found);
    OK(store_event_find(txn, 1, told->id, &a, &e, &number, &found, &failure));
    g_assert_true(found && e.index == 1 && number == view.session.number);
    OK(store_event_find(txn, 2, told->id, &a, &e, &number, &found, &failure));
    g_assert_false(found);
    OK(store_visitor_get(txn, 1, STR("v1"), &a, &v, &found, &failure));
    g_assert_true(found && v.sessions == 1 && str_equal(v.token, STR("token-v1")));
    OK(store_visitor_by_token(txn, 1, STR("token-v1"), &a, &v, &found, &failure));
    g_assert_true(found && str_equal(v.id, STR("v1")));
    OK(store_visitor_by_number(txn, v.number, &a, &v, &found, &failure));
    g_assert_true(found && str_equal(v.name, STR("Name of v1")));
    OK(store_visitor_by_token(txn, 2, STR("token-v1"), &a, &v, &found, &failure));
    g_assert_false(found);
    store_read_end(txn);
    arena_clear(&a);
    world_close(&w);
}

/* An append that the store must refuse, in a group with others that it must keep. */
static bool append_same_id(struct store_txn *txn, void *data, GError **error)
{
    const struct told_session *s = data;
    const struct told_event *told = &g_array_index(s->events, struct told_event, 1);
    struct arena a;
    struct session_view before, after;
    bool found;
    arena_init(&a);
    OK(store_session_get(txn, s->company, s->id, &a, &before, &found, &failure));
    session_copy(&before, &after, &a);
    struct event e = {.index = before.session.last_index + 1,
                      .kind = EVENT_MESSAGE,
                      .time_ms = told->time_ms,
                      .participant = 1,
                      .id = told->id,
                      .text = STR("again")};
    event_salt(&e, 1);
    event_seal(&e, before.session.chain);
    session_apply(&after, &e, &a);
    memcpy(after.session.chain, e.chain, sizeof e.chain);
    bool ok = store_append(
        txn, &(struct store_append){.before = &before, .after = &after, .events = &e, .event_count = 1}, error);
    arena_clear(&a);
    return ok;
}

static bool append_and_spoil(struct store_txn *txn, void *data, GError **error)
{
    OK(store_value_put(txn, STR("spoiled"), STR("yes"), &failure));
    store_txn_spoil(txn);
    reason_set(error, REASON_LINE_INVALID, "no");
    (void)data;
    return false;
}

static void test_refused(void)
{
    struct world w;
    world_open(&w, false);
    struct told_session *s = world_session(&w, 1, "v1", w.now_ms);
    world_append(&w, s, EVENT_MESSAGE, w.now_ms, 0, "hello");
    GError *error = NULL;
    g_assert_false(write_step(&w, append_same_id, s, &error));
    g_assert_cmpint(reason_of(error), ==, REASON_ID_TAKEN);
    g_clear_error(&error);
    g_assert_false(write_step(&w, append_and_spoil, NULL, &error));
    g_assert_cmpint(reason_of(error), ==, REASON_LINE_INVALID);
    g_clear_error(&error);
    struct arena a;
    struct str value;
    bool found;
    arena_init(&a);
    struct store_txn *txn = world_read(&w);
    OK(store_value_get(txn, STR("spoiled"), &a, &value, &found, &failure));
    g_assert_false(found);
    store_read_end(txn);
    arena_clear(&a);
    world_verify(&w);
    world_close(&w);
}

/* ---- lists ---- */

static bool passes(const struct told_session *s, const struct store_session_filter *f)
{
    int64_t time =
        f->by == STORE_BY_START ? g_array_index(s->events, struct told_event, 0).time_ms : told_first_message(s);
    return s->company == f->company && time != NO_TIME && (f->from_ms == NO_TIME || time >= f->from_ms) &&
           (f->to_ms == NO_TIME || time < f->to_ms) &&
           (!f->operator_id.ptr || str_equal(f->operator_id, s->operator_id)) &&
           (!f->department_id.ptr || str_equal(f->department_id, s->department_id)) &&
           (!f->button_id.ptr || str_equal(f->button_id, s->button_id)) &&
           (f->state < 0 || (f->state == SESSION_CLOSED) == told_is_closed(s)) &&
           (f->dialect < 0 || f->dialect == (int)s->dialect);
}

/* Walks the list in pages of 3, while sessions come in before and behind; what was there is seen exactly once. */
static void walk_list(struct world *w, const struct store_session_filter *filter, bool ascending, bool inserting)
{
    struct arena a;
    arena_init(&a);
    GHashTable *wanted = g_hash_table_new(g_str_hash, g_str_equal), *seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < w->sessions->len; i++)
        if (passes(w->sessions->pdata[i], filter))
            g_hash_table_add(wanted, (gpointer)((struct told_session *)w->sessions->pdata[i])->id.ptr);
    struct store_session_key key;
    bool first = true;
    for (size_t count = 1; count;) {
        struct session *sessions;
        struct store_txn *txn = world_read(w);
        OK(store_session_list(txn, filter, first ? NULL : &key, ascending, 3, &a, &sessions, &count, &failure));
        g_assert_cmpuint(count, <=, 3);
        for (size_t i = 0; i < count; i++) {
            int64_t time = filter->by == STORE_BY_START ? sessions[i].start_ms : sessions[i].first_message_ms;
            if (!first) {
                int order = time != key.time_ms ? (time < key.time_ms ? -1 : 1) : -str_compare(sessions[i].id, key.id);
                g_assert_cmpint(ascending ? -order : order, <, 0);
            }
            first = false;
            key = (struct store_session_key){time, sessions[i].id};
            g_assert_true(g_hash_table_add(seen, (gpointer)sessions[i].id.ptr)); /* the arena ends it with a zero */
        }
        store_read_end(txn);
        if (inserting && count) {
            struct told_session *s =
                world_session(w, filter->company, "v1", key.time_ms + g_rand_int_range(w->random, -1000, 1000));
            world_append(w, s, EVENT_MESSAGE, key.time_ms, 0, "hello");
        }
        if (g_hash_table_size(seen) > 2000)
            g_error("the list does not end");
        if (inserting && w->sessions->len > 400)
            inserting = false;
    }
    GHashTableIter i;
    gpointer id;
    g_hash_table_iter_init(&i, wanted);
    while (g_hash_table_iter_next(&i, &id, NULL))
        g_assert_true(g_hash_table_contains(seen, id));
    if (!inserting && w->sessions->len <= 400)
        g_assert_cmpuint(g_hash_table_size(seen), ==, g_hash_table_size(wanted));
    g_hash_table_destroy(wanted);
    g_hash_table_destroy(seen);
    arena_clear(&a);
}

/* The queue is what the rows say that waits, in its order. */
static void verify_queue(struct world *w, bool ascending)
{
    struct arena a;
    struct session_view *all;
    struct session *queue;
    size_t count, waiting, expected = 0;
    const struct store_session_filter filter = {
        .company = 1, .state = -1, .dialect = -1, .by = STORE_BY_QUEUED, .from_ms = NO_TIME, .to_ms = NO_TIME};
    arena_init(&a);
    struct store_txn *txn = world_read(w);
    OK(store_session_list(txn, &filter, NULL, ascending, SIZE_MAX, &a, &queue, &waiting, &failure));
    OK(store_session_scan(txn, 1, 0, SIZE_MAX, &a, &all, &count, &failure));
    for (size_t i = 0; i < count; i++)
        expected += all[i].session.queued_ms != NO_TIME;
    g_assert_cmpuint(expected, >, 1);
    g_assert_cmpuint(waiting, ==, expected);
    for (size_t i = 0; i + 1 < waiting; i++) {
        g_assert_cmpint(queue[i].state, ==, SESSION_OPEN);
        int64_t ahead =
            ascending ? queue[i + 1].queued_ms - queue[i].queued_ms : queue[i].queued_ms - queue[i + 1].queued_ms;
        int by_id = ascending ? str_compare(queue[i + 1].id, queue[i].id) : str_compare(queue[i].id, queue[i + 1].id);
        g_assert_true(ahead > 0 || (ahead == 0 && by_id < 0));
    }
    store_read_end(txn);
    arena_clear(&a);
}

static void test_lists(void)
{
    struct world w;
    world_open(&w, false);
    world_play(&w, 300);
    for (int bits = 0; bits < 128; bits++) {
        struct store_session_filter filter = {.company = 1 + bits % 2, .state = -1, .dialect = -1};
        filter.by = bits & 1 ? STORE_BY_FIRST_MESSAGE : STORE_BY_START;
        filter.operator_id = bits & 2 ? STR("o1") : STR_NULL;
        filter.department_id = bits & 4 ? STR("d1") : STR_NULL;
        filter.button_id = bits & 8 ? STR("b1") : STR_NULL;
        filter.state = bits & 16 ? (bits & 32 ? SESSION_OPEN : SESSION_CLOSED) : -1;
        filter.dialect = bits & 32 ? DIALECT_GENESYS : -1;
        filter.from_ms = bits & 64 ? w.now_ms - 2 * DAY_MS : NO_TIME;
        filter.to_ms = bits & 64 ? w.now_ms - DAY_MS / 3 : NO_TIME;
        walk_list(&w, &filter, bits & 16, false);
    }
    for (int i = 0; i < 4; i++) {
        struct store_session_filter filter = {
            .company = 1, .state = -1, .dialect = -1, .by = i & 1, .from_ms = NO_TIME, .to_ms = NO_TIME};
        walk_list(&w, &filter, i & 2, true);
    }
    verify_queue(&w, true);
    verify_queue(&w, false);
    world_verify(&w);
    world_close(&w);
}

static int64_t last_change_ms(struct store_txn *txn, int64_t session, struct arena *a)
{
    struct store_change *changes;
    size_t count;
    const struct store_change_filter of_it = {.session = session};
    OK(store_changes(txn, &of_it, 0, SIZE_MAX, a, &changes, &count, &failure));
    return changes[count - 1].at_ms;
}

/* A list of what changed since some time has the sessions whose last change was then or later, and no other. */
static void test_changed_since(void)
{
    struct world w;
    struct arena a;
    world_open(&w, false);
    arena_init(&a);
    world_play(&w, 300);
    struct store_session_filter filter = {
        .company = 1, .state = -1, .dialect = -1, .from_ms = NO_TIME, .to_ms = NO_TIME};
    struct session *all, *some;
    size_t all_count, count;
    struct store_txn *txn = world_read(&w);
    OK(store_session_list(txn, &filter, NULL, false, SIZE_MAX, &a, &all, &all_count, &failure));
    g_assert_cmpuint(all_count, >, 3);
    for (size_t i = 0; i <= all_count; i++) {
        filter.changed_since_ms = i < all_count ? last_change_ms(txn, all[i].number, &a) : INT64_MAX;
        OK(store_session_list(txn, &filter, NULL, false, SIZE_MAX, &a, &some, &count, &failure));
        size_t at = 0;
        for (size_t k = 0; k < all_count; k++)
            if (last_change_ms(txn, all[k].number, &a) >= filter.changed_since_ms)
                g_assert_true(at < count && some[at++].number == all[k].number);
        g_assert_cmpuint(at, ==, count);
    }
    store_read_end(txn);
    arena_clear(&a);
    world_close(&w);
}

struct room {
    int64_t time_ms, start_ms;
    struct str id;
};

/* Equal times: the newest start first, then by id. */
static int by_time(const void *x, const void *y)
{
    const struct room *a = x, *b = y;
    if (a->time_ms != b->time_ms)
        return a->time_ms < b->time_ms ? -1 : 1;
    if (a->start_ms != b->start_ms)
        return a->start_ms > b->start_ms ? -1 : 1;
    return str_compare(a->id, b->id);
}

static int by_time_down(const void *x, const void *y)
{
    const struct room *a = x, *b = y;
    return a->time_ms != b->time_ms ? by_time(y, x) : by_time(x, y);
}

static void test_rooms(void)
{
    struct world w;
    struct arena a;
    world_open(&w, false);
    arena_init(&a);
    world_play(&w, 300);
    struct told_session *one = world_session(&w, 1, "v1", w.now_ms), *two = world_session(&w, 1, "v1", w.now_ms);
    g_assert_true(one != two); /* a tie */
    struct store_txn *txn = world_read(&w);
    struct visitor v;
    bool found;
    OK(store_visitor_get(txn, 1, STR("v1"), &a, &v, &found, &failure));
    for (int order = STORE_ROOM_START_DESC; order <= STORE_ROOM_LM_ASC; order++) {
        bool by_start = order == STORE_ROOM_START_DESC || order == STORE_ROOM_START_ASC;
        bool down = order == STORE_ROOM_START_DESC || order == STORE_ROOM_LM_DESC;
        GArray *rooms = g_array_new(FALSE, FALSE, sizeof(struct room));
        for (guint i = 0; i < w.sessions->len; i++) {
            const struct told_session *s = w.sessions->pdata[i];
            int64_t start = g_array_index(s->events, struct told_event, 0).time_ms;
            struct room room = {by_start ? start : told_lm(s), start, s->id};
            if (s->company == 1 && str_equal(s->visitor, STR("v1")))
                g_array_append_val(rooms, room);
        }
        g_assert_cmpint(v.sessions, ==, rooms->len);
        qsort(rooms->data, rooms->len, sizeof(struct room), down ? by_time_down : by_time);
        for (size_t offset = 0; offset <= rooms->len; offset += 2)
            for (size_t limit = 0; limit < 4; limit++) {
                struct session *sessions;
                size_t count;
                OK(store_visitor_rooms(txn, 1, v.number, (enum store_room_order)order, offset, limit, &a, &sessions,
                                       &count, &failure));
                g_assert_cmpuint(count, ==, limit ? MIN(limit, rooms->len - offset) : rooms->len - offset);
                for (size_t i = 0; i < count; i++)
                    g_assert_true(str_equal(sessions[i].id, g_array_index(rooms, struct room, offset + i).id));
            }
        g_array_free(rooms, TRUE);
    }
    struct session *sessions;
    size_t count;
    struct event *messages;
    struct participant *authors;
    OK(store_visitor_rooms(txn, 1, v.number, STORE_ROOM_LM_DESC, 0, 0, &a, &sessions, &count, &failure));
    uint32_t *indices = arena_array(&a, count, sizeof *indices);
    for (size_t i = 0; i < count; i++)
        indices[i] = sessions[i].last_message;
    OK(store_event_of_each(txn, sessions, indices, count, &a, &messages, &authors, &failure));
    for (size_t i = 0; i < count; i++) {
        g_assert_cmpuint(messages[i].index, ==, sessions[i].last_message);
        g_assert_cmpuint(authors[i].id, ==, sessions[i].last_message ? 1 : 0);
    }
    store_read_end(txn);
    arena_clear(&a);
    world_close(&w);
}

/* What is shown of a session so long that a driver may keep it in more than one way: messages at both ends with much
 * between them, times that go back, deletes of the newest until only the beginning is left. */
static void test_shown_of_a_long_session(void)
{
    enum { AT_EACH_END = 30, BETWEEN = 1100, EVENTS = 2 * AT_EACH_END + BETWEEN };
    struct world w;
    world_open(&w, false);
    struct told_session *s = world_session(&w, 1, "v1", w.now_ms), **sessions = g_new(struct told_session *, EVENTS);
    struct told_event *events = g_new0(struct told_event, EVENTS);
    for (int i = 0; i < EVENTS; i++) {
        bool message = i < AT_EACH_END || i >= AT_EACH_END + BETWEEN;
        sessions[i] = s;
        events[i] = (struct told_event){.kind = message ? EVENT_MESSAGE : EVENT_TYPING_STARTED,
                                        .time_ms = w.now_ms + g_rand_int_range(w.random, 0, 40),
                                        .by = 1,
                                        .id = arena_printf(&w.arena, "long-%d", i),
                                        .text = message ? STR("words") : STR_NULL};
    }
    world_append_together(&w, sessions, events, EVENTS);
    world_verify(&w);
    for (int i = 0; i < AT_EACH_END + 5; i++)
        world_append(&w, s, EVENT_DELETE, w.now_ms + 50, told_shown_before(s, 0), NULL);
    world_verify(&w);
    g_free(events);
    g_free(sessions);
    world_close(&w);
}

static void test_visitors(void)
{
    struct world w;
    struct arena a;
    world_open(&w, false);
    arena_init(&a);
    for (int i = 1; i <= 12; i++) {
        char id[16];
        g_snprintf(id, sizeof id, "v%d", i);
        world_session(&w, 1, id, w.now_ms + i);
    }
    struct store_txn *txn = world_read(&w);
    struct visitor *visitors;
    size_t count, all = 0;
    int64_t before = 0;
    do {
        OK(store_visitor_list(txn, 1, STR(""), before, 5, &a, &visitors, &count, &failure));
        for (size_t i = 0; i < count; i++) {
            g_assert_true(!before || visitors[i].number < before);
            before = visitors[i].number;
        }
        all += count;
    } while (count);
    g_assert_cmpuint(all, ==, 12);
    OK(store_visitor_list(txn, 1, STR("V12@EXAMPLE"), 0, 5, &a, &visitors, &count, &failure));
    g_assert_cmpuint(count, ==, 1);
    OK(store_visitor_list(txn, 1, STR("%"), 0, 5, &a, &visitors, &count, &failure));
    g_assert_cmpuint(count, ==, 0); /* no wildcard */
    OK(store_visitor_list(txn, 2, STR(""), 0, 5, &a, &visitors, &count, &failure));
    g_assert_cmpuint(count, ==, 0);
    store_read_end(txn);
    arena_clear(&a);
    world_close(&w);
}

/* ---- search ---- */

static size_t search_one(struct world *w, const char *query, struct arena *a, struct store_hit **hits)
{
    struct store_txn *txn = world_read(w);
    struct store_search search = {.company = 1,
                                  .query = str_from_c(query),
                                  .state = -1,
                                  .dialect = -1,
                                  .from_ms = NO_TIME,
                                  .to_ms = NO_TIME,
                                  .limit = 20};
    struct store_found found;
    OK(store_search(txn, &search, a, &found, &failure));
    g_assert_false(found.partial);
    store_read_end(txn);
    *hits = found.hits;
    return found.count;
}

static void test_search_syntax(void)
{
    struct world w;
    struct arena a;
    struct store_hit *hits;
    world_open(&w, false);
    arena_init(&a);
    struct told_session *s = world_session(&w, 1, "v1", w.now_ms);
    static const char *const texts[] = {
        "The quick brown fox", "the brown quick FOX",  "\xc3\x89t\xc3\xa9 in Gen\xc3\xa8ve",
        "e-mail me, please",   "AND then NOT or NEAR", "text : scope c1 d0 v1",
        "foxes are many",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        world_append(&w, s, EVENT_MESSAGE, w.now_ms + (int64_t)i, 0, texts[i]);
    static const struct {
        const char *query;
        size_t count;
    } cases[] = {
        {"fox", 2},
        {"FOX quick", 2},
        {"\"quick brown\"", 1},
        {"fox*", 3},
        {"fox -brown", 0},
        {"fox* -quick", 1},
        {"ete", 1},
        {"geneve \xc3\x89T\xc3\x89", 1},
        {"e-mail", 1},
        {"mail", 1},
        {"and", 1},
        {"and not", 1},
        {"near", 1},
        {"scope", 1},
        {"c1", 1},
        {"v1", 1},
        {"d0 -nothing", 1},
        {"text:scope", 1},
        {"\"brown quick\" fox*", 1},
        {"{scope}:c1", 1},
        {"fox) OR (scope", 0},
        {"NEAR(quick fox)", 0},
        {"^the", 2},
        {"\"unclosed", 0},
        {"a\"b", 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        size_t count = search_one(&w, cases[i].query, &a, &hits);
        if (count != cases[i].count)
            g_error("\"%s\" finds %zu, not %zu", cases[i].query, count, cases[i].count);
    }
    arena_clear(&a);
    world_close(&w);
}

static void test_search_marks(void)
{
    struct world w;
    struct arena a;
    struct store_hit *hits;
    world_open(&w, false);
    arena_init(&a);
    struct told_session *s = world_session(&w, 1, "v1", w.now_ms);
    /* an astral character, a letter with a combining mark, a precomposed one */
    world_append(&w, s, EVENT_MESSAGE, w.now_ms, 0, "\xf0\x9f\x98\x80 x cafe\xcc\x81 \xc3\xa9t\xc3\xa9 caf\xc3\xa9");
    g_assert_cmpuint(search_one(&w, "cafe", &a, &hits), ==, 1);
    g_assert_cmpuint(hits[0].highlight_count, ==, 2);
    g_assert_cmpuint(hits[0].highlights[0].start, ==, 4);
    g_assert_cmpuint(hits[0].highlights[0].length, ==, 5); /* the mark belongs to it */
    g_assert_cmpuint(hits[0].highlights[1].start, ==, 14);
    g_assert_cmpuint(hits[0].highlights[1].length, ==, 4);
    g_assert_true(hits[0].snippet_from_start && hits[0].snippet_to_end);
    g_assert_true(str_equal(hits[0].session_id, s->id) && hits[0].event.index == 1);

    /* overlapping phrases are one range */
    g_assert_cmpuint(search_one(&w, "\"x cafe\" \"cafe ete\" x", &a, &hits), ==, 1);
    g_assert_cmpuint(hits[0].highlight_count, ==, 1);
    g_assert_cmpuint(hits[0].highlights[0].start, ==, 2);
    g_assert_cmpuint(hits[0].highlights[0].length, ==, 11);

    /* a long text is cut around the match, at words; a word longer than a snippet is cut inside */
    GString *text = g_string_new(NULL);
    for (int i = 0; i < 300; i++)
        g_string_append_printf(text, "w\xc3\xb6rd%d ", i);
    g_string_append(text, "needle");
    for (int i = 0; i < 300; i++)
        g_string_append_printf(text, " w\xc3\xb6rd%d", i);
    world_append(&w, s, EVENT_MESSAGE, w.now_ms, 0, text->str);
    g_assert_cmpuint(search_one(&w, "needle", &a, &hits), ==, 1);
    struct store_hit *hit = &hits[0];
    g_assert_true(str_is_utf8(hit->snippet) && !hit->snippet_from_start && !hit->snippet_to_end);
    g_assert_cmpint(g_utf8_strlen(hit->snippet.ptr, (gssize)hit->snippet.len), <=, 200);
    g_assert_cmpuint(hit->highlight_count, ==, 1);
    const char *at = g_utf8_offset_to_pointer(hit->snippet.ptr, (glong)hit->highlights[0].start);
    g_assert_true(g_str_has_prefix(at, "needle ") && hit->highlights[0].length == 6);
    g_assert_true(g_str_has_prefix(hit->snippet.ptr, "w\xc3\xb6rd"));
    g_string_set_size(text, 0);
    for (int i = 0; i < 500; i++)
        g_string_append(text, "\xc3\xb6");
    world_append(&w, s, EVENT_MESSAGE, w.now_ms, 0, text->str);
    g_assert_cmpuint(search_one(&w, "\xc3\xb6\xc3\xb6\xc3\xb6*", &a, &hits), ==, 1);
    g_assert_cmpint(g_utf8_strlen(hits[0].snippet.ptr, (gssize)hits[0].snippet.len), ==, 200);
    g_assert_cmpuint(hits[0].highlights[0].length, ==, 200);
    g_string_free(text, TRUE);
    arena_clear(&a);
    world_close(&w);
}

static void test_search_filters(void)
{
    struct world w;
    struct arena a;
    world_open(&w, false);
    arena_init(&a);
    world_play(&w, 500);
    struct store_txn *txn = world_read(&w);
    for (int bits = 0; bits < 128; bits++) {
        struct store_search search = {
            .company = 1, .query = STR("ref* -sorry"), .state = -1, .dialect = -1, .limit = 1000};
        struct store_session_filter same = {
            .company = 1, .state = -1, .dialect = -1, .from_ms = NO_TIME, .to_ms = NO_TIME};
        struct visitor v = {0};
        bool found;
        search.operator_id = same.operator_id = bits & 1 ? STR("o1") : STR_NULL;
        search.department_id = same.department_id = bits & 2 ? STR("d2") : STR_NULL;
        search.button_id = same.button_id = bits & 4 ? STR("b0") : STR_NULL;
        search.state = same.state = bits & 8 ? SESSION_OPEN : -1;
        search.dialect = same.dialect = bits & 16 ? DIALECT_AGENDIZE : -1;
        search.from_ms = bits & 32 ? w.now_ms - 3 * DAY_MS : NO_TIME;
        search.to_ms = bits & 32 ? w.now_ms - DAY_MS / 2 : NO_TIME;
        search.best_first = bits & 1;
        if (bits & 64)
            OK(store_visitor_get(txn, 1, STR("v3"), &a, &v, &found, &failure));
        search.visitor = v.number;
        size_t expected = 0;
        for (guint i = 0; i < w.sessions->len; i++) {
            const struct told_session *s = w.sessions->pdata[i];
            if (!passes(s, &same) || (bits & 64 && !str_equal(s->visitor, STR("v3"))))
                continue;
            for (guint j = 0; j < s->events->len; j++) {
                struct str text = told_current_text(s, j);
                int64_t time = g_array_index(s->events, struct told_event, j).time_ms;
                bool inside = !(bits & 32) || (time >= search.from_ms && time < search.to_ms);
                expected += inside && text.ptr && strstr(text.ptr, "refund") && !strstr(text.ptr, "sorry");
            }
        }
        struct store_found all, rest;
        OK(store_search(txn, &search, &a, &all, &failure));
        g_assert_cmpuint(all.count, ==, expected);
        if (search.best_first && all.count > 3) { /* an offset there */
            search.skip = 3;
            OK(store_search(txn, &search, &a, &rest, &failure));
            g_assert_cmpuint(rest.count, ==, all.count - 3);
            g_assert_cmpint(rest.hits[0].key, ==, all.hits[3].key);
        }
    }
    store_read_end(txn);
    arena_clear(&a);
    world_close(&w);
}

static void test_search_invalid(void)
{
    struct world w;
    struct arena a;
    world_open(&w, false);
    arena_init(&a);
    static const char *const refused[] = {"", "   ", "-only", "\xff\xfe", "\"\""};
    struct store_txn *txn = world_read(&w);
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        struct store_search search = {.company = 1,
                                      .query = str_from_c(refused[i]),
                                      .state = -1,
                                      .dialect = -1,
                                      .from_ms = NO_TIME,
                                      .to_ms = NO_TIME,
                                      .limit = 5};
        struct store_found ignored;
        GError *error = NULL;
        g_assert_false(store_search(txn, &search, &a, &ignored, &error));
        g_assert_cmpint(reason_of(error), ==, REASON_QUERY_INVALID);
        g_error_free(error);
    }
    store_read_end(txn);
    arena_clear(&a);
    world_close(&w);
}

/* ---- erasure ---- */

static bool erase_begin(struct store_txn *txn, void *data, GError **error)
{
    struct visitor v;
    struct arena a;
    bool found;
    arena_init(&a);
    bool ok = store_visitor_get(txn, 1, str_from_c(data), &a, &v, &found, error) &&
              (!found || store_erase_begin(txn, &v, error));
    arena_clear(&a);
    return ok;
}

static bool erase_step(struct store_txn *txn, void *data, GError **error)
{
    return store_erase_step(txn, 7, data, error);
}

static bool try_erase_begin(struct world *w, void *data, GError **error)
{
    return write_step(w, erase_begin, data, error);
}

static bool try_erase_step(struct world *w, void *data, GError **error)
{
    return write_step(w, erase_step, data, error);
}

static bool try_scrub(struct world *w, void *data, GError **error)
{
    (void)data;
    return store_scrub(w->store, NULL, NULL, error);
}

static void pending(struct world *w, bool *erasing, bool *scrub)
{
    int64_t owed_ms;
    struct store_txn *txn = world_read(w);
    OK(store_scrub_pending(txn, erasing, scrub, &owed_ms, &failure));
    g_assert_true(!*scrub || owed_ms > 0);
    store_read_end(txn);
}

static void mark_erased(struct world *w, const char *visitor)
{
    for (guint i = 0; i < w->sessions->len; i++) {
        struct told_session *s = w->sessions->pdata[i];
        if (s->company == 1 && str_equal(s->visitor, str_from_c(visitor)))
            s->erased = true;
    }
}

static void erase(struct world *w, const char *visitor, bool scrub)
{
    world_insist(w, try_erase_begin, (void *)visitor);
    mark_erased(w, visitor);
    for (bool finished = false; !finished;)
        world_insist(w, try_erase_step, &finished);
    if (scrub)
        world_insist(w, try_scrub, NULL);
}

/* How often the marker stands in the directory's files, in any letter case. */
static int count_marker(const struct world *w, const char *marker)
{
    int found = 0;
    size_t length = strlen(marker);
    GDir *dir = g_dir_open(w->directory, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(dir))) {
        char *path = g_build_filename(w->directory, name, NULL), *bytes;
        gsize size;
        if (g_file_get_contents(path, &bytes, &size, NULL)) {
            for (gsize i = 0; i + length <= size; i++)
                found += g_ascii_tolower(bytes[i]) == marker[0] && !g_ascii_strncasecmp(bytes + i, marker, length);
            g_free(bytes);
        }
        g_free(path);
    }
    g_dir_close(dir);
    return found;
}

static void test_erase(void)
{
    struct world w;
    struct arena a;
    bool erasing, scrub, found;
    world_open(&w, false);
    arena_init(&a);
    world_play(&w, 300);
    pending(&w, &erasing, &scrub);
    g_assert_true(!erasing && !scrub);
    world_insist(&w, try_erase_begin, "v2");
    mark_erased(&w, "v2");
    world_verify(&w); /* unreadable at once, counts stay */
    pending(&w, &erasing, &scrub);
    g_assert_true(erasing && scrub);
    struct visitor v;
    struct store_txn *txn = world_read(&w);
    OK(store_visitor_get(txn, 1, STR("v2"), &a, &v, &found, &failure));
    g_assert_false(found);
    OK(store_visitor_by_token(txn, 1, STR("token-v2"), &a, &v, &found, &failure));
    g_assert_false(found);
    store_read_end(txn);
    bool finished = false;
    world_insist(&w, try_erase_step, &finished);
    g_assert_false(finished);
    world_reopen(&w);
    world_verify(&w);
    while (!finished)
        world_insist(&w, try_erase_step, &finished);
    world_verify(&w);
    pending(&w, &erasing, &scrub);
    g_assert_true(!erasing && scrub);
    world_reopen(&w);
    world_insist(&w, try_scrub, NULL);
    pending(&w, &erasing, &scrub);
    g_assert_true(!erasing && !scrub);
    world_verify(&w);
    world_play(&w, 50); /* v2 may come again, as somebody new */
    world_verify(&w);
    arena_clear(&a);
    world_close(&w);
}

/* A visitor whose id is what another's would become. */
static void test_erase_id(void)
{
    struct world w;
    world_open(&w, false);
    world_session(&w, 1, "erased-2", w.now_ms);
    world_session(&w, 1, "v2", w.now_ms);
    erase(&w, "v2", false);
    world_verify(&w);
    world_close(&w);
}

/* Texts of all sizes, to sessions in any order, so that trees split and cells move from page to page; edits; many
 * erasures among what stays. */
static void test_scrub(void)
{
    static const char marker[] = "zqxmarkerjk";
    struct world w;
    world_open(&w, false);
    for (int i = 0; i < 120; i++) {
        char visitor[32];
        g_snprintf(visitor, sizeof visitor, i % 3 ? "v%d" : "zqxmarkerjk%d", i % 20);
        world_session(&w, 1, visitor, w.now_ms + i);
    }
    for (int i = 0; i < 1500; i++) {
        struct told_session *s = w.sessions->pdata[g_rand_int_range(w.random, 0, (gint32)w.sessions->len)];
        const char *word = g_str_has_prefix(s->visitor.ptr, marker) ? marker : "other";
        GString *text = g_string_new(NULL);
        for (int k = g_rand_int_range(w.random, 1, i % 10 ? 30 : 800); k > 0; k--)
            g_string_append_printf(text, "%s%d ", word, k % 50);
        uint32_t old = i % 7 ? 0 : s->events->len - 1;
        if (old && told_current_text(s, old).ptr)
            world_append(&w, s, EVENT_EDIT, w.now_ms + i, old, text->str);
        else
            world_append(&w, s, EVENT_MESSAGE, w.now_ms + i, 0, text->str);
        g_string_free(text, TRUE);
    }
    g_assert_cmpint(count_marker(&w, marker), >, 100);
    for (int i = 0; i < 20; i++) {
        char visitor[32];
        g_snprintf(visitor, sizeof visitor, "zqxmarkerjk%d", i);
        erase(&w, visitor, false);
    }
    g_test_message("%d copies before the scrub", count_marker(&w, marker));
    world_insist(&w, try_scrub, NULL);
    g_assert_cmpint(count_marker(&w, marker), ==, 0);
    world_verify(&w);
    world_reopen(&w);
    g_assert_cmpint(count_marker(&w, marker), ==, 0);
    world_close(&w);
}

/* ---- accounts ---- */

static bool put_accounts(struct store_txn *txn, void *data, GError **error)
{
    const struct operator_account o = {.company = 1,
                                       .id = STR("op1"),
                                       .username = STR("ann"),
                                       .name = STR("Ann"),
                                       .password = STR("$argon2id$x"),
                                       .digest = STR("$argon2id$y"),
                                       .roles = ROLE_AGENT | ROLE_MANAGER,
                                       .departments = STR("[\"d1\"]"),
                                       .created_ms = 5};
    const struct token t = {.hash = {1, 2, 3},
                            .id = STR("t1"),
                            .kind = TOKEN_OPERATOR,
                            .company = 1,
                            .operator_id = o.id,
                            .rights = RIGHT_READ,
                            .created_ms = 6};
    const struct department d = {.company = 1, .id = STR("d1"), .name = STR("Sales"), .enabled = true};
    const struct button b = {.company = 1, .id = STR("b1"), .name = STR("Home")};
    (void)data;
    return store_operator_put(txn, &o, error) && store_token_put(txn, &t, error) &&
           store_department_put(txn, &d, error) && store_button_put(txn, &b, error) &&
           store_value_put(txn, STR("key"), STR("value"), error);
}

static bool put_rival(struct store_txn *txn, void *data, GError **error)
{
    const struct operator_account o = {
        .company = 2, .id = STR("op2"), .username = STR("ann"), .roles = ROLE_AGENT, .created_ms = 5};
    (void)data;
    return store_operator_put(txn, &o, error);
}

static bool use_token(struct store_txn *txn, void *data, GError **error)
{
    const uint8_t hash[ID_HASH_SIZE] = {1, 2, 3};
    return store_token_used(txn, hash, *(const int64_t *)data, error);
}

/* One use an hour, wherever it is noted from. */
static void verify_use(struct world *w, int64_t at_ms, int64_t expected_ms)
{
    struct arena a;
    struct token *tokens;
    size_t count;
    arena_init(&a);
    OK(write_step(w, use_token, &at_ms, &failure));
    struct store_txn *txn = world_read(w);
    OK(store_tokens(txn, 1, STR("op1"), &a, &tokens, &count, &failure));
    g_assert_true(count == 1 && str_equal(tokens[0].id, STR("t1")) && tokens[0].last_used_ms == expected_ms);
    OK(store_tokens(txn, 1, STR_NULL, &a, &tokens, &count, &failure));
    g_assert_cmpuint(count, ==, 0); /* the company itself has none */
    store_read_end(txn);
    arena_clear(&a);
}

/* Five that end some day, the first of them ended. */
static bool put_ending(struct store_txn *txn, void *data, GError **error)
{
    (void)data;
    for (uint8_t i = 1; i <= 5; i++) {
        char id[2] = {(char)('a' + i), 0};
        const struct token t = {.hash = {9, i},
                                .id = {id, 1},
                                .kind = TOKEN_OPERATOR,
                                .company = 1,
                                .operator_id = STR("op1"),
                                .created_ms = 100 + i,
                                .expires_ms = i == 1 ? 1000 : 2000};
        if (!store_token_put(txn, &t, error))
            return false;
    }
    return true;
}

static bool trim_tokens(struct store_txn *txn, void *data, GError **error)
{
    return store_token_trim(txn, STR("op1"), 1000, *(const size_t *)data, error);
}

/* What never ends stays, whatever is trimmed. */
static void verify_trim(struct world *w, size_t keep, size_t expected)
{
    struct arena a;
    struct token *tokens;
    size_t count;
    arena_init(&a);
    OK(write_step(w, trim_tokens, &keep, &failure));
    struct store_txn *txn = world_read(w);
    OK(store_tokens(txn, 1, STR("op1"), &a, &tokens, &count, &failure));
    g_assert_cmpuint(count, ==, expected);
    g_assert_cmpint(tokens[0].expires_ms, ==, 0);
    for (size_t i = 1; i < count; i++) /* the newest of the others */
        g_assert_cmpint(tokens[i].created_ms, ==, 105 - (int64_t)(count - 1 - i));
    store_read_end(txn);
    arena_clear(&a);
}

static bool drop_tokens(struct store_txn *txn, void *data, GError **error)
{
    (void)data;
    return store_token_delete_of(txn, STR("op1"), error);
}

static void verify_accounts(struct world *w, bool with_token)
{
    struct arena a;
    struct operator_account o, *operators;
    struct token t;
    struct department *departments;
    struct button *buttons;
    struct company *companies;
    struct str value;
    size_t count;
    bool found;
    const uint8_t hash[ID_HASH_SIZE] = {1, 2, 3};
    arena_init(&a);
    struct store_txn *txn = world_read(w);
    OK(store_operator_by_username(txn, STR("ann"), &a, &o, &found, &failure));
    g_assert_true(found && str_equal(o.id, STR("op1")) && o.roles == (ROLE_AGENT | ROLE_MANAGER) &&
                  str_equal(o.password, STR("$argon2id$x")) && str_equal(o.departments, STR("[\"d1\"]")));
    OK(store_operator_by_id(txn, STR("op2"), &a, &o, &found, &failure));
    g_assert_false(found);
    OK(store_operators(txn, 0, &a, &operators, &count, &failure));
    g_assert_cmpuint(count, ==, 1);
    OK(store_token_get(txn, hash, &a, &t, &found, &failure));
    g_assert_true(found == with_token && (!found || (t.rights == RIGHT_READ && str_equal(t.operator_id, STR("op1")))));
    OK(store_departments(txn, 1, &a, &departments, &count, &failure));
    g_assert_true(count == 1 && str_equal(departments[0].name, STR("Sales")) && departments[0].enabled);
    OK(store_buttons(txn, 1, &a, &buttons, &count, &failure));
    g_assert_true(count == 1 && str_equal(buttons[0].name, STR("Home")));
    OK(store_companies(txn, &a, &companies, &count, &failure));
    g_assert_true(count == 2 && companies[0].is_default && !companies[1].is_default);
    OK(store_value_get(txn, STR("key"), &a, &value, &found, &failure));
    g_assert_true(found && str_equal(value, STR("value")));
    store_read_end(txn);
    arena_clear(&a);
}

static void test_accounts(void)
{
    struct world w;
    GError *error = NULL;
    world_open(&w, false);
    uint64_t epoch = store_account_epoch(w.store);
    OK(write_step(&w, put_accounts, NULL, &failure));
    g_assert_cmpuint(store_account_epoch(w.store), >, epoch);
    verify_accounts(&w, true);
    g_assert_false(write_step(&w, put_rival, NULL, &error));
    g_assert_cmpint(reason_of(error), ==, REASON_NAME_TAKEN);
    g_clear_error(&error);
    epoch = store_account_epoch(w.store);
    world_session(&w, 1, "v1", w.now_ms);
    g_assert_cmpuint(store_account_epoch(w.store), ==, epoch); /* a session is no account */
    verify_use(&w, 10 * STORE_TOKEN_USE_MS, 10 * STORE_TOKEN_USE_MS);
    verify_use(&w, 11 * STORE_TOKEN_USE_MS - 1, 10 * STORE_TOKEN_USE_MS);
    verify_use(&w, 11 * STORE_TOKEN_USE_MS, 11 * STORE_TOKEN_USE_MS);
    g_assert_cmpuint(store_account_epoch(w.store), ==, epoch); /* nor is a use */
    OK(write_step(&w, put_ending, NULL, &failure));
    verify_trim(&w, 9, 5);
    verify_trim(&w, 2, 3);
    verify_trim(&w, 0, 1);
    OK(write_step(&w, drop_tokens, NULL, &failure));
    world_reopen(&w);
    verify_accounts(&w, false);
    world_close(&w);
}

/* ---- the team ---- */

static bool put_status(struct store_txn *txn, void *data, GError **error)
{
    return store_status_put(txn, data, error);
}

static bool put_preference(struct store_txn *txn, void *data, GError **error)
{
    return store_preference_put(txn, STR("op1"), str_from_c(data), error);
}

static bool put_canned(struct store_txn *txn, void *data, GError **error)
{
    return store_canned_put(txn, data, error);
}

static bool drop_canned(struct store_txn *txn, void *data, GError **error)
{
    return store_canned_delete(txn, 1, str_from_c(data), error);
}

static void verify_team(struct world *w)
{
    struct arena a;
    struct operator_status status, *statuses;
    struct canned_answer c, *answers;
    struct str value;
    size_t count;
    bool found;
    arena_init(&a);
    struct store_txn *txn = world_read(w);
    OK(store_status_get(txn, 1, STR("op1"), &status, &failure));
    g_assert_true(status.availability == AVAILABILITY_AWAY && status.since_ms == 20);
    OK(store_status_get(txn, 2, STR("op1"), &status, &failure));
    g_assert_true(status.availability == AVAILABILITY_OFFLINE && status.since_ms == NO_TIME);
    OK(store_statuses(txn, 1, &a, &statuses, &count, &failure));
    g_assert_true(count == 1 && str_equal(statuses[0].operator_id, STR("op1")));
    OK(store_preference_get(txn, STR("op1"), &a, &value, &found, &failure));
    g_assert_true(found && str_equal(value, STR("{\"a\":2}")));
    OK(store_preference_get(txn, STR("op2"), &a, &value, &found, &failure));
    g_assert_false(found);
    OK(store_canned_get(txn, 1, STR("c1"), &a, &c, &found, &failure));
    g_assert_true(found && str_equal(c.text, STR("Hello!")) && str_equal(c.shortcut, STR("hi")) && !c.department.len);
    OK(store_canned_get(txn, 2, STR("c1"), &a, &c, &found, &failure));
    g_assert_false(found);
    OK(store_canned_list(txn, 1, NULL, 10, &a, &answers, &count, &failure));
    g_assert_true(count == 3 && str_equal(answers[0].id, STR("c3")) && str_equal(answers[1].id, STR("c1")) &&
                  str_equal(answers[2].id, STR("c2")));
    OK(store_canned_list(txn, 1, &answers[1], 10, &a, &answers, &count, &failure));
    g_assert_true(count == 1 && str_equal(answers[0].id, STR("c2")));
    OK(store_canned_count(txn, 1, &count, &failure));
    g_assert_cmpuint(count, ==, 3);
    store_read_end(txn);
    arena_clear(&a);
}

static void test_team(void)
{
    struct world w;
    GError *error = NULL;
    world_open(&w, false);
    uint64_t epoch = store_account_epoch(w.store);
    struct operator_status status = {1, STR("op1"), AVAILABILITY_ONLINE, 10};
    OK(write_step(&w, put_status, &status, &failure));
    status = (struct operator_status){1, STR("op1"), AVAILABILITY_AWAY, 20};
    OK(write_step(&w, put_status, &status, &failure));
    OK(write_step(&w, put_preference, (void *)"{\"a\":1}", &failure));
    OK(write_step(&w, put_preference, (void *)"{\"a\":2}", &failure));
    struct canned_answer answers[] = {{1, STR("c1"), STR(""), STR("hi"), STR("Hi!"), 1},
                                      {1, STR("c2"), STR("d1"), STR("hi"), STR("Hi there!"), 2},
                                      {1, STR("c3"), STR(""), STR("bye"), STR("Bye!"), 3},
                                      {1, STR("c4"), STR(""), STR("later"), STR("Later!"), 4},
                                      {2, STR("c9"), STR(""), STR("hi"), STR("Other!"), 5}};
    for (size_t i = 0; i < G_N_ELEMENTS(answers); i++)
        OK(write_step(&w, put_canned, &answers[i], &failure));
    struct canned_answer taken = {1, STR("c5"), STR("d1"), STR("hi"), STR("Ho!"), 6};
    g_assert_false(write_step(&w, put_canned, &taken, &error));
    g_assert_error(error, REASON, REASON_NAME_TAKEN);
    g_clear_error(&error);
    answers[0].text = STR("Hello!");
    OK(write_step(&w, put_canned, &answers[0], &failure));
    OK(write_step(&w, drop_canned, (void *)"c4", &failure));
    g_assert_cmpuint(store_account_epoch(w.store), ==, epoch);
    verify_team(&w);
    world_reopen(&w);
    verify_team(&w);
    world_close(&w);
}

static bool put_keys(struct store_txn *txn, void *data, GError **error)
{
    int64_t session = *(int64_t *)data;
    const struct chat_key one = {.company = 1, .session = session, .user_id = STR("u"), .hash = {1}, .participant = 1};
    const struct chat_key two = {.company = 1, .session = session, .user_id = STR("u"), .hash = {2}, .participant = 1};
    return store_chat_key_put(txn, &one, error) && store_chat_key_put(txn, &two, error) &&
           store_live_chat_put(txn, session, error);
}

static bool drop_live(struct store_txn *txn, void *data, GError **error)
{
    return store_live_chat_delete(txn, *(int64_t *)data, error);
}

static size_t count_keys(struct world *w, int64_t session, size_t *live)
{
    struct arena a;
    struct chat_key *keys;
    int64_t *sessions;
    size_t count;
    arena_init(&a);
    struct store_txn *txn = world_read(w);
    OK(store_chat_keys(txn, session, &a, &keys, &count, &failure));
    OK(store_live_chats(txn, &a, &sessions, live, &failure));
    store_read_end(txn);
    arena_clear(&a);
    return count;
}

static void test_chat_keys(void)
{
    struct world w;
    size_t live;
    int64_t session = 1;
    world_open(&w, false);
    world_session(&w, 1, "v1", w.now_ms);
    OK(write_step(&w, put_keys, &session, &failure));
    g_assert_cmpuint(count_keys(&w, session, &live), ==, 2);
    g_assert_cmpuint(live, ==, 1);
    OK(write_step(&w, drop_live, &session, &failure));
    g_assert_cmpuint(count_keys(&w, session, &live), ==, 2);
    g_assert_cmpuint(live, ==, 0);
    erase(&w, "v1", false);
    g_assert_cmpuint(count_keys(&w, session, &live), ==, 0);
    world_close(&w);
}

/* ---- keeping ---- */

struct backup_progress {
    struct world *w;
    int reports, stop_after;
};

/* Writes while the backup runs: it must neither fail nor start again for ever. */
static bool write_meanwhile(void *data, int64_t done, int64_t total)
{
    struct backup_progress *p = data;
    g_assert_cmpint(done, <=, total);
    if (p->reports++ < 5)
        world_play(p->w, 10);
    return p->reports != p->stop_after;
}

static void test_backup(void)
{
    struct world w;
    GError *error = NULL;
    world_open(&w, false);
    world_play(&w, 400);
    guint sessions = w.sessions->len;
    char *copy = g_dir_make_tmp("parley-backup-XXXXXX", &error);
    char *base = g_build_filename(copy, "copy.db", NULL);
    struct backup_progress meanwhile = {.w = &w, .stop_after = 1};
    const struct store_progress progress = {write_meanwhile, &meanwhile};
    g_assert_false(store_backup(w.store, base, &progress, &error));
    g_assert_cmpint(reason_of(error), ==, REASON_CANCELLED);
    g_clear_error(&error);
    g_assert_false(g_file_test(base, G_FILE_TEST_EXISTS));
    meanwhile = (struct backup_progress){.w = &w};
    OK(store_backup(w.store, base, &progress, &failure));
    g_assert_cmpint(meanwhile.reports, >, 0);
    g_assert_false(store_backup(w.store, base, NULL, &error)); /* never over a file that is there */
    g_assert_cmpint(reason_of(error), ==, REASON_FILE_UNWRITABLE);
    g_clear_error(&error);
    g_assert_false(store_backup(w.store, "/nonexistent/copy.db", NULL, &error));
    g_assert_cmpint(reason_of(error), ==, REASON_FILE_UNWRITABLE);
    g_clear_error(&error);
    world_verify(&w);

    /* The copy alone is a database; it holds at least what was there before it began. */
    struct world again = {.directory = g_build_filename(copy, "again", NULL)};
    OK(store_restore(again.directory, base, &failure));
    again.store = store_open(again.directory, &(struct store_options){.full_text = true}, &error);
    g_assert_no_error(error);
    again.reader = store_reader_open(again.store, &error);
    g_assert_no_error(error);
    world_check(&again);
    struct arena a;
    arena_init(&a);
    struct session_view *views;
    size_t count;
    struct store_txn *txn = world_read(&again);
    OK(store_session_scan(txn, 0, 0, 100000, &a, &views, &count, &failure));
    g_assert_cmpuint(count, >=, sessions);
    store_read_end(txn);
    arena_clear(&a);
    again.sessions = g_ptr_array_new();
    again.random = g_rand_new();
    world_close(&again);
    g_unlink(base);
    g_assert_cmpint(g_rmdir(copy), ==, 0); /* nothing unfinished was left */
    g_free(base);
    g_free(copy);
    world_close(&w);
}

/* The lines of the store and its last change. */
static struct store_line *read_lines(struct store *store, size_t *count, int64_t *last_change, struct arena *a)
{
    GError *error = NULL;
    struct store_reader *reader = store_reader_open(store, &error);
    g_assert_no_error(error);
    struct store_txn *txn = store_read_begin(reader, &error);
    g_assert_no_error(error);
    struct store_line *lines;
    struct store_change *changes;
    size_t change_count;
    const struct store_change_filter all = {0};
    OK(store_lines(txn, a, &lines, count, &failure));
    OK(store_changes(txn, &all, 0, SIZE_MAX, a, &changes, &change_count, &failure));
    *last_change = change_count ? changes[change_count - 1].number : 0;
    store_read_end(txn);
    store_reader_close(reader);
    return lines;
}

/* Every restored copy begins another line behind its last change, once, also when two are made of one backup. */
static void test_lines(void)
{
    struct world w;
    struct arena a;
    GError *error = NULL;
    size_t count, copy_count;
    int64_t last, copy_last;
    world_open(&w, false);
    arena_init(&a);
    struct store_line *lines = read_lines(w.store, &count, &last, &a);
    g_assert_cmpuint(count, ==, 1);
    g_assert_cmpint(lines[0].after, ==, 0);
    world_play(&w, 30);
    world_reopen(&w);
    struct store_line *later = read_lines(w.store, &count, &last, &a);
    g_assert_cmpuint(count, ==, 1);
    g_assert_true(str_equal(later[0].id, lines[0].id));
    g_autofree char *root = g_dir_make_tmp("parley-lines-XXXXXX", &error),
                    *base = g_build_filename(root, "copy.db", NULL);
    OK(store_backup(w.store, base, NULL, &failure));
    struct str ids[2];
    for (int i = 0; i < 2; i++) {
        struct world copy = {.directory = g_strdup_printf("%s/%d", root, i)};
        OK(store_restore(copy.directory, base, &failure));
        copy.store = store_open(copy.directory, &(struct store_options){.full_text = true}, &error);
        g_assert_no_error(error);
        copy.reader = store_reader_open(copy.store, &error);
        g_assert_no_error(error);
        struct store_line *both = read_lines(copy.store, &copy_count, &copy_last, &a);
        g_assert_cmpuint(copy_count, ==, 2);
        g_assert_cmpint(copy_last, ==, last);
        g_assert_true(str_equal(both[0].id, lines[0].id));
        g_assert_cmpint(both[1].after, ==, last);
        ids[i] = both[1].id;
        copy.sessions = g_ptr_array_new();
        copy.random = g_rand_new();
        world_close(&copy);
    }
    g_assert_false(str_equal(ids[0], ids[1]));
    g_unlink(base);
    g_rmdir(root);
    arena_clear(&a);
    world_close(&w);
}

static void test_rebuild(void)
{
    struct world w;
    world_open(&w, false);
    world_play(&w, 400);
    erase(&w, "v3", false);
    OK(store_rebuild(w.store, NULL, &failure));
    world_verify(&w);
    world_play(&w, 100);
    world_verify(&w);
    world_close(&w);
}

/* ---- many threads ---- */

struct reading {
    struct world *w;
    int stop; /* atomic */
    int rounds;
};

/* A snapshot is one state: events, counts and search agree whatever is written meanwhile. */
static gpointer read_on(gpointer data)
{
    struct reading *reading = data;
    GError *error = NULL;
    struct store_reader *reader = store_reader_open(reading->w->store, &error);
    g_assert_no_error(error);
    do {
        struct arena a;
        arena_init(&a);
        struct store_txn *txn = store_read_begin(reader, &error);
        g_assert_no_error(error);
        struct session_view *views;
        struct summary sum;
        size_t count;
        int64_t with_message = 0;
        OK(store_session_scan(txn, 1, 0, 100000, &a, &views, &count, &failure));
        for (size_t i = 0; i < count; i++) {
            struct event *events;
            size_t event_count;
            OK(store_events(txn, &views[i].session, 0, UINT32_MAX, 100000, &a, &events, &event_count, &failure));
            g_assert_cmpuint(event_count, ==, views[i].session.last_index + 1);
            with_message += views[i].session.messages > 0;
        }
        OK(store_summary(txn, 1, NO_TIME, NO_TIME, &sum, &failure));
        g_assert_cmpint(sum.sessions, ==, with_message);
        store_read_end(txn);
        arena_clear(&a);
        reading->rounds++;
    } while (!g_atomic_int_get(&reading->stop));
    store_reader_close(reader);
    return NULL;
}

static void test_threads(void)
{
    struct world w;
    world_open(&w, false);
    struct reading readings[3] = {{.w = &w}, {.w = &w}, {.w = &w}};
    GThread *threads[3];
    for (int i = 0; i < 3; i++)
        threads[i] = g_thread_new("reader", read_on, &readings[i]);
    world_play(&w, 300);
    for (int i = 0; i < 3; i++) {
        g_atomic_int_set(&readings[i].stop, 1);
        g_thread_join(threads[i]);
        g_assert_cmpint(readings[i].rounds, >, 0);
    }
    world_verify(&w);
    world_close(&w);
}

/* ---- moments ---- */

struct watching {
    struct world *w;
    struct told_session *session;
    int acknowledged; /* atomic: its greatest index that the writer has answered for */
    int stop;         /* atomic */
    int rounds, stood;
};

static uint32_t last_index_of(struct store_txn *txn, const struct told_session *told, struct arena *a, int64_t *visitor)
{
    struct session_view view;
    bool found;
    OK(store_session_get(txn, told->company, told->id, a, &view, &found, &failure));
    g_assert_true(found);
    *visitor = view.session.visitor;
    return view.session.last_index;
}

/* What was read stands as long as the store says so: then it holds all that was acknowledged before one asked. */
static gpointer watch(gpointer data)
{
    struct watching *watching = data;
    GError *error = NULL;
    struct store_reader *reader = store_reader_open(watching->w->store, &error);
    g_assert_no_error(error);
    do {
        struct arena a;
        int64_t visitor;
        arena_init(&a);
        int64_t moment = store_moment(watching->w->store);
        struct store_txn *txn = store_read_begin(reader, &error);
        g_assert_no_error(error);
        uint32_t seen = last_index_of(txn, watching->session, &a, &visitor);
        store_read_end(txn);
        for (int asked = 0; asked < 50; asked++) {
            int acknowledged = g_atomic_int_get(&watching->acknowledged);
            if (!store_visitor_unchanged(watching->w->store, visitor, moment))
                break;
            g_assert_cmpint(seen, >=, acknowledged);
            watching->stood++;
        }
        arena_clear(&a);
        watching->rounds++;
    } while (!g_atomic_int_get(&watching->stop));
    store_reader_close(reader);
    return NULL;
}

static void test_moments_threads(void)
{
    struct world w;
    world_open(&w, false);
    struct watching watching = {.w = &w, .session = world_session(&w, 1, "v1", w.now_ms)};
    GThread *thread = g_thread_new("watcher", watch, &watching);
    for (int i = 1; i <= 200; i++) {
        world_append(&w, watching.session, EVENT_MESSAGE, w.now_ms + i, 0, "text");
        g_atomic_int_set(&watching.acknowledged, i);
    }
    g_atomic_int_set(&watching.stop, 1);
    g_thread_join(thread);
    g_assert_cmpint(watching.rounds, >, 0);
    world_close(&w);
}

static int64_t visitor_of(struct world *w, const struct told_session *told)
{
    int64_t visitor;
    struct store_txn *txn = world_read(w);
    last_index_of(txn, told, &w->arena, &visitor);
    store_read_end(txn);
    return visitor;
}

static bool begin_erasing(struct store_txn *txn, void *data, GError **error)
{
    struct arena a;
    struct visitor v;
    bool found;
    arena_init(&a);
    bool ok =
        store_visitor_by_number(txn, *(int64_t *)data, &a, &v, &found, error) && store_erase_begin(txn, &v, error);
    arena_clear(&a);
    return ok;
}

static void test_moments(void)
{
    struct world w;
    world_open(&w, false);
    struct told_session *one = world_session(&w, 1, "v1", w.now_ms), *two = world_session(&w, 1, "v2", w.now_ms);
    int64_t first = visitor_of(&w, one), second = visitor_of(&w, two);
    int64_t moment = store_moment(w.store);
    g_assert_true(store_visitor_unchanged(w.store, first, moment));
    world_append(&w, one, EVENT_MESSAGE, w.now_ms + 1, 0, "text");
    g_assert_false(store_visitor_unchanged(w.store, first, moment));
    g_assert_true(store_visitor_unchanged(w.store, second, moment));

    moment = store_moment(w.store);
    g_assert_true(store_visitor_unchanged(w.store, first, moment));
    world_session(&w, 1, "v1", w.now_ms + 2); /* another session of the same visitor */
    g_assert_false(store_visitor_unchanged(w.store, first, moment));

    moment = store_moment(w.store);
    OK(write_step(&w, begin_erasing, &second, &failure));
    g_assert_false(store_visitor_unchanged(w.store, second, moment));
    g_assert_true(store_visitor_unchanged(w.store, first, moment));
    world_close(&w);
}

/* ---- through fault ---- */

static bool try_accounts(struct world *w, void *data, GError **error)
{
    (void)data;
    return write_step(w, put_accounts, NULL, error);
}

static bool try_rebuild(struct world *w, void *data, GError **error)
{
    (void)data;
    return store_rebuild(w->store, NULL, error);
}

static void scenario_talk(struct world *w)
{
    struct told_session *one = world_session(w, 1, "v1", w->now_ms);
    struct told_session *two = world_session(w, 1, "v2", w->now_ms + 1), *both[] = {one, two};
    world_append(w, one, EVENT_MESSAGE, w->now_ms + 2, 0, "red order");
    const struct told_event together[] = {
        {.kind = EVENT_MESSAGE, .time_ms = w->now_ms + 3, .by = 1, .id = STR("x1"), .text = STR("green phone")},
        {.kind = EVENT_MESSAGE, .time_ms = w->now_ms + 4, .by = 2, .id = STR("x2"), .text = STR("blue paper")},
    };
    world_append_together(w, both, together, 2);
    world_append(w, one, EVENT_EDIT, w->now_ms + 5, 1, "zebra invoice");
    world_append(w, two, EVENT_DELETE, w->now_ms + 6, 1, NULL);
    world_append(w, one, EVENT_CLOSED, w->now_ms + 7, 0, NULL);
    world_insist(w, try_accounts, NULL);
}

static void scenario_erase(struct world *w)
{
    struct told_session *s = world_session(w, 1, "v1", w->now_ms), *t = world_session(w, 1, "v2", w->now_ms);
    for (int i = 0; i < 4; i++)
        world_append(w, s, EVENT_MESSAGE, w->now_ms + i, 0, "red order");
    world_append(w, t, EVENT_MESSAGE, w->now_ms, 0, "red paper");
    erase(w, "v1", true);
    world_insist(w, try_rebuild, NULL);
}

/* Runs the scenario once without a fault to count its calls, then once for each call with that one failing. */
static void at_every_call(void (*scenario)(struct world *w))
{
    struct world w;
    world_open(&w, true);
    int before = fault_calls(w.fault);
    scenario(&w);
    int calls = fault_calls(w.fault) - before;
    world_verify(&w);
    world_close(&w);
    g_assert_cmpint(calls, >, 20);
    for (int n = 1; n <= calls; n++) {
        world_open(&w, true);
        fault_arm(w.fault, n, REASON_FILE_UNWRITABLE);
        scenario(&w);
        g_assert_true(fault_fired(w.fault));
        world_verify(&w);
        world_reopen(&w);
        world_verify(&w);
        world_close(&w);
    }
}

static void test_fault_talk(void)
{
    at_every_call(scenario_talk);
}

static void test_fault_erase(void)
{
    at_every_call(scenario_erase);
}

/* The calls that only read. */
static void test_fault_reading(void)
{
    struct world w;
    world_open(&w, true);
    world_play(&w, 30);
    char *directory = g_dir_make_tmp("parley-backup-XXXXXX", NULL);
    char *copy = g_build_filename(directory, "copy", NULL);
    for (int n = 1; n <= 3; n++) {
        GError *error = NULL;
        fault_arm(w.fault, 1, REASON_FILE_UNREADABLE);
        bool failed = n == 1   ? !store_backup(w.store, copy, NULL, &error)
                      : n == 2 ? !store_read_begin(w.reader, &error)
                               : !store_reader_open(w.store, &error);
        g_assert_true(failed && reason_of(error) == REASON_FILE_UNREADABLE);
        g_error_free(error);
    }
    g_assert_false(g_file_test(copy, G_FILE_TEST_EXISTS));
    g_rmdir(directory);
    g_free(copy);
    g_free(directory);
    world_verify(&w);
    world_close(&w);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/contract/play", test_play);
    g_test_add_func("/contract/together", test_together);
    g_test_add_func("/contract/ids", test_ids);
    g_test_add_func("/contract/refused", test_refused);
    g_test_add_func("/contract/lists", test_lists);
    g_test_add_func("/contract/rooms", test_rooms);
    g_test_add_func("/contract/shown", test_shown_of_a_long_session);
    g_test_add_func("/contract/visitors", test_visitors);
    g_test_add_func("/contract/search/syntax", test_search_syntax);
    g_test_add_func("/contract/search/marks", test_search_marks);
    g_test_add_func("/contract/search/filters", test_search_filters);
    g_test_add_func("/contract/search/invalid", test_search_invalid);
    g_test_add_func("/contract/erase", test_erase);
    g_test_add_func("/contract/erase/id", test_erase_id);
    g_test_add_func("/contract/scrub", test_scrub);
    g_test_add_func("/contract/accounts", test_accounts);
    g_test_add_func("/contract/team", test_team);
    g_test_add_func("/contract/chat-keys", test_chat_keys);
    g_test_add_func("/contract/changed-since", test_changed_since);
    g_test_add_func("/contract/backup", test_backup);
    g_test_add_func("/contract/lines", test_lines);
    g_test_add_func("/contract/rebuild", test_rebuild);
    g_test_add_func("/contract/threads", test_threads);
    g_test_add_func("/contract/moments", test_moments);
    g_test_add_func("/contract/moments/threads", test_moments_threads);
    g_test_add_func("/contract/fault/talk", test_fault_talk);
    g_test_add_func("/contract/fault/erase", test_fault_erase);
    g_test_add_func("/contract/fault/reading", test_fault_reading);
    return g_test_run();
}
