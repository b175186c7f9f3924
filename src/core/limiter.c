#include "core/limiter.h"

#include "base/clock.h"
#include "base/id.h"

#include <pthread.h>

enum { MAX_WINDOWS = 16384 };

struct window {
    uint8_t key[ID_HASH_SIZE]; /* of the caller's, which may be long: clients choose their names and ids */
    int64_t start_ms;          /* monotonic */
    int64_t calls;
    GList link; /* in `by_age` */
};

struct limiter {
    int64_t calls, window_ms;
    pthread_mutex_t lock;
    GHashTable *windows; /* by key */
    GQueue by_age;       /* oldest first */
};

static guint hash_key(gconstpointer key)
{
    guint hash;
    memcpy(&hash, key, sizeof hash);
    return hash;
}

static gboolean equal_keys(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, ID_HASH_SIZE) == 0;
}

struct limiter *limiter_new(int64_t calls, int64_t window_ms)
{
    struct limiter *limiter = g_new0(struct limiter, 1);
    limiter->calls = calls;
    limiter->window_ms = window_ms;
    pthread_mutex_init(&limiter->lock, NULL);
    limiter->windows = g_hash_table_new_full(hash_key, equal_keys, NULL, g_free);
    return limiter;
}

void limiter_free(struct limiter *limiter)
{
    g_hash_table_unref(limiter->windows);
    pthread_mutex_destroy(&limiter->lock);
    g_free(limiter);
}

static void drop_window(struct limiter *limiter, struct window *window)
{
    g_queue_unlink(&limiter->by_age, &window->link);
    g_hash_table_remove(limiter->windows, window->key);
}

static void drop_ended(struct limiter *limiter, int64_t now)
{
    struct window *oldest;
    while ((oldest = g_queue_peek_head(&limiter->by_age)) && now - oldest->start_ms >= limiter->window_ms)
        drop_window(limiter, oldest);
}

static struct window *add_window(struct limiter *limiter, const uint8_t key[ID_HASH_SIZE], int64_t now)
{
    if (g_queue_get_length(&limiter->by_age) >= MAX_WINDOWS)
        drop_window(limiter, g_queue_peek_head(&limiter->by_age));
    struct window *window = g_new0(struct window, 1);
    memcpy(window->key, key, sizeof window->key);
    window->start_ms = now;
    window->link.data = window;
    g_queue_push_tail_link(&limiter->by_age, &window->link);
    g_hash_table_insert(limiter->windows, window->key, window);
    return window;
}

/* `amount` 0 only looks. */
static bool look(struct limiter *limiter, struct str name, int64_t amount, struct limiter_state *state)
{
    uint8_t key[ID_HASH_SIZE];
    id_hash(name, key);
    pthread_mutex_lock(&limiter->lock);
    int64_t now = clock_monotonic_ms();
    drop_ended(limiter, now);
    struct window *window = g_hash_table_lookup(limiter->windows, key);
    if (!window && amount)
        window = add_window(limiter, key, now);
    int64_t calls = window ? window->calls : 0;
    bool allowed = calls < limiter->calls;
    if (allowed && amount)
        calls = window->calls += amount;
    if (state)
        *state = (struct limiter_state){
            .limit = limiter->calls,
            .remaining = MAX(limiter->calls - calls, 0),
            .reset_ms = clock_now_ms() + limiter->window_ms - (window ? now - window->start_ms : 0),
        };
    pthread_mutex_unlock(&limiter->lock);
    return allowed;
}

bool limiter_take(struct limiter *limiter, struct str key, int64_t amount, struct limiter_state *state)
{
    return look(limiter, key, amount, state);
}

bool limiter_allows(struct limiter *limiter, struct str key, struct limiter_state *state)
{
    return look(limiter, key, 0, state);
}
