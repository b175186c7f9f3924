/* The live hub and ops from several threads: run under ThreadSanitizer too. */
#include "core/erase.h"
#include "core/fixture.h"
#include "core/history.h"
#include "core/internal.h"
#include "core/live.h"
#include "core/tail.h"

#include <pthread.h>

#define CHAT \
    "{'id':'c1','dialect':'genesys','visitor':{'id':'v1'},'participants':[{'id':1,'type':'Client','name':'A'}," \
    "{'id':2,'type':'Agent','name':'B'}],'events':[{'type':'joined','at':1,'by':1}]}"
#define USER STR("0123456789abcdef")
#define KEY STR("fedcba9876543210")

enum { PATIENCE_S = 60 };

static void open_chat(struct fixture *f, const char *json)
{
    GError *error = NULL;
    struct open_op op;
    open_op_init(&op, f->core);
    op.company = f->company;
    op.line = fixture_line(f, json);
    op.user_id = USER;
    op.secure_key = KEY;
    op.live_chat = true;
    core_run(&op.op, &error);
    g_assert_no_error(error);
    op_clear(&op.op);
}

/* A waiter that a thread sleeps on. */
struct sleeper {
    struct waiter waiter;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    int wakes;
};

static void wake(struct waiter *waiter)
{
    struct sleeper *sleeper = (struct sleeper *)waiter;
    pthread_mutex_lock(&sleeper->lock);
    sleeper->wakes++;
    pthread_cond_signal(&sleeper->woken);
    pthread_mutex_unlock(&sleeper->lock);
}

#define SLEEPER \
    { \
        .waiter = {.wake = wake}, .lock = PTHREAD_MUTEX_INITIALIZER, .woken = PTHREAD_COND_INITIALIZER \
    }

static void sleep_until_woken(struct sleeper *sleeper)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    pthread_mutex_lock(&sleeper->lock);
    while (sleeper->wakes == 0)
        g_assert_cmpint(pthread_cond_timedwait(&sleeper->woken, &sleeper->lock, &until), ==, 0);
    pthread_mutex_unlock(&sleeper->lock);
}

static int wakes(struct sleeper *sleeper)
{
    pthread_mutex_lock(&sleeper->lock);
    int count = sleeper->wakes;
    pthread_mutex_unlock(&sleeper->lock);
    return count;
}

static void test_tail(void)
{
    struct fixture f;
    GError *error = NULL;
    bool ended;
    fixture_open(&f, 0);
    g_assert_null(live_find(f.core, f.company, STR("c1")));
    g_assert_null(live_get(f.core, f.reader, f.company, STR("c1"), &error));
    g_assert_error(error, REASON, REASON_SESSION_UNKNOWN);
    g_clear_error(&error);
    open_chat(&f, CHAT);
    struct tail *tail = live_find(f.core, f.company, STR("c1"));
    g_assert_nonnull(tail); /* an opened chat is in memory at once */
    g_assert_null(live_find(f.core, f.company + 1, STR("c1")));
    g_assert_cmpuint(tail_last_index(tail, &ended), ==, 1);
    g_assert_false(ended);
    g_assert_cmpint(tail_session(tail), ==, fixture_session(&f, "c1").session.number);
    fixture_append(&f, "c1", fixture_message(1, "x"), NULL);
    g_assert_cmpuint(tail_last_index(tail, &ended), ==, 2);
    struct event closed = {.kind = EVENT_CLOSED, .participant = 1, .time_ms = NO_TIME};
    fixture_append(&f, "c1", closed, NULL);
    g_assert_cmpuint(tail_last_index(tail, &ended), ==, 4);
    g_assert_true(ended);
    tail_unref(tail);
    fixture_reopen(&f);
    tail = live_get(f.core, f.reader, f.company, STR("c1"), &error);
    g_assert_no_error(error);
    g_assert_cmpuint(tail_last_index(tail, &ended), ==, 4);
    g_assert_true(ended);
    tail_unref(tail);
    struct live_counters counters;
    live_counters(f.core, &counters);
    g_assert_cmpint(counters.tails, ==, 1);
    g_assert_cmpint(counters.waiters, ==, 0);
    fixture_close(&f);
}

/* Tails nobody uses go, and come again when asked for. */
static void test_idle(void)
{
    struct fixture f;
    GError *error = NULL;
    struct live_counters counters;
    fixture_open(&f, 0);
    open_chat(&f, CHAT);
    fixture_import(&f, "{'id':'c2','visitor':{'id':'v1'},'participants':[],'events':[]}", NULL);
    struct tail *tail = live_find(f.core, f.company, STR("c1"));
    struct tail *other = live_get(f.core, f.reader, f.company, STR("c2"), &error);
    tail_unref(other);
    for (int i = 0; i < 1000; i++)
        hub_drop_idle(f.core->hub);
    live_counters(f.core, &counters);
    g_assert_cmpint(counters.tails, ==, 1); /* the one in use */
    g_assert_null(live_find(f.core, f.company, STR("c2")));
    g_assert_true(live_find(f.core, f.company, STR("c1")) == tail);
    tail_unref(tail);
    tail_unref(tail);
    for (int i = 0; i < 1000; i++)
        hub_drop_idle(f.core->hub);
    live_counters(f.core, &counters);
    g_assert_cmpint(counters.tails, ==, 0);
    bool ended;
    tail = live_get(f.core, f.reader, f.company, STR("c1"), &error);
    g_assert_cmpuint(tail_last_index(tail, &ended), ==, 1);
    tail_unref(tail);
    fixture_close(&f);
}

static bool opens(struct fixture *f, const char *chat, struct str user_id, struct str secure_key, const char *address,
                  enum reason *reason)
{
    GError *error = NULL;
    uint32_t participant = 0;
    struct live_key key = {.company = f->company,
                           .session_id = str_from_c(chat),
                           .user_id = user_id,
                           .secure_key = secure_key,
                           .address = str_from_c(address)};
    struct tail *tail = live_open(f->core, f->reader, &key, &participant, &error);
    if (tail) {
        g_assert_cmpuint(participant, ==, 1);
        tail_unref(tail);
        return true;
    }
    g_assert_nonnull(error);
    *reason = reason_of(error);
    g_error_free(error);
    return false;
}

static void test_keys(void)
{
    struct fixture f;
    GError *error = NULL;
    enum reason reason = REASON_COUNT;
    fixture_open(&f, 0);
    open_chat(&f, CHAT);
    g_assert_true(opens(&f, "c1", USER, KEY, "192.0.2.1", NULL));
    g_assert_false(opens(&f, "c1", KEY, KEY, "192.0.2.1", &reason));
    g_assert_cmpint(reason, ==, REASON_KEY_WRONG);

    struct key_op op; /* a second key; the first stays valid */
    key_op_init(&op, f.core);
    op.company = f.company;
    op.session_id = STR("c1");
    op.user_id = STR("u2");
    op.secure_key = STR("k2");
    g_assert_true(core_run(&op.op, &error));
    op_clear(&op.op);
    for (int restarted = 0; restarted < 2; restarted++) {
        g_assert_true(opens(&f, "c1", STR("u2"), STR("k2"), "192.0.2.1", NULL));
        g_assert_true(opens(&f, "c1", USER, KEY, "192.0.2.1", NULL));
        g_assert_false(opens(&f, "c1", USER, STR("k2"), "192.0.2.1", &reason));
        fixture_reopen(&f);
    }
    struct erase_op erase;
    erase_op_init(&erase, f.core);
    erase.company = f.company;
    erase.visitor_id = STR("v1");
    g_assert_true(core_run(&erase.op, &error));
    op_clear(&erase.op);
    g_assert_false(opens(&f, "c1", USER, KEY, "192.0.2.2", &reason));
    g_assert_cmpint(reason, ==, REASON_KEY_WRONG);
    fixture_close(&f);
}

/* Wrong keys are slowed down for each chat's name and address, whether there is such a chat or not; the right one never
 * is. */
static void test_guesses(void)
{
    struct fixture f;
    enum reason reason;
    fixture_open(&f, 0);
    open_chat(&f, CHAT);
    static const char *const chats[] = {"c1", "nothing"};
    for (size_t i = 0; i < G_N_ELEMENTS(chats); i++) {
        int guesses = 0;
        for (reason = REASON_KEY_WRONG; reason == REASON_KEY_WRONG; guesses++)
            g_assert_false(opens(&f, chats[i], USER, STR("guess"), "192.0.2.1", &reason));
        g_assert_cmpint(reason, ==, REASON_ATTEMPTS_LIMITED);
        g_assert_cmpint(guesses, ==, 11);
        g_assert_false(opens(&f, chats[i], USER, STR("guess"), "192.0.2.2", &reason)); /* from elsewhere */
        g_assert_cmpint(reason, ==, REASON_KEY_WRONG);
        g_assert_true(opens(&f, "c1", USER, KEY, "192.0.2.1", NULL));
    }
    fixture_close(&f);
}

static void test_wait(void)
{
    struct fixture f;
    fixture_open(&f, 0);
    open_chat(&f, CHAT);
    struct tail *tail = live_find(f.core, f.company, STR("c1"));
    struct sleeper at_once = SLEEPER, next = SLEEPER, later = SLEEPER, gone = SLEEPER;
    live_wait(tail, &at_once.waiter, 0);
    g_assert_cmpint(wakes(&at_once), ==, 1); /* 1 is there already */
    live_unwait(tail, &at_once.waiter);
    live_wait(tail, &next.waiter, 1);
    live_wait(tail, &later.waiter, 2);
    live_wait(tail, &gone.waiter, 1);
    live_unwait(tail, &gone.waiter);
    struct live_counters counters;
    live_counters(f.core, &counters);
    g_assert_cmpint(counters.waiters, ==, 2);
    fixture_append(&f, "c1", fixture_message(1, "x"), NULL);
    sleep_until_woken(&next);
    g_assert_cmpint(wakes(&later), ==, 0);
    struct event closed = {.kind = EVENT_CLOSED, .participant = 1, .time_ms = NO_TIME};
    fixture_append(&f, "c1", closed, NULL);
    sleep_until_woken(&later);
    g_assert_cmpint(wakes(&next), ==, 1);
    g_assert_cmpint(wakes(&gone), ==, 0);
    tail_unref(tail);
    fixture_close(&f);
}

/* ---- the client that falls silent ---- */

static void wait_for_end(struct fixture *f, const char *id)
{
    GError *error = NULL;
    struct sleeper sleeper = SLEEPER;
    struct tail *tail = live_get(f->core, f->reader, f->company, str_from_c(id), &error);
    g_assert_no_error(error);
    live_wait(tail, &sleeper.waiter, UINT32_MAX); /* only its end */
    sleep_until_woken(&sleeper);
    live_unwait(tail, &sleeper.waiter);
    tail_unref(tail);
}

static void test_silent_client(void)
{
    struct fixture f;
    fixture_open(&f, 50);
    open_chat(&f, CHAT);
    wait_for_end(&f, "c1");
    g_assert_cmpstr(fixture_transcript(&f, "c1"), ==, "joined:1: left:1: closed:0:");
    struct session s = fixture_session(&f, "c1").session;
    g_assert_cmpint(s.closer, ==, CLOSER_SYSTEM);
    int64_t *chats;
    size_t count;
    g_assert_true(store_live_chats(fixture_read(&f), &f.arena, &chats, &count, NULL));
    g_assert_cmpuint(count, ==, 0);
    fixture_read_end(&f);
    fixture_close(&f);
}

static void append_return(struct fixture *f)
{
    GError *error = NULL;
    struct append_op op;
    append_op_init(&op, f->core);
    op.company = f->company;
    op.session_id = STR("c1");
    op.returning = 1;
    core_run(&op.op, &error);
    g_assert_no_error(error);
    op_clear(&op.op);
}

/* With an agent there the client leaves and the chat goes on; it knows, over a restart too, until they are back. */
static void test_silent_client_with_agent(void)
{
    struct fixture f;
    struct sleeper sleeper = SLEEPER;
    fixture_open(&f, 50);
    open_chat(&f, "{'id':'c1','dialect':'genesys','visitor':{'id':'v1'},'participants':[{'id':1,'type':'Client',"
                  "'name':'A'},{'id':2,'type':'Agent','name':'B'}],'events':[{'type':'joined','at':1,'by':1},"
                  "{'type':'joined','at':1,'by':2}]}");
    struct tail *tail = live_find(f.core, f.company, STR("c1"));
    g_assert_false(tail_client_was_let_go(tail));
    live_wait(tail, &sleeper.waiter, 2);
    sleep_until_woken(&sleeper);
    live_unwait(tail, &sleeper.waiter);
    g_assert_true(tail_client_was_let_go(tail));
    tail_unref(tail);
    g_assert_cmpstr(fixture_transcript(&f, "c1"), ==, "joined:1: joined:2: left:1:");
    g_assert_cmpint(fixture_session(&f, "c1").session.state, ==, SESSION_OPEN);
    f.options.chat_timeout_ms = 60 * 1000;
    fixture_reopen(&f);
    tail = live_find(f.core, f.company, STR("c1"));
    g_assert_true(tail_client_was_let_go(tail));
    append_return(&f);
    g_assert_false(tail_client_was_let_go(tail));
    tail_unref(tail);
    fixture_close(&f);
}

/* Who has left a conversation that nobody watches, such as an imported one, is not brought back by reading it. */
static void test_unwatched(void)
{
    struct fixture f;
    GError *error = NULL;
    fixture_open(&f, 50);
    fixture_import(&f,
                   "{'id':'old','dialect':'genesys','visitor':{'id':'v2'},'participants':[{'id':1,'type':'Client',"
                   "'name':'A'}],'events':[{'type':'joined','at':1,'by':1},{'type':'left','at':2,'by':1}]}",
                   NULL);
    struct tail *tail = live_get(f.core, f.reader, f.company, STR("old"), &error);
    g_assert_no_error(error);
    g_assert_false(tail_client_was_let_go(tail));
    tail_unref(tail);
    fixture_close(&f);
}

/* A chat that was open when the process ended is watched again; imported ones never are. */
static void test_silent_after_restart(void)
{
    struct fixture f;
    fixture_open(&f, 0); /* nobody is timed out yet */
    open_chat(&f, CHAT);
    fixture_import(&f,
                   "{'id':'old','dialect':'genesys','visitor':{'id':'v2'},'participants':[{'id':1,'type':'Client',"
                   "'name':'A'}],'events':[{'type':'joined','at':1,'by':1}]}",
                   NULL);
    f.options.chat_timeout_ms = 50;
    fixture_reopen(&f);
    wait_for_end(&f, "c1");
    g_assert_cmpint(fixture_session(&f, "old").session.state, ==, SESSION_OPEN);
    fixture_close(&f);
}

/* ---- many at once ---- */

enum { WRITERS = 4, MESSAGES = 50 };

struct crowd {
    struct fixture *f;
};

static void *write_messages(void *data)
{
    struct crowd *crowd = data;
    for (int i = 0; i < MESSAGES; i++)
        fixture_append(crowd->f, "c1", fixture_message(1, "x"), NULL);
    return NULL;
}

/* Follows the log as a held poll does, through tails that come and go: each index once, in order. */
static void *follow(void *data)
{
    struct crowd *crowd = data;
    struct fixture *f = crowd->f;
    GError *error = NULL;
    struct store_reader *reader = core_reader_open(f->core, &error);
    g_assert_no_error(error);
    uint32_t seen = 0, participant;
    struct live_key key = {.company = f->company,
                           .session_id = STR("c1"),
                           .user_id = USER,
                           .secure_key = KEY,
                           .address = STR("192.0.2.1")};
    bool ended = false;
    while (!ended) {
        struct sleeper sleeper = SLEEPER;
        struct tail *tail = live_open(f->core, reader, &key, &participant, &error);
        g_assert_no_error(error);
        tail_touch(tail, participant);
        live_wait(tail, &sleeper.waiter, seen);
        sleep_until_woken(&sleeper);
        live_unwait(tail, &sleeper.waiter);
        uint32_t last = tail_last_index(tail, &ended);
        tail_unref(tail);
        struct arena a;
        struct session_view view;
        struct history_page page;
        arena_init(&a);
        struct store_txn *txn = core_read_begin(reader, &error);
        g_assert_true(history_session(txn, f->company, STR("c1"), &a, &view, &error));
        g_assert_cmpuint(view.session.last_index, >=, last); /* nothing is told before it is stored */
        g_assert_true(history_events(txn, &view.session, HISTORY_AFTER, seen, 1000, &a, &page, &error));
        for (size_t i = 0; i < page.count; i++)
            g_assert_cmpuint(page.events[i].index, ==, ++seen);
        core_read_end(txn);
        arena_clear(&a);
    }
    g_assert_cmpuint(seen, ==, 1 + WRITERS * MESSAGES + 2); /* joined, messages, left, closed */
    store_reader_close(reader);
    return NULL;
}

static void test_crowd(void)
{
    struct fixture f;
    fixture_open(&f, 60 * 1000);
    open_chat(&f, CHAT);
    fixture_reopen(&f); /* so that tails are loaded while events come in */
    struct crowd crowd = {.f = &f};
    pthread_t writers[WRITERS], followers[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        g_assert_cmpint(pthread_create(&writers[i], NULL, write_messages, &crowd), ==, 0);
        g_assert_cmpint(pthread_create(&followers[i], NULL, follow, &crowd), ==, 0);
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(writers[i], NULL);
    struct event closed = {.kind = EVENT_CLOSED, .participant = 1, .time_ms = NO_TIME};
    fixture_append(&f, "c1", closed, NULL);
    for (int i = 0; i < WRITERS; i++)
        pthread_join(followers[i], NULL);
    fixture_close(&f);
}

/* Unwaiting races with the wake: afterwards none comes any more. */
static void *unwait_many(void *data)
{
    struct crowd *crowd = data;
    struct fixture *f = crowd->f;
    struct tail *tail = live_find(f->core, f->company, STR("c1"));
    bool ended = false;
    while (!ended) {
        struct sleeper sleeper = SLEEPER;
        live_wait(tail, &sleeper.waiter, tail_last_index(tail, &ended));
        live_unwait(tail, &sleeper.waiter);
        int woken = wakes(&sleeper);
        g_assert_cmpint(woken, <=, 1);
        memset(&sleeper, 0, sizeof sleeper); /* a wake from now on would crash */
    }
    tail_unref(tail);
    return NULL;
}

static void test_unwait_race(void)
{
    struct fixture f;
    fixture_open(&f, 0);
    open_chat(&f, CHAT);
    struct crowd crowd = {.f = &f};
    pthread_t waiter, writer;
    g_assert_cmpint(pthread_create(&waiter, NULL, unwait_many, &crowd), ==, 0);
    g_assert_cmpint(pthread_create(&writer, NULL, write_messages, &crowd), ==, 0);
    pthread_join(writer, NULL);
    struct event closed = {.kind = EVENT_CLOSED, .participant = 1, .time_ms = NO_TIME};
    fixture_append(&f, "c1", closed, NULL);
    pthread_join(waiter, NULL);
    fixture_close(&f);
}

int main(int argc, char **argv)
{
    id_library_init();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/live/tail", test_tail);
    g_test_add_func("/live/idle", test_idle);
    g_test_add_func("/live/keys", test_keys);
    g_test_add_func("/live/keys/guesses", test_guesses);
    g_test_add_func("/live/wait", test_wait);
    g_test_add_func("/live/silent", test_silent_client);
    g_test_add_func("/live/silent/agent-stays", test_silent_client_with_agent);
    g_test_add_func("/live/silent/unwatched", test_unwatched);
    g_test_add_func("/live/silent/after-restart", test_silent_after_restart);
    g_test_add_func("/live/crowd", test_crowd);
    g_test_add_func("/live/unwait-race", test_unwait_race);
    return g_test_run();
}
