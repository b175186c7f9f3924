/* The one writer (doc/decisions.md 3). Whatever arrived while the last commit was being synced is the next group; each
 * group is one transaction. A group in which something failed is rolled back and its jobs run again, each alone.
 *
 * Bulk jobs wait in a queue of their own. One of them goes along with each group; a group that nobody else is in grows
 * by more of them until somebody else comes: the larger, the fewer pages are written and search segments merged. */
#include "store/sqlite/sqlite.h"

#include "base/clock.h"
#include "base/log.h"

#include "base/thread.h"
#include <pthread.h>
#include <time.h>

enum {
    PROBE_INTERVAL_MS = 200,   /* how often a writer whose commit failed tries again */
    CHECKPOINT_PAGES = 4096,   /* WAL pages after which the next gap between groups is used (16 MiB) */
    REST_PAGES = 512,          /* so few that the writer moves them itself */
    READER_PATIENCE_MS = 5000, /* how long a group waits for the write lock */
    TRUNCATE_BYTES = 64 * 1024 * 1024,
    PAGE_BYTES = 4096,
    BULK_GROUP = 16, /* bulk jobs in one transaction */
};

struct queue {
    struct store_job *first, **last;
};

struct exclusive {
    bool (*work)(struct sqlite_store *store, void *data, GError **error);
    void *data;
    GError *error;
    bool ok, done;
    struct exclusive *next;
};

struct writer {
    pthread_t thread;
    bool started;
    pthread_mutex_t mutex;
    pthread_cond_t arrived; /* jobs, exclusive work, stopping */
    pthread_cond_t done;    /* exclusive work */
    struct queue live, bulk;
    struct exclusive *exclusive;
    size_t length; /* of both queues */
    bool stopping, writes_off;
    struct store_counters counters;

    /* The thread's own. */
    struct store_job *group[LIMIT_GROUP];
    GError *errors[LIMIT_GROUP];
    int wal_pages, wal_checked; /* pages in the log; as of the last checkpoint that was tried */
};

/* ---- queues; called with the mutex held ---- */

static void queue_init(struct queue *queue)
{
    queue->first = NULL;
    queue->last = &queue->first;
}

static void queue_put(struct queue *queue, struct store_job *job)
{
    job->next = NULL;
    *queue->last = job;
    queue->last = &job->next;
}

/* Moves the oldest job to the end of the group. */
static void queue_take(struct writer *w, struct queue *queue, size_t *count)
{
    w->group[(*count)++] = queue->first;
    queue->first = queue->first->next;
    if (!queue->first)
        queue->last = &queue->first;
    w->length--;
    w->counters.jobs++;
}

/* ---- transactions ---- */

static int on_wal(void *data, sqlite3 *db, const char *name, int pages)
{
    (void)db;
    (void)name;
    ((struct writer *)data)->wal_pages = pages;
    return SQLITE_OK;
}

static void watch_wal(struct sqlite_store *store)
{
    sqlite3_wal_hook(store->connection.db, on_wal, store->writer);
}

static bool reopen(struct sqlite_store *store, GError **error)
{
    connection_close(&store->connection);
    struct writer *w = store->writer;
    if (!connection_open(&store->connection, store->path, true, store->options.writer_cache_bytes, store, error))
        return false;
    w->wal_pages = w->wal_checked = 0;
    watch_wal(store);
    return true;
}

/* What broke a transaction, want of memory say, may have left FTS5 with terms in its own memory that went back: with
 * the connection they are gone. */
static void break_off(struct sqlite_store *store)
{
    connection_roll_back(&store->connection, NULL);
    search_forget(store);
    reopen(store, NULL);
}

bool sqlite_write_begin(struct store_txn *txn, GError **error)
{
    struct sqlite_txn *t = sqlite_txn(txn);
    txn->failed = false;
    t->accounts_changed = false;
    t->not_committed = false;
    if ((!t->connection->db && !reopen(t->connection->store, error)) || !connection_roll_back(t->connection, error))
        return false;
    sqlite3_stmt *s = txn_statement(txn, "BEGIN IMMEDIATE", error);
    /* A reader that meets the log's index while it is being written takes the write lock for a moment to read it again.
     * Only here: a checkpoint must not wait for readers. */
    sqlite3_busy_timeout(t->connection->db, READER_PATIENCE_MS);
    bool begun = s && txn_run(txn, s, error);
    sqlite3_busy_timeout(t->connection->db, 0);
    return begun;
}

bool sqlite_write_commit(struct store_txn *txn, GError **error)
{
    struct sqlite_txn *t = sqlite_txn(txn);
    sqlite3_stmt *s = txn_statement(txn, "COMMIT", error);
    if (s && txn_run(txn, s, error))
        return true;
    /* A page that found no room means that the commit's own page, the last one, is not there. */
    t->not_committed = (sqlite3_errcode(t->connection->db) & 0xff) == SQLITE_FULL;
    return false;
}

/* A commit has failed and nobody knows whether it will be there after a crash. */
static void turn_off(struct sqlite_store *store)
{
    struct writer *w = store->writer;
    LOG_ERROR("writes are off until a commit succeeds");
    pthread_mutex_lock(&w->mutex);
    w->writes_off = true;
    w->counters.group_failures++;
    pthread_mutex_unlock(&w->mutex);
    break_off(store);
}

/* Tries a commit that must reach the disk: it writes the schema's version as it is. */
static void probe(struct sqlite_store *store)
{
    struct store_txn *txn = &store->txn.head;
    const struct store_driver *driver = store->head.driver;
    if (!store->connection.db && !reopen(store, NULL))
        return;
    if (!driver->write_begin(txn, NULL))
        return;
    int64_t version;
    char text[64];
    bool ok = connection_number(&store->connection, "PRAGMA user_version", &version, NULL);
    g_snprintf(text, sizeof text, "PRAGMA user_version = %" G_GINT64_FORMAT, version);
    ok = ok && connection_run(&store->connection, text, NULL) && driver->write_commit(txn, NULL);
    if (!ok) {
        break_off(store);
        return;
    }
    LOG_INFO("writes are on again");
    pthread_mutex_lock(&store->writer->mutex);
    store->writer->writes_off = false;
    pthread_mutex_unlock(&store->writer->mutex);
}

/* ---- one group ---- */

enum outcome {
    COMMITTED, /* but for the jobs that have an error */
    BROKEN,    /* rolled back; nobody has been answered for */
    OVER,      /* rolled back or unknown; every job has its error */
};

static void fail_all(struct writer *w, size_t from, size_t count, GError *error)
{
    for (size_t i = from; i < count; i++)
        if (!w->errors[i])
            w->errors[i] = g_error_copy(error);
    g_error_free(error);
}

static void forget_errors(struct writer *w, size_t from, size_t count)
{
    for (size_t i = from; i < count; i++)
        g_clear_error(&w->errors[i]);
}

/* Runs one job in the open transaction. FALSE: the transaction must go back; *error says what broke it. */
static bool run_job(struct sqlite_store *store, struct store_job *job, GError **refused)
{
    struct store_txn *txn = &store->txn.head;
    sqlite3 *db = store->connection.db;
    sqlite3_int64 before = sqlite3_total_changes64(db);
    bool ok = job->run(job, txn, refused);
    if (!ok && !*refused)
        reason_set(refused, REASON_INTERNAL, "the operation failed");
    if (ok)
        g_clear_error(refused);
    if (!ok && !txn->failed && sqlite3_total_changes64(db) != before) {
        LOG_ERROR("a refused job has written; its group goes back");
        txn->failed = true;
    }
    return !txn->failed && !sqlite3_get_autocommit(db);
}

/* Takes one more bulk job when nobody waits who would have to wait longer for it. */
static bool grow(struct writer *w, size_t *count)
{
    if (*count >= BULK_GROUP)
        return false;
    pthread_mutex_lock(&w->mutex);
    bool more = w->bulk.first && !w->live.first && !w->exclusive;
    if (more)
        queue_take(w, &w->bulk, count);
    pthread_mutex_unlock(&w->mutex);
    return more;
}

/* Jobs from..*count as one transaction; of bulk jobs only, it may grow. */
static enum outcome run_transaction(struct sqlite_store *store, size_t from, size_t *count, bool may_grow)
{
    struct writer *w = store->writer;
    struct store_txn *txn = &store->txn.head;
    const struct store_driver *driver = store->head.driver;
    GError *error = NULL;
    txn->driver = driver;
    if (!driver->write_begin(txn, &error)) {
        fail_all(w, from, *count, error);
        return OVER;
    }
    for (size_t i = from; i < *count || (may_grow && grow(w, count)); i++) {
        if (run_job(store, w->group[i], &w->errors[i]))
            continue;
        break_off(store);
        if (*count - from > 1) {
            forget_errors(w, from, *count);
            return BROKEN;
        }
        if (!w->errors[i])
            reason_set(&w->errors[i], REASON_INTERNAL, "the operation failed");
        return OVER;
    }
    if (!search_flush(txn, &error)) {
        break_off(store);
        if (*count - from == 1) {
            fail_all(w, from, *count, error);
            return OVER;
        }
        g_error_free(error);
        forget_errors(w, from, *count);
        return BROKEN;
    }
    if (driver->write_commit(txn, &error)) {
        search_forget(store);
        moment_pass(store);
        if (store->txn.accounts_changed)
            __atomic_add_fetch(&store->account_epoch, 1, __ATOMIC_RELEASE);
        return COMMITTED;
    }
    if (store->txn.not_committed) {
        break_off(store);
        fail_all(w, from, *count, error);
        return OVER;
    }
    g_autoptr(GError) cause = g_steal_pointer(&error);
    reason_set_retry(&error, REASON_COMMIT_UNKNOWN, PROBE_INTERVAL_MS,
                     "it is not known whether this was stored: %s; try again with the same id", cause->message);
    fail_all(w, from, *count, error);
    turn_off(store);
    return OVER;
}

static void answer(struct writer *w, size_t from, size_t count)
{
    for (size_t i = from; i < count; i++) {
        GError *error = w->errors[i];
        w->errors[i] = NULL;
        w->group[i]->done(w->group[i], error);
    }
}

static bool writes_are_off(struct writer *w)
{
    pthread_mutex_lock(&w->mutex);
    bool off = w->writes_off;
    pthread_mutex_unlock(&w->mutex);
    return off;
}

static GError *writes_off_error(void)
{
    GError *error = NULL;
    reason_set_retry(&error, REASON_WRITES_OFF, PROBE_INTERVAL_MS,
                     "the database cannot be written at the moment: try again");
    return error;
}

static void run_group(struct sqlite_store *store, size_t count)
{
    struct writer *w = store->writer;
    if (writes_are_off(w)) { /* queued before the commit failed */
        fail_all(w, 0, count, writes_off_error());
        answer(w, 0, count);
        return;
    }
    /* Bulk jobs stand behind all others. */
    enum outcome outcome = run_transaction(store, 0, &count, w->group[0]->bulk);
    if (outcome != BROKEN) {
        answer(w, 0, count);
        return;
    }
    pthread_mutex_lock(&w->mutex);
    w->counters.group_failures++;
    pthread_mutex_unlock(&w->mutex);
    for (size_t i = 0; i < count; i++) {
        size_t end = i + 1;
        if (writes_are_off(w))
            fail_all(w, i, end, writes_off_error());
        else
            run_transaction(store, i, &end, false);
        answer(w, i, end);
    }
}

/* ---- the log's size ---- */

/* Between groups. Passes go on beside the writer (checkpoint.c); the few pages that one leaves over are moved here, and
 * then the log starts anew. What readers hold up is tried again some thousands of pages later. */
static void checkpoint(struct sqlite_store *store)
{
    struct writer *w = store->writer;
    int moved;
    if (!store->connection.db || w->wal_pages < w->wal_checked + CHECKPOINT_PAGES || !checkpointer_idle(store, &moved))
        return;
    bool truncate = (int64_t)w->wal_pages * PAGE_BYTES > TRUNCATE_BYTES;
    if (!truncate && w->wal_pages - moved > REST_PAGES) {
        checkpointer_ask(store);
        return;
    }
    int pages = 0;
    int code = sqlite3_wal_checkpoint_v2(
        store->connection.db, NULL, truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, &pages, &moved);
    if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY)
        connection_fail(&store->connection, NULL);
    w->wal_checked = code == SQLITE_OK && pages == moved ? 0 : w->wal_pages;
    w->wal_pages = 0;
}

/* At the start: what a killed process left in the log goes to the file, as every read would have to look for its pages
 * there. Readers that are faster than this lose nothing. */
static void settle(struct sqlite_store *store)
{
    sqlite3_wal_checkpoint_v2(store->connection.db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

/* ---- the thread ---- */

/* Waits for work. FALSE when there will be none. Called with the mutex held. */
static bool wait_for_work(struct writer *w)
{
    int64_t until_ms = clock_monotonic_ms() + PROBE_INTERVAL_MS;
    while (!w->live.first && !w->bulk.first && !w->exclusive) {
        if (w->stopping)
            return false;
        if (!w->writes_off)
            pthread_cond_wait(&w->arrived, &w->mutex);
        else if (!thread_cond_wait_until(&w->arrived, &w->mutex, until_ms))
            return true;
    }
    return true;
}

/* Moves the oldest jobs into the group; how many. Called with the mutex held. */
static size_t take_group(struct writer *w)
{
    size_t count = 0;
    while (w->live.first && count < LIMIT_GROUP - 1)
        queue_take(w, &w->live, &count);
    if (w->bulk.first)
        queue_take(w, &w->bulk, &count);
    w->counters.groups += count > 0;
    w->counters.wal_bytes = (int64_t)w->wal_pages * PAGE_BYTES;
    return count;
}

static void run_exclusive(struct sqlite_store *store, struct exclusive *e)
{
    struct writer *w = store->writer;
    checkpointer_wait(store); /* it would hold up a checkpoint of the work's own */
    if (store->connection.db || reopen(store, &e->error))
        e->ok = e->work(store, e->data, &e->error);
    pthread_mutex_lock(&w->mutex);
    e->done = true;
    pthread_cond_broadcast(&w->done);
    pthread_mutex_unlock(&w->mutex);
}

static void *writer_main(void *data)
{
    struct sqlite_store *store = data;
    struct writer *w = store->writer;
    int64_t probed_ms = clock_monotonic_ms();
    settle(store);
    pthread_mutex_lock(&w->mutex);
    while (wait_for_work(w)) {
        size_t count = take_group(w);
        struct exclusive *exclusive = w->exclusive;
        if (exclusive)
            w->exclusive = exclusive->next;
        bool off = w->writes_off;
        pthread_mutex_unlock(&w->mutex);
        if (off && clock_monotonic_ms() - probed_ms >= PROBE_INTERVAL_MS) {
            probe(store);
            probed_ms = clock_monotonic_ms();
        }
        if (count)
            run_group(store, count);
        if (exclusive)
            run_exclusive(store, exclusive);
        checkpoint(store);
        pthread_mutex_lock(&w->mutex);
    }
    pthread_mutex_unlock(&w->mutex);
    return NULL;
}

bool writer_start(struct sqlite_store *store, GError **error)
{
    struct writer *w = g_new0(struct writer, 1);
    pthread_mutex_init(&w->mutex, NULL);
    thread_cond_init(&w->arrived);
    thread_cond_init(&w->done);
    queue_init(&w->live);
    queue_init(&w->bulk);
    store->writer = w;
    store->txn.connection = &store->connection;
    watch_wal(store);
    int failed = pthread_create(&w->thread, NULL, writer_main, store);
    w->started = failed == 0;
    if (w->started)
        return true;
    reason_set(error, REASON_INTERNAL, "the writer's thread cannot be started: %s", g_strerror(failed));
    writer_stop(store);
    return false;
}

void writer_stop(struct sqlite_store *store)
{
    struct writer *w = store->writer;
    if (!w)
        return;
    pthread_mutex_lock(&w->mutex);
    w->stopping = true;
    pthread_cond_signal(&w->arrived);
    pthread_mutex_unlock(&w->mutex);
    if (w->started)
        pthread_join(w->thread, NULL);
    pthread_mutex_destroy(&w->mutex);
    pthread_cond_destroy(&w->arrived);
    pthread_cond_destroy(&w->done);
    g_free(w);
    store->writer = NULL;
}

/* ---- from other threads ---- */

void sqlite_submit(struct store *head, struct store_job *job)
{
    struct writer *w = sqlite_store(head)->writer;
    GError *error = NULL;
    pthread_mutex_lock(&w->mutex);
    if (w->stopping)
        reason_set(&error, REASON_STOPPING, "the server is stopping");
    else if (w->writes_off)
        error = writes_off_error();
    else if (w->length >= LIMIT_WRITE_QUEUE)
        reason_set_retry(&error, REASON_QUEUE_FULL, 1000, "too many writes are waiting: try again");
    else {
        queue_put(job->bulk ? &w->bulk : &w->live, job);
        w->length++;
        pthread_cond_signal(&w->arrived);
    }
    pthread_mutex_unlock(&w->mutex);
    if (error)
        job->done(job, error);
}

bool writer_exclusive(struct sqlite_store *store, bool (*work)(struct sqlite_store *store, void *data, GError **error),
                      void *data, GError **error)
{
    struct writer *w = store->writer;
    struct exclusive exclusive = {.work = work, .data = data};
    pthread_mutex_lock(&w->mutex);
    if (w->stopping) {
        pthread_mutex_unlock(&w->mutex);
        reason_set(error, REASON_STOPPING, "the server is stopping");
        return false;
    }
    exclusive.next = w->exclusive;
    w->exclusive = &exclusive;
    pthread_cond_signal(&w->arrived);
    while (!exclusive.done)
        pthread_cond_wait(&w->done, &w->mutex);
    pthread_mutex_unlock(&w->mutex);
    if (exclusive.error)
        g_propagate_error(error, exclusive.error);
    return exclusive.ok;
}

void sqlite_counters(struct store *head, struct store_counters *counters)
{
    struct writer *w = sqlite_store(head)->writer;
    pthread_mutex_lock(&w->mutex);
    *counters = w->counters;
    counters->queue_length = (int64_t)w->length;
    pthread_mutex_unlock(&w->mutex);
}
