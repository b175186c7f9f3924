/* Who waits for the feed: of one session at its tail in the live hub, of a whole company in its crowd. */
#include "core/feed.h"
#include "core/internal.h"
#include "core/live.h"

#include <pthread.h>

/* Everybody who waits for anything of a company. Made when first asked for; lives as long as the core. */
struct feed_crowd {
    int64_t company;
    pthread_mutex_t lock; /* of what follows; wake() is called under it */
    struct waiter *waiters;
    uint32_t count; /* of what was committed: only whether it moved is asked */
};

struct feeds {
    pthread_mutex_t lock; /* of the table; behind no other */
    GHashTable *crowds;
    struct arena arena; /* of the lines, which do not change while the database is open */
    struct store_line *lines;
    size_t line_count;
};

static void free_crowd(void *data)
{
    struct feed_crowd *crowd = data;
    pthread_mutex_destroy(&crowd->lock);
    g_free(crowd);
}

static bool read_lines(struct core *core, struct feeds *feeds, GError **error)
{
    struct snapshot now;
    bool read = snapshot_open(&now, core, error) &&
                store_lines(now.txn, &feeds->arena, &feeds->lines, &feeds->line_count, error);
    snapshot_close(&now);
    return read;
}

struct feeds *feeds_new(struct core *core, GError **error)
{
    struct feeds *feeds = g_new0(struct feeds, 1);
    pthread_mutex_init(&feeds->lock, NULL);
    feeds->crowds = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, free_crowd);
    arena_init(&feeds->arena);
    if (read_lines(core, feeds, error))
        return feeds;
    feeds_free(feeds);
    return NULL;
}

void feeds_free(struct feeds *feeds)
{
    g_hash_table_unref(feeds->crowds);
    pthread_mutex_destroy(&feeds->lock);
    arena_clear(&feeds->arena);
    g_free(feeds);
}

const struct store_line *feeds_lines(const struct core *core)
{
    return core->feeds->lines;
}

size_t feeds_line_count(const struct core *core)
{
    return core->feeds->line_count;
}

static struct feed_crowd *crowd_of(struct feeds *feeds, int64_t company, bool make)
{
    pthread_mutex_lock(&feeds->lock);
    struct feed_crowd *crowd = g_hash_table_lookup(feeds->crowds, &company);
    if (!crowd && make) {
        crowd = g_new0(struct feed_crowd, 1);
        crowd->company = company;
        pthread_mutex_init(&crowd->lock, NULL);
        g_hash_table_insert(feeds->crowds, &crowd->company, crowd);
    }
    pthread_mutex_unlock(&feeds->lock);
    return crowd;
}

void feeds_hear(struct core *core, const struct effect *effect)
{
    struct feed_crowd *crowd = crowd_of(core->feeds, effect->company, false);
    if (!crowd)
        return;
    pthread_mutex_lock(&crowd->lock);
    crowd->count++;
    while (crowd->waiters) {
        struct waiter *waiter = crowd->waiters;
        waiter_unlink(&crowd->waiters, waiter);
        waiter->wake(waiter);
    }
    pthread_mutex_unlock(&crowd->lock);
}

/* ---- watching ---- */

bool feed_watch_init(struct feed_watch *watch, struct core *core, struct store_reader *reader, int64_t company,
                     struct str session_id, int64_t *session, GError **error)
{
    *watch = (struct feed_watch){0};
    *session = 0;
    if (session_id.ptr)
        watch->tail = live_get(core, reader, company, session_id, error);
    else
        watch->crowd = crowd_of(core->feeds, company, true);
    if (watch->tail)
        *session = tail_session(watch->tail);
    return watch->tail || watch->crowd;
}

void feed_watch_clear(struct feed_watch *watch)
{
    if (watch->tail)
        tail_unref(watch->tail);
    *watch = (struct feed_watch){0};
}

void feed_watch_mark(struct feed_watch *watch)
{
    bool ended;
    if (watch->tail) {
        watch->mark = tail_last_index(watch->tail, &ended);
        return;
    }
    pthread_mutex_lock(&watch->crowd->lock);
    watch->mark = watch->crowd->count;
    pthread_mutex_unlock(&watch->crowd->lock);
}

void feed_watch_wait(struct feed_watch *watch, struct waiter *waiter)
{
    struct feed_crowd *crowd = watch->crowd;
    if (watch->tail) {
        waiter->past_end = true;
        live_wait(watch->tail, waiter, watch->mark);
        return;
    }
    pthread_mutex_lock(&crowd->lock);
    if (crowd->count != watch->mark)
        waiter->wake(waiter);
    else
        waiter_link(&crowd->waiters, waiter);
    pthread_mutex_unlock(&crowd->lock);
}

void feed_watch_unwait(struct feed_watch *watch, struct waiter *waiter)
{
    struct feed_crowd *crowd = watch->crowd;
    if (watch->tail) {
        live_unwait(watch->tail, waiter);
        return;
    }
    pthread_mutex_lock(&crowd->lock);
    if (waiter->waiting)
        waiter_unlink(&crowd->waiters, waiter);
    pthread_mutex_unlock(&crowd->lock);
}
