#include "core/internal.h"
#include "core/quota.h"

#include "base/limits.h"

#include <sodium.h>

#define CURSOR_KEY "cursor_key"

enum { SLOW_THREADS = 2, STEP_THREADS = 2 };

/* What a crash or a stop left undone of an erasure goes on. */
static bool resume_erasures(struct core *core, GError **error)
{
    struct snapshot now;
    bool erasing = false, scrub = false;
    int64_t owed_ms = 0;
    bool read = snapshot_open(&now, core, error) && store_scrub_pending(now.txn, &erasing, &scrub, &owed_ms, error);
    snapshot_close(&now);
    if (scrub)
        eraser_owe(core->eraser, owed_ms);
    if (erasing)
        eraser_kick(core->eraser);
    return read;
}

/* The key that seals cursors: read, or made with a new database. One that something damaged is made anew: it only ends
 * the cursors that are out. */
struct key_made {
    struct op op;
    uint8_t key[CURSOR_KEY_SIZE];
};

static bool key_from_hex(struct str hex, uint8_t key[CURSOR_KEY_SIZE])
{
    size_t size;
    return sodium_hex2bin(key, CURSOR_KEY_SIZE, hex.ptr, hex.len, NULL, &size, NULL) == 0 && size == CURSOR_KEY_SIZE;
}

static bool cursor_key_run(struct op *op, struct store_txn *txn, GError **error)
{
    struct key_made *made = (struct key_made *)op;
    struct str hex;
    bool found;
    if (!store_value_get(txn, STR(CURSOR_KEY), &op->arena, &hex, &found, error))
        return false;
    if (found && key_from_hex(hex, made->key))
        return true;
    hex = id_random_hex(&op->arena, CURSOR_KEY_SIZE);
    key_from_hex(hex, made->key);
    return store_value_put(txn, STR(CURSOR_KEY), hex, error);
}

static bool load_cursor_key(struct core *core, GError **error)
{
    struct key_made made = {0};
    op_init(&made.op, core, OP_WRITE, cursor_key_run);
    bool ok = core_run(&made.op, error);
    memcpy(core->cursor_key, made.key, sizeof core->cursor_key);
    op_clear(&made.op);
    return ok;
}

static bool start_threads(struct core *core, GError **error)
{
    return (core->readers = pool_new(core, g_get_num_processors(), LIMIT_READ_QUEUE, true, error)) &&
           (core->slow = pool_new(core, SLOW_THREADS, LIMIT_SLOW_QUEUE, false, error)) &&
           (core->steps = pool_new(core, STEP_THREADS, LIMIT_IMPORTS, false, error)) &&
           (core->upkeep = pool_new(core, 1, 1, false, error)) && (core->keepalive = keepalive_start(core, error));
}

/* What is heard after a commit; the hub first, for the others may ask it. */
static const effect_listener listeners[] = {hub_hear, feeds_hear, keepalive_hear, eraser_hear, NULL};

struct core *core_open(struct store *store, const struct core_options *options, GError **error)
{
    struct core *core = g_new0(struct core, 1);
    core->store = store;
    core->options = *options;
    core->listeners = listeners;
    core->hub = hub_new();
    core->directories = directories_new();
    core->credentials = credentials_new();
    core->kept = kept_new(options->answer_bytes);
    core->quotas = quotas_new(&options->quota);
    core->viewers = viewers_new(LIMIT_VIEW_TIME);
    core->eraser = eraser_new(core);
    core->refill = refill_new(core);
    if ((core->feeds = feeds_new(core, error)) && start_threads(core, error) && load_cursor_key(core, error) &&
        resume_erasures(core, error) && refill_start(core, error))
        return core;
    core_close(core);
    return NULL;
}

void core_stop(struct core *core)
{
    if (core->stopped)
        return;
    if (core->keepalive)
        keepalive_stop(core->keepalive);
    eraser_cancel(core->eraser);
    refill_stop(core->refill);
    pool_free(core->readers);
    pool_free(core->slow);
    pool_free(core->steps);
    pool_free(core->upkeep);
    store_close(core->store); /* from here on nothing changes any more */
    core->stopped = true;
}

void core_close(struct core *core)
{
    core_stop(core);
    if (core->keepalive)
        keepalive_free(core->keepalive);
    eraser_free(core->eraser);
    quotas_free(core->quotas);
    viewers_free(core->viewers);
    if (core->feeds)
        feeds_free(core->feeds);
    refill_free(core->refill);
    kept_free(core->kept);
    credentials_free(core->credentials);
    directories_free(core->directories);
    hub_free(core->hub);
    g_free(core);
}

struct store *core_store(struct core *core)
{
    return core->store;
}

int64_t core_search_time_ms(const struct core *core)
{
    return core->options.search_time_ms;
}

const uint8_t *core_cursor_key(const struct core *core)
{
    return core->cursor_key;
}

static bool enter(atomic_int *under_way, int most, const char *why, GError **error)
{
    if (atomic_fetch_add(under_way, 1) < most)
        return true;
    atomic_fetch_sub(under_way, 1);
    reason_set_retry(error, REASON_IMPORTS_BUSY, 1000, "%s: try again", why);
    return false;
}

bool core_import_enter(struct core *core, GError **error)
{
    return enter(&core->imports, LIMIT_IMPORTS, "too many imports are under way", error);
}

void core_import_leave(struct core *core)
{
    atomic_fetch_sub(&core->imports, 1);
}

bool core_archive_enter(struct core *core, GError **error)
{
    return enter(&core->archives, LIMIT_ARCHIVES, "too many archives are being read", error);
}

void core_archive_leave(struct core *core)
{
    atomic_fetch_sub(&core->archives, 1);
}

bool core_long_line_enter(struct core *core, GError **error)
{
    return enter(&core->long_lines, 1, "another import is reading a very long line", error);
}

void core_long_line_leave(struct core *core)
{
    atomic_fetch_sub(&core->long_lines, 1);
}
