/* How often something may happen: fixed windows per key, as Rocket.Chat counts calls (doc/dialects/rocketchat.md 1.6)
 * and as wrong credentials are slowed down. Bounded memory, however many
 * and long the keys are: the oldest windows go first. Any thread. */
#pragma once

#include "base/str.h"

#include <stdint.h>

struct limiter;

struct limiter *limiter_new(int64_t calls, int64_t window_ms);
void limiter_free(struct limiter *limiter);

struct limiter_state {
    int64_t limit, remaining;
    int64_t reset_ms; /* wall clock: when the window ends */
};

/* Counts `amount` calls (or bytes, or whatever is limited) of `key` now; false when its window had none left. Any
 * amount passes while there is one left. `state` (may be NULL) is filled either way. */
bool limiter_take(struct limiter *limiter, struct str key, int64_t amount, struct limiter_state *state);

/* Whether a call would be allowed, without counting it. */
bool limiter_allows(struct limiter *limiter, struct str key, struct limiter_state *state);
