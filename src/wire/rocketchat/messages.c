/* livechat/:rid/messages: the plain messages of one room, and its close (spec 1.7). */
#include "wire/rocketchat/internal.h"
#include "wire/rocketchat/kinds.h"

enum {
    BATCH = 64, /* events of one step: bounds its memory */
    MESSAGE_MAX = 6 * LIMIT_TEXT + MARKUP_MD_MAX + LIMIT_EVENT_DATA + 20 * LIMIT_NAME + 1024,
};

struct messages {
    struct page page;
    const struct call *call; /* for the first part */
    const struct markup_options *markup;
    struct paging paging;
    struct sort_key keys[SORT_KEYS_MAX]; /* for the first part */
    size_t key_count;
    bool by_time, ascending;
    int64_t *sorted; /* unless by time: the indices of all that are shown */
    size_t sorted_count;
    char *term; /* folded; NULL = no searchTerm */
    struct session_view view;
    struct visitor visitor;
    struct event at; /* the last one seen: index and time alone; index 0 = none yet */
    bool all_seen;
    int64_t skipped, told, seen;
};

/* Messages without `t`, files and livechat-close; a deleted message is gone, and what came after the first part is not
 * yet there. */
static bool is_shown(const struct messages *messages, const struct event *e, struct arena *scratch)
{
    const struct session *session = &messages->view.session;
    enum rocketchat_showing showing = rocketchat_kinds[e->kind].showing;
    bool shows = showing == SHOWS_CLOSE ? e->index == session->close_index && !event_is_internal(e)
                                        : showing == SHOWS_MESSAGE && session_shows(e);
    if (!shows || e->index > session->last_index)
        return false;
    if (!messages->term)
        return true;
    struct str text = message_text(e, scratch);
    g_autofree char *folded = g_utf8_casefold(text.ptr, (gssize)text.len);
    return strstr(folded, messages->term) != NULL;
}

static bool read_batch(struct store_txn *txn, struct messages *messages, struct arena *scratch,
                       struct history_page *page, GError **error)
{
    const struct session *session = &messages->view.session;
    uint32_t at = messages->at.index;
    if (session->times_went_back)
        return history_shown(txn, session, at ? &messages->at : NULL, messages->ascending, BATCH, scratch, page, error);
    /* The order of time is that of the indices. */
    if (messages->ascending)
        return history_events(txn, session, HISTORY_AFTER, at, BATCH, scratch, page, error);
    return history_events(txn, session, HISTORY_BEFORE, at ? at : UINT32_MAX, BATCH, scratch, page, error);
}

/* Without a search term the total is known, and when they are sorted; else every message has to be looked at. */
static bool must_count(const struct messages *messages)
{
    return messages->term && messages->by_time;
}

static int64_t total_of(const struct messages *messages)
{
    const struct session *session = &messages->view.session;
    if (!messages->by_time)
        return (int64_t)messages->sorted_count;
    if (must_count(messages))
        return messages->seen;
    return (int64_t)session->messages - session->deleted + session->files + (session->close_index > 0);
}

static bool has_enough(const struct messages *messages)
{
    return messages->paging.count && messages->told >= messages->paging.count;
}

static struct message message_of(const struct messages *messages, const struct event *e)
{
    const struct session_view *view = &messages->view;
    return (struct message){.room = &view->session,
                            .visitor = &messages->visitor,
                            .author = session_participant(view, e->participant),
                            .editor = session_participant(view, e->revised_participant),
                            .event = e,
                            .markup = messages->markup};
}

static void write_event(struct messages *messages, struct json *w, const struct event *e, struct arena *scratch)
{
    if (!is_shown(messages, e, scratch))
        return;
    messages->seen++;
    if (messages->skipped < messages->paging.offset) {
        messages->skipped++;
    } else if (!has_enough(messages)) {
        struct message message = message_of(messages, e);
        message_write(w, &message, scratch);
        messages->told++;
    }
}

static void write_batch(struct messages *messages, struct json *w, const struct history_page *events,
                        struct arena *scratch)
{
    size_t i = 0;
    for (; i < events->count && !page_is_full(&messages->page); i++) {
        const struct event *e = &events->events[messages->ascending ? i : events->count - 1 - i];
        write_event(messages, w, e, scratch);
        messages->at = (struct event){.index = e->index, .time_ms = e->time_ms};
    }
    messages->all_seen = events->complete && i == events->count;
}

/* ---- in another order than that of time: every message is looked at ---- */

static bool add_to_order(const struct messages *messages, struct order *order, const struct event *e,
                         struct arena *scratch, GError **error)
{
    struct sort_value values[SORT_KEYS_MAX];
    struct message message = message_of(messages, e);
    if (!is_shown(messages, e, scratch))
        return true;
    for (size_t i = 0; i < messages->key_count; i++)
        values[i] = message_value(&message, messages->keys[i].path, scratch);
    return order_add(order, e->index, e->time_ms, STR_NULL, values, error);
}

static bool add_all_to_order(const struct messages *messages, struct store_txn *txn, struct order *order,
                             GError **error)
{
    struct history_page events = {0};
    struct arena scratch;
    uint32_t at = 0;
    bool read = true;
    arena_init(&scratch);
    while (read && !events.complete) {
        arena_reset(&scratch);
        read = history_events(txn, &messages->view.session, HISTORY_AFTER, at, BATCH, &scratch, &events, error);
        for (size_t i = 0; read && i < events.count; i++)
            read = add_to_order(messages, order, &events.events[i], &scratch, error);
        if (read && events.count)
            at = events.events[events.count - 1].index;
    }
    arena_clear(&scratch);
    return read;
}

static bool sort_messages(struct messages *messages, struct store_txn *txn, GError **error)
{
    struct order order;
    order_init(&order, messages->keys, messages->key_count);
    bool read = add_all_to_order(messages, txn, &order, error);
    if (read)
        messages->sorted = order_numbers(&order, &messages->sorted_count, &messages->page.op.arena);
    order_clear(&order);
    return read;
}

/* One that was deleted after it was sorted is left out. */
static bool write_sorted(struct messages *messages, struct store_txn *txn, struct json *w, struct arena *scratch,
                         GError **error)
{
    while (!page_is_full(&messages->page) && !has_enough(messages)) {
        struct history_page one;
        int64_t at = messages->paging.offset + messages->told;
        messages->all_seen = at >= (int64_t)messages->sorted_count;
        if (messages->all_seen)
            return true;
        if (!history_events(txn, &messages->view.session, HISTORY_FROM, (uint32_t)messages->sorted[at], 1, scratch,
                            &one, error))
            return false;
        if (one.count && is_shown(messages, one.events, scratch)) {
            struct message message = message_of(messages, one.events);
            message_write(w, &message, scratch);
        }
        messages->told++;
    }
    return true;
}

/* ---- the answer ---- */

static bool find_room(struct messages *messages, struct store_txn *txn, GError **error)
{
    const struct call *call = messages->call;
    struct arena *a = &messages->page.op.arena;
    if (!history_session(txn, call->caller.company, messages->page.request->parameters[0], a, &messages->view, error))
        return false;
    if (messages->view.session.erased) {
        reason_set(error, REASON_SESSION_ERASED, "invalid-room");
        return false;
    }
    if (!access_sees(&call->caller, &messages->view.session)) {
        reason_set(error, REASON_NOT_SERVED_BY_CALLER, "not-allowed");
        return false;
    }
    if (!history_visitor_of(txn, &messages->view.session, a, &messages->visitor, error))
        return false;
    kept_shows(call->draft, messages->visitor.number);
    return true;
}

static bool messages_part(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch,
                          GError **error)
{
    struct messages *messages = (struct messages *)page;
    struct history_page events;
    if (!page->parts) {
        if (!find_room(messages, txn, error) || (!messages->by_time && !sort_messages(messages, txn, error)))
            return false;
        json_object_begin(w);
        json_member_array_begin(w, "messages");
    }
    if (!messages->by_time) {
        if (!write_sorted(messages, txn, w, scratch, error))
            return false;
    } else {
        if (!read_batch(txn, messages, scratch, &events, error))
            return false;
        write_batch(messages, w, &events, scratch);
    }
    page->last = messages->all_seen || (has_enough(messages) && !must_count(messages));
    if (page->last) {
        json_array_end(w);
        json_member_int(w, "offset", messages->paging.offset);
        json_member_int(w, "count", messages->paging.count); /* what was asked, not what came: upstream's own way */
        json_member_int(w, "total", total_of(messages));
        json_member_bool(w, "success", true);
        json_object_end(w);
    }
    return true;
}

static void clear(struct page *page)
{
    g_free(((struct messages *)page)->term);
}

static void refuse_messages(struct http_request *request, struct page *page, const GError *error)
{
    (void)page;
    if (reason_of(error) == REASON_NOT_SERVED_BY_CALLER)
        rocketchat_refuse_plain(request, STR("not-allowed")); /* its own spelling on this route */
    else
        rocketchat_refuse(request, error);
}

void rocketchat_messages(struct http_request *request, const struct call *call)
{
    static const char *const others[] = {"searchTerm"};
    struct paging paging;
    struct sort_key keys[SORT_KEYS_MAX];
    size_t count;
    g_autoptr(GError) error = NULL;
    if (!paging_read(request, &call->query, others, G_N_ELEMENTS(others), &paging))
        return;
    if (!permission_held(&call->caller, PERMISSION_VIEW_L_ROOM)) {
        reason_set(&error, REASON_RIGHT_MISSING, "view-l-room");
        rocketchat_refuse(request, error);
        return;
    }
    if (!sort_read(paging.sort, keys, &count, &request->arena, NULL)) {
        rocketchat_refuse_sort(request, paging.sort);
        return;
    }
    struct messages *messages = (struct messages *)page_new(call->rocketchat->core, sizeof *messages);
    struct str term = query_get(&call->query, STR("searchTerm"));
    if (term.len)
        messages->term = g_utf8_casefold(term.ptr, (gssize)term.len);
    messages->call = call;
    messages->markup = call->rocketchat->markup;
    messages->paging = paging;
    memcpy(messages->keys, keys, count * sizeof *keys);
    messages->key_count = count;
    messages->by_time = count == 0 || (count == 1 && str_equal(keys[0].path, STR("ts")));
    messages->ascending = messages->by_time && count && !keys[0].descending;
    messages->page.part = messages_part;
    messages->page.clear = clear;
    messages->page.refuse = refuse_messages;
    messages->page.row_max = MESSAGE_MAX;
    messages->page.is_long = term.len > 0 || !messages->by_time; /* every message is looked at */
    rocketchat_reply_page(request, call, &messages->page);
}
