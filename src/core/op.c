#include "core/internal.h"

#include <pthread.h>

static struct op *op_of(struct store_job *job)
{
    return (struct op *)((char *)job - offsetof(struct op, job));
}

static bool run_job(struct store_job *job, struct store_txn *txn, GError **error)
{
    struct op *op = op_of(job);
    op->effects = NULL; /* those of a run that was rolled back never happened */
    return op->run(op, txn, error);
}

static void job_done(struct store_job *job, GError *error)
{
    struct op *op = op_of(job);
    op->error = error;
    if (!error)
        effects_tell(op->core, op->effects);
    op->done(op);
}

void op_init(struct op *op, struct core *core, enum op_kind kind,
             bool (*run)(struct op *op, struct store_txn *txn, GError **error))
{
    *op = (struct op){.kind = kind, .run = run, .core = core, .job = {.run = run_job, .done = job_done}};
    arena_init(&op->arena);
}

void op_clear(struct op *op)
{
    g_clear_error(&op->error);
    arena_clear(&op->arena);
}

static struct pool *pool_of(const struct op *op)
{
    return op->kind == OP_READ ? op->core->readers : op->kind == OP_STEP ? op->core->steps : op->core->slow;
}

static void end_abandoned(struct op *op)
{
    reason_set(&op->error, REASON_CANCELLED, "nobody waits for this any more");
    op->done(op);
}

void core_abandon(struct op *op)
{
    atomic_store(&op->abandoned, true);
    if (pool_withdraw(op->core->readers, op))
        end_abandoned(op);
}

void core_submit(struct op *op)
{
    if (op->kind == OP_READ && atomic_load(&op->abandoned)) {
        end_abandoned(op);
    } else if (op->core->stopped) {
        reason_set(&op->error, REASON_STOPPING, "the server is stopping");
        op->done(op);
    } else if (op->kind == OP_WRITE) {
        store_submit(op->core->store, &op->job);
    } else if (!pool_push(pool_of(op), op, op->kind == OP_STEP)) {
        reason_set(&op->error, REASON_QUEUE_FULL, "too much is under way; try again");
        op->done(op);
    }
}

struct waiting_thread {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool done;
};

static void wake_thread(struct op *op)
{
    struct waiting_thread *thread = op->user;
    pthread_mutex_lock(&thread->lock);
    thread->done = true;
    pthread_cond_signal(&thread->ended);
    pthread_mutex_unlock(&thread->lock);
}

bool core_run(struct op *op, GError **error)
{
    struct waiting_thread thread = {.lock = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};
    op->done = wake_thread;
    op->user = &thread;
    core_submit(op);
    pthread_mutex_lock(&thread.lock);
    while (!thread.done)
        pthread_cond_wait(&thread.ended, &thread.lock);
    pthread_mutex_unlock(&thread.lock);
    pthread_cond_destroy(&thread.ended);
    pthread_mutex_destroy(&thread.lock);
    if (!op->error)
        return true;
    g_propagate_error(error, op->error);
    op->error = NULL;
    return false;
}
