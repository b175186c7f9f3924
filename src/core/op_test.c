/* Ops: where they run, what a second run forgets, what a full queue says. */
#include "core/fixture.h"
#include "core/internal.h"

#include "base/limits.h"

#include <pthread.h>

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool open;
    int at_gate, ran, refused, done, cancelled;
};

static bool wait_at_gate(struct op *op, struct store_txn *txn, GError **error)
{
    struct gate *gate = op->user;
    (void)error;
    g_assert_true((txn != NULL) == (op->kind == OP_READ));
    pthread_mutex_lock(&gate->lock);
    gate->at_gate++;
    pthread_cond_broadcast(&gate->moved);
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
    if (op->error && reason_of(op->error) == REASON_CANCELLED) {
        gate->cancelled++;
    } else if (op->error) {
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

static void submit_at_gate(struct op *op, struct core *core, struct gate *gate)
{
    op_init(op, core, OP_READ, wait_at_gate);
    op->done = count_done;
    op->user = gate;
    core_submit(op);
}

/* A read that nobody waits for any more leaves the queue to those that somebody does wait for. */
static void test_abandoned_reads_give_their_place_back(void)
{
    const int threads = (int)g_get_num_processors();
    const int count = threads + LIMIT_READ_QUEUE;
    struct fixture f;
    struct gate gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER};
    struct op *ops = g_new0(struct op, count), honest;
    fixture_open(&f, 0);
    for (int i = 0; i < threads; i++)
        submit_at_gate(&ops[i], f.core, &gate);
    pthread_mutex_lock(&gate.lock);
    while (gate.at_gate < threads)
        pthread_cond_wait(&gate.moved, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
    for (int i = threads; i < count; i++)
        submit_at_gate(&ops[i], f.core, &gate);
    g_assert_cmpint(gate.refused, ==, 0);
    for (int i = 0; i < count; i++)
        core_abandon(&ops[i]);
    g_assert_cmpint(gate.cancelled, ==, LIMIT_READ_QUEUE); /* at once, though every thread is busy */

    submit_at_gate(&honest, f.core, &gate);
    g_clear_error(&ops[count - 1].error);
    core_submit(&ops[count - 1]); /* a page's next part, after its client left */
    pthread_mutex_lock(&gate.lock);
    g_assert_cmpint(gate.refused, ==, 0);
    g_assert_cmpint(gate.cancelled, ==, LIMIT_READ_QUEUE + 1);
    gate.open = true;
    pthread_cond_broadcast(&gate.moved);
    while (gate.done < count + 2)
        pthread_cond_wait(&gate.moved, &gate.lock);
    g_assert_no_error(honest.error);
    g_assert_cmpint(gate.ran, ==, threads + 1);
    pthread_mutex_unlock(&gate.lock);
    fixture_close(&f);
    for (int i = 0; i < count; i++)
        op_clear(&ops[i]);
    op_clear(&honest);
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
    g_test_add_func("/op/abandoned-reads-give-their-place-back", test_abandoned_reads_give_their_place_back);
    g_test_add_func("/op/effects-are-forgotten", test_effects_are_forgotten);
    return g_test_run();
}
