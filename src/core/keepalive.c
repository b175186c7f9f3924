#include "core/conversation.h"
#include "core/internal.h"
#include "core/tail.h"

#include "base/clock.h"
#include "base/thread.h"

#include <malloc.h>

enum { LOOK_MS = 1000, LOOK_LEAST_MS = 10, TRIM_MS = 20 * 1000 };

struct keepalive {
    struct core *core;
    int64_t timeout_ms; /* 0 = nobody is watched; idle tails are dropped all the same */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stop;
    bool stopping;
    GPtrArray *tails; /* a reference to each */
};

/* The leave of one silent client; frees itself. */
struct leave_op {
    struct append_op append;
    struct event event;
    struct tail *tail;
    struct tail_key *key;
    int64_t timeout_ms;
};

/* Heard of through any of the keys that speak for the same participant. */
static int64_t heard_ms(struct tail *tail, uint32_t participant)
{
    int64_t heard = 0;
    for (struct tail_key *key = atomic_load(&tail->keys); key; key = key->next)
        if (key->participant == participant)
            heard = MAX(heard, atomic_load_explicit(&key->heard_ms, memory_order_relaxed));
    return heard;
}

static bool is_waiting(struct tail *tail, uint32_t participant)
{
    bool waiting = false;
    pthread_mutex_lock(&tail->lock);
    for (const struct waiter *waiter = tail->waiters; waiter && !waiting; waiter = waiter->next)
        waiting = waiter->participant == participant;
    pthread_mutex_unlock(&tail->lock);
    return waiting;
}

/* Who waits for an answer is there: a held poll may last longer than the time-out, and its end starts the clock anew.
 */
static bool is_silent(struct tail *tail, uint32_t participant, int64_t timeout_ms)
{
    if (is_waiting(tail, participant)) {
        tail_touch(tail, participant);
        return false;
    }
    return clock_monotonic_ms() - heard_ms(tail, participant) > timeout_ms;
}

/* Inside the write: it may have been heard of since this was queued. */
static bool still_silent(struct append_op *op, struct store_txn *txn, const struct session_view *view, GError **error)
{
    const struct leave_op *leave = op->prepare_data;
    (void)txn, (void)view;
    if (is_silent(leave->tail, leave->key->participant, leave->timeout_ms))
        return true;
    reason_set(error, REASON_CANCELLED, "the client is back");
    return false;
}

static void leave_done(struct op *op)
{
    struct leave_op *leave = op->user;
    enum reason_class of = op->error ? reason_class(reason_of(op->error)) : CLASS_INVALID;
    /* Gone, or had left already: nothing more to do until it is heard of again. What passes is tried again. */
    if (of == CLASS_UNAVAILABLE || of == CLASS_BUSY || of == CLASS_IO)
        atomic_store(&leave->key->leaving, false);
    tail_unref(leave->tail);
    op_clear(op);
    g_free(leave);
}

static struct leave_op *leave_new(struct keepalive *keepalive, struct tail *tail, struct tail_key *key)
{
    struct leave_op *leave = g_new0(struct leave_op, 1);
    append_op_init(&leave->append, keepalive->core);
    leave->append.company = tail->company;
    leave->append.session_id = tail->session_id;
    leave->append.prepare = still_silent;
    leave->append.prepare_data = leave;
    leave->append.events = &leave->event;
    leave->append.event_count = 1;
    leave->append.close_when_empty = true;
    leave->append.op.done = leave_done;
    leave->append.op.user = leave;
    leave->event = (struct event){
        .kind = EVENT_LEFT, .participant = key->participant, .time_ms = NO_TIME, .data = LEFT_BY_TIMEOUT};
    leave->tail = tail;
    leave->key = key;
    leave->timeout_ms = keepalive->timeout_ms;
    atomic_fetch_add(&tail->references, 1);
    atomic_store(&key->leaving, true);
    return leave;
}

/* One look over all chats: who must go now. Ended chats need no more watching. */
static GPtrArray *find_silent(struct keepalive *keepalive)
{
    GPtrArray *leaves = g_ptr_array_new();
    for (guint i = 0; i < keepalive->tails->len;) {
        struct tail *tail = keepalive->tails->pdata[i];
        bool ended;
        tail_last_index(tail, &ended);
        if (ended) {
            tail_unref(tail);
            g_ptr_array_remove_index_fast(keepalive->tails, i);
            continue;
        }
        for (struct tail_key *key = atomic_load(&tail->keys); key; key = key->next)
            if (!atomic_load(&key->leaving) && is_silent(tail, key->participant, keepalive->timeout_ms))
                g_ptr_array_add(leaves, leave_new(keepalive, tail, key));
        i++;
    }
    return leaves;
}

static void wait_for_next_look(struct keepalive *keepalive)
{
    int64_t wait_ms =
        keepalive->timeout_ms ? CLAMP(keepalive->timeout_ms / 4, LOOK_LEAST_MS, LOOK_MS) : (int64_t)LOOK_MS;
    thread_cond_wait_until(&keepalive->stop, &keepalive->lock, clock_monotonic_ms() + wait_ms);
}

/* What many large answers or a long line took lies free in the allocator's heaps; it does not give it back by itself.
 * Costs a millisecond or so for each heap. */
static void give_memory_back(int64_t *next_ms)
{
    int64_t now_ms = clock_monotonic_ms();
    if (now_ms < *next_ms)
        return;
    *next_ms = now_ms + TRIM_MS;
    malloc_trim(0);
}

static void *watch(void *data)
{
    struct keepalive *keepalive = data;
    int64_t trim_ms = clock_monotonic_ms() + TRIM_MS;
    pthread_mutex_lock(&keepalive->lock);
    while (!keepalive->stopping) {
        GPtrArray *leaves = find_silent(keepalive);
        pthread_mutex_unlock(&keepalive->lock);
        for (guint i = 0; i < leaves->len; i++)
            core_submit(&((struct leave_op *)leaves->pdata[i])->append.op);
        g_ptr_array_unref(leaves);
        hub_drop_idle(keepalive->core->hub);
        give_memory_back(&trim_ms);
        eraser_tick(keepalive->core->eraser);
        refill_retry(keepalive->core->refill);
        pthread_mutex_lock(&keepalive->lock);
        if (!keepalive->stopping)
            wait_for_next_look(keepalive);
    }
    pthread_mutex_unlock(&keepalive->lock);
    return NULL;
}

static void add_tail(struct keepalive *keepalive, struct tail *tail)
{
    atomic_store(&tail->watched, true);
    g_ptr_array_add(keepalive->tails, tail);
}

static bool load_chat(struct keepalive *keepalive, struct store_txn *txn, int64_t session, struct arena *a,
                      GError **error)
{
    struct session_view view;
    struct chat_key *keys;
    size_t count;
    bool found;
    if (!store_session_by_number(txn, session, a, &view, &found, error))
        return false;
    if (!found)
        return true;
    if (!store_chat_keys(txn, session, a, &keys, &count, error))
        return false;
    struct tail *tail = hub_insert(keepalive->core->hub, view.session.company, view.session.id);
    tail_fill(tail, &view, keys, count);
    add_tail(keepalive, tail);
    return true;
}

/* The chats that were open when the process ended last: their clients' clocks start again now. */
static bool load_chats(struct keepalive *keepalive, GError **error)
{
    struct snapshot now;
    struct arena scratch;
    arena_init(&scratch);
    int64_t *sessions = NULL;
    size_t count = 0;
    bool read =
        snapshot_open(&now, keepalive->core, error) && store_live_chats(now.txn, &scratch, &sessions, &count, error);
    for (size_t i = 0; i < count && read; i++)
        read = load_chat(keepalive, now.txn, sessions[i], &scratch, error);
    arena_clear(&scratch);
    snapshot_close(&now);
    return read;
}

struct keepalive *keepalive_start(struct core *core, GError **error)
{
    struct keepalive *keepalive = g_new0(struct keepalive, 1);
    keepalive->core = core;
    keepalive->timeout_ms = core->options.chat_timeout_ms;
    keepalive->tails = g_ptr_array_new();
    pthread_mutex_init(&keepalive->lock, NULL);
    thread_cond_init(&keepalive->stop);
    if (keepalive->timeout_ms && !load_chats(keepalive, error)) {
        keepalive_free(keepalive);
        return NULL;
    }
    int failed = pthread_create(&keepalive->thread, NULL, watch, keepalive);
    if (!failed)
        return keepalive;
    reason_set(error, REASON_INTERNAL, "a thread cannot be started: %s", g_strerror(failed));
    keepalive_free(keepalive);
    return NULL;
}

void keepalive_stop(struct keepalive *keepalive)
{
    pthread_mutex_lock(&keepalive->lock);
    keepalive->stopping = true;
    pthread_cond_signal(&keepalive->stop);
    pthread_mutex_unlock(&keepalive->lock);
    pthread_join(keepalive->thread, NULL);
}

void keepalive_free(struct keepalive *keepalive)
{
    for (guint i = 0; i < keepalive->tails->len; i++)
        tail_unref(keepalive->tails->pdata[i]);
    g_ptr_array_unref(keepalive->tails);
    pthread_cond_destroy(&keepalive->stop);
    pthread_mutex_destroy(&keepalive->lock);
    g_free(keepalive);
}

void keepalive_hear(struct core *core, const struct effect *effect)
{
    struct keepalive *keepalive = core->keepalive;
    if (!effect->watched || !keepalive->timeout_ms)
        return;
    struct tail *tail = hub_insert(core->hub, effect->company, effect->session_id);
    pthread_mutex_lock(&keepalive->lock);
    add_tail(keepalive, tail);
    pthread_mutex_unlock(&keepalive->lock);
}
