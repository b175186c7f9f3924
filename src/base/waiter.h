/* Whoever waits for something to happen.
 *
 * A waiter is embedded in a larger struct. `wake` may run on any thread, must not block and must not call back
 * into whoever woke it: all it does is tell its own loop that there is news. */
#pragma once

struct waiter {
    void (*wake)(struct waiter *waiter);
};
