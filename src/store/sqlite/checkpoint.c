/* Moving pages from the log into the database, beside the writer: a pass writes and syncs thousands of pages, which
 * takes tens of milliseconds that no commit is to wait for. A pass of this thread never moves the last pages, since the
 * writer goes on adding some; the writer moves these few itself, between two groups, so that the log starts anew. */
#include "store/sqlite/sqlite.h"

#include <pthread.h>

enum {
    CHECKPOINT_PAGES = 4096, /* pages in the log after which the next gap between groups is used (16 MiB) */
    REST_PAGES = 512,        /* so few that the writer moves them itself */
    TRUNCATE_BYTES = 64 * 1024 * 1024,
    PAGE_BYTES = 4096,
};

struct checkpointer {
    pthread_t thread;
    struct connection connection; /* the thread's own */
    pthread_mutex_t mutex;
    pthread_cond_t moved; /* `wanted` or `stopping` */
    bool wanted, stopping;
    int pages; /* moved by the last pass */
};

static void *checkpointer_main(void *data)
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

static void free_checkpointer(struct checkpointer *c)
{
    connection_close(&c->connection);
    pthread_mutex_destroy(&c->mutex);
    pthread_cond_destroy(&c->moved);
    g_free(c);
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
    int failed = pthread_create(&c->thread, NULL, checkpointer_main, c);
    if (!failed) {
        store->checkpointer = c;
        return true;
    }
    reason_set(error, REASON_INTERNAL, "the checkpointer's thread cannot be started: %s", g_strerror(failed));
    free_checkpointer(c);
    return false;
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
    pthread_join(c->thread, NULL);
    free_checkpointer(c);
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

void checkpointer_wait(struct sqlite_store *store)
{
    struct checkpointer *c = store->checkpointer;
    pthread_mutex_lock(&c->mutex);
    while (c->wanted)
        pthread_cond_wait(&c->moved, &c->mutex);
    pthread_mutex_unlock(&c->mutex);
}

/* ---- the log's size; the writer's thread ---- */

static int on_commit(void *data, sqlite3 *db, const char *name, int pages)
{
    (void)db;
    (void)name;
    ((struct sqlite_store *)data)->log_pages = pages;
    return SQLITE_OK;
}

void log_watch(struct sqlite_store *store)
{
    store->log_pages = store->log_tried = 0;
    sqlite3_wal_hook(store->connection.db, on_commit, store);
}

int64_t sqlite_log_bytes(struct store *store)
{
    return (int64_t)sqlite_store(store)->log_pages * PAGE_BYTES;
}

/* True when no pass is under way; *pages = what the last one moved, told once. */
static bool idle(struct sqlite_store *store, int *pages)
{
    struct checkpointer *c = store->checkpointer;
    pthread_mutex_lock(&c->mutex);
    bool rests = !c->wanted;
    *pages = c->pages;
    c->pages = rests ? 0 : c->pages;
    pthread_mutex_unlock(&c->mutex);
    return rests;
}

/* The few pages that a pass left over are moved here, and then the log starts anew. What readers hold up is tried again
 * some thousands of pages later. */
void sqlite_between_groups(struct store *head)
{
    struct sqlite_store *store = sqlite_store(head);
    int moved;
    if (!store->connection.db || store->log_pages < store->log_tried + CHECKPOINT_PAGES || !idle(store, &moved))
        return;
    bool truncate = (int64_t)store->log_pages * PAGE_BYTES > TRUNCATE_BYTES;
    if (!truncate && store->log_pages - moved > REST_PAGES) {
        checkpointer_ask(store);
        return;
    }
    int pages = 0;
    int code = sqlite3_wal_checkpoint_v2(
        store->connection.db, NULL, truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, &pages, &moved);
    if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY)
        connection_fail(&store->connection, NULL);
    store->log_tried = code == SQLITE_OK && pages == moved ? 0 : store->log_pages;
    store->log_pages = 0;
}
