/* Tails of open chats: how they come, stay right and go.
 *
 *                      live_get, keepalive's start          an effect with `watched`
 *                              │                                   │
 *     nothing ── hub_insert ─> PLACEHOLDER ── tail_fill ─> LOADED <─┘
 *        ^                        │  effects are merged in      │ effects, waiters, keys
 *        └── hub_drop_idle ───────┴─────────────────────────────┘  (no references, not used since the last look)
 *
 * The load race. A reader's snapshot may be older than a commit whose effect came while it was read; the effect may
 * also come first. So the placeholder goes in before the snapshot that counts is begun: an effect then finds it, and
 * both sides meet in `state`, one word that only moves forward (later_state): the greater index wins, flags stay. A
 * placeholder is never asked (live_find leaves it alone); two threads that load the same chat do the same work twice,
 * and nothing else.
 *
 * Who hears: op.c tells a commit's effects to the listeners of core.c on the writer's thread, in commit order; the hub
 * is the first. Nothing here reads the store on that thread.
 *
 * Locks, in the order in which they may be taken together:
 *   1. keepalive's, over its list of tails;
 *   2. a shard's rwlock: looking up (read), inserting and dropping (write). References are only taken under it, so that
 * a tail without one can be freed under the write lock;
 *   3. a tail's mutex: its waiters, and adding keys. wake() is called under it, so a waiter only posts; live_unwait
 * takes it, and behind it the waiter will not be woken any more. What polls read on their way, state, keys and times,
 * is atomic: they meet no lock but their shard's, shared. */
#include "core/internal.h"
#include "core/quota.h"
#include "core/tail.h"

#include "base/clock.h"

#include <sodium.h>

enum { SHARDS = 64 };

struct shard {
    pthread_rwlock_t lock;
    GHashTable *tails;
};

struct hub {
    struct shard shards[SHARDS];
    _Atomic int64_t tail_count, waiter_count;
    atomic_uint swept; /* which shard is looked through next */
};

static guint hash_tail(gconstpointer data)
{
    const struct tail *tail = data;
    uint64_t hash = 14695981039346656037u ^ (uint64_t)tail->company;
    for (size_t i = 0; i < tail->session_id.len; i++)
        hash = (hash ^ (unsigned char)tail->session_id.ptr[i]) * 1099511628211u;
    return (guint)(hash ^ hash >> 32);
}

static gboolean equal_tails(gconstpointer a, gconstpointer b)
{
    const struct tail *x = a, *y = b;
    return x->company == y->company && str_equal(x->session_id, y->session_id);
}

static void free_tail(void *data)
{
    struct tail *tail = data;
    struct tail_key *key = atomic_load(&tail->keys);
    while (key) {
        struct tail_key *next = key->next;
        g_free((char *)key->user_id.ptr);
        g_free(key);
        key = next;
    }
    pthread_mutex_destroy(&tail->lock);
    g_free((char *)tail->session_id.ptr);
    g_free(tail);
}

struct hub *hub_new(void)
{
    struct hub *hub = g_new0(struct hub, 1);
    for (int i = 0; i < SHARDS; i++) {
        pthread_rwlock_init(&hub->shards[i].lock, NULL);
        hub->shards[i].tails = g_hash_table_new_full(hash_tail, equal_tails, NULL, free_tail);
    }
    return hub;
}

void hub_free(struct hub *hub)
{
    for (int i = 0; i < SHARDS; i++) {
        g_hash_table_unref(hub->shards[i].tails);
        pthread_rwlock_destroy(&hub->shards[i].lock);
    }
    g_free(hub);
}

static struct shard *shard_of(struct hub *hub, const struct tail *name)
{
    return &hub->shards[hash_tail(name) % SHARDS];
}

/* With a reference, placeholders too; NULL = not in memory. */
static struct tail *find_tail(struct hub *hub, int64_t company, struct str session_id)
{
    struct tail name = {.company = company, .session_id = session_id};
    struct shard *shard = shard_of(hub, &name);
    pthread_rwlock_rdlock(&shard->lock);
    struct tail *tail = g_hash_table_lookup(shard->tails, &name);
    if (tail)
        atomic_fetch_add(&tail->references, 1);
    pthread_rwlock_unlock(&shard->lock);
    if (tail)
        atomic_store_explicit(&tail->used, true, memory_order_relaxed);
    return tail;
}

struct tail *hub_insert(struct hub *hub, int64_t company, struct str session_id)
{
    struct tail name = {.company = company, .session_id = session_id};
    struct shard *shard = shard_of(hub, &name);
    pthread_rwlock_wrlock(&shard->lock);
    struct tail *tail = g_hash_table_lookup(shard->tails, &name);
    if (!tail) {
        tail = g_new0(struct tail, 1);
        tail->company = company;
        tail->session_id = str_from(str_to_heap(session_id), session_id.len);
        tail->hub = hub;
        pthread_mutex_init(&tail->lock, NULL);
        g_hash_table_add(shard->tails, tail);
        atomic_fetch_add(&hub->tail_count, 1);
    }
    atomic_fetch_add(&tail->references, 1);
    atomic_store_explicit(&tail->used, true, memory_order_relaxed);
    pthread_rwlock_unlock(&shard->lock);
    return tail;
}

struct tail *tail_ref(struct tail *tail)
{
    atomic_fetch_add(&tail->references, 1);
    return tail;
}

void tail_unref(struct tail *tail)
{
    atomic_fetch_sub(&tail->references, 1); /* the map still holds it */
}

static gboolean is_idle(gpointer key, gpointer value, gpointer data)
{
    struct tail *tail = key;
    (void)value, (void)data;
    return !atomic_exchange(&tail->used, false) && atomic_load(&tail->references) == 0;
}

void hub_drop_idle(struct hub *hub)
{
    struct shard *shard = &hub->shards[atomic_fetch_add(&hub->swept, 1) % SHARDS];
    pthread_rwlock_wrlock(&shard->lock); /* references are only taken under it */
    guint dropped = g_hash_table_foreach_remove(shard->tails, is_idle, NULL);
    pthread_rwlock_unlock(&shard->lock);
    atomic_fetch_sub(&hub->tail_count, dropped);
}

/* ---- what a tail knows ---- */

static void add_key(struct tail *tail, const struct chat_key *key)
{
    pthread_mutex_lock(&tail->lock);
    struct tail_key *first = atomic_load(&tail->keys), *known = first;
    while (known && (memcmp(known->hash, key->hash, sizeof key->hash) != 0 || !str_equal(known->user_id, key->user_id)))
        known = known->next;
    if (!known) {
        struct tail_key *added = g_new0(struct tail_key, 1);
        added->next = first;
        added->user_id = str_from(str_to_heap(key->user_id), key->user_id.len);
        memcpy(added->hash, key->hash, sizeof added->hash);
        added->participant = key->participant;
        atomic_store(&added->heard_ms, clock_monotonic_ms());
        atomic_store(&tail->keys, added);
    }
    pthread_mutex_unlock(&tail->lock);
}

static bool is_news(uint64_t state, const struct waiter *waiter)
{
    return (uint32_t)state > waiter->after || (state & (TAIL_ENDED | TAIL_ERASED) && !waiter->past_end);
}

static void unlink_waiter(struct tail *tail, struct waiter *waiter)
{
    waiter_unlink(&tail->waiters, waiter);
    atomic_fetch_sub_explicit(&tail->hub->waiter_count, 1, memory_order_relaxed);
}

/* Both sides of a load race, what is read and what commits meanwhile, meet here: the greater index wins, and with it
 * whether the client has left; the other flags stay for ever. */
static uint64_t later_state(uint64_t old, uint32_t last_index, uint64_t flags)
{
    if (last_index < (uint32_t)old)
        return old | (flags & ~TAIL_LEFT);
    return last_index | (old & ~(TAIL_LEFT | UINT32_MAX)) | flags;
}

static void advance(struct tail *tail, uint32_t last_index, uint64_t flags)
{
    uint64_t old = atomic_load(&tail->state), state;
    do
        state = later_state(old, last_index, flags);
    while (!atomic_compare_exchange_weak(&tail->state, &old, state));

    pthread_mutex_lock(&tail->lock);
    struct waiter *waiter = tail->waiters;
    while (waiter) {
        struct waiter *next = waiter->next;
        if (is_news(state, waiter)) {
            unlink_waiter(tail, waiter);
            waiter->wake(waiter); /* under the lock: live_unwait then knows that it is over */
        }
        waiter = next;
    }
    pthread_mutex_unlock(&tail->lock);
}

static uint64_t flags_of(bool ended, bool erased, bool client_left)
{
    return (ended ? TAIL_ENDED : 0) | (erased ? TAIL_ERASED : 0) | (client_left ? TAIL_LEFT : 0);
}

void tail_fill(struct tail *tail, const struct session_view *view, const struct chat_key *keys, size_t count)
{
    const struct session *s = &view->session;
    bool ended = s->state == SESSION_CLOSED;
    atomic_store(&tail->session, s->number);
    for (size_t i = 0; i < count; i++)
        add_key(tail, &keys[i]);
    advance(tail, s->last_index, flags_of(ended, s->erased, chat_client_left(view)) | TAIL_LOADED);
}

void hub_hear(struct core *core, const struct effect *effect)
{
    if (effect->erasure)
        return;
    /* A chat opened here is polled in a moment, and its effect holds all there is to know of it. */
    struct tail *tail = effect->watched ? hub_insert(core->hub, effect->company, effect->session_id)
                                        : find_tail(core->hub, effect->company, effect->session_id);
    if (!tail)
        return;
    atomic_store(&tail->session, effect->session);
    if (effect->key)
        add_key(tail, effect->key);
    advance(tail, effect->last_index,
            flags_of(effect->ended, effect->erased, effect->client_left) | (effect->watched ? TAIL_LOADED : 0));
    tail_unref(tail);
}

/* ---- for the dialects ---- */

struct tail *live_find(struct core *core, int64_t company, struct str session_id)
{
    struct tail *tail = find_tail(core->hub, company, session_id);
    if (!tail || atomic_load(&tail->state) & TAIL_LOADED)
        return tail;
    tail_unref(tail);
    return NULL;
}

static bool read_session(struct store_reader *reader, int64_t company, struct str session_id, struct arena *a,
                         struct session_view *view, struct chat_key **keys, size_t *count, GError **error)
{
    struct store_txn *txn = store_read_begin(reader, error);
    if (!txn)
        return false;
    bool found = false;
    bool read = store_session_get(txn, company, session_id, a, view, &found, error);
    if (read && found && keys)
        read = store_chat_keys(txn, view->session.number, a, keys, count, error);
    store_read_end(txn);
    if (read && !found)
        reason_set(error, REASON_SESSION_UNKNOWN, "there is no such session");
    return read && found;
}

struct tail *live_get(struct core *core, struct store_reader *reader, int64_t company, struct str session_id,
                      GError **error)
{
    struct tail *tail = live_find(core, company, session_id);
    if (tail)
        return tail;
    struct arena scratch;
    arena_init(&scratch);
    struct session_view view;
    struct chat_key *keys = NULL;
    size_t count = 0;
    /* First see that it exists, so that unknown ids leave nothing behind; sessions never go away again. Then the
     * placeholder, so that commits from now on are noticed, and only then the snapshot that counts. */
    if (read_session(reader, company, session_id, &scratch, &view, NULL, NULL, error)) {
        tail = hub_insert(core->hub, company, session_id);
        if (read_session(reader, company, session_id, &scratch, &view, &keys, &count, error)) {
            tail_fill(tail, &view, keys, count);
        } else {
            tail_unref(tail);
            tail = NULL;
        }
    }
    arena_clear(&scratch);
    return tail;
}

uint32_t tail_last_index(const struct tail *tail, bool *ended)
{
    uint64_t state = atomic_load(&tail->state);
    *ended = state & TAIL_ENDED;
    return (uint32_t)state;
}

int64_t tail_session(const struct tail *tail)
{
    return atomic_load(&tail->session);
}

struct str tail_name(const struct tail *tail, int64_t *company)
{
    *company = tail->company;
    return tail->session_id;
}

static bool key_fits(const struct tail *tail, struct str user_id, struct str secure_key, uint32_t *participant)
{
    uint8_t hash[ID_HASH_SIZE];
    id_hash(secure_key, hash);
    bool fits = false;
    for (const struct tail_key *key = atomic_load(&tail->keys); key; key = key->next) {
        bool same_key = sodium_memcmp(key->hash, hash, sizeof hash) == 0; /* both compared, whatever the first says */
        bool same_user = id_equal_secret(key->user_id, user_id);
        if (same_key && same_user) {
            *participant = key->participant;
            fits = true;
        }
    }
    return fits && !(atomic_load(&tail->state) & TAIL_ERASED);
}

struct tail *live_open(struct core *core, struct store_reader *reader, const struct live_key *key,
                       uint32_t *participant, GError **error)
{
    GError *inner = NULL;
    struct tail *tail = live_get(core, reader, key->company, key->session_id, &inner);
    if (tail && key_fits(tail, key->user_id, key->secure_key, participant))
        return tail;
    if (tail)
        tail_unref(tail);
    if (inner && reason_of(inner) != REASON_SESSION_UNKNOWN) {
        g_propagate_error(error, inner);
        return NULL;
    }
    g_clear_error(&inner);
    quota_wrong_key(core, key, error);
    return NULL;
}

bool tail_client_was_let_go(const struct tail *tail)
{
    uint64_t state = atomic_load(&tail->state);
    return state & TAIL_LEFT && !(state & (TAIL_ENDED | TAIL_ERASED)) && atomic_load(&tail->watched);
}

void tail_touch(struct tail *tail, uint32_t participant)
{
    int64_t now = clock_monotonic_ms();
    for (struct tail_key *key = atomic_load(&tail->keys); key; key = key->next)
        if (key->participant == participant) {
            atomic_store_explicit(&key->heard_ms, now, memory_order_relaxed);
            atomic_store_explicit(&key->leaving, false, memory_order_relaxed);
        }
}

void live_wait(struct tail *tail, struct waiter *waiter, uint32_t index)
{
    pthread_mutex_lock(&tail->lock);
    waiter->after = index;
    if (is_news(atomic_load(&tail->state), waiter)) {
        waiter->wake(waiter);
    } else {
        waiter_link(&tail->waiters, waiter);
        atomic_fetch_add_explicit(&tail->hub->waiter_count, 1, memory_order_relaxed);
    }
    pthread_mutex_unlock(&tail->lock);
}

void live_unwait(struct tail *tail, struct waiter *waiter)
{
    pthread_mutex_lock(&tail->lock);
    if (waiter->waiting)
        unlink_waiter(tail, waiter);
    pthread_mutex_unlock(&tail->lock);
}

void live_counters(struct core *core, struct live_counters *counters)
{
    counters->tails = atomic_load(&core->hub->tail_count);
    counters->waiters = atomic_load(&core->hub->waiter_count);
}
