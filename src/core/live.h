/* The live hub: what must be known about open chats without asking the store.
 *
 * A `tail` is one session in memory: its last committed index, whether it ended, its chat keys and who waits for more.
 * Tails change only from ops' effects, after COMMIT, so nothing is told before it is on disk. A poll that finds nothing
 * new takes a shared lock of one shard for the lookup and reads atomics: it never meets a lock that an append holds
 * while it writes.
 *
 * Tails are made on the first poll or by the op that opens the chat, and dropped when idle; a dropped one is loaded
 * again. Any thread. */
#pragma once

#include "base/waiter.h"
#include "core/core.h"

struct tail;

/* The tail of a session, with a reference, when it is in memory; else NULL. No I/O. */
struct tail *live_find(struct core *core, int64_t company, struct str session_id);

/* The same, loading it from the store when it is not in memory. SESSION_UNKNOWN. */
struct tail *live_get(struct core *core, struct store_reader *reader, int64_t company, struct str session_id,
                      GError **error);
struct tail *tail_ref(struct tail *tail);
void tail_unref(struct tail *tail);

/* The last committed index and whether the session is closed, read together. */
uint32_t tail_last_index(const struct tail *tail, bool *ended);
int64_t tail_session(const struct tail *tail); /* session number */
/* The session's id, borrowed with the reference, and its company. */
struct str tail_name(const struct tail *tail, int64_t *company);

/* The pair that a client says opens a chat, and the address that wrong ones count for. */
struct live_key {
    int64_t company;
    struct str session_id, user_id, secure_key, address;
};

/* The tail of the chat that this pair opens, with a reference, and as which participant. Constant time in the key. The
 * right key is always answered. Else KEY_WRONG (wrong pair, unknown chat, erased session), and ATTEMPTS_LIMITED after
 * too many of those for one chat's name from one address (doc/dialects/genesys.md 0.5, 0.6). Reads the store when the
 * chat is not in memory. */
struct tail *live_open(struct core *core, struct store_reader *reader, const struct live_key *key,
                       uint32_t *participant, GError **error);

/* The chat goes on without its client, who was silent for too long: the next call brings them back
 * (append_op.returning). Only chats whose silence is watched: reading an old conversation changes nothing. */
bool tail_client_was_let_go(const struct tail *tail);

/* The client was heard of now: restarts its keep-alive. Who waits on the tail (waiter->participant) is not silent
 * either: a held poll may last longer than the time-out. */
void tail_touch(struct tail *tail, uint32_t participant);

/* Parks `waiter` until the last index passes `index` or the session ends (waiter->past_end: only the former); woken at
 * once when that is so already. Woken at most once; live_unwait before the waiter's memory goes (then it will not be
 * woken any more, even when a wake was under way). */
void live_wait(struct tail *tail, struct waiter *waiter, uint32_t index);
void live_unwait(struct tail *tail, struct waiter *waiter);

/* Numbers for /metrics. */
struct live_counters {
    int64_t tails, waiters;
};
void live_counters(struct core *core, struct live_counters *counters);
