/* Whoever waits for something to happen.
 *
 * A waiter is embedded in a larger struct. `wake` may run on any thread, must not block and must not call back
 * into whoever woke it: all it does is tell its own loop that there is news. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct waiter {
    void (*wake)(struct waiter *waiter);
    uint32_t participant; /* who waits; 0 = nobody of the session */
    bool past_end;        /* that a session has ended is no news by itself */

    /* Of whom it waits at; only touched there, under that one's lock. Zeroed before the first wait. */
    struct waiter *previous, *next;
    uint32_t after; /* what it has seen already */
    bool waiting;
};

/* For those who are waited at, under their lock: in and out of their list. */

static inline void waiter_link(struct waiter **list, struct waiter *waiter)
{
    waiter->previous = NULL;
    waiter->next = *list;
    if (waiter->next)
        waiter->next->previous = waiter;
    *list = waiter;
    waiter->waiting = true;
}

static inline void waiter_unlink(struct waiter **list, struct waiter *waiter)
{
    if (waiter->previous)
        waiter->previous->next = waiter->next;
    else
        *list = waiter->next;
    if (waiter->next)
        waiter->next->previous = waiter->previous;
    waiter->previous = waiter->next = NULL;
    waiter->waiting = false;
}
