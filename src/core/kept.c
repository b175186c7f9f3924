#include "core/kept.h"

#include "base/hash.h"
#include "core/internal.h"

#include <pthread.h>

enum { SHARDS = 16 };

struct shard {
    pthread_mutex_t lock;
    GHashTable *kept; /* &kept->key -> kept */
    GQueue recent;    /* kept->link, the last given first */
    size_t bytes;
    int64_t given, made;
};

struct kept_answers {
    size_t shard_bytes;
    struct shard shards[SHARDS];
};

struct kept_answers *kept_new(size_t bytes)
{
    struct kept_answers *answers = g_new0(struct kept_answers, 1);
    answers->shard_bytes = bytes / SHARDS;
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *shard = &answers->shards[i];
        pthread_mutex_init(&shard->lock, NULL);
        shard->kept = g_hash_table_new(hash_str, hash_str_equal);
        g_queue_init(&shard->recent);
    }
    return answers;
}

static size_t size_of(const struct kept_answer *kept)
{
    return sizeof *kept + kept->key.len + kept->body.len;
}

/* With the shard's lock. */
static void drop(struct shard *shard, struct kept_answer *kept)
{
    g_hash_table_remove(shard->kept, &kept->key);
    g_queue_unlink(&shard->recent, &kept->link);
    shard->bytes -= size_of(kept);
    kept_unref(kept);
}

void kept_free(struct kept_answers *answers)
{
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *shard = &answers->shards[i];
        while (shard->recent.head)
            drop(shard, shard->recent.head->data);
        g_hash_table_unref(shard->kept);
        pthread_mutex_destroy(&shard->lock);
    }
    g_free(answers);
}

static struct shard *shard_of(struct kept_answers *answers, struct str key)
{
    return &answers->shards[hash_str(&key) / 31 % SHARDS]; /* the table in the shard takes the hash itself */
}

static bool still_stands(struct store *store, const struct kept_answer *kept)
{
    for (size_t i = 0; i < kept->visitor_count; i++)
        if (!store_visitor_unchanged(store, kept->visitors[i], kept->moment))
            return false;
    return true;
}

static struct kept_answer *look_up(struct core *core, struct str key)
{
    struct shard *shard = shard_of(core->kept, key);
    pthread_mutex_lock(&shard->lock);
    struct kept_answer *kept = g_hash_table_lookup(shard->kept, &key);
    if (kept && !still_stands(core->store, kept)) {
        drop(shard, kept);
        kept = NULL;
    }
    if (kept) {
        g_queue_unlink(&shard->recent, &kept->link);
        g_queue_push_head_link(&shard->recent, &kept->link);
        __atomic_add_fetch(&kept->references, 1, __ATOMIC_RELAXED);
        shard->given++;
    }
    pthread_mutex_unlock(&shard->lock);
    return kept;
}

/* The asker's length stands in it, so that no two pairs of asker and target look alike. */
static struct str make_key(uint64_t epoch, struct str asker, struct str target, struct arena *a)
{
    struct {
        uint64_t epoch, asker_length;
    } head = {epoch, asker.len};
    size_t length = sizeof head + asker.len + target.len;
    char *key = arena_alloc(a, length);
    memcpy(key, &head, sizeof head);
    memcpy(key + sizeof head, asker.ptr, asker.len);
    memcpy(key + sizeof head + asker.len, target.ptr, target.len);
    return str_from(key, length);
}

struct kept_answer *kept_begin(struct core *core, struct kept_draft *draft, struct str asker, struct str target,
                               struct arena *a)
{
    if (!core->kept->shard_bytes) {
        *draft = (struct kept_draft){.core = core};
        return NULL;
    }
    *draft = (struct kept_draft){.core = core, .moment = store_moment(core->store)};
    draft->key = make_key(store_account_epoch(core->store), asker, target, a);
    return look_up(core, draft->key);
}

void kept_unref(struct kept_answer *kept)
{
    if (__atomic_sub_fetch(&kept->references, 1, __ATOMIC_ACQ_REL) == 0)
        g_free(kept);
}

void kept_shows(struct kept_draft *draft, int64_t visitor)
{
    for (size_t i = 0; i < draft->visitor_count; i++)
        if (draft->visitors[i] == visitor)
            return;
    if (!visitor || draft->visitor_count == ANSWER_VISITORS)
        draft->key = STR_NULL;
    else
        draft->visitors[draft->visitor_count++] = visitor;
}

static struct kept_answer *copy_of(const struct kept_draft *draft, struct str body)
{
    struct kept_answer *kept = g_malloc(sizeof *kept + draft->key.len + body.len);
    char *bytes = (char *)(kept + 1);
    *kept = (struct kept_answer){
        .key = str_from(bytes, draft->key.len),
        .body = str_from(bytes + draft->key.len, body.len),
        .moment = draft->moment,
        .visitor_count = draft->visitor_count,
        .references = 1,
    };
    memcpy(bytes, draft->key.ptr, draft->key.len);
    memcpy(bytes + draft->key.len, body.ptr, body.len);
    memcpy(kept->visitors, draft->visitors, sizeof kept->visitors);
    kept->link.data = kept;
    return kept;
}

void kept_put(const struct kept_draft *draft, struct str body)
{
    if (!draft->key.ptr || !draft->visitor_count)
        return;
    struct kept_answers *answers = draft->core->kept;
    struct shard *shard = shard_of(answers, draft->key);
    if (sizeof(struct kept_answer) + draft->key.len + body.len > answers->shard_bytes)
        return;
    struct kept_answer *kept = copy_of(draft, body);
    pthread_mutex_lock(&shard->lock);
    struct kept_answer *old = g_hash_table_lookup(shard->kept, &kept->key);
    if (old)
        drop(shard, old);
    g_hash_table_insert(shard->kept, &kept->key, kept);
    g_queue_push_head_link(&shard->recent, &kept->link);
    shard->bytes += size_of(kept);
    shard->made++;
    while (shard->bytes > answers->shard_bytes)
        drop(shard, shard->recent.tail->data);
    pthread_mutex_unlock(&shard->lock);
}

void kept_counters(struct core *core, struct kept_counters *counters)
{
    *counters = (struct kept_counters){0};
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *shard = &core->kept->shards[i];
        pthread_mutex_lock(&shard->lock);
        counters->bytes += (int64_t)shard->bytes;
        counters->given += shard->given;
        counters->made += shard->made;
        pthread_mutex_unlock(&shard->lock);
    }
}
