#include "core/internal.h"

#include <pthread.h>
#include <sys/resource.h>

enum { READERS_NICE = 5 }; /* loops and writer go first */

/* GLib's pool would do, but for its locks, which ThreadSanitizer does not see. */
struct pool {
    struct core *core;
    bool readers;
    size_t queue_max;
    pthread_t *threads;
    unsigned count;
    pthread_mutex_t lock;
    pthread_cond_t news;
    GQueue ops;
    bool stopping;
};

static struct op *next_op(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (g_queue_is_empty(&pool->ops) && !pool->stopping)
        pthread_cond_wait(&pool->news, &pool->lock);
    GList *first = g_queue_pop_head_link(&pool->ops);
    struct op *op = first ? first->data : NULL;
    if (op)
        op->waits.data = NULL;
    pthread_mutex_unlock(&pool->lock);
    return op;
}

void core_read(struct op *op, struct store_reader *reader)
{
    struct store_txn *txn = store_read_begin(reader, &op->error);
    if (!txn)
        return;
    op->run(op, txn, &op->error);
    store_read_end(txn);
}

/* A thread opens its reader with its first op: most installations never need all of them. */
static void run_read(struct core *core, struct store_reader **reader, struct op *op)
{
    if (!*reader && !(*reader = store_reader_open(core->store, &op->error)))
        return;
    store_reader_stop_when(*reader, &op->abandoned);
    core_read(op, *reader);
    store_reader_stop_when(*reader, NULL);
}

static void *work(void *data)
{
    struct pool *pool = data;
    struct store_reader *reader = NULL;
    struct op *op;
    if (pool->readers)
        setpriority(PRIO_PROCESS, 0, READERS_NICE); /* of this thread, on Linux */
    while ((op = next_op(pool))) {
        if (pool->readers)
            run_read(pool->core, &reader, op);
        else
            op->run(op, NULL, &op->error);
        op->done(op);
    }
    if (reader)
        store_reader_close(reader);
    return NULL;
}

struct pool *pool_new(struct core *core, unsigned threads, size_t queue, bool readers, GError **error)
{
    struct pool *pool = g_new0(struct pool, 1);
    pool->core = core;
    pool->readers = readers;
    pool->queue_max = queue;
    pool->threads = g_new0(pthread_t, threads);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->news, NULL);
    for (; pool->count < threads; pool->count++) {
        int failed = pthread_create(&pool->threads[pool->count], NULL, work, pool);
        if (failed) {
            reason_set(error, REASON_INTERNAL, "a thread cannot be started: %s", g_strerror(failed));
            pool_free(pool);
            return NULL;
        }
    }
    return pool;
}

void pool_free(struct pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->news);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->count; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->news);
    pthread_mutex_destroy(&pool->lock);
    g_free(pool->threads);
    g_free(pool);
}

bool pool_push(struct pool *pool, struct op *op, bool always)
{
    pthread_mutex_lock(&pool->lock);
    bool room = always || g_queue_get_length(&pool->ops) < pool->queue_max;
    if (room) {
        op->waits = (GList){.data = op};
        g_queue_push_tail_link(&pool->ops, &op->waits);
        pthread_cond_signal(&pool->news);
    }
    pthread_mutex_unlock(&pool->lock);
    return room;
}

bool pool_withdraw(struct pool *pool, struct op *op)
{
    pthread_mutex_lock(&pool->lock);
    bool waits = op->waits.data != NULL;
    if (waits) {
        g_queue_unlink(&pool->ops, &op->waits);
        op->waits.data = NULL;
    }
    pthread_mutex_unlock(&pool->lock);
    return waits;
}
