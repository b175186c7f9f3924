/* visitors.chatHistory: every live-chat room of one visitor (spec section 1). */
#include "wire/rocketchat/internal.h"
#include "wire/rocketchat/room_order.h"

enum {
    BATCH = 50,          /* rooms of one step: bounds its memory */
    SORT_IN_PLACE = 500, /* rooms: about half a millisecond */
    /* One room: its names and ids escaped at worst, its newest message with its md, recorded documents, tags. */
    ROOM_MAX = 6 * LIMIT_TEXT + MARKUP_MD_MAX + 40 * 6 * LIMIT_NAME + 2 * LIMIT_EVENT_DATA,
};

struct chat_history {
    struct page page;
    const struct call *call; /* until the room and the visitor are found */
    const struct markup_options *markup;
    bool found, begun;
    struct visitor visitor; /* number 0 = unknown: an empty history */
    struct paging paging;
    struct room_order order;
    int64_t *sorted; /* numbers of the rooms in an order that no index has; NULL = by index */
    int64_t told, total;
};

/* ---- who is asked for ---- */

/* A visitor nobody knows has no history. */
static bool find_visitor(struct chat_history *history, struct store_txn *txn, GError **error)
{
    g_autoptr(GError) unknown = NULL;
    if (history_visitor(txn, history->call->caller.company, history->page.request->parameters[1],
                        &history->page.op.arena, &history->visitor, &unknown))
        return true;
    history->visitor = (struct visitor){0};
    if (reason_of(unknown) == REASON_VISITOR_UNKNOWN)
        return true;
    g_propagate_error(error, g_steal_pointer(&unknown));
    return false;
}

/* Steps 5 to 8 of spec 1.1: the room is only the anchor of the access check. */
static bool find_history(struct chat_history *history, struct store_txn *txn, struct arena *scratch, GError **error)
{
    const struct call *call = history->call;
    struct session_view room;
    if (!history_session(txn, call->caller.company, history->page.request->parameters[0], scratch, &room, error))
        return false;
    if (room.session.erased) {
        reason_set(error, REASON_SESSION_ERASED, "invalid-room");
        return false;
    }
    if (!access_sees(&call->caller, &room.session)) {
        reason_set(error, REASON_NOT_SERVED_BY_CALLER, "error-not-allowed");
        return false;
    }
    if (!find_visitor(history, txn, error))
        return false;
    kept_shows(call->draft, room.session.visitor);
    kept_shows(call->draft, history->visitor.number);
    history->total = history->visitor.sessions;
    return true;
}

/* ---- the answer ---- */

static bool write_room(struct store_txn *txn, struct json *w, const struct history_item *room,
                       const struct markup_options *markup, struct arena *scratch, GError **error)
{
    struct room_head head;
    if (!room_head_read(txn, &room->session, scratch, &head, error))
        return false;
    room_write(w, room, &head, markup, scratch);
    return true;
}

static bool read_rooms(struct store_txn *txn, const struct chat_history *history, struct arena *scratch,
                       struct history_item **rooms, size_t *count, GError **error)
{
    int64_t from = history->paging.offset + history->told;
    int64_t wanted = history->paging.count ? MIN(history->paging.count - history->told, BATCH) : BATCH;
    *count = 0;
    if (wanted <= 0 || from >= history->total)
        return true;
    if (!history->sorted)
        return history_rooms(txn, &history->visitor, history->order.of_index, (size_t)from, (size_t)wanted, scratch,
                             rooms, count, error);
    *count = (size_t)MIN(wanted, history->total - from);
    return history_rooms_by_number(txn, &history->visitor, history->sorted + from, *count, scratch, rooms, error);
}

/* An order that no index has: every room is looked at. */
static bool sort_rooms(struct chat_history *history, struct store_txn *txn, GError **error)
{
    size_t count;
    if (!room_order_sort(txn, &history->visitor, &history->order, &history->page.op.arena, &history->sorted, &count,
                         error))
        return false;
    history->total = (int64_t)count; /* there may be more by now */
    return true;
}

/* True with `begun` unset: to be called again elsewhere. */
static bool begin_rooms(struct chat_history *history, struct store_txn *txn, struct json *w, struct arena *scratch,
                        GError **error)
{
    if (!history->found && !find_history(history, txn, scratch, error))
        return false;
    history->found = true;
    if (!history->order.is_of_index && history->total) {
        if (history->total > SORT_IN_PLACE && !history->page.is_long) {
            history->page.is_long = true;
            return true;
        }
        if (!sort_rooms(history, txn, error))
            return false;
    }
    history->begun = true;
    json_object_begin(w);
    json_member_array_begin(w, "history");
    return true;
}

static void end_rooms(struct chat_history *history, struct json *w)
{
    json_array_end(w);
    json_member_int(w, "count", history->told);
    json_member_int(w, "offset", history->paging.offset);
    json_member_int(w, "total", history->total);
    json_member_bool(w, "success", true);
    json_object_end(w);
    history->page.last = true;
}

static bool rooms_part(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch, GError **error)
{
    struct chat_history *history = (struct chat_history *)page;
    struct history_item *rooms;
    size_t count, i = 0;
    if (!history->begun && !begin_rooms(history, txn, w, scratch, error))
        return false;
    if (!history->begun)
        return true;
    if (!read_rooms(txn, history, scratch, &rooms, &count, error))
        return false;
    for (; i < count && !page_is_full(page); i++, history->told++)
        if (!write_room(txn, w, &rooms[i], history->markup, scratch, error))
            return false;
    bool enough = history->paging.count && history->told >= history->paging.count;
    if (!count || enough || history->paging.offset + history->told >= history->total)
        end_rooms(history, w);
    return true;
}

void rocketchat_chat_history(struct http_request *request, const struct call *call)
{
    struct paging paging;
    struct room_order order;
    g_autoptr(GError) error = NULL;
    if (!paging_read(request, &call->query, NULL, 0, &paging))
        return;
    if (!permission_held(&call->caller, PERMISSION_VIEW_L_ROOM)) {
        reason_set(&error, REASON_RIGHT_MISSING, "view-l-room");
        rocketchat_refuse(request, error);
        return;
    }
    struct chat_history *history = (struct chat_history *)page_new(call->rocketchat->core, sizeof *history);
    if (!room_order_read(paging.sort, &history->page.op.arena, &order)) {
        page_free(&history->page);
        rocketchat_refuse_sort(request, paging.sort);
        return;
    }
    history->call = call;
    history->markup = call->rocketchat->markup;
    history->paging = paging;
    history->order = order;
    history->page.part = rooms_part;
    history->page.row_max = ROOM_MAX;
    rocketchat_reply_page(request, call, &history->page);
}
