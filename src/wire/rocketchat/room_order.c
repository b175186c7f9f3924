#include "wire/rocketchat/room_order.h"

enum { SORT_BATCH = 500 };

/* ts or lm, followed by nothing that could matter: both end in ts and _id. */
static bool has_index(struct room_order *order)
{
    const struct sort_key *keys = order->keys;
    order->of_index = STORE_ROOM_START_DESC;
    if (order->key_count == 0)
        return true;
    bool by_lm = str_equal(keys[0].path, STR("lm"));
    if (order->key_count > 1 || (!by_lm && !str_equal(keys[0].path, STR("ts"))))
        return false;
    if (by_lm)
        order->of_index = keys[0].descending ? STORE_ROOM_LM_DESC : STORE_ROOM_LM_ASC;
    else
        order->of_index = keys[0].descending ? STORE_ROOM_START_DESC : STORE_ROOM_START_ASC;
    return true;
}

bool room_order_read(struct str sort, struct arena *a, struct room_order *order)
{
    if (!sort_read(sort, order->keys, &order->key_count, a, NULL))
        return false;
    order->is_of_index = has_index(order);
    return true;
}

static bool asks_for_messages(const struct room_order *order)
{
    bool asks = false;
    for (size_t i = 0; i < order->key_count; i++)
        asks |= str_starts_with(order->keys[i].path, STR("lastMessage."));
    return asks;
}

static bool add_room(struct store_txn *txn, struct order *order, const struct history_item *room, GError **error)
{
    struct sort_value values[SORT_KEYS_MAX];
    struct room_head head;
    struct arena scratch;
    arena_init(&scratch);
    bool read = room_head_read(txn, &room->session, &scratch, &head, error);
    for (size_t i = 0; read && i < order->key_count; i++)
        values[i] = room_value(room, &head, order->keys[i].path, &scratch);
    read = read && order_add(order, room->session.number, room->session.start_ms, room->session.id, values, error);
    arena_clear(&scratch);
    return read;
}

/* The next rooms behind `after` (NULL = from the start). */
static bool add_batch(struct store_txn *txn, const struct visitor *v, bool with_messages, struct order *order,
                      const struct store_session_key *after, struct arena *scratch, struct session **rooms,
                      size_t *count, GError **error)
{
    struct history_item *items = NULL;
    if (!history_visitor_sessions(txn, v, after, SORT_BATCH, scratch, rooms, count, error) ||
        (with_messages && !history_room_items(txn, v, *rooms, *count, scratch, &items, error)))
        return false;
    for (size_t i = 0; i < *count; i++) {
        const struct history_item bare = {.session = (*rooms)[i], .visitor = *v};
        if (!add_room(txn, order, items ? &items[i] : &bare, error))
            return false;
    }
    return true;
}

static bool add_all(struct store_txn *txn, const struct visitor *v, bool with_messages, struct order *order,
                    struct arena *a, GError **error)
{
    struct store_session_key after, *behind = NULL;
    size_t count = SORT_BATCH;
    struct arena scratch;
    bool read = true;
    arena_init(&scratch);
    while (read && count == SORT_BATCH) {
        struct session *rooms;
        read = add_batch(txn, v, with_messages, order, behind, &scratch, &rooms, &count, error);
        if (read && count) {
            after = (struct store_session_key){rooms[count - 1].start_ms, arena_str(a, rooms[count - 1].id)};
            behind = &after;
        }
        arena_reset(&scratch);
    }
    arena_clear(&scratch);
    return read;
}

bool room_order_sort(struct store_txn *txn, const struct visitor *v, const struct room_order *by, struct arena *a,
                     int64_t **numbers, size_t *count, GError **error)
{
    struct order order;
    order_init(&order, by->keys, by->key_count);
    bool read = add_all(txn, v, asks_for_messages(by), &order, a, error);
    if (read)
        *numbers = order_numbers(&order, count, a);
    order_clear(&order);
    return read;
}
