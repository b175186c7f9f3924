#include "core/erase.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "core/intake.h"
#include "core/internal.h"

#include <stdatomic.h>
#include <time.h>

enum { ROOMS_CHUNK = 500, PROGRESS_MS = 100, RETRY_MS = 1000, RETRY_BROKEN_MS = 60 * 1000 };

/* What a scrub is expected to take: 2.8 GB, 10 million messages, took 35 s. */
enum { SCRUB_BYTES_A_MS = 80 * 1000 };

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
    struct intake p;
    intake_init(&p, txn, before, 1, scratch);
    struct event erased = {.kind = EVENT_ERASED, .time_ms = MAX(clock_now_ms(), before->session.last_time_ms)};
    bool done = intake_add(&p, &erased, true, error) && intake_write(&p, error) &&
                (!dialect_watches_clients(before->session.dialect) ||
                 store_live_chat_delete(txn, before->session.number, error));
    if (done) {
        struct session_view after = {.session = p.after.session}; /* whose participants nobody asks for any more */
        after.session.id = arena_str(&op->arena, after.session.id);
        effect_of(op, &after);
    }
    intake_clear(&p);
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

/* ---- the eraser: steps and scrub, one after the other on a thread of its own ----
 *
 * Payloads are dropped at once, in steps. The scrub holds writes up for as long as it takes to write the database anew,
 * so it runs once for all that is owed: at a time of day when few write, or when somebody asks. What it is owed for
 * stands in the store with its time; `owed_ms` is only the memory of it. An erasure that comes while it runs is owed
 * the next one. A scrub that was due while nobody ran is due at the start. */

struct eraser {
    struct core *core;
    struct op op; /* with its thread while `running` */
    pthread_mutex_t lock;
    pthread_cond_t rest;
    bool running;
    bool scrubs; /* the run under way, or the one that failed, scrubs when nothing is left to drop */
    bool again;  /* asked for while running, */
    bool asked;  /* with a scrub */
    atomic_bool cancelled;
    GError *failure;           /* of the last run; NULL = nothing is left to do, or it runs */
    int64_t retry_ms;          /* monotonic: when to try again after a failure */
    int64_t owed_ms, began_ms; /* of the last erasure that is owed a scrub, 0 = none; of the scrub under way */
    int64_t scrubbed, took_ms; /* scrubs that were done; how long the last one took */
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

int64_t erase_due_ms(int64_t owed_ms, int minute)
{
    time_t second = (time_t)(owed_ms / 1000);
    struct tm day;
    localtime_r(&second, &day);
    for (int days = 0;; days++) {
        struct tm at = {.tm_year = day.tm_year,
                        .tm_mon = day.tm_mon,
                        .tm_mday = day.tm_mday + days,
                        .tm_hour = minute / 60,
                        .tm_min = minute % 60,
                        .tm_isdst = -1};
        int64_t due_ms = (int64_t)mktime(&at) * 1000;
        if (due_ms > owed_ms || days > 1)
            return due_ms;
    }
}

static int64_t expected_ms(struct core *core)
{
    struct store_counters store;
    store_counters(core->store, &store);
    return store.bytes / SCRUB_BYTES_A_MS;
}

static bool scrub(struct eraser *eraser, GError **error)
{
    int64_t began_ms = clock_monotonic_ms();
    LOG_INFO("scrub begins; writes wait", LOG_NUMBER("expected_seconds", expected_ms(eraser->core) / 1000));
    if (!store_scrub(eraser->core->store, is_cancelled, eraser, error))
        return false;
    int64_t took_ms = clock_monotonic_ms() - began_ms;
    LOG_INFO("scrub done", LOG_NUMBER("seconds", took_ms / 1000));
    pthread_mutex_lock(&eraser->lock);
    if (eraser->owed_ms <= eraser->began_ms)
        eraser->owed_ms = 0;
    eraser->scrubbed++;
    eraser->took_ms = took_ms;
    pthread_mutex_unlock(&eraser->lock);
    return true;
}

static bool run_eraser(struct op *op, struct store_txn *txn, GError **error)
{
    struct eraser *eraser = op->user;
    (void)txn;
    return drop_payloads(eraser, error) && (!eraser->scrubs || scrub(eraser, error));
}

static void start(struct eraser *eraser, bool scrubs);

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
        start(eraser, eraser->asked || (eraser->failure && eraser->scrubs));
    pthread_cond_broadcast(&eraser->rest);
    pthread_mutex_unlock(&eraser->lock);
}

/* Under the lock. */
static void start(struct eraser *eraser, bool scrubs)
{
    if (is_cancelled(eraser))
        return;
    g_clear_error(&eraser->failure);
    eraser->running = true;
    eraser->scrubs = scrubs;
    eraser->again = eraser->asked = false;
    eraser->began_ms = clock_now_ms();
    op_init(&eraser->op, eraser->core, OP_SLOW, run_eraser);
    eraser->op.done = eraser_done;
    eraser->op.user = eraser;
    pool_push(eraser->core->upkeep, &eraser->op, true);
}

/* Under the lock. */
static void ask(struct eraser *eraser, bool scrubs)
{
    if (!eraser->running) {
        start(eraser, scrubs || (eraser->failure && eraser->scrubs));
        return;
    }
    eraser->again = true;
    eraser->asked = eraser->asked || scrubs;
}

void eraser_kick(struct eraser *eraser)
{
    pthread_mutex_lock(&eraser->lock);
    ask(eraser, false);
    pthread_mutex_unlock(&eraser->lock);
}

void eraser_owe(struct eraser *eraser, int64_t erased_ms)
{
    pthread_mutex_lock(&eraser->lock);
    eraser->owed_ms = MAX(erased_ms, 1);
    pthread_mutex_unlock(&eraser->lock);
}

void eraser_hear(struct core *core, const struct effect *effect)
{
    if (!effect->erasure)
        return;
    eraser_owe(core->eraser, clock_now_ms());
    eraser_kick(core->eraser);
}

/* Under the lock. */
static int64_t due_ms(const struct eraser *eraser)
{
    int minute = eraser->core->options.scrub_minute;
    return eraser->owed_ms && minute >= 0 ? erase_due_ms(eraser->owed_ms, minute) : INT64_MAX;
}

void eraser_tick(struct eraser *eraser)
{
    pthread_mutex_lock(&eraser->lock);
    bool retry = eraser->failure && clock_monotonic_ms() >= eraser->retry_ms;
    bool due = !eraser->failure && clock_now_ms() >= due_ms(eraser);
    if (!eraser->running && (retry || due))
        start(eraser, due || eraser->scrubs);
    pthread_mutex_unlock(&eraser->lock);
}

void erase_counters(struct core *core, struct erase_counters *counters)
{
    struct eraser *eraser = core->eraser;
    pthread_mutex_lock(&eraser->lock);
    int64_t due = due_ms(eraser);
    *counters = (struct erase_counters){.owed = eraser->owed_ms != 0,
                                        .due_ms = due == INT64_MAX ? 0 : due,
                                        .scrubs = eraser->scrubbed,
                                        .took_ms = eraser->took_ms};
    pthread_mutex_unlock(&eraser->lock);
    counters->expected_ms = expected_ms(core);
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

/* Until the eraser rests. Under the lock. */
static bool wait_for(struct eraser *eraser, const struct store_progress *progress, GError **error)
{
    bool go_on = true;
    while (go_on && (eraser->running || (eraser->failure && passes(eraser->failure)))) {
        if (!eraser->running)
            start(eraser, eraser->scrubs);
        thread_cond_wait_until(&eraser->rest, &eraser->lock, clock_monotonic_ms() + PROGRESS_MS);
        pthread_mutex_unlock(&eraser->lock);
        go_on = !progress || progress->report(progress->data, 0, 0);
        pthread_mutex_lock(&eraser->lock);
    }
    if (!go_on)
        reason_set(error, REASON_CANCELLED, "interrupted; the erasure goes on with the next start");
    else if (eraser->failure && error)
        *error = g_error_copy(eraser->failure);
    return go_on && !eraser->failure;
}

bool erase_finish(struct core *core, const struct store_progress *progress, GError **error)
{
    struct eraser *eraser = core->eraser;
    pthread_mutex_lock(&eraser->lock);
    bool finished = wait_for(eraser, progress, error);
    pthread_mutex_unlock(&eraser->lock);
    return finished;
}

bool erase_scrub(struct core *core, const struct store_progress *progress, GError **error)
{
    struct eraser *eraser = core->eraser;
    pthread_mutex_lock(&eraser->lock);
    bool covered = eraser->running && eraser->scrubs && eraser->owed_ms <= eraser->began_ms;
    if (eraser->owed_ms && !covered)
        ask(eraser, true);
    bool finished = wait_for(eraser, progress, error);
    pthread_mutex_unlock(&eraser->lock);
    return finished;
}
