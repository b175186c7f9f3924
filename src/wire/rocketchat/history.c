/* visitors.chatHistory: every live-chat room of one visitor (spec section 1). */
#include "wire/rocketchat/internal.h"

enum {
    BATCH = 50, /* rooms of one step of a long answer: bounds its memory */
    /* One room: its names and ids escaped at worst, its newest message twice (msg and md), recorded documents. */
    ROOM_MAX = 12 * LIMIT_TEXT + 40 * 6 * LIMIT_NAME + LIMIT_EVENT_DATA,
};

struct chat_history {
    struct http_paged paged;
    struct store_txn *txn;  /* find's, for the first part; NULL after that */
    struct visitor visitor; /* number 0 = unknown: an empty history */
    struct paging paging;
    enum store_room_order order;
    const struct session **sorted; /* all rooms in another order than an index has; NULL = by index */
    size_t sorted_count;
    int64_t told, total;
    struct json w;
};

/* ---- the order ---- */

static int compare_values(struct sort_value a, struct sort_value b)
{
    if (a.type != b.type)
        return a.type < b.type ? -1 : 1; /* missing before present */
    if (a.type == SORT_NUMBER)
        return a.number < b.number ? -1 : a.number > b.number;
    return a.type == SORT_STRING ? str_compare(a.string, b.string) : 0;
}

/* A room and what the sort's keys name in it, looked up once. */
struct row {
    const struct session *room;
    struct sort_value *values;
};

struct order {
    const struct sort_key *keys;
    size_t count;
};

static int compare_rows(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct order *order = data;
    const struct row *left = a, *right = b;
    for (size_t i = 0; i < order->count; i++) {
        int result = compare_values(left->values[i], right->values[i]);
        if (result)
            return order->keys[i].descending ? -result : result;
    }
    if (left->room->start_ms != right->room->start_ms)
        return left->room->start_ms > right->room->start_ms ? -1 : 1;
    return str_compare(left->room->id, right->room->id);
}

/* The indexes' own orders: ts or lm, followed by nothing that could matter (both end in ts and _id). */
static bool order_of_index(const struct sort_key *keys, size_t count, enum store_room_order *order)
{
    *order = STORE_ROOM_START_DESC;
    if (count == 0)
        return true;
    bool by_lm = str_equal(keys[0].path, STR("lm"));
    if (count > 1 || (!by_lm && !str_equal(keys[0].path, STR("ts"))))
        return false;
    if (by_lm)
        *order = keys[0].descending ? STORE_ROOM_LM_DESC : STORE_ROOM_LM_ASC;
    else
        *order = keys[0].descending ? STORE_ROOM_START_DESC : STORE_ROOM_START_ASC;
    return true;
}

static bool asks_for_messages(const struct order *order)
{
    bool asks = false;
    for (size_t i = 0; i < order->count; i++)
        asks |= str_starts_with(order->keys[i].path, STR("lastMessage."));
    return asks;
}

static bool sort_all(struct store_txn *txn, struct chat_history *history, const struct order *order, struct arena *a,
                     GError **error)
{
    struct session *rooms;
    struct history_item *items = NULL;
    size_t count;
    if (!history_room_sessions(txn, &history->visitor, STORE_ROOM_START_DESC, 0, 0, a, &rooms, &count, error) ||
        (asks_for_messages(order) && !history_room_items(txn, &history->visitor, rooms, count, a, &items, error)))
        return false;
    struct row *rows = arena_array(a, count, sizeof *rows);
    struct sort_value *values = arena_array(a, count * order->count, sizeof *values);
    for (size_t i = 0; i < count; i++) {
        struct history_item bare = {.session = rooms[i], .visitor = history->visitor};
        rows[i] = (struct row){&rooms[i], values + i * order->count};
        for (size_t k = 0; k < order->count; k++)
            rows[i].values[k] = room_value(items ? &items[i] : &bare, order->keys[k].path, a);
    }
    g_qsort_with_data(rows, (gint)count, sizeof *rows, compare_rows, (gpointer)order);
    history->sorted = arena_array(a, count, sizeof *history->sorted);
    history->sorted_count = count;
    for (size_t i = 0; i < count; i++)
        history->sorted[i] = rows[i].room;
    return true;
}

/* ---- the answer ---- */

static bool write_room(struct store_txn *txn, struct json *w, const struct history_item *room, struct arena *scratch)
{
    struct head head;
    bool needs_head = room->session.head_documents && !room->session.erased;
    if (needs_head && !history_head(txn, &room->session, scratch, &head, NULL))
        return false;
    room_write(w, room, needs_head ? &head : NULL, scratch);
    return true;
}

static bool read_rooms(struct store_txn *txn, const struct chat_history *history, struct arena *scratch,
                       struct history_item **rooms, size_t *count)
{
    int64_t from = history->paging.offset + history->told;
    int64_t wanted = history->paging.count ? MIN(history->paging.count - history->told, BATCH) : BATCH;
    *count = 0;
    if (wanted <= 0 || from >= history->total)
        return true;
    if (!history->sorted)
        return history_rooms(txn, &history->visitor, history->order, (size_t)from, (size_t)wanted, scratch, rooms,
                             count, NULL);
    struct session page[BATCH];
    *count = (size_t)MIN(wanted, (int64_t)history->sorted_count - from);
    for (size_t i = 0; i < *count; i++)
        page[i] = *history->sorted[from + (int64_t)i];
    return history_room_items(txn, &history->visitor, page, *count, scratch, rooms, NULL);
}

static bool render(struct http_request *request, struct http_paged *paged, struct buf *out, bool *last)
{
    struct chat_history *history = (struct chat_history *)paged;
    struct json *w = &history->w;
    if (!history->told) {
        json_init(w, out); /* the same buffer for every part, so the writer goes on where it stopped */
        json_object_begin(w);
        json_member_array_begin(w, "history");
    }
    struct arena scratch;
    arena_init(&scratch);
    struct history_item *rooms;
    size_t count = 0;
    struct store_txn *txn = history->txn ? history->txn : core_read_begin(http_loop_data(request->loop), NULL);
    history->txn = NULL;
    bool read = txn && read_rooms(txn, history, &scratch, &rooms, &count);
    for (size_t i = 0; read && i < count; i++)
        read = write_room(txn, w, &rooms[i], &scratch);
    if (txn)
        core_read_end(txn);
    arena_clear(&scratch);
    history->told += (int64_t)count;
    bool enough = history->paging.count && history->told >= history->paging.count;
    *last = !count || enough || history->paging.offset + history->told >= history->total;
    if (*last) {
        json_array_end(w);
        json_member_int(w, "count", history->told);
        json_member_int(w, "offset", history->paging.offset);
        json_member_int(w, "total", history->total);
        json_member_bool(w, "success", true);
        json_object_end(w);
    }
    return read;
}

/* Steps 5 to 8 of spec 1.1: the room is only the anchor of the access check; a visitor nobody knows has no history. Leaves
 * its transaction open for `render` when it found something. */
static bool find(struct http_request *request, const struct call *call, struct chat_history *history,
                 const struct sort_key *keys, size_t key_count, GError **error)
{
    struct arena *a = &request->arena;
    struct session_view room;
    struct store_txn *txn = history->txn = core_read_begin(http_loop_data(request->loop), error);
    if (!txn)
        return false;
    bool found = history_session(txn, call->caller.company, request->parameters[0], a, &room, error);
    if (found && room.session.erased) {
        reason_set(error, REASON_SESSION_ERASED, "invalid-room");
        found = false;
    }
    if (found && !room_is_visible(&call->caller, &room.session)) {
        reason_set(error, REASON_NOT_SERVED_BY_CALLER, "error-not-allowed");
        found = false;
    }
    g_autoptr(GError) unknown = NULL;
    if (found && !history_visitor(txn, call->caller.company, request->parameters[1], a, &history->visitor, &unknown)) {
        history->visitor = (struct visitor){0};
        if (reason_of(unknown) != REASON_VISITOR_UNKNOWN) {
            g_propagate_error(error, g_steal_pointer(&unknown));
            found = false;
        }
    }
    if (found) {
        answer_cache_shows(call->draft, room.session.visitor);
        answer_cache_shows(call->draft, history->visitor.number);
    }
    history->total = history->visitor.sessions;
    if (found && history->total && !order_of_index(keys, key_count, &history->order))
        found = sort_all(txn, history, &(struct order){keys, key_count}, a, error);
    if (!found)
        core_read_end(txn);
    return found;
}

void rocketchat_chat_history(struct http_request *request, const struct call *call)
{
    struct chat_history *history = arena_new(&request->arena, struct chat_history);
    struct sort_key keys[SORT_KEYS_MAX];
    size_t key_count;
    g_autoptr(GError) error = NULL;
    if (!paging_read(request, &call->query, NULL, 0, &history->paging))
        return;
    if (!permission_held(&call->caller, PERMISSION_VIEW_L_ROOM)) {
        reason_set(&error, REASON_RIGHT_MISSING, "view-l-room");
        rocketchat_refuse(request, error);
        return;
    }
    if (!sort_read(history->paging.sort, keys, &key_count, &request->arena, NULL)) {
        rocketchat_refuse_sort(request, history->paging.sort);
        return;
    }
    history->paged.render = render;
    if (!find(request, call, history, keys, key_count, &error)) {
        rocketchat_refuse(request, error);
    } else if (!rocketchat_reply_paged(request, call, &history->paged, (size_t)BATCH * ROOM_MAX)) {
        reason_set(&error, REASON_INTERNAL, "the history could not be read");
        rocketchat_refuse(request, error);
    }
}
