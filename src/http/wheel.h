/* Coarse timers: many deadlines, few of which are ever met.
 *
 * A wheel of slots of WHEEL_TICK_MS; adding and removing is O(1) whatever the number, so that each connection and each
 * held poll can have one. A timer fires never early and up to two ticks late. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WHEEL_TICK_MS = 25, WHEEL_SLOTS = 1024 };

struct wheel_link {
    struct wheel_link *next, *previous;
};

/* Embed it in a larger struct; all zero is "not set". */
struct wheel_timer {
    struct wheel_link link;
    int64_t due_tick;
    void (*fire)(struct wheel_timer *timer);
};

struct wheel {
    struct wheel_link slots[WHEEL_SLOTS];
    int64_t tick; /* all up to it have fired */
    unsigned count;
};

void wheel_init(struct wheel *wheel, int64_t now_ms);

static inline bool wheel_is_set(const struct wheel_timer *timer)
{
    return timer->link.next != NULL;
}

/* Sets the timer anew to `due_ms` on the clock of wheel_advance. `fire` finds it unset and may set it again. */
void wheel_set(struct wheel *wheel, struct wheel_timer *timer, int64_t due_ms, void (*fire)(struct wheel_timer *));

/* Nothing happens when it is not set. */
void wheel_unset(struct wheel *wheel, struct wheel_timer *timer);

/* Fires what is due. O(ticks passed + timers in their slots). */
void wheel_advance(struct wheel *wheel, int64_t now_ms);
