/* Ops: where they run, what a second run forgets, what a full queue says. */
#include "core/fixture.h"
#include "core/internal.h"

#include "base/limits.h"

#include <pthread.h>

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool open;
    int ran, refused, done;
};

static bool wait_at_gate(struct op *op, struct store_txn *txn, GError **error)
{
    struct gate *gate = op->user;
    (void)error;
    g_assert_null(txn);
    pthread_mutex_lock(&gate->lock);
    while (!gate->open)
        pthread_cond_wait(&gate->moved, &gate->lock);
    gate->ran++;
    pthread_mutex_unlock(&gate->lock);
    return true;
}

static void count_done(struct op *op)
{
    struct gate *gate = op->user;
    pthread_mutex_lock(&gate->lock);
    if (op->error) {
        g_assert_error(op->error, REASON, REASON_QUEUE_FULL);
        gate->refused++;
    }
    gate->done++;
    pthread_cond_broadcast(&gate->moved);
    pthread_mutex_unlock(&gate->lock);
}

/* More slow work than there is room for is refused at once; the rest is done, each op once. */
static void test_slow_queue_is_bounded(void)
{
    enum { OPS = LIMIT_SLOW_QUEUE + 10 };
    struct fixture f;
    struct gate gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER};
    struct op *ops = g_new0(struct op, OPS);
    fixture_open(&f, 0);
    for (int i = 0; i < OPS; i++) {
        op_init(&ops[i], f.core, OP_SLOW, wait_at_gate);
        ops[i].done = count_done;
        ops[i].user = &gate;
        core_submit(&ops[i]);
    }
    pthread_mutex_lock(&gate.lock);
    g_assert_cmpint(gate.refused, >=, 10 - 2); /* two may be with the threads already */
    gate.open = true;
    pthread_cond_broadcast(&gate.moved);
    while (gate.done < OPS)
        pthread_cond_wait(&gate.moved, &gate.lock);
    g_assert_cmpint(gate.ran + gate.refused, ==, OPS);
    pthread_mutex_unlock(&gate.lock);
    fixture_close(&f);
    for (int i = 0; i < OPS; i++)
        op_clear(&ops[i]);
    g_free(ops);
}

static bool note_effect(struct op *op, struct store_txn *txn, GError **error)
{
    struct session_view nothing = {0};
    (void)txn, (void)error;
    g_assert_null(op->effects);
    effect_of(op, &nothing)->erasure = true;
    return true;
}

/* A second run, after a rollback, must not see the effects of the first. */
static void test_effects_are_forgotten(void)
{
    struct fixture f;
    struct op op;
    fixture_open(&f, 0);
    op_init(&op, f.core, OP_WRITE, note_effect);
    for (int run = 0; run < 2; run++) { /* as the writer does */
        g_assert_true(op.job.run(&op.job, NULL, NULL));
        g_assert_true(op.effects && !op.effects->next);
    }
    op_clear(&op);
    fixture_close(&f);
}

int main(int argc, char **argv)
{
    id_library_init();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/op/slow-queue-is-bounded", test_slow_queue_is_bounded);
    g_test_add_func("/op/effects-are-forgotten", test_effects_are_forgotten);
    return g_test_run();
}
