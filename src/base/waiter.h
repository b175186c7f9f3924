/* Whoever waits for something to happen.
 *
 * A waiter is embedded in a larger struct. `wake` may run on any thread, must not block and must not call back
 * into whoever woke it: all it does is tell its own loop that there is news. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct waiter {
    void (*wake)(struct waiter *waiter);
    uint32_t participant; /* who waits; 0 = nobody of the session */

    /* Of whom it waits at; only touched there, under that one's lock. Zeroed before the first wait. */
    struct waiter *previous, *next;
    uint32_t after; /* what it has seen already */
    bool waiting;
};
