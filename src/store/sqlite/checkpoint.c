/* Moving pages from the log into the database, beside the writer: a pass writes and syncs thousands of pages, which
 * takes tens of milliseconds that no commit is to wait for. A pass of this thread never moves the last pages, since the
 * writer goes on adding some; the writer moves these few itself, between two groups, so that the log starts anew. */
#include "store/sqlite/sqlite.h"

#include <pthread.h>

struct checkpointer {
    GThread *thread;
    struct connection connection; /* the thread's own */
    pthread_mutex_t mutex;
    pthread_cond_t moved; /* `wanted` or `stopping` */
    bool wanted, stopping;
    int pages; /* moved by the last pass */
};

static gpointer checkpointer_main(gpointer data)
{
    struct checkpointer *c = data;
    pthread_mutex_lock(&c->mutex);
    while (!c->stopping) {
        if (!c->wanted) {
            pthread_cond_wait(&c->moved, &c->mutex);
            continue;
        }
        pthread_mutex_unlock(&c->mutex);
        int pages = 0;
        /* What fails here is left in the log; the writer meets the cause itself when it matters. */
        sqlite3_wal_checkpoint_v2(c->connection.db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, &pages);
        pthread_mutex_lock(&c->mutex);
        c->pages = MAX(pages, 0);
        c->wanted = false;
        pthread_cond_broadcast(&c->moved);
    }
    pthread_mutex_unlock(&c->mutex);
    return NULL;
}

bool checkpointer_start(struct sqlite_store *store, GError **error)
{
    struct checkpointer *c = g_new0(struct checkpointer, 1);
    if (!connection_open(&c->connection, store->path, true, 0, store, error)) {
        g_free(c);
        return false;
    }
    pthread_mutex_init(&c->mutex, NULL);
    pthread_cond_init(&c->moved, NULL);
    c->thread = g_thread_new("checkpoint", checkpointer_main, c);
    store->checkpointer = c;
    return true;
}

void checkpointer_stop(struct sqlite_store *store)
{
    struct checkpointer *c = store->checkpointer;
    if (!c)
        return;
    pthread_mutex_lock(&c->mutex);
    c->stopping = true;
    pthread_cond_broadcast(&c->moved);
    pthread_mutex_unlock(&c->mutex);
    g_thread_join(c->thread);
    connection_close(&c->connection);
    pthread_mutex_destroy(&c->mutex);
    pthread_cond_destroy(&c->moved);
    g_free(c);
    store->checkpointer = NULL;
}

void checkpointer_ask(struct sqlite_store *store)
{
    struct checkpointer *c = store->checkpointer;
    pthread_mutex_lock(&c->mutex);
    c->wanted = true;
    pthread_cond_broadcast(&c->moved);
    pthread_mutex_unlock(&c->mutex);
}

bool checkpointer_idle(struct sqlite_store *store, int *pages)
{
    struct checkpointer *c = store->checkpointer;
    pthread_mutex_lock(&c->mutex);
    bool idle = !c->wanted;
    *pages = c->pages;
    c->pages = idle ? 0 : c->pages;
    pthread_mutex_unlock(&c->mutex);
    return idle;
}

void checkpointer_wait(struct sqlite_store *store)
{
    struct checkpointer *c = store->checkpointer;
    pthread_mutex_lock(&c->mutex);
    while (c->wanted)
        pthread_cond_wait(&c->moved, &c->mutex);
    pthread_mutex_unlock(&c->mutex);
}
