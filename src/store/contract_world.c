#include "store/contract_world.h"

#include "base/id.h"

#include <glib/gstdio.h>

/* ---- the store ---- */

static void open_store(struct world *w, bool with_fault)
{
    GError *error = NULL;
    struct store_options options = {.create = true, .full_text = true};
    w->store = store_open(w->directory, &options, &error);
    g_assert_no_error(error);
    w->fault = with_fault ? fault_wrap(w->store) : NULL;
    w->reader = store_reader_open(w->store, &error);
    g_assert_no_error(error);
}

static bool add_companies(struct store_job *job, struct store_txn *txn, GError **error)
{
    (void)job;
    static const char *const names[WORLD_COMPANIES] = {"Environment", "Other"};
    for (int i = 0; i < WORLD_COMPANIES; i++) {
        struct company company = {.name = str_from_c(names[i]), .time_zone = STR("UTC")};
        if (!store_company_put(txn, &company, error))
            return false;
        g_assert_cmpint(company.number, ==, i + 1);
    }
    return true;
}

void world_open(struct world *w, bool with_fault)
{
    GError *error = NULL;
    *w = (struct world){.now_ms = INT64_C(1700000000000)};
    id_library_init();
    arena_init(&w->arena);
    w->sessions = g_ptr_array_new();
    w->random = g_rand_new_with_seed(7);
    w->directory = g_dir_make_tmp("parley-contract-XXXXXX", &error);
    g_assert_no_error(error);
    open_store(w, with_fault);
    struct store_job job = {.run = add_companies};
    store_write(w->store, &job, &error);
    g_assert_no_error(error);
}

static void close_store(struct world *w)
{
    store_reader_close(w->reader);
    store_close(w->store);
}

void world_reopen(struct world *w)
{
    bool with_fault = w->fault != NULL;
    close_store(w);
    open_store(w, with_fault);
}

void world_close(struct world *w)
{
    close_store(w);
    GDir *dir = g_dir_open(w->directory, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(dir))) {
        char *path = g_build_filename(w->directory, name, NULL);
        g_unlink(path);
        g_free(path);
    }
    g_dir_close(dir);
    g_assert_cmpint(g_rmdir(w->directory), ==, 0);
    g_free(w->directory);
    for (guint i = 0; i < w->sessions->len; i++)
        g_array_free(((struct told_session *)w->sessions->pdata[i])->events, TRUE);
    g_ptr_array_free(w->sessions, TRUE);
    g_rand_free(w->random);
    arena_clear(&w->arena);
}

bool world_is_fine(struct world *w, GError *error)
{
    if (!error)
        return true;
    enum reason reason = reason_of(error);
    bool expected =
        w->fault && fault_fired(w->fault) &&
        (reason == REASON_FILE_UNWRITABLE || reason == REASON_COMMIT_UNKNOWN || reason == REASON_WRITES_OFF);
    enum reason_class of = reason_class(reason);
    if (!expected && !(w->disk_fails && (of == CLASS_IO || of == CLASS_UNAVAILABLE)))
        g_error("the store failed: %s: %s", reason_name(reason), error->message);
    g_error_free(error);
    return false;
}

void world_insist(struct world *w, world_step *step, void *data)
{
    /* After a commit of unknown outcome writes are refused until a probe went through: that takes as long as it takes.
     */
    for (int i = 0; i < 10000; i++) {
        GError *error = NULL;
        bool ok = step(w, data, &error);
        g_assert_true(ok == (error == NULL));
        if (world_is_fine(w, error))
            return;
        g_usleep(1000);
    }
    g_error("the store does not come back");
}

static bool try_read(struct world *w, void *data, GError **error)
{
    struct store_txn **txn = data;
    *txn = store_read_begin(w->reader, error);
    return *txn != NULL;
}

struct store_txn *world_read(struct world *w)
{
    struct store_txn *txn;
    world_insist(w, try_read, &txn);
    return txn;
}

/* ---- appending ---- */

struct put_job {
    struct store_job job;
    struct told_session **sessions;
    const struct told_event *events;
    size_t count;
};

static struct event event_of(const struct told_event *told)
{
    return (struct event){.kind = told->kind,
                          .time_ms = told->time_ms,
                          .participant = told->by,
                          .target = told->target,
                          .id = told->id,
                          .text = told->text,
                          .data = told->data};
}

static bool put_head(struct store_txn *txn, const struct told_session *s, const struct told_event *told,
                     struct arena *a, GError **error)
{
    static const uint8_t zeros[EVENT_CHAIN_SIZE];
    struct visitor before, after = {.company = s->company, .id = s->visitor, .created_ms = told->time_ms};
    struct session_view view = {0};
    struct event head_event = event_of(told);
    struct head head;
    bool known;
    if (!store_visitor_get(txn, s->company, s->visitor, a, &before, &known, error) ||
        !head_read(told->data, &head, a, error))
        return false;
    if (known)
        after = before;
    else if (!store_visitor_number(txn, s->company, s->visitor, &after.number, error))
        return false;
    session_open(&view, &head_event, &head, a);
    view.session.company = s->company;
    view.session.visitor = after.number;
    view.session.id = s->id;
    if (!store_session_number(txn, s->company, after.number, &view.session.number, error))
        return false;
    event_salt(&head_event, 1);
    event_seal(&head_event, zeros);
    memcpy(view.session.chain, head_event.chain, EVENT_CHAIN_SIZE);
    visitor_apply(&after, &head_event, a);
    return store_append(txn,
                        &(struct store_append){.after = &view,
                                               .visitor_before = known ? &before : NULL,
                                               .visitor_after = &after,
                                               .events = &head_event,
                                               .event_count = 1},
                        error);
}

/* What the core does after a delete: the newest that is left is found in the store. */
static bool find_last_shown(struct store_txn *txn, const struct session_view *before, const struct event *deleted,
                            struct session *after, struct arena *a, GError **error)
{
    struct event *newest;
    size_t count;
    if (!store_shown(txn, &before->session, NULL, false, 2, a, &newest, &count, error))
        return false;
    for (size_t i = 0; i < count; i++)
        if (newest[i].index != deleted->target)
            session_show(after, &newest[i]);
    return true;
}

static bool put_event(struct store_txn *txn, const struct session_view *before, const struct told_event *told,
                      struct arena *a, GError **error)
{
    struct session_view after;
    struct event e = event_of(told);
    session_copy(before, &after, a);
    e.index = before->session.last_index + 1;
    event_salt(&e, 1);
    event_seal(&e, before->session.chain);
    session_apply(&after, &e, a);
    memcpy(after.session.chain, e.chain, EVENT_CHAIN_SIZE);
    if (e.kind == EVENT_DELETE && !find_last_shown(txn, before, &e, &after.session, a, error))
        return false;
    return store_append(txn, &(struct store_append){.before = before, .after = &after, .events = &e, .event_count = 1},
                        error);
}

/* May run again after an outcome that was unknown: what is there already is not put again. */
static bool put_run(struct store_job *job, struct store_txn *txn, GError **error)
{
    struct put_job *put = (struct put_job *)job;
    struct arena a;
    arena_init(&a);
    bool ok = true;
    for (size_t i = 0; ok && i < put->count; i++) {
        struct session_view view;
        struct event stored;
        bool found, known = false;
        const struct told_session *s = put->sessions[i];
        const struct told_event *told = &put->events[i];
        ok = store_session_get(txn, s->company, s->id, &a, &view, &found, error);
        if (ok && found && told->kind != EVENT_OPENED)
            ok = store_event_by_id(txn, &view.session, told->id, &a, &stored, &known, error);
        if (!ok || known || (found && told->kind == EVENT_OPENED))
            continue;
        g_assert_true(found || told->kind == EVENT_OPENED);
        ok = found ? put_event(txn, &view, told, &a, error) : put_head(txn, s, told, &a, error);
        if (!ok)
            store_txn_spoil(txn);
    }
    arena_clear(&a);
    return ok;
}

static bool try_put(struct world *w, void *data, GError **error)
{
    return store_write(w->store, data, error);
}

void world_append_together(struct world *w, struct told_session **sessions, const struct told_event *events,
                           size_t count)
{
    struct put_job put = {.job = {.run = put_run}, .sessions = sessions, .events = events, .count = count};
    world_insist(w, try_put, &put.job);
    for (size_t i = 0; i < count; i++)
        g_array_append_val(sessions[i]->events, events[i]);
}

static struct str new_id(struct world *w, const char *prefix)
{
    return arena_printf(&w->arena, "%s%d", prefix, ++w->next_id);
}

struct told_session *world_session(struct world *w, int64_t company, const char *visitor, int64_t start_ms)
{
    struct told_session *s = arena_new(&w->arena, struct told_session);
    s->company = company;
    s->id = new_id(w, "s");
    s->visitor = arena_str(&w->arena, str_from_c(visitor));
    s->dialect = (enum dialect)g_rand_int_range(w->random, 0, DIALECT_COUNT);
    if (g_rand_boolean(w->random))
        s->operator_id = arena_printf(&w->arena, "o%d", g_rand_int_range(w->random, 0, 3));
    if (g_rand_boolean(w->random))
        s->department_id = arena_printf(&w->arena, "d%d", g_rand_int_range(w->random, 0, 3));
    if (g_rand_boolean(w->random))
        s->button_id = arena_printf(&w->arena, "b%d", g_rand_int_range(w->random, 0, 3));
    s->events = g_array_new(FALSE, FALSE, sizeof(struct told_event));
    struct participant participants[2] = {{.id = 1, .type = PARTICIPANT_CLIENT, .name = s->visitor},
                                          {.id = 2, .type = PARTICIPANT_AGENT, .name = STR("Agent")}};
    struct head head = {.dialect = s->dialect, .participants = participants, .participant_count = 2};
    head.visitor.id = s->visitor;
    head.visitor.token = arena_printf(&w->arena, "token-%s", visitor);
    head.visitor.username = STR("guest-1");
    head.visitor.name = arena_printf(&w->arena, "Name of %s", visitor);
    head.visitor.email = arena_printf(&w->arena, "%s@example.com", visitor);
    head.served_by = (struct operator_ref){.id = s->operator_id, .username = s->operator_id, .name = s->operator_id};
    head.department.id = head.department.name = s->department_id;
    head.button.id = head.button.name = s->button_id;
    struct told_event opened = {.kind = EVENT_OPENED, .time_ms = start_ms, .data = head_write(&head, &w->arena)};
    world_append_together(w, &s, &opened, 1);
    g_ptr_array_add(w->sessions, s);
    return s;
}

void world_append(struct world *w, struct told_session *s, enum event_kind kind, int64_t time_ms, uint32_t target,
                  const char *text)
{
    struct told_event e = {.kind = kind,
                           .time_ms = time_ms,
                           .by = 1,
                           .target = target,
                           .id = new_id(w, "e"),
                           .text = arena_str(&w->arena, str_from_c(text))};
    world_append_together(w, &s, &e, 1);
}

/* ---- playing ---- */

static const char *const words[] = {"red",   "green", "blue",  "order",  "invoice", "caf\xc3\xa9", "zebra",  "late",
                                    "early", "phone", "paper", "broken", "thanks",  "hello",       "refund", "number"};

static char *random_text(struct world *w)
{
    GString *text = g_string_new(NULL);
    for (int i = g_rand_int_range(w->random, 1, 7); i > 0; i--)
        g_string_append_printf(text, "%s%s", text->len ? " " : "",
                               words[g_rand_int_range(w->random, 0, G_N_ELEMENTS(words))]);
    return g_string_free(text, FALSE);
}

static uint32_t random_message(struct world *w, const struct told_session *s)
{
    uint32_t start = (uint32_t)g_rand_int_range(w->random, 0, (gint32)s->events->len);
    for (uint32_t i = 0; i < s->events->len; i++) {
        uint32_t at = (start + i) % s->events->len;
        if (told_current_text(s, at).ptr)
            return at;
    }
    return 0;
}

static void play_once(struct world *w)
{
    w->now_ms += g_rand_int_range(w->random, 0, 40 * 60 * 1000);
    int dice = g_rand_int_range(w->random, 0, 100);
    if (w->sessions->len == 0 || dice < 15) {
        char visitor[16];
        g_snprintf(visitor, sizeof visitor, "v%d", g_rand_int_range(w->random, 0, 9));
        world_session(w, 1 + g_rand_int_range(w->random, 0, WORLD_COMPANIES), visitor, w->now_ms);
        return;
    }
    struct told_session *s = w->sessions->pdata[g_rand_int_range(w->random, 0, (gint32)w->sessions->len)];
    if (s->erased || told_is_closed(s))
        return;
    char *text = random_text(w);
    uint32_t message = random_message(w, s);
    int64_t time_ms = w->now_ms - g_rand_int_range(w->random, 0, 1000);
    if (dice < 70 || (dice < 95 && !message))
        world_append(w, s, EVENT_MESSAGE, time_ms, 0, text);
    else if (dice < 80)
        world_append(w, s, EVENT_EDIT, time_ms, message, text);
    else if (dice < 86)
        world_append(w, s, EVENT_DELETE, time_ms, message, NULL);
    else if (dice < 95)
        world_append(w, s, EVENT_TYPING_STARTED, time_ms, 0, NULL);
    else
        world_append(w, s, EVENT_CLOSED, time_ms, 0, NULL);
    g_free(text);
}

void world_play(struct world *w, int count)
{
    while (count--)
        play_once(w);
}

/* ---- the model ---- */

static const struct told_event *told_at(const struct told_session *s, guint index)
{
    return &g_array_index(s->events, struct told_event, index);
}

struct str told_current_text(const struct told_session *s, uint32_t index)
{
    if (told_at(s, index)->kind != EVENT_MESSAGE)
        return STR_NULL;
    struct str text = told_at(s, index)->text;
    for (guint i = index + 1; i < s->events->len; i++)
        if (told_at(s, i)->target == index && told_at(s, i)->kind == EVENT_EDIT)
            text = told_at(s, i)->text;
        else if (told_at(s, i)->target == index && told_at(s, i)->kind == EVENT_DELETE)
            text = STR_NULL;
    return text;
}

int64_t told_first_message(const struct told_session *s)
{
    int64_t first = NO_TIME;
    for (guint i = 0; i < s->events->len; i++)
        if (told_at(s, i)->kind == EVENT_MESSAGE && (first == NO_TIME || told_at(s, i)->time_ms < first))
            first = told_at(s, i)->time_ms;
    return first;
}

int64_t told_last_message(const struct told_session *s)
{
    int64_t last = NO_TIME;
    for (guint i = 0; i < s->events->len; i++)
        if (told_at(s, i)->kind == EVENT_MESSAGE)
            last = MAX(last, told_at(s, i)->time_ms);
    return last;
}

/* Is the message at `index` before the one at `than` (0 = nothing)? */
static bool told_is_newer(const struct told_session *s, uint32_t index, uint32_t than)
{
    int64_t time_ms = told_at(s, index)->time_ms, than_ms = than ? told_at(s, than)->time_ms : NO_TIME;
    return time_ms > than_ms || (time_ms == than_ms && index > than);
}

uint32_t told_shown_before(const struct told_session *s, uint32_t behind)
{
    uint32_t newest = 0;
    for (uint32_t i = 1; i < s->events->len; i++)
        if (told_current_text(s, i).ptr && (!behind || told_is_newer(s, behind, i)) && told_is_newer(s, i, newest))
            newest = i;
    return newest;
}

int64_t told_lm(const struct told_session *s)
{
    return told_at(s, told_shown_before(s, 0))->time_ms;
}

bool told_is_closed(const struct told_session *s)
{
    for (guint i = 0; i < s->events->len; i++)
        if (told_at(s, i)->kind == EVENT_CLOSED)
            return true;
    return false;
}

/* ---- verifying ---- */

static void verify_events(struct world *w, struct store_txn *txn, const struct told_session *told,
                          const struct session *s, struct arena *a)
{
    GError *error = NULL;
    struct event *events;
    size_t count;
    uint8_t chain[EVENT_CHAIN_SIZE] = {0};
    if (!store_events(txn, s, 0, UINT32_MAX, 1000000, a, &events, &count, &error)) {
        world_is_fine(w, error);
        g_assert_not_reached();
    }
    g_assert_cmpuint(count, ==, told->events->len);
    for (guint i = 0; i < count; i++) {
        const struct told_event *t = told_at(told, i);
        struct event *e = &events[i];
        g_assert_cmpuint(e->index, ==, i);
        g_assert_cmpint(e->kind, ==, t->kind);
        g_assert_cmpint(e->time_ms, ==, t->time_ms);
        g_assert_cmpuint(e->participant, ==, t->by);
        g_assert_true(e->erased == told->erased);
        if (told->erased) {
            g_assert_true(!e->text.ptr && !e->id.ptr && !e->data.ptr && !event_current_text(e).len);
        } else {
            g_assert_true(str_equal(e->text, t->text) && str_equal(e->id, t->id) && str_equal(e->data, t->data));
            if (e->kind == EVENT_MESSAGE)
                g_assert_true(str_equal(event_current_text(e), told_current_text(told, i)));
        }
        uint8_t stored[EVENT_CHAIN_SIZE];
        memcpy(stored, e->chain, sizeof stored);
        event_seal(e, chain);
        g_assert_cmpmem(stored, sizeof stored, e->chain, sizeof stored);
        memcpy(chain, stored, sizeof chain);
    }
    g_assert_cmpmem(chain, sizeof chain, s->chain, sizeof chain);
}

/* What is shown, newest first and oldest first, a few at a time. */
static void verify_shown(struct store_txn *txn, const struct told_session *told, const struct session *s,
                         struct arena *a)
{
    GError *error = NULL;
    struct event *page, last = {0};
    size_t count = 3, seen = 0, again = 0;
    for (uint32_t expected = told_shown_before(told, 0); count == 3;) {
        store_shown(txn, s, seen ? &last : NULL, false, 3, a, &page, &count, &error);
        g_assert_no_error(error);
        for (size_t i = 0; i < count; i++, seen++) {
            g_assert_cmpuint(page[i].index, ==, expected);
            expected = told_shown_before(told, expected);
            last = page[i];
        }
        g_assert_true(count == 3 || !expected);
    }
    do {
        store_shown(txn, s, again ? &last : NULL, true, 2, a, &page, &count, &error);
        g_assert_no_error(error);
        for (size_t i = 0; i < count; i++, again++) {
            g_assert_true(!again || told_is_newer(told, page[i].index, last.index));
            last = page[i];
        }
    } while (count == 2);
    g_assert_cmpuint(again, ==, seen);
}

static void verify_session(struct world *w, struct store_txn *txn, const struct told_session *told, struct arena *a)
{
    GError *error = NULL;
    struct session_view view;
    bool found;
    store_session_get(txn, told->company, told->id, a, &view, &found, &error);
    g_assert_no_error(error);
    g_assert_true(found);
    const struct session *s = &view.session;
    g_assert_true(s->erased == told->erased);
    g_assert_cmpint(s->first_message_ms, ==, told_first_message(told));
    g_assert_cmpint(s->last_message_ms, ==, told_last_message(told));
    g_assert_cmpint(s->start_ms, ==, told_at(told, 0)->time_ms);
    if (!s->erased) {
        g_assert_cmpuint(s->last_shown, ==, told_shown_before(told, 0));
        g_assert_cmpint(s->lm_ms, ==, told_lm(told));
        verify_shown(txn, told, s, a);
    }
    g_assert_true((s->state == SESSION_CLOSED) == told_is_closed(told));
    g_assert_cmpuint(view.participant_count, ==, 2);
    verify_events(w, txn, told, s, a);
}

/* How many events the entries of a filter cover; their numbers grow, and each says when it was written. */
static uint64_t covered_by(struct store_txn *txn, const struct store_change_filter *filter, struct arena *a)
{
    GError *error = NULL;
    struct store_change *changes;
    size_t count;
    int64_t after = 0;
    uint64_t covered = 0;
    do {
        store_changes(txn, filter, after, 7, a, &changes, &count, &error);
        g_assert_no_error(error);
        for (size_t i = 0; i < count; i++) {
            g_assert_cmpint(changes[i].number, >, after);
            g_assert_cmpint(changes[i].at_ms, >, 0);
            g_assert_true(!filter->company || changes[i].company == filter->company);
            g_assert_true(!filter->session || changes[i].session == filter->session);
            after = changes[i].number;
            if (changes[i].kind == STORE_CHANGE_APPEND)
                covered += changes[i].last - changes[i].first + 1;
        }
    } while (count);
    return covered;
}

/* All entries together, each company's and each session's cover the events there are exactly once. */
static void verify_changes(struct world *w, struct store_txn *txn, struct arena *a)
{
    uint64_t told[WORLD_COMPANIES + 1] = {0}, all = 0;
    for (guint i = 0; i < w->sessions->len; i++) {
        const struct told_session *s = w->sessions->pdata[i];
        GError *error = NULL;
        struct session_view view;
        bool found;
        store_session_get(txn, s->company, s->id, a, &view, &found, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(covered_by(txn, &(struct store_change_filter){.session = view.session.number}, a), ==,
                         s->events->len);
        told[s->company] += s->events->len;
        all += s->events->len;
    }
    for (int64_t company = 1; company <= WORLD_COMPANIES; company++)
        g_assert_cmpuint(covered_by(txn, &(struct store_change_filter){.company = company}, a), ==, told[company]);
    g_assert_cmpuint(covered_by(txn, &(struct store_change_filter){0}, a), ==, all);
}

static void verify_summary(struct world *w, struct store_txn *txn)
{
    for (int i = 0; i < 40; i++) {
        GError *error = NULL;
        int64_t a = w->now_ms - (int64_t)(g_rand_double(w->random) * 20 * 86400000);
        int64_t b = w->now_ms - (int64_t)(g_rand_double(w->random) * 20 * 86400000);
        int64_t from = i == 0 ? NO_TIME : MIN(a, b), to = i <= 1 ? NO_TIME : MAX(a, b);
        if (i % 3 == 2)
            from -= from % (15 * 60 * 1000), to -= to % 86400000;
        struct summary sum, expected = {0};
        int64_t company = 1 + i % WORLD_COMPANIES;
        store_summary(txn, company, from, to, &sum, &error);
        g_assert_no_error(error);
        for (guint j = 0; j < w->sessions->len; j++) {
            const struct told_session *s = w->sessions->pdata[j];
            int64_t first = told_first_message(s);
            if (s->company != company || first == NO_TIME || first < from || (to != NO_TIME && first >= to))
                continue;
            expected.sessions++;
            expected.duration_ms += told_last_message(s) - first;
            for (guint k = 0; k < s->events->len; k++)
                expected.messages += told_at(s, k)->kind == EVENT_MESSAGE;
        }
        g_assert_cmpint(sum.sessions, ==, expected.sessions);
        g_assert_cmpint(sum.duration_ms, ==, expected.duration_ms);
        g_assert_cmpint(sum.messages, ==, expected.messages);
    }
}

/* Every word's hits, in pages of 5, are those that a scan finds, newest first, whether there is time or not. */
static void verify_search(struct world *w, struct store_txn *txn, struct arena *a)
{
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        int64_t company = 1 + (int64_t)i % WORLD_COMPANIES;
        struct store_search search = {.company = company,
                                      .query = str_from_c(words[i]),
                                      .state = -1,
                                      .dialect = -1,
                                      .from_ms = NO_TIME,
                                      .to_ms = NO_TIME,
                                      .limit = 5,
                                      .time_ms = (int64_t)i % 2};
        size_t expected = 0, count = 0;
        struct store_found found;
        for (guint j = 0; j < w->sessions->len; j++) {
            const struct told_session *s = w->sessions->pdata[j];
            for (guint k = 0; !s->erased && s->company == company && k < s->events->len; k++) {
                struct str text = told_current_text(s, k);
                expected += text.ptr && strstr(text.ptr, words[i]) != NULL;
            }
        }
        int64_t last_ms = INT64_MAX;
        do {
            GError *error = NULL;
            store_search(txn, &search, a, &found, &error);
            g_assert_no_error(error);
            for (size_t j = 0; j < found.count; j++) {
                const struct store_hit *hit = &found.hits[j];
                g_assert_cmpint(hit->event.time_ms, <=, last_ms);
                last_ms = hit->event.time_ms;
                g_assert_nonnull(strstr(event_current_text(&hit->event).ptr, words[i]));
                g_assert_cmpuint(hit->highlight_count, >, 0);
                search.below = hit->key;
            }
            if (found.partial) {
                g_assert_true(search.below == 0 || found.edge <= search.below);
                search.below = found.edge;
            }
            count += found.count;
        } while (found.count || found.partial);
        g_assert_cmpuint(count, ==, expected);
    }
}

static void on_finding(void *data, const char *text)
{
    (void)data;
    g_error("check found: %s", text);
}

static bool try_check(struct world *w, void *data, GError **error)
{
    (void)data;
    return store_check(w->reader, on_finding, NULL, NULL, error);
}

void world_check(struct world *w)
{
    world_insist(w, try_check, NULL);
}

void world_verify(struct world *w)
{
    if (w->fault)
        fault_arm(w->fault, 0, REASON_INTERNAL);
    struct arena a;
    arena_init(&a);
    struct store_txn *txn = world_read(w);
    for (guint i = 0; i < w->sessions->len; i++)
        verify_session(w, txn, w->sessions->pdata[i], &a);
    verify_changes(w, txn, &a);
    verify_summary(w, txn);
    verify_search(w, txn, &a);
    store_read_end(txn);
    arena_clear(&a);
    world_check(w);
}
