/* Group commit. Whatever arrived while the last commit was being synced is the next group; a group is one transaction.
 *
 *   submitted ──> queue ──> group ── run each job ── flush ── commit ──> done(NULL): durable
 *                                        │             │        │
 *                                        └──── BROKEN ─┘        ├─ certainly not there ──> done(the reason)
 *                                                │              │
 *                              rolled back; each job again,     └─ unknown ──> done(COMMIT_UNKNOWN), writes off
 *                              alone in a transaction of its                        │
 *                              own: a bad one fails alone                every PROBE_INTERVAL_MS a commit of
 *                                                                       nothing, until one succeeds: writes on
 *
 * A job that refuses (run says FALSE and has written nothing) keeps its error and stays in the group; nobody else
 * notices. There are no savepoints: what a job that wrote and then failed left behind can only go with the whole
 * transaction, so the group is BROKEN.
 *
 * Bulk jobs wait in a queue of their own. One of them goes along with each group; a group that nobody else is in grows
 * by more of them until somebody else comes: the larger, the fewer pages are written and index segments merged.
 *
 * While writes are off, what is submitted is refused at once and what was queued before is answered WRITES_OFF.
 *
 * Moments: which visitors changed since when, for caches above the store. A place is marked with the number that the
 * running transaction's commit will have, before anything can be seen of it; the count goes up after the commit. So
 * whoever read the count first and then began a snapshot holds either everything of a marked commit, or a number below
 * its mark. A transaction that went back leaves marks that only the next commit catches up with: until then these
 * visitors count as changed. */
#include "store/group.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/thread.h"

#include <stdatomic.h>

enum {
    PROBE_INTERVAL_MS = 200, /* how often a writer whose commit failed tries again */
    BULK_GROUP = 16,         /* bulk jobs in one transaction */
    MOMENT_PLACES = 4096,    /* visitors share places: an unneeded "changed" does no harm */
};

struct queue {
    struct store_job *first, **last;
};

struct exclusive {
    bool (*work)(struct store *store, void *data, GError **error);
    void *data;
    GError *error;
    bool ok, done;
    struct exclusive *next;
};

struct group {
    struct store *store;
    struct store_txn *txn;
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

    _Atomic uint64_t account_epoch;
    _Atomic int64_t moment;                 /* commits since the store was opened */
    _Atomic int64_t touched[MOMENT_PLACES]; /* by visitor number: the commit that changed it, from before that */

    /* The thread's own. */
    struct store_job *jobs[LIMIT_GROUP];
    GError *errors[LIMIT_GROUP];
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
static void queue_take(struct group *g, struct queue *queue, size_t *count)
{
    g->jobs[(*count)++] = queue->first;
    queue->first = queue->first->next;
    if (!queue->first)
        queue->last = &queue->first;
    g->length--;
    g->counters.jobs++;
}

/* ---- writes off and on ---- */

static bool writes_are_off(struct group *g)
{
    pthread_mutex_lock(&g->mutex);
    bool off = g->writes_off;
    pthread_mutex_unlock(&g->mutex);
    return off;
}

static GError *writes_off_error(void)
{
    GError *error = NULL;
    reason_set_retry(&error, REASON_WRITES_OFF, PROBE_INTERVAL_MS,
                     "the database cannot be written at the moment: try again");
    return error;
}

/* A commit has failed and nobody knows whether it will be there after a crash. */
static void turn_writes_off(struct group *g)
{
    LOG_ERROR("writes are off until a commit succeeds");
    pthread_mutex_lock(&g->mutex);
    g->writes_off = true;
    g->counters.group_failures++;
    pthread_mutex_unlock(&g->mutex);
    g->store->driver->write_break(g->txn);
}

static bool txn_begin(struct group *g, GError **error)
{
    *g->txn = (struct store_txn){.driver = g->store->driver};
    return g->store->driver->write_begin(g->txn, error);
}

static void probe(struct group *g)
{
    const struct store_driver *driver = g->store->driver;
    if (!txn_begin(g, NULL))
        return;
    if (!driver->write_touch(g->txn, NULL) || !driver->write_commit(g->txn, NULL)) {
        driver->write_break(g->txn);
        return;
    }
    LOG_INFO("writes are on again");
    pthread_mutex_lock(&g->mutex);
    g->writes_off = false;
    pthread_mutex_unlock(&g->mutex);
}

/* ---- one group ---- */

enum outcome {
    COMMITTED, /* but for the jobs that have an error */
    BROKEN,    /* rolled back; nobody has been answered for */
    OVER,      /* rolled back or unknown; every job has its error */
};

/* Every job that has no error yet gets this one, which is freed. */
static enum outcome fail_all(struct group *g, size_t from, size_t count, GError *error)
{
    for (size_t i = from; i < count; i++)
        if (!g->errors[i])
            g->errors[i] = g_error_copy(error);
    g_error_free(error);
    return OVER;
}

/* The transaction goes back because of `error` (freed). Alone, the job is answered with it. */
static enum outcome break_group(struct group *g, size_t from, size_t count, GError *error)
{
    g->store->driver->write_break(g->txn);
    if (count - from == 1)
        return fail_all(g, from, count, error);
    g_error_free(error);
    for (size_t i = from; i < count; i++)
        g_clear_error(&g->errors[i]);
    return BROKEN;
}

static GError *run_failed(void)
{
    GError *error = NULL;
    reason_set(&error, REASON_INTERNAL, "the operation failed");
    return error;
}

/* Runs one job in the open transaction. FALSE: the transaction must go back. */
static bool run_job(struct group *g, struct store_job *job, GError **refused)
{
    const struct store_driver *driver = g->store->driver;
    int64_t before, after;
    driver->write_open(g->txn, &before);
    bool ok = job->run(job, g->txn, refused);
    if (!ok && !*refused)
        *refused = run_failed();
    if (ok)
        g_clear_error(refused);
    bool open = driver->write_open(g->txn, &after);
    if (!ok && !g->txn->failed && after != before) {
        LOG_ERROR("a refused job has written; its group goes back");
        g->txn->failed = true;
    }
    return !g->txn->failed && open;
}

/* Takes one more bulk job when nobody waits who would have to wait longer for it. */
static bool grow(struct group *g, size_t *count)
{
    if (*count >= BULK_GROUP)
        return false;
    pthread_mutex_lock(&g->mutex);
    bool more = g->bulk.first && !g->live.first && !g->exclusive;
    if (more)
        queue_take(g, &g->bulk, count);
    pthread_mutex_unlock(&g->mutex);
    return more;
}

static enum outcome commit(struct group *g, size_t from, size_t count)
{
    GError *error = NULL;
    if (g->store->driver->write_commit(g->txn, &error)) {
        atomic_fetch_add(&g->moment, 1);
        if (g->txn->accounts_changed)
            atomic_fetch_add(&g->account_epoch, 1);
        return COMMITTED;
    }
    if (g->txn->not_committed) {
        g->store->driver->write_break(g->txn);
        return fail_all(g, from, count, error);
    }
    g_autoptr(GError) cause = g_steal_pointer(&error);
    reason_set_retry(&error, REASON_COMMIT_UNKNOWN, PROBE_INTERVAL_MS,
                     "it is not known whether this was stored: %s; try again with the same id", cause->message);
    turn_writes_off(g);
    return fail_all(g, from, count, error);
}

/* Jobs from..*count as one transaction; of bulk jobs only, it may grow. */
static enum outcome run_transaction(struct group *g, size_t from, size_t *count, bool may_grow)
{
    GError *error = NULL;
    if (!txn_begin(g, &error))
        return fail_all(g, from, *count, error);
    for (size_t i = from; i < *count || (may_grow && grow(g, count)); i++)
        if (!run_job(g, g->jobs[i], &g->errors[i]))
            return break_group(g, from, *count, run_failed());
    if (!g->store->driver->write_flush(g->txn, &error))
        return break_group(g, from, *count, error);
    return commit(g, from, *count);
}

static void answer(struct group *g, size_t from, size_t count)
{
    for (size_t i = from; i < count; i++)
        g->jobs[i]->done(g->jobs[i], g_steal_pointer(&g->errors[i]));
}

/* Each job of a broken group in a transaction of its own. */
static void run_alone(struct group *g, size_t count)
{
    pthread_mutex_lock(&g->mutex);
    g->counters.group_failures++;
    pthread_mutex_unlock(&g->mutex);
    for (size_t i = 0; i < count; i++) {
        size_t end = i + 1;
        if (writes_are_off(g))
            fail_all(g, i, end, writes_off_error());
        else
            run_transaction(g, i, &end, false);
        answer(g, i, end);
    }
}

static void run_group(struct group *g, size_t count)
{
    if (writes_are_off(g)) /* queued before the commit failed */
        fail_all(g, 0, count, writes_off_error());
    else if (run_transaction(g, 0, &count, g->jobs[0]->bulk) == BROKEN) { /* bulk jobs stand behind all others */
        run_alone(g, count);
        return;
    }
    answer(g, 0, count);
}

/* ---- the thread ---- */

/* Waits for work. FALSE when there will be none. Called with the mutex held. */
static bool wait_for_work(struct group *g)
{
    int64_t until_ms = clock_monotonic_ms() + PROBE_INTERVAL_MS;
    while (!g->live.first && !g->bulk.first && !g->exclusive) {
        if (g->stopping)
            return false;
        if (!g->writes_off)
            pthread_cond_wait(&g->arrived, &g->mutex);
        else if (!thread_cond_wait_until(&g->arrived, &g->mutex, until_ms))
            return true;
    }
    return true;
}

/* Moves the oldest jobs into the group; how many. Called with the mutex held. */
static size_t take_group(struct group *g)
{
    size_t count = 0;
    while (g->live.first && count < LIMIT_GROUP - 1)
        queue_take(g, &g->live, &count);
    if (g->bulk.first)
        queue_take(g, &g->bulk, &count);
    g->counters.groups += count > 0;
    return count;
}

static void run_exclusive(struct group *g, struct exclusive *e)
{
    e->ok = e->work(g->store, e->data, &e->error);
    pthread_mutex_lock(&g->mutex);
    e->done = true;
    pthread_cond_broadcast(&g->done);
    pthread_mutex_unlock(&g->mutex);
}

static void *writer_main(void *data)
{
    struct group *g = data;
    int64_t probed_ms = clock_monotonic_ms();
    pthread_mutex_lock(&g->mutex);
    while (wait_for_work(g)) {
        size_t count = take_group(g);
        struct exclusive *exclusive = g->exclusive;
        if (exclusive)
            g->exclusive = exclusive->next;
        bool off = g->writes_off;
        pthread_mutex_unlock(&g->mutex);
        if (off && clock_monotonic_ms() - probed_ms >= PROBE_INTERVAL_MS) {
            probe(g);
            probed_ms = clock_monotonic_ms();
        }
        if (count)
            run_group(g, count);
        if (exclusive)
            run_exclusive(g, exclusive);
        g->store->driver->between_groups(g->store);
        pthread_mutex_lock(&g->mutex);
    }
    pthread_mutex_unlock(&g->mutex);
    return NULL;
}

bool group_start(struct store *store, struct store_txn *txn, GError **error)
{
    struct group *g = g_new0(struct group, 1);
    g->store = store;
    g->txn = txn;
    pthread_mutex_init(&g->mutex, NULL);
    thread_cond_init(&g->arrived);
    thread_cond_init(&g->done);
    queue_init(&g->live);
    queue_init(&g->bulk);
    store->group = g;
    int failed = pthread_create(&g->thread, NULL, writer_main, g);
    g->started = failed == 0;
    if (g->started)
        return true;
    reason_set(error, REASON_INTERNAL, "the writer's thread cannot be started: %s", g_strerror(failed));
    group_stop(store);
    return false;
}

void group_stop(struct store *store)
{
    struct group *g = store->group;
    if (!g)
        return;
    pthread_mutex_lock(&g->mutex);
    g->stopping = true;
    pthread_cond_signal(&g->arrived);
    pthread_mutex_unlock(&g->mutex);
    if (g->started)
        pthread_join(g->thread, NULL);
    pthread_mutex_destroy(&g->mutex);
    pthread_cond_destroy(&g->arrived);
    pthread_cond_destroy(&g->done);
    g_free(g);
    store->group = NULL;
}

/* ---- from other threads ---- */

void store_submit(struct store *store, struct store_job *job)
{
    struct group *g = store->group;
    GError *error = NULL;
    pthread_mutex_lock(&g->mutex);
    if (g->stopping)
        reason_set(&error, REASON_STOPPING, "the server is stopping");
    else if (g->writes_off)
        error = writes_off_error();
    else if (g->length >= LIMIT_WRITE_QUEUE)
        reason_set_retry(&error, REASON_QUEUE_FULL, 1000, "too many writes are waiting: try again");
    else {
        queue_put(job->bulk ? &g->bulk : &g->live, job);
        g->length++;
        pthread_cond_signal(&g->arrived);
    }
    pthread_mutex_unlock(&g->mutex);
    if (error)
        job->done(job, error);
}

bool group_exclusive(struct store *store, bool (*work)(struct store *store, void *data, GError **error), void *data,
                     GError **error)
{
    struct group *g = store->group;
    struct exclusive exclusive = {.work = work, .data = data};
    pthread_mutex_lock(&g->mutex);
    if (g->stopping) {
        pthread_mutex_unlock(&g->mutex);
        reason_set(error, REASON_STOPPING, "the server is stopping");
        return false;
    }
    exclusive.next = g->exclusive;
    g->exclusive = &exclusive;
    pthread_cond_signal(&g->arrived);
    while (!exclusive.done)
        pthread_cond_wait(&g->done, &g->mutex);
    pthread_mutex_unlock(&g->mutex);
    if (exclusive.error)
        g_propagate_error(error, exclusive.error);
    return exclusive.ok;
}

void store_counters(struct store *store, struct store_counters *counters)
{
    struct group *g = store->group;
    pthread_mutex_lock(&g->mutex);
    *counters = g->counters;
    counters->queue_length = (int64_t)g->length;
    counters->writes_off = g->writes_off;
    pthread_mutex_unlock(&g->mutex);
    counters->bytes = store->driver->bytes(store);
    counters->log_bytes = store->driver->log_bytes(store);
}

uint64_t store_account_epoch(struct store *store)
{
    return atomic_load(&store->group->account_epoch);
}

int64_t store_moment(struct store *store)
{
    return atomic_load(&store->group->moment);
}

void group_touch_visitor(struct store *store, int64_t visitor)
{
    struct group *g = store->group;
    if (!g) /* a migration: nobody reads yet */
        return;
    atomic_store(&g->touched[visitor % MOMENT_PLACES], atomic_load_explicit(&g->moment, memory_order_relaxed) + 1);
}

bool store_visitor_unchanged(struct store *store, int64_t visitor, int64_t moment)
{
    return atomic_load(&store->group->touched[visitor % MOMENT_PLACES]) <= moment;
}
