/* visitors.chatHistory: every live-chat room of one visitor (spec section 1). */
#include "wire/outcome/deferred.h"
#include "wire/rocketchat/internal.h"
#include "wire/rocketchat/room_order.h"

enum {
    BATCH = 50,          /* rooms of one step of a long answer: bounds its memory */
    SORT_IN_PLACE = 500, /* rooms: about half a millisecond */
    /* One room: its names and ids escaped at worst, its newest message twice (msg and md), recorded documents. */
    ROOM_MAX = 12 * LIMIT_TEXT + 40 * 6 * LIMIT_NAME + LIMIT_EVENT_DATA,
};

struct chat_history {
    struct http_paged paged;
    struct store_txn *txn;  /* find's, for the first part; NULL after that */
    struct visitor visitor; /* number 0 = unknown: an empty history */
    struct paging paging;
    struct room_order order;
    int64_t *sorted; /* numbers of the rooms in an order that no index has; NULL = by index */
    size_t sorted_count;
    int64_t told, total;
    struct json w;
};

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
        return history_rooms(txn, &history->visitor, history->order.of_index, (size_t)from, (size_t)wanted, scratch,
                             rooms, count, NULL);
    *count = (size_t)MIN(wanted, (int64_t)history->sorted_count - from);
    return history_rooms_by_number(txn, &history->visitor, history->sorted + from, *count, scratch, rooms, NULL);
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

/* Steps 5 to 8 of spec 1.1: the room is only the anchor of the access check; a visitor nobody knows has no history.
 * Leaves its transaction open for what comes next when it found something. */
static bool find(struct http_request *request, const struct call *call, struct chat_history *history, GError **error)
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
    } else {
        core_read_end(txn);
    }
    history->total = history->visitor.sessions;
    return found;
}

static void fail(struct http_request *request)
{
    g_autoptr(GError) error = NULL;
    reason_set(&error, REASON_INTERNAL, "the history could not be read");
    rocketchat_refuse(request, error);
}

static void reply(struct http_request *request, const struct call *call, struct chat_history *history)
{
    if (!rocketchat_reply_paged(request, call, &history->paged, (size_t)BATCH * ROOM_MAX))
        fail(request);
}

/* ---- an order that no index has: every room is looked at ---- */

static void reply_sorted(struct http_request *request, const struct call *call, struct chat_history *history)
{
    history->total = (int64_t)history->sorted_count; /* there may be more by now */
    reply(request, call, history);
}

/* So many rooms that looking at them all is not done on the loop's thread. */
struct sorting {
    struct op op;
    const struct call *call;
    struct chat_history *history;
    int64_t *sorted;
    bool abandoned; /* atomic: the client is gone */
};

static bool sort(struct op *op, struct store_txn *none, GError **error)
{
    (void)none;
    struct sorting *sorting = (struct sorting *)op;
    struct chat_history *history = sorting->history;
    struct store_reader *reader = core_reader_open(op->core, error);
    struct store_txn *txn = reader ? core_read_begin(reader, error) : NULL;
    bool sorted = txn && room_order_sort(txn, &history->visitor, &history->order, &sorting->abandoned, &op->arena,
                                         &sorting->sorted, &history->sorted_count, error);
    if (txn)
        core_read_end(txn);
    if (reader)
        core_reader_close(reader);
    return sorted;
}

/* Sorts of rooms that nobody will see must not keep the others waiting. */
static void abandon(struct http_request *request)
{
    struct sorting *sorting = request->user;
    __atomic_store_n(&sorting->abandoned, true, __ATOMIC_RELAXED);
}

static void sorted(struct http_request *request, struct op *op)
{
    http_request_on_gone(request, NULL);
    struct sorting *sorting = (struct sorting *)op;
    struct chat_history *history = sorting->history;
    if (op->error) {
        rocketchat_refuse(request, op->error);
        return;
    }
    int64_t *numbers = arena_array(&request->arena, history->sorted_count, sizeof *numbers);
    memcpy(numbers, sorting->sorted, history->sorted_count * sizeof *numbers);
    history->sorted = numbers;
    reply_sorted(request, sorting->call, history);
}

static void sort_elsewhere(struct http_request *request, const struct call *call, struct chat_history *history)
{
    struct sorting *sorting = g_new0(struct sorting, 1);
    op_init(&sorting->op, call->rocketchat->core, OP_SLOW, sort);
    sorting->call = call;
    sorting->history = history;
    request->user = sorting;
    http_request_on_gone(request, abandon);
    deferred_answer(request, &sorting->op, sorted);
}

/* Goes on from `find` with its transaction. */
static void reply_in_order(struct http_request *request, const struct call *call, struct chat_history *history)
{
    if (history->order.is_of_index || !history->total) {
        reply(request, call, history);
    } else if (history->total > SORT_IN_PLACE) {
        core_read_end(g_steal_pointer(&history->txn));
        sort_elsewhere(request, call, history);
    } else if (room_order_sort(history->txn, &history->visitor, &history->order, NULL, &request->arena,
                               &history->sorted, &history->sorted_count, NULL)) {
        reply_sorted(request, call, history);
    } else {
        core_read_end(history->txn);
        fail(request);
    }
}

void rocketchat_chat_history(struct http_request *request, const struct call *call)
{
    struct chat_history *history = arena_new(&request->arena, struct chat_history);
    g_autoptr(GError) error = NULL;
    if (!paging_read(request, &call->query, NULL, 0, &history->paging))
        return;
    if (!permission_held(&call->caller, PERMISSION_VIEW_L_ROOM)) {
        reason_set(&error, REASON_RIGHT_MISSING, "view-l-room");
        rocketchat_refuse(request, error);
        return;
    }
    if (!room_order_read(history->paging.sort, &request->arena, &history->order)) {
        rocketchat_refuse_sort(request, history->paging.sort);
        return;
    }
    history->paged.render = render;
    if (find(request, call, history, &error))
        reply_in_order(request, call, history);
    else
        rocketchat_refuse(request, error);
}
