#include "store/driver.h"

#include <pthread.h>

/* There is one driver so far. The next one is chosen here, by what stands in the directory. */
struct store *store_open(const char *directory, const struct store_options *options, GError **error)
{
    return sqlite_store_open(directory, options, error);
}

bool store_restore(const char *directory, const char *path, GError **error)
{
    return sqlite_restore(directory, path, error);
}

#define X(function, name, parameters, arguments) \
    bool function parameters \
    { \
        return txn->driver->name arguments; \
    }
STORE_TXN_CALLS(X)
#undef X

#define X(result, on, function, name, parameters, arguments) \
    result function parameters \
    { \
        return on->driver->name arguments; \
    }
STORE_OTHER_CALLS(X)
#undef X

void store_close(struct store *store)
{
    store->driver->close(store);
}

void store_reader_close(struct store_reader *reader)
{
    reader->driver->reader_close(reader);
}

void store_reader_stop_when(struct store_reader *reader, const atomic_bool *stop)
{
    reader->driver->reader_stop_when(reader, stop);
}

void store_read_end(struct store_txn *txn)
{
    txn->driver->read_end(txn);
}

void store_txn_spoil(struct store_txn *txn)
{
    txn->failed = true;
}

/* A job that runs another one and wakes whoever waits for it. */
struct waited_job {
    struct store_job job;
    struct store_job *inner;
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    bool done;
    GError *error;
};

static bool waited_run(struct store_job *job, struct store_txn *txn, GError **error)
{
    struct store_job *inner = ((struct waited_job *)job)->inner;
    return inner->run(inner, txn, error);
}

static void waited_done(struct store_job *job, GError *error)
{
    struct waited_job *waited = (struct waited_job *)job;
    pthread_mutex_lock(&waited->mutex);
    waited->error = error;
    waited->done = true;
    pthread_cond_signal(&waited->ended);
    pthread_mutex_unlock(&waited->mutex);
}

bool store_write(struct store *store, struct store_job *job, GError **error)
{
    struct waited_job waited = {.job = {.run = waited_run, .done = waited_done, .bulk = job->bulk}, .inner = job};
    pthread_mutex_init(&waited.mutex, NULL);
    pthread_cond_init(&waited.ended, NULL);
    store_submit(store, &waited.job);
    pthread_mutex_lock(&waited.mutex);
    while (!waited.done)
        pthread_cond_wait(&waited.ended, &waited.mutex);
    pthread_mutex_unlock(&waited.mutex);
    pthread_mutex_destroy(&waited.mutex);
    pthread_cond_destroy(&waited.ended);
    if (waited.error) {
        g_propagate_error(error, waited.error);
        return false;
    }
    return true;
}
