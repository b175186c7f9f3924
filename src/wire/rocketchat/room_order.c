#include "wire/rocketchat/room_order.h"

enum { SORT_BATCH = 500 };

/* A room and what the keys name in it. */
struct row {
    int64_t number, start_ms;
    struct str id;
    struct sort_value *values;
};

static int compare_values(struct sort_value a, struct sort_value b)
{
    if (a.type != b.type)
        return a.type < b.type ? -1 : 1; /* missing before present */
    if (a.type == SORT_NUMBER)
        return a.number < b.number ? -1 : a.number > b.number;
    return a.type == SORT_STRING ? str_compare(a.string, b.string) : 0;
}

static int compare_rows(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct room_order *order = data;
    const struct row *left = a, *right = b;
    for (size_t i = 0; i < order->key_count; i++) {
        int result = compare_values(left->values[i], right->values[i]);
        if (result)
            return order->keys[i].descending ? -result : result;
    }
    if (left->start_ms != right->start_ms)
        return left->start_ms > right->start_ms ? -1 : 1;
    return str_compare(left->id, right->id);
}

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

static void add_row(GArray *rows, const struct history_item *item, const struct room_order *order,
                    struct arena *scratch, struct arena *a)
{
    struct row row = {item->session.number, item->session.start_ms, arena_str(a, item->session.id), NULL};
    row.values = arena_array(a, order->key_count, sizeof *row.values);
    for (size_t i = 0; i < order->key_count; i++) {
        row.values[i] = room_value(item, order->keys[i].path, scratch);
        if (row.values[i].type == SORT_STRING)
            row.values[i].string = arena_str(a, row.values[i].string);
    }
    g_array_append_val(rows, row);
}

/* The next rooms behind `after`, which is moved on; *finished when there are no more. */
static bool add_batch(struct store_txn *txn, const struct visitor *v, const struct room_order *order,
                      struct store_session_key *after, GArray *rows, struct arena *scratch, struct arena *a,
                      bool *finished, GError **error)
{
    struct session *rooms;
    struct history_item *items = NULL;
    size_t count;
    if (!history_visitor_sessions(txn, v, rows->len ? after : NULL, SORT_BATCH, scratch, &rooms, &count, error) ||
        (asks_for_messages(order) && !history_room_items(txn, v, rooms, count, scratch, &items, error)))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct history_item bare = {.session = rooms[i], .visitor = *v};
        add_row(rows, items ? &items[i] : &bare, order, scratch, a);
    }
    *finished = count < SORT_BATCH;
    if (!*finished)
        *after =
            (struct store_session_key){rooms[count - 1].start_ms, g_array_index(rows, struct row, rows->len - 1).id};
    return true;
}

bool room_order_sort(struct store_txn *txn, const struct visitor *v, const struct room_order *order, struct arena *a,
                     int64_t **numbers, size_t *count, GError **error)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(struct row));
    struct store_session_key after = {0};
    struct arena scratch;
    bool finished = false, read = true;
    arena_init(&scratch);
    while (read && !finished) {
        read = add_batch(txn, v, order, &after, rows, &scratch, a, &finished, error);
        arena_reset(&scratch);
    }
    arena_clear(&scratch);
    if (!read)
        return false;
    g_array_sort_with_data(rows, compare_rows, (gpointer)order);
    *count = rows->len;
    *numbers = arena_array(a, rows->len, sizeof **numbers);
    for (size_t i = 0; i < rows->len; i++)
        (*numbers)[i] = g_array_index(rows, struct row, i).number;
    return true;
}
