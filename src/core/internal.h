/* What the core's own files share. Not for use above this folder. */
#pragma once

#include "core/core.h"
#include "text/cursor.h"

struct pool;
struct hub;
struct keepalive;
struct directories;
struct credentials;
struct eraser;
struct refill;
struct kept_answers;
struct quotas;
struct viewers;
struct caller;
struct feeds;

struct core;
struct effect;

/* Hears of each effect after its commit, in commit order, on the writer's thread. Must not block and cannot fail: who
 * has more to do takes a reference and does it elsewhere. The list of them stands in core.c. */
typedef void (*effect_listener)(struct core *core, const struct effect *effect);

struct core {
    struct store *store;
    struct core_options options;
    struct pool *readers, *slow, *steps, *upkeep; /* OP_READ, OP_SLOW, OP_STEP; the eraser's own thread */
    atomic_int imports, archives, long_lines;     /* under way: see core_import_enter */
    struct hub *hub;
    struct keepalive *keepalive;
    struct directories *directories;
    struct credentials *credentials;
    struct quotas *quotas;
    struct viewers *viewers;
    struct feeds *feeds;
    struct eraser *eraser;
    struct refill *refill;
    bool stopped;
    struct kept_answers *kept;
    const effect_listener *listeners; /* ended by NULL */
    uint8_t cursor_key[CURSOR_KEY_SIZE];
};

/* What memory must learn of one session, or of an erasure, once the op's commit is durable. In the op's arena. */
struct effect {
    struct effect *next;
    int64_t company, session;
    struct str session_id;
    uint32_t last_index;
    bool ended, erased;
    bool client_left;           /* chat_client has, as of last_index */
    const struct chat_key *key; /* added; NULL = none */
    bool watched;               /* opened here with that key: its client's silence is watched from now on */
    bool erasure;               /* payloads wait to be dropped; no session is meant */
};

/* ---- snapshot.c ---- */

/* For what is read once, while the core is opened. Closed in any case. */
struct snapshot {
    struct store_reader *reader;
    struct store_txn *txn;
};
bool snapshot_open(struct snapshot *snapshot, struct core *core, GError **error);
void snapshot_close(struct snapshot *snapshot);

/* ---- effect.c ---- */

/* Adds the effect of what was written to this session; more can be set in the result. */
struct effect *effect_of(struct op *op, const struct session_view *after);

/* Tells the listeners. */
void effects_tell(struct core *core, const struct effect *effects);

/* Whom a session's keys speak for: its first client; NULL = there is none. */
const struct participant *chat_client(const struct session_view *view);
/* They joined, and are there no longer. */
bool chat_client_left(const struct session_view *view);

/* ---- pool.c: the threads of ops that are no writes ---- */

/* `readers`: each thread has a reader of its own, and the ops run in snapshots of it. */
struct pool *pool_new(struct core *core, unsigned threads, size_t queue, bool readers, GError **error);
/* Finishes what is queued, then ends the threads. Nothing may be pushed any more. NULL is fine. */
void pool_free(struct pool *pool);
/* False when too much is queued; `always` ignores that. Ownership as in core_submit. */
bool pool_push(struct pool *pool, struct op *op, bool always);
/* Takes an op out that no thread has begun yet; false when one has. Any thread; the op lives meanwhile. */
bool pool_withdraw(struct pool *pool, struct op *op);

/* ---- live.c ---- */

struct hub *hub_new(void);
void hub_free(struct hub *hub);
void hub_hear(struct core *core, const struct effect *effect);

/* ---- feed_watch.c ---- */

struct feeds *feeds_new(struct core *core, GError **error);
void feeds_free(struct feeds *feeds);
void feeds_hear(struct core *core, const struct effect *effect);
/* The lines of the database, as store_lines says them; the core's. */
const struct store_line *feeds_lines(const struct core *core);
size_t feeds_line_count(const struct core *core);

/* ---- keepalive.c: clients that fell silent ---- */

struct tail;
struct keepalive *keepalive_start(struct core *core, GError **error);
/* Before the store is closed. */
void keepalive_stop(struct keepalive *keepalive);
void keepalive_free(struct keepalive *keepalive);
/* Watches chats that were opened here from now on. After the hub has heard of them. */
void keepalive_hear(struct core *core, const struct effect *effect);

/* ---- directory.c ---- */

struct directories *directories_new(void);
void directories_free(struct directories *directories);
/* An account row was written by the running write transaction: until its commit moves the epoch, look-ups inside write
 * transactions must not use the cached snapshot. */
void directories_dirty(struct core *core);

/* ---- identity.c ---- */

struct credentials *credentials_new(void);
void credentials_free(struct credentials *credentials);
/* identity_of_operator_token for who does not say whose token it is. */
bool identity_of_token(struct core *core, struct store_reader *reader, struct str token, bool local,
                       struct caller *caller, struct arena *a, GError **error);

/* ---- kept.c ---- */

struct kept_answers *kept_new(size_t bytes);
void kept_free(struct kept_answers *answers);

/* ---- viewers.c ---- */

/* A view is forgotten when it was not said again for so long. */
struct viewers *viewers_new(int64_t time_ms);
void viewers_free(struct viewers *viewers);

/* ---- erase.c ---- */

struct eraser *eraser_new(struct core *core);
/* Makes the steps under way end early. */
void eraser_cancel(struct eraser *eraser);
void eraser_free(struct eraser *eraser);
void eraser_hear(struct core *core, const struct effect *effect);
/* There are payloads to drop: does so on a thread of its own. */
void eraser_kick(struct eraser *eraser);
/* A scrub is owed for an erasure of that time: it is due at the first scrub_minute after that. */
void eraser_owe(struct eraser *eraser, int64_t erased_ms);
/* Asked now and then: begins the scrub that is due, and tries again what failed a while ago. */
void eraser_tick(struct eraser *eraser);

/* ---- refill.c ---- */

struct refill *refill_new(struct core *core);
/* Begins when there is anything to do. */
bool refill_start(struct core *core, GError **error);
/* Asked now and then: tries again what failed a while ago. */
void refill_retry(struct refill *refill);
/* No more steps; the one under way ends by itself. */
void refill_stop(struct refill *refill);
/* Once the store is closed. */
void refill_free(struct refill *refill);
