#include "http/wheel.h"

#include <stddef.h>

static void list_init(struct wheel_link *list)
{
    list->next = list->previous = list;
}

static void list_add(struct wheel_link *list, struct wheel_link *link)
{
    link->previous = list->previous;
    link->next = list;
    list->previous->next = link;
    list->previous = link;
}

static void list_remove(struct wheel_link *link)
{
    link->previous->next = link->next;
    link->next->previous = link->previous;
    link->next = link->previous = NULL;
}

void wheel_init(struct wheel *wheel, int64_t now_ms)
{
    for (int i = 0; i < WHEEL_SLOTS; i++)
        list_init(&wheel->slots[i]);
    wheel->tick = now_ms / WHEEL_TICK_MS;
    wheel->count = 0;
}

static void insert(struct wheel *wheel, struct wheel_timer *timer)
{
    list_add(&wheel->slots[timer->due_tick % WHEEL_SLOTS], &timer->link);
}

void wheel_set(struct wheel *wheel, struct wheel_timer *timer, int64_t due_ms, void (*fire)(struct wheel_timer *))
{
    wheel_unset(wheel, timer);
    timer->due_tick = due_ms / WHEEL_TICK_MS + 1;
    if (timer->due_tick <= wheel->tick)
        timer->due_tick = wheel->tick + 1;
    timer->fire = fire;
    insert(wheel, timer);
    wheel->count++;
}

void wheel_unset(struct wheel *wheel, struct wheel_timer *timer)
{
    if (!wheel_is_set(timer))
        return;
    list_remove(&timer->link);
    wheel->count--;
}

void wheel_advance(struct wheel *wheel, int64_t now_ms)
{
    int64_t now = now_ms / WHEEL_TICK_MS;
    int64_t tick = wheel->tick;
    if (now - tick > WHEEL_SLOTS)
        tick = now - WHEEL_SLOTS; /* one turn sees them all */
    wheel->tick = now;
    while (tick < now) {
        tick++;
        struct wheel_link *slot = &wheel->slots[tick % WHEEL_SLOTS];
        if (slot->next == slot)
            continue;
        /* Callbacks add and remove timers, also of this slot: work on a list of our own. */
        struct wheel_link list = *slot;
        list.next->previous = list.previous->next = &list;
        list_init(slot);
        while (list.next != &list) {
            struct wheel_timer *timer = (struct wheel_timer *)((char *)list.next - offsetof(struct wheel_timer, link));
            list_remove(&timer->link);
            if (timer->due_tick > now) {
                insert(wheel, timer);
            } else {
                wheel->count--;
                timer->fire(timer);
            }
        }
    }
}
