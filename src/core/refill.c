#include "core/refill.h"

#include "base/clock.h"
#include "base/log.h"
#include "core/internal.h"
#include "text/time.h"

#include <pthread.h>

enum {
    STEP_MESSAGES = 200, /* some milliseconds of the writer's, for which others wait */
    TELL_EVERY_MS = 10 * 1000,
    RETRY_MS = 10 * 1000,
};

/* One bulk op at a time, submitted again when it is done. The op and its step belong to whoever has it; all else is
 * behind the lock. */
struct refill {
    struct core *core;
    struct op op;
    struct store_refill step; /* what the op's last run did */
    int64_t told_ms;
    pthread_mutex_t lock;
    bool running, stopped, failed;
    int64_t retry_ms; /* monotonic; after a failure */
    struct refill_counters counters;
};

static bool run_step(struct op *op, struct store_txn *txn, GError **error)
{
    struct refill *refill = op->user;
    return store_search_refill(txn, STEP_MESSAGES, &refill->step, error);
}

static void step_done(struct op *op);

/* Makes the next step's op. Under the lock, while there is none. */
static void prepare(struct refill *refill)
{
    refill->running = true;
    refill->failed = false;
    op_init(&refill->op, refill->core, OP_WRITE, run_step);
    refill->op.job.bulk = true;
    refill->op.done = step_done;
    refill->op.user = refill;
}

static void tell_refill(struct refill *refill, const char *what)
{
    char time[TIME_UTC_SIZE];
    struct str from = STR("all");
    if (refill->counters.indexed_from_ms != NO_TIME) {
        time_format_utc(refill->counters.indexed_from_ms, time);
        from = str_from(time, sizeof time);
    }
    LOG_INFO(what, LOG_NUMBER("messages", refill->counters.messages), LOG_TEXT("indexed_from", from));
    refill->told_ms = clock_monotonic_ms();
}

static void note_step(struct refill *refill)
{
    refill->counters.messages += (int64_t)refill->step.messages;
    refill->counters.indexed_from_ms = refill->step.from_ms;
    if (refill->step.finished)
        tell_refill(refill, "the search index is filled");
    else if (clock_monotonic_ms() - refill->told_ms >= TELL_EVERY_MS)
        tell_refill(refill, "filling the search index");
}

static void step_done(struct op *op)
{
    struct refill *refill = op->user;
    pthread_mutex_lock(&refill->lock);
    refill->running = false;
    refill->failed = op->error;
    if (op->error) {
        refill->retry_ms = clock_monotonic_ms() + RETRY_MS;
        if (!refill->stopped)
            LOG_WARNING("filling the search index is interrupted", LOG_TEXT("reason", str_from_c(op->error->message)));
    } else {
        note_step(refill);
    }
    bool more = !refill->stopped && !refill->failed && !refill->step.finished;
    op_clear(op);
    if (more)
        prepare(refill);
    pthread_mutex_unlock(&refill->lock);
    if (more)
        core_submit(op);
}

bool refill_start(struct core *core, GError **error)
{
    struct refill *refill = core->refill;
    struct snapshot now;
    int64_t from_ms = NO_TIME;
    bool read = snapshot_open(&now, core, error) && store_search_indexed_from(now.txn, &from_ms, error);
    snapshot_close(&now);
    if (!read || from_ms == NO_TIME)
        return read;
    pthread_mutex_lock(&refill->lock);
    refill->counters.indexed_from_ms = from_ms;
    tell_refill(refill, "filling the search index");
    prepare(refill);
    pthread_mutex_unlock(&refill->lock);
    core_submit(&refill->op);
    return true;
}

void refill_retry(struct refill *refill)
{
    pthread_mutex_lock(&refill->lock);
    bool again = refill->failed && !refill->running && !refill->stopped && clock_monotonic_ms() >= refill->retry_ms;
    if (again)
        prepare(refill);
    pthread_mutex_unlock(&refill->lock);
    if (again)
        core_submit(&refill->op);
}

void refill_stop(struct refill *refill)
{
    pthread_mutex_lock(&refill->lock);
    refill->stopped = true;
    pthread_mutex_unlock(&refill->lock);
}

struct refill *refill_new(struct core *core)
{
    struct refill *refill = g_new0(struct refill, 1);
    refill->core = core;
    refill->counters.indexed_from_ms = NO_TIME;
    pthread_mutex_init(&refill->lock, NULL);
    return refill;
}

void refill_free(struct refill *refill)
{
    pthread_mutex_destroy(&refill->lock);
    g_free(refill);
}

void refill_counters(struct core *core, struct refill_counters *counters)
{
    pthread_mutex_lock(&core->refill->lock);
    *counters = core->refill->counters;
    pthread_mutex_unlock(&core->refill->lock);
}
