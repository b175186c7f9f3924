/* GET sessions: filters, cursors, and with include=messages each session's text messages. */
#include "wire/parley/internal.h"

enum {
    MESSAGES_MAX = 64, /* messages of one session that come along; the rest is behind its events */
    LOOKED_MAX = 1024, /* events of one session that are looked at for them */
    LOOKED_AT_ONCE = 64,
    ROW_MAX = (MESSAGES_MAX + 1) * (6 * LIMIT_TEXT + LIMIT_EVENT_DATA + 32 * LIMIT_NAME),
};

struct sessions {
    struct page page;
    const struct call *call; /* for the first part */
    struct list_query query;
    struct list_page list;
    bool include_messages;
    size_t told;
};

/* Internal ones are no part of the transcript: a session's events have them. */
static bool is_message(const struct event *e)
{
    return e->kind == EVENT_MESSAGE && !event_is_internal(e);
}

/* Where the newest MESSAGES_MAX messages begin, or the newest LOOKED_MAX events. */
static bool find_first(struct store_txn *txn, const struct session *s, uint32_t *first, GError **error)
{
    uint32_t least = s->last_index >= LOOKED_MAX ? s->last_index - LOOKED_MAX + 1 : 1;
    size_t left = MESSAGES_MAX;
    *first = s->messages <= MESSAGES_MAX ? least : s->last_index + 1;
    while (*first > least && left > 0) {
        struct arena step;
        struct history_page page;
        arena_init(&step);
        bool read = history_events(txn, s, HISTORY_BEFORE, *first, LOOKED_AT_ONCE, &step, &page, error);
        for (size_t i = page.count; read && i-- > 0 && *first > least && left > 0;) {
            *first = page.events[i].index;
            left -= is_message(&page.events[i]);
        }
        arena_clear(&step);
        if (!read)
            return false;
    }
    return true;
}

/* The newest messages of a session, oldest first, and whether these are all. */
static bool add_messages(struct store_txn *txn, struct json *w, const struct history_item *item, struct arena *scratch,
                         GError **error)
{
    struct session_view view;
    uint32_t first;
    if (!history_session(txn, item->session.company, item->session.id, scratch, &view, error) ||
        !find_first(txn, &view.session, &first, error))
        return false;
    uint32_t told = 0;
    json_member_array_begin(w, "transcript");
    while (first <= view.session.last_index) {
        struct arena step;
        struct history_page page;
        arena_init(&step);
        bool read = history_events(txn, &view.session, HISTORY_FROM, first, LOOKED_AT_ONCE, &step, &page, error);
        for (size_t i = 0; read && i < page.count; i++)
            if (is_message(&page.events[i])) {
                document_event(w, &page.events[i], &view, NULL, &step);
                told++;
            }
        arena_clear(&step);
        if (!read)
            return false;
        first += LOOKED_AT_ONCE;
    }
    json_array_end(w);
    json_member_int(w, "transcriptMessages", told);
    json_member_bool(w, "transcriptComplete", told == view.session.messages);
    return true;
}

static bool find_sessions(struct sessions *sessions, struct store_txn *txn, GError **error)
{
    const struct call *call = sessions->call;
    struct arena *a = &sessions->page.op.arena;
    struct list_query *query = &sessions->query;
    int by = parameter_word(PARLEY_SESSION_TIMES, query_get(&call->query, STR("by")));
    if (!parameters_filter(call, txn, a, &query->filter, error))
        return false;
    query->filter.by = by < 0 ? STORE_BY_START : (enum store_time)by;
    query->cursor = query_get(&call->query, STR("cursor"));
    return list_sessions(call->parley->core, txn, query, &call->caller, a, &sessions->list, error);
}

void list_ends(struct json *w, const struct list_page *list)
{
    json_member_string_or_null(w, "next", list->next);
    json_member_string_or_null(w, "previous", list->previous);
    json_member_bool(w, "complete", !list->next.ptr);
    if (list->partial)
        json_member_bool(w, "partial", true);
}

static bool sessions_part(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch,
                          GError **error)
{
    struct sessions *sessions = (struct sessions *)page;
    const struct list_page *list = &sessions->list;
    if (!page->parts) {
        if (!find_sessions(sessions, txn, error))
            return false;
        json_object_begin(w);
        json_member_array_begin(w, "sessions");
    }
    for (; sessions->told < list->count && !page_is_full(page); sessions->told++) {
        const struct history_item *item = &list->items[sessions->told];
        document_session(w, item, true);
        if (sessions->include_messages && !add_messages(txn, w, item, scratch, error))
            return false;
        json_object_end(w);
        arena_reset(scratch);
    }
    page->last = sessions->told == list->count;
    if (page->last) {
        json_array_end(w);
        list_ends(w, list);
        json_object_end(w);
    }
    return true;
}

void parley_sessions(struct http_request *request, const struct call *call)
{
    struct sessions *sessions = (struct sessions *)page_new(call->parley->core, sizeof *sessions);
    sessions->page.part = sessions_part;
    sessions->page.row_max = ROW_MAX;
    sessions->call = call;
    sessions->query.limit = parameters_limit(call);
    sessions->include_messages = query_get(&call->query, STR("include")).ptr != NULL;
    sessions->page.is_long =
        sessions->include_messages || parameters_filter_is_slow(call) || !access_sees_all(&call->caller);
    parley_reply_page(request, &sessions->page);
}
