#include "port/import_internal.h"

#include "base/clock.h"

enum { STEP_MS = 20 }; /* an import's turn on its thread */

void import_poke(struct import *import)
{
    if (import->turn == MOVES)
        import->turn = STALE;
    if (import->turn != RESTS)
        return;
    import->turn = QUEUED;
    core_submit(&import->step);
}

/* A line longer than others takes memory that one import at a time may have. */
static bool hold_long_line(struct import *import, size_t length)
{
    GError *error = NULL;
    if (length <= LIMIT_SHORT_LINE || import->has_long_line)
        return true;
    import->has_long_line = core_long_line_enter(import->options.core, &error);
    if (error)
        import_fail(import, import->orders + 1, import->line + 1, error);
    return import->has_long_line;
}

static void drop_long_line(struct import *import)
{
    if (import->has_long_line)
        core_long_line_leave(import->options.core);
    import->has_long_line = false;
}

/* Moves what was fed behind what is left to parse. False: nothing was. */
static bool take_fed(struct import *import)
{
    buf_consume(&import->working, import->start);
    import->start = 0;
    if (!import->working.len) {
        buf_clear(&import->working); /* what one long line needed, or an import that nobody feeds */
        drop_long_line(import);
    }
    pthread_mutex_lock(&import->lock);
    bool more = import->incoming.len > 0;
    buf_add(&import->working, buf_str(&import->incoming));
    buf_clear(&import->incoming);
    import->read = !more && import->ended;
    if (import->paused && import->options.waiter)
        import->options.waiter->wake(import->options.waiter);
    import->paused = false;
    pthread_cond_broadcast(&import->changed);
    pthread_mutex_unlock(&import->lock);
    return more;
}

/* Reads one line, or what was fed since. False: there is nothing to read now. */
static bool read_next_line(struct import *import)
{
    struct str left = str_skip(buf_str(&import->working), import->start);
    const char *newline =
        left.len > import->seen ? memchr(left.ptr + import->seen, '\n', left.len - import->seen) : NULL;
    if (newline) {
        size_t length = (size_t)(newline - left.ptr) + 1;
        import->seen = 0;
        import_take_line(import, str_from(left.ptr, length));
        import->start += length;
        return true;
    }
    import->seen = left.len;
    if (left.len > LIMIT_IMPORT_LINE) {
        GError *error = NULL;
        reason_set(&error, REASON_LINE_INVALID, "a line is longer than %d bytes", LIMIT_IMPORT_LINE);
        import_fail(import, import->orders + 1, import->line + 1, error);
        return true;
    }
    if (!hold_long_line(import, left.len) || take_fed(import))
        return true;
    if (import->read && left.len > 0)
        import_take_line(import, buf_str(&import->working));
    return import->read;
}

/* Everything was read, or no more will be: what is left goes to the writer. */
static void wind_up(struct import *import)
{
    bool cancelled = atomic_load(&import->cancelled);
    import->wound_up = true;
    if (!import->stop && import->skipping && !cancelled)
        import_differ(import); /* it has become shorter */
    if (!import->stop && cancelled) {
        GError *error = NULL;
        reason_set(&error, REASON_CANCELLED, "the import was interrupted");
        import_fail(import, INT64_MAX, 0, error);
    }
    if (!import->stop && (import->batch->lines->len > 0 || import->options.place_name.ptr))
        import_submit(import, NOTE_END);
    g_clear_pointer(&import->batch, import_batch_free);
    buf_clear(&import->working);
    drop_long_line(import);
}

/* Does the next small thing. False when there is none before the next poke. */
static bool move_import(struct import *import)
{
    import_harvest(import);
    bool halted = import->stop || atomic_load(&import->cancelled);
    if (import->parts.open && !halted)
        return import_move_parts(import);
    if (!import->wound_up && (import->read || halted)) {
        wind_up(import);
        return true;
    }
    if (!import->wound_up)
        return import->under_way <= IMPORT_UNDER_WAY && read_next_line(import);
    pthread_mutex_lock(&import->lock);
    import->over = import->under_way == 0;
    pthread_mutex_unlock(&import->lock);
    return false;
}

static bool take_turn(struct op *op, struct store_txn *none, GError **error)
{
    (void)none, (void)error;
    struct import *import = (struct import *)op;
    int64_t until_ms = clock_monotonic_ms() + STEP_MS;
    bool more;
    pthread_mutex_lock(&import->lock);
    import->turn = MOVES;
    pthread_mutex_unlock(&import->lock);
    do
        more = move_import(import);
    while (more && clock_monotonic_ms() < until_ms);
    pthread_mutex_lock(&import->lock);
    if (more)
        import->turn = STALE;
    pthread_mutex_unlock(&import->lock);
    return true;
}

/* Once it rests and is over, import_finish may free it: nothing is touched behind the unlocking. */
static void end_turn(struct op *op)
{
    struct import *import = (struct import *)op;
    pthread_mutex_lock(&import->lock);
    bool again = import->turn == STALE && !import->over;
    import->turn = RESTS;
    if (again)
        import_poke(import);
    if (import->over && import->options.waiter)
        import->options.waiter->wake(import->options.waiter);
    pthread_cond_broadcast(&import->changed);
    pthread_mutex_unlock(&import->lock);
}

void import_step_init(struct import *import)
{
    op_init(&import->step, import->options.core, OP_STEP, take_turn);
    import->step.done = end_turn;
}
