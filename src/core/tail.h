/* One session in the live hub. Shared by live.c, keepalive.c and quota.c only. */
#pragma once

#include "core/live.h"

#include <pthread.h>
#include <stdatomic.h>

/* A pair that opens the chat. Made once, never changed or removed while the tail lives, so that it is read without a
 * lock. */
struct tail_key {
    struct tail_key *next;
    struct str user_id;
    uint8_t hash[ID_HASH_SIZE];
    uint32_t participant;
    _Atomic int64_t heard_ms; /* monotonic: when the participant was last heard of */
    atomic_bool leaving;      /* its silence was dealt with, or is about to be */
};

struct tail {
    int64_t company; /* these two are its name in the hub's map */
    struct str session_id;
    struct hub *hub;
    atomic_uint references; /* besides the map's */
    atomic_bool used;       /* since the last look for idle ones */
    atomic_bool watched;    /* its client's silence lets them leave */
    _Atomic int64_t session;
    _Atomic uint64_t state;                              /* last index in the low half, TAIL_ENDED... above */
    _Atomic int64_t operations_until_us, bytes_until_us; /* quota.c's; monotonic */
    struct tail_key *_Atomic keys;
    pthread_mutex_t lock; /* of waiters, and of adding keys */
    struct waiter *waiters;
};

#define TAIL_ENDED (UINT64_C(1) << 32)
#define TAIL_ERASED (UINT64_C(1) << 33)
#define TAIL_LOADED (UINT64_C(1) << 34) /* else a placeholder: effects are kept, but it may not be asked yet */
#define TAIL_LEFT (UINT64_C(1) << 35)   /* as of the last index the chat's client has left: the one flag that goes */

/* Puts the session into the hub if it is not there; with a reference for the caller. */
struct tail *hub_insert(struct hub *hub, int64_t company, struct str session_id);
/* Merges in what was read from the store in a snapshot begun after the tail was inserted. */
void tail_fill(struct tail *tail, const struct session_view *view, const struct chat_key *keys, size_t count);
/* Drops tails nobody used for a while, of one part of the hub at each call. */
void hub_drop_idle(struct hub *hub);
