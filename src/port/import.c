#include "port/import_internal.h"

struct import *import_new(const struct import_options *options, GError **error)
{
    if (!core_import_enter(options->core, error))
        return NULL;
    struct import *import = g_new0(struct import, 1);
    import->options = *options;
    if (options->dry_run)
        import->options.place_name = STR_NULL;
    import_step_init(import);
    if (options->place)
        import->place = *options->place;
    import->skipping = options->place != NULL;
    import->options.place = NULL;
    pthread_mutex_init(&import->lock, NULL);
    pthread_cond_init(&import->changed, NULL);
    buf_init(&import->incoming, 2 * IMPORT_ROOM);
    buf_init(&import->working, LIMIT_IMPORT_LINE + 4 * IMPORT_ROOM);
    crypto_generichash_init(&import->digest, NULL, 0, IMPORT_PLACE_SIZE);
    import->batch = import_batch_new(import);
    return import;
}

bool import_feed(struct import *import, struct str bytes)
{
    pthread_mutex_lock(&import->lock);
    if (!import->over)
        buf_add(&import->incoming, bytes);
    /* The feeder stopped when told to and its pieces are no larger than IMPORT_ROOM. */
    g_assert(!import->incoming.overflow);
    import->paused = import->incoming.len >= IMPORT_ROOM || import->over;
    bool more = !import->paused;
    import_poke(import);
    pthread_mutex_unlock(&import->lock);
    return more;
}

bool import_wait(struct import *import)
{
    pthread_mutex_lock(&import->lock);
    while (import->incoming.len >= IMPORT_ROOM && !import->over)
        pthread_cond_wait(&import->changed, &import->lock);
    bool over = import->over;
    pthread_mutex_unlock(&import->lock);
    return !over;
}

void import_end(struct import *import)
{
    pthread_mutex_lock(&import->lock);
    import->ended = true;
    import_poke(import);
    pthread_mutex_unlock(&import->lock);
}

void import_cancel(struct import *import)
{
    atomic_store(&import->cancelled, true);
    import_end(import);
}

bool import_is_over(struct import *import)
{
    pthread_mutex_lock(&import->lock);
    bool over = import->over && import->turn == RESTS;
    pthread_mutex_unlock(&import->lock);
    return over;
}

int64_t import_lines(struct import *import)
{
    return atomic_load(&import->lines_done);
}

void import_finish(struct import *import, struct import_result *result)
{
    pthread_mutex_lock(&import->lock);
    while (!import->over || import->turn != RESTS)
        pthread_cond_wait(&import->changed, &import->lock);
    pthread_mutex_unlock(&import->lock);
    core_import_leave(import->options.core);
    import_parts_close(import);
    *result = import->result;
    buf_clear(&import->incoming);
    buf_clear(&import->working);
    pthread_mutex_destroy(&import->lock);
    pthread_cond_destroy(&import->changed);
    op_clear(&import->step);
    g_free(import);
}

void import_result_clear(struct import_result *result)
{
    g_clear_error(&result->error);
}
