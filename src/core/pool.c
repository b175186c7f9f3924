#include "base/limits.h"
#include "core/internal.h"

#include <pthread.h>

enum { THREADS = 2 };

/* GLib's pool would do, but for its locks, which ThreadSanitizer does not see. */
struct pool {
    pthread_t threads[THREADS];
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
    struct op *op = g_queue_pop_head(&pool->ops);
    pthread_mutex_unlock(&pool->lock);
    return op;
}

static void *work(void *data)
{
    struct op *op;
    while ((op = next_op(data))) {
        op->run(op, NULL, &op->error);
        op->done(op);
    }
    return NULL;
}

struct pool *pool_new(void)
{
    struct pool *pool = g_new0(struct pool, 1);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->news, NULL);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&pool->threads[i], NULL, work, pool) != 0)
            g_error("cannot start a thread");
    return pool;
}

void pool_free(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->news);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < THREADS; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->news);
    pthread_mutex_destroy(&pool->lock);
    g_free(pool);
}

bool pool_push(struct pool *pool, struct op *op, bool always)
{
    pthread_mutex_lock(&pool->lock);
    bool room = always || g_queue_get_length(&pool->ops) < LIMIT_SLOW_QUEUE;
    if (room) {
        g_queue_push_tail(&pool->ops, op);
        pthread_cond_signal(&pool->news);
    }
    pthread_mutex_unlock(&pool->lock);
    return room;
}
