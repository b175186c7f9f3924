#include "core/identity.h"

#include "base/clock.h"
#include "core/access.h"
#include "core/directory.h"
#include "core/internal.h"

#include <pthread.h>
#include <sodium.h>

enum { MAX_CACHED = 4096 };

/* One credential and who it belongs to. */
struct entry {
    struct token token; /* .hash is the key */
    struct caller caller;
    int64_t used_ms; /* atomic: the use noted last, as token.last_used_ms was when it was read */
    struct arena arena;
};

struct credentials {
    pthread_rwlock_t lock;
    GHashTable *entries; /* only credentials that were found: nobody fills this by guessing */
    uint64_t epoch;      /* what they were read at */
};

static guint hash_of_hash(gconstpointer key)
{
    guint hash;
    memcpy(&hash, key, sizeof hash);
    return hash;
}

static gboolean equal_hashes(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, ID_HASH_SIZE) == 0;
}

static void free_entry(void *data)
{
    struct entry *entry = data;
    arena_clear(&entry->arena);
    g_free(entry);
}

struct credentials *credentials_new(void)
{
    struct credentials *credentials = g_new0(struct credentials, 1);
    pthread_rwlock_init(&credentials->lock, NULL);
    credentials->entries = g_hash_table_new_full(hash_of_hash, equal_hashes, NULL, free_entry);
    return credentials;
}

void credentials_free(struct credentials *credentials)
{
    g_hash_table_unref(credentials->entries);
    pthread_rwlock_destroy(&credentials->lock);
    g_free(credentials);
}

static bool refuse_credential(GError **error)
{
    reason_set(error, REASON_CREDENTIAL_WRONG, "these credentials are not known here");
    return false;
}

/* ---- looking up ---- */

static struct caller caller_of(const struct operator_account *o)
{
    return (struct caller){
        .kind = CALLER_OPERATOR,
        .company = o->company,
        .rights = access_rights(o->roles),
        .roles = o->roles,
        .operator_id = o->id,
        .username = o->username,
        .name = o->name,
        .departments = o->departments,
    };
}

/* Fills the caller of an operator's token. `found` false: disabled or gone. */
static bool read_operator(struct store_txn *txn, struct entry *entry, bool *found, GError **error)
{
    struct operator_account o;
    if (!store_operator_by_id(txn, entry->token.operator_id, &entry->arena, &o, found, error))
        return false;
    *found = *found && !o.disabled;
    entry->caller = caller_of(&o);
    return true;
}

static bool read_entry(struct store_reader *reader, const uint8_t hash[ID_HASH_SIZE], struct entry *entry, bool *found,
                       GError **error)
{
    struct store_txn *txn = store_read_begin(reader, error);
    if (!txn)
        return false;
    bool read = store_token_get(txn, hash, &entry->arena, &entry->token, found, error);
    if (read && *found && entry->token.kind == TOKEN_OPERATOR)
        read = read_operator(txn, entry, found, error);
    else if (read && *found)
        entry->caller = (struct caller){
            .kind = entry->token.kind == TOKEN_AGENDIZE ? CALLER_AGENDIZE : CALLER_BEARER,
            .company = entry->token.company,
            .rights = entry->token.kind == TOKEN_BEARER ? entry->token.rights : 0,
        };
    entry->used_ms = entry->token.last_used_ms;
    store_read_end(txn);
    return read;
}

struct caller caller_copy(const struct caller *caller, struct arena *a)
{
    struct caller copy = *caller;
    copy.operator_id = arena_str(a, caller->operator_id);
    copy.username = arena_str(a, caller->username);
    copy.name = arena_str(a, caller->name);
    copy.departments = arena_str(a, caller->departments);
    return copy;
}

static void copy_entry(const struct entry *entry, struct token *token, struct caller *caller, struct arena *a)
{
    *token = entry->token;
    token->last_used_ms = __atomic_load_n(&entry->used_ms, __ATOMIC_RELAXED);
    token->id = token->operator_id = STR_NULL;
    *caller = caller_copy(&entry->caller, a);
}

static bool find_cached(struct credentials *c, uint64_t epoch, const uint8_t hash[ID_HASH_SIZE], struct token *token,
                        struct caller *caller, struct arena *a)
{
    pthread_rwlock_rdlock(&c->lock);
    struct entry *entry = c->epoch == epoch ? g_hash_table_lookup(c->entries, hash) : NULL;
    if (entry)
        copy_entry(entry, token, caller, a);
    pthread_rwlock_unlock(&c->lock);
    return entry;
}

/* Takes the entry. One read at an older epoch than others were may be out of date already. */
static void cache(struct credentials *c, uint64_t epoch, struct entry *entry)
{
    pthread_rwlock_wrlock(&c->lock);
    if (epoch > c->epoch || g_hash_table_size(c->entries) >= MAX_CACHED) {
        g_hash_table_remove_all(c->entries);
        c->epoch = MAX(epoch, c->epoch);
    }
    if (epoch == c->epoch)
        g_hash_table_replace(c->entries, entry->token.hash, entry);
    else
        free_entry(entry);
    pthread_rwlock_unlock(&c->lock);
}

/* The credential of this secret, whatever its kind. */
static bool find_credential(struct core *core, struct store_reader *reader, struct str secret, bool local,
                            struct token *token, struct caller *caller, struct arena *a, GError **error)
{
    uint8_t hash[ID_HASH_SIZE];
    id_hash(secret, hash);
    uint64_t epoch = store_account_epoch(core->store); /* before reading */
    if (!find_cached(core->credentials, epoch, hash, token, caller, a)) {
        struct entry *entry = g_new0(struct entry, 1);
        bool found = false;
        arena_init(&entry->arena);
        bool read = read_entry(reader, hash, entry, &found, error);
        if (!read || !found) {
            free_entry(entry);
            return read ? refuse_credential(error) : false;
        }
        copy_entry(entry, token, caller, a);
        cache(core->credentials, epoch, entry);
    }
    if (token->expires_ms && clock_now_ms() >= token->expires_ms)
        return refuse_credential(error);
    if (token->is_sample && !core_allows_samples(core, local)) {
        reason_set(error, REASON_SAMPLE_CREDENTIAL_REFUSED,
                   "the sample company's credentials work on the machine itself only");
        return false;
    }
    return true;
}

/* ---- noting that a token was used ---- */

struct use_op {
    struct op op;
    uint8_t hash[ID_HASH_SIZE];
    int64_t at_ms;
};

static bool run_use(struct op *base, struct store_txn *txn, GError **error)
{
    struct use_op *op = (struct use_op *)base;
    return store_token_used(txn, op->hash, op->at_ms, error);
}

/* One that failed is forgotten: the next use is noted an hour later. */
static void use_done(struct op *op)
{
    op_clear(op);
    g_free(op);
}

/* The entry says that this use is noted: true for one caller only. */
static bool claim_use(struct credentials *c, const struct token *token, int64_t now_ms)
{
    int64_t known_ms = token->last_used_ms;
    pthread_rwlock_rdlock(&c->lock);
    struct entry *entry = g_hash_table_lookup(c->entries, token->hash);
    bool claimed = entry && __atomic_compare_exchange_n(&entry->used_ms, &known_ms, now_ms, false, __ATOMIC_RELAXED,
                                                        __ATOMIC_RELAXED);
    pthread_rwlock_unlock(&c->lock);
    return claimed;
}

/* The credential was found and is right. Nearly always one comparison; at most once an hour a write that nobody waits
 * for. True. */
static bool note_use(struct core *core, const struct token *token)
{
    int64_t now_ms = clock_now_ms();
    if (now_ms - token->last_used_ms < STORE_TOKEN_USE_MS || !claim_use(core->credentials, token, now_ms))
        return true;
    struct use_op *use = g_new0(struct use_op, 1);
    op_init(&use->op, core, OP_WRITE, run_use);
    use->op.done = use_done;
    use->at_ms = now_ms;
    memcpy(use->hash, token->hash, sizeof use->hash);
    core_submit(&use->op);
    return true;
}

/* ---- by kind ---- */

bool identity_of_token(struct core *core, struct store_reader *reader, struct str token, bool local,
                       struct caller *caller, struct arena *a, GError **error)
{
    struct token found;
    return find_credential(core, reader, token, local, &found, caller, a, error) &&
           (found.kind == TOKEN_OPERATOR || refuse_credential(error)) && note_use(core, &found);
}

bool identity_of_operator_token(struct core *core, struct store_reader *reader, struct str user_id, struct str token,
                                bool local, struct caller *caller, struct arena *a, GError **error)
{
    return identity_of_token(core, reader, token, local, caller, a, error) &&
           (id_equal_secret(caller->operator_id, user_id) || refuse_credential(error));
}

bool identity_of_agendize_token(struct core *core, struct store_reader *reader, struct str api_key, struct str token,
                                bool local, struct caller *caller, struct arena *a, GError **error)
{
    struct token found;
    uint8_t companion[ID_HASH_SIZE];
    if (!find_credential(core, reader, token, local, &found, caller, a, error))
        return false;
    if (found.kind != TOKEN_AGENDIZE)
        return refuse_credential(error);
    if (!api_key.ptr)
        return note_use(core, &found);
    id_hash(api_key, companion);
    return (sodium_memcmp(companion, found.companion, sizeof companion) == 0 || refuse_credential(error)) &&
           note_use(core, &found);
}

bool identity_of_bearer(struct core *core, struct store_reader *reader, struct str bearer, bool local,
                        struct caller *caller, struct arena *a, GError **error)
{
    struct token found;
    if (!find_credential(core, reader, bearer, local, &found, caller, a, error))
        return false;
    return (found.kind != TOKEN_AGENDIZE || refuse_credential(error)) && note_use(core, &found);
}

bool identity_of_username(struct core *core, struct store_reader *reader, struct str username, struct caller *caller,
                          struct arena *a, GError **error)
{
    struct directory *d = directory_ref(core, reader, error);
    if (!d)
        return false;
    const struct operator_account *o = directory_operator_like(d, username);
    bool known = o && !o->disabled;
    if (known) {
        struct caller found = caller_of(o);
        *caller = caller_copy(&found, a);
    } else {
        reason_set(error, REASON_CREDENTIAL_WRONG, "the user that the proxy names is no operator here");
    }
    directory_unref(d);
    return known;
}

bool core_allows_samples(const struct core *core, bool local)
{
    return core->options.samples == SAMPLE_EVERYWHERE || (local && core->options.samples == SAMPLE_LOCALLY);
}
