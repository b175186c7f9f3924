#include "core/erase.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "core/internal.h"
#include "core/pending.h"

#include <stdatomic.h>

enum { ROOMS_CHUNK = 500, PROGRESS_MS = 100, RETRY_MS = 1000, RETRY_BROKEN_MS = 60 * 1000 };

/* ---- the op: unreadable at once ----
 *
 * All of a visitor's sessions in one transaction, so that nobody sees half of an erasure and a crash leaves none. It
 * costs one append a session; dropping the payloads, the larger part, comes in steps afterwards. */

static bool list_sessions(struct store_txn *txn, const struct visitor *v, GArray *numbers, GError **error)
{
    bool read = true;
    for (size_t offset = 0, count = ROOMS_CHUNK; read && count == ROOMS_CHUNK; offset += count) {
        struct arena scratch;
        arena_init(&scratch);
        struct session *sessions;
        read = store_visitor_rooms(txn, v->company, v->number, STORE_ROOM_START_ASC, offset, ROOMS_CHUNK, &scratch,
                                   &sessions, &count, error);
        for (size_t i = 0; read && i < count; i++)
            g_array_append_val(numbers, sessions[i].number);
        arena_clear(&scratch);
    }
    return read;
}

static bool append_erased(struct store_txn *txn, const struct session_view *before, struct op *op,
                          struct arena *scratch, GError **error)
{
    struct pending p;
    pending_init(&p, txn, before, 1, scratch);
    struct event erased = {.kind = EVENT_ERASED, .time_ms = MAX(clock_now_ms(), before->session.last_time_ms)};
    bool done = pending_add(&p, &erased, true, error) && pending_write(&p, error) &&
                (!dialect_watches_clients(before->session.dialect) ||
                 store_live_chat_delete(txn, before->session.number, error));
    if (done) {
        struct session_view after = {.session = p.after.session}; /* whose participants nobody asks for any more */
        after.session.id = arena_str(&op->arena, after.session.id);
        effect_of(op, &after);
    }
    pending_clear(&p);
    return done;
}

static bool erase_session(struct store_txn *txn, int64_t number, struct op *op, GError **error)
{
    struct arena scratch;
    arena_init(&scratch);
    struct session_view before;
    bool found;
    bool done = store_session_by_number(txn, number, &scratch, &before, &found, error);
    if (done && found && !before.session.erased)
        done = append_erased(txn, &before, op, &scratch, error);
    arena_clear(&scratch);
    return done;
}

static bool erase_visitor(struct erase_op *op, struct store_txn *txn, GArray *numbers, GError **error)
{
    struct arena *a = &op->op.arena;
    struct visitor v;
    bool found;
    if (!store_visitor_get(txn, op->company, op->visitor_id, a, &v, &found, error))
        return false;
    if (!found || v.state != VISITOR_KNOWN) {
        reason_set(error, REASON_VISITOR_UNKNOWN, "there is no such visitor");
        return false;
    }
    if (!list_sessions(txn, &v, numbers, error))
        return false;
    for (guint i = 0; i < numbers->len; i++)
        if (!erase_session(txn, g_array_index(numbers, int64_t, i), &op->op, error)) {
            store_txn_spoil(txn);
            return false;
        }
    if (!store_erase_begin(txn, &v, error))
        return false;
    struct session_view nothing = {0};
    effect_of(&op->op, &nothing)->erasure = true;
    op->sessions = numbers->len;
    return true;
}

static bool run_erase(struct op *base, struct store_txn *txn, GError **error)
{
    struct erase_op *op = (struct erase_op *)base;
    op->sessions = 0;
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(int64_t));
    bool done = erase_visitor(op, txn, numbers, error);
    g_array_unref(numbers);
    return done;
}

void erase_op_init(struct erase_op *op, struct core *core)
{
    *op = (struct erase_op){0};
    op_init(&op->op, core, OP_WRITE, run_erase);
}

/* ---- the eraser: steps and scrub, one after the other on a thread of its own ---- */

struct eraser {
    struct core *core;
    struct op op; /* with its thread while `running` */
    pthread_mutex_t lock;
    pthread_cond_t rest;
    bool running;
    bool again; /* kicked while running */
    atomic_bool cancelled;
    GError *failure;  /* of the last run; NULL = nothing is left to do, or it runs */
    int64_t retry_ms; /* monotonic: when to try again after a failure */
};

struct step_op {
    struct op op;
    bool finished;
};

static bool run_step(struct op *base, struct store_txn *txn, GError **error)
{
    struct step_op *op = (struct step_op *)base;
    op->finished = false;
    return store_erase_step(txn, LIMIT_IMPORT_BATCH, &op->finished, error);
}

static bool is_cancelled(void *data)
{
    struct eraser *eraser = data;
    return atomic_load(&eraser->cancelled);
}

/* Each step is a write like any other: live ones come between. */
static bool drop_payloads(struct eraser *eraser, GError **error)
{
    bool finished = false;
    while (!finished) {
        struct step_op step = {0};
        if (is_cancelled(eraser)) {
            reason_set(error, REASON_STOPPING, "the server stops; the erasure goes on at the next start");
            return false;
        }
        op_init(&step.op, eraser->core, OP_WRITE, run_step);
        bool done = core_run(&step.op, error);
        finished = step.finished;
        op_clear(&step.op);
        if (!done)
            return false;
    }
    return true;
}

static bool run_eraser(struct op *op, struct store_txn *txn, GError **error)
{
    struct eraser *eraser = op->user;
    (void)txn;
    return drop_payloads(eraser, error) && store_scrub(eraser->core->store, is_cancelled, eraser, error);
}

static void start(struct eraser *eraser);

/* What passes by itself: a long reader, a full queue. Other causes need somebody's help. */
static bool passes(const GError *failure)
{
    enum reason_class of = reason_class(reason_of(failure));
    return of == CLASS_BUSY || of == CLASS_UNAVAILABLE;
}

static void eraser_done(struct op *op)
{
    struct eraser *eraser = op->user;
    if (op->error && !passes(op->error))
        LOG_ERROR("erasure interrupted", LOG_TEXT("reason", str_from_c(op->error->message)));
    pthread_mutex_lock(&eraser->lock);
    eraser->running = false;
    eraser->failure = g_steal_pointer(&op->error);
    if (eraser->failure)
        eraser->retry_ms = clock_monotonic_ms() + (passes(eraser->failure) ? RETRY_MS : RETRY_BROKEN_MS);
    if (eraser->again)
        start(eraser);
    pthread_cond_broadcast(&eraser->rest);
    pthread_mutex_unlock(&eraser->lock);
}

/* Under the lock. */
static void start(struct eraser *eraser)
{
    if (is_cancelled(eraser))
        return;
    g_clear_error(&eraser->failure);
    eraser->running = true;
    eraser->again = false;
    op_init(&eraser->op, eraser->core, OP_SLOW, run_eraser);
    eraser->op.done = eraser_done;
    eraser->op.user = eraser;
    pool_push(eraser->core->upkeep, &eraser->op, true);
}

void eraser_kick(struct eraser *eraser)
{
    pthread_mutex_lock(&eraser->lock);
    eraser->again = true;
    if (!eraser->running)
        start(eraser);
    pthread_mutex_unlock(&eraser->lock);
}

void eraser_hear(struct core *core, const struct effect *effect)
{
    if (effect->erasure)
        eraser_kick(core->eraser);
}

void eraser_retry(struct eraser *eraser)
{
    pthread_mutex_lock(&eraser->lock);
    if (!eraser->running && eraser->failure && clock_monotonic_ms() >= eraser->retry_ms)
        start(eraser);
    pthread_mutex_unlock(&eraser->lock);
}

struct eraser *eraser_new(struct core *core)
{
    struct eraser *eraser = g_new0(struct eraser, 1);
    eraser->core = core;
    pthread_mutex_init(&eraser->lock, NULL);
    thread_cond_init(&eraser->rest);
    return eraser;
}

void eraser_cancel(struct eraser *eraser)
{
    pthread_mutex_lock(&eraser->lock);
    atomic_store(&eraser->cancelled, true);
    pthread_mutex_unlock(&eraser->lock);
}

void eraser_free(struct eraser *eraser)
{
    g_clear_error(&eraser->failure);
    pthread_cond_destroy(&eraser->rest);
    pthread_mutex_destroy(&eraser->lock);
    g_free(eraser);
}

bool erase_finish(struct core *core, const struct store_progress *progress, GError **error)
{
    struct eraser *eraser = core->eraser;
    bool go_on = true;
    pthread_mutex_lock(&eraser->lock);
    while (go_on && (eraser->running || (eraser->failure && passes(eraser->failure)))) {
        if (!eraser->running)
            start(eraser);
        thread_cond_wait_until(&eraser->rest, &eraser->lock, clock_monotonic_ms() + PROGRESS_MS);
        pthread_mutex_unlock(&eraser->lock);
        go_on = !progress || progress->report(progress->data, 0, 0);
        pthread_mutex_lock(&eraser->lock);
    }
    if (!go_on)
        reason_set(error, REASON_CANCELLED, "interrupted; the erasure goes on with the next start");
    else if (eraser->failure && error)
        *error = g_error_copy(eraser->failure);
    bool finished = go_on && !eraser->failure;
    pthread_mutex_unlock(&eraser->lock);
    return finished;
}
