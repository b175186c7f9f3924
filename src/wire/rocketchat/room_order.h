/* The orders that `sort` can ask a visitor's rooms for (doc/dialects/rocketchat.md 1.2, decision (c)). */
#pragma once

#include "wire/rocketchat/internal.h"

struct room_order {
    bool is_of_index;
    enum store_room_order of_index;
    struct sort_key keys[SORT_KEYS_MAX];
    size_t key_count;
};

/* The order of a sort parameter, STR_NULL for the default; false when there is none like it. Slices live in the arena.
 */
bool room_order_read(struct str sort, struct arena *a, struct room_order *order);

/* The numbers of all rooms of the visitor in an order that no index has. O(rooms), one batch of rooms in memory at a
 * time. */
bool room_order_sort(struct store_txn *txn, const struct visitor *v, const struct room_order *order, struct arena *a,
                     int64_t **numbers, size_t *count, GError **error);
