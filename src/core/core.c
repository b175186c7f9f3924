#include "core/internal.h"
#include "core/limiter.h"

enum { WRONG_LOGINS = 10, WRONG_LOGINS_WINDOW_MS = 60 * 1000 };

/* What a crash or a stop left undone of an erasure goes on. */
static bool resume_erasures(struct core *core, GError **error)
{
    struct store_reader *reader = store_reader_open(core->store, error);
    struct store_txn *txn = reader ? store_read_begin(reader, error) : NULL;
    bool erasing = false, scrub = false;
    bool read = txn && store_scrub_pending(txn, &erasing, &scrub, error);
    if (txn)
        store_read_end(txn);
    if (reader)
        store_reader_close(reader);
    if (erasing || scrub)
        eraser_kick(core->eraser);
    return read;
}

struct core *core_open(struct store *store, const struct core_options *options, GError **error)
{
    struct core *core = g_new0(struct core, 1);
    core->store = store;
    core->options = *options;
    core->hub = hub_new();
    core->directories = directories_new();
    core->credentials = credentials_new();
    core->logins = limiter_new(WRONG_LOGINS, WRONG_LOGINS_WINDOW_MS);
    core->pool = pool_new();
    core->eraser = eraser_new(core);
    core->keepalive = keepalive_start(core, error);
    if (core->keepalive && resume_erasures(core, error))
        return core;
    core_close(core);
    return NULL;
}

void core_close(struct core *core)
{
    if (core->keepalive)
        keepalive_stop(core->keepalive);
    eraser_cancel(core->eraser);
    pool_free(core->pool);
    store_close(core->store); /* from here on nothing changes any more */
    if (core->keepalive)
        keepalive_free(core->keepalive);
    eraser_free(core->eraser);
    limiter_free(core->logins);
    credentials_free(core->credentials);
    directories_free(core->directories);
    hub_free(core->hub);
    g_free(core);
}

struct store *core_store(struct core *core)
{
    return core->store;
}

bool core_allows_sample_credentials(const struct core *core)
{
    return core->options.sample_credentials;
}
