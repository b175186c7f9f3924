/* GET sessions: filters, cursors, and with include=messages each session's text messages. */
#include "core/list.h"
#include "wire/parley/internal.h"

enum {
    BATCH = 16,        /* sessions of one step */
    MESSAGES_MAX = 64, /* messages of one session that come along; the rest is behind its events */
};

struct sessions {
    struct http_paged paged;
    struct list_page page;
    bool include_messages;
    size_t told;
    struct json w;
};

/* The newest messages of a session, oldest first. */
static bool add_messages(struct store_txn *txn, struct json *w, const struct history_item *item, struct arena *scratch)
{
    struct session_view view;
    struct history_page page;
    if (!history_session(txn, item->session.company, item->session.id, scratch, &view, NULL) ||
        !history_events(txn, &view.session, HISTORY_BEFORE, view.session.last_index + 1, LIMIT_PAGE, scratch, &page,
                        NULL))
        return false;
    size_t messages = 0, first = page.count;
    while (first > 0 && messages < MESSAGES_MAX)
        messages += page.events[--first].kind == EVENT_MESSAGE;
    json_member_array_begin(w, "transcript");
    for (size_t i = first; i < page.count; i++)
        if (page.events[i].kind == EVENT_MESSAGE)
            document_event(w, &page.events[i], &view, scratch);
    json_array_end(w);
    return true;
}

static bool render(struct http_request *request, struct http_paged *paged, struct buf *out, bool *last)
{
    struct sessions *sessions = (struct sessions *)paged;
    const struct list_page *page = &sessions->page;
    struct json *w = &sessions->w;
    if (!sessions->told) {
        json_init(w, out); /* the same buffer for every part, so the writer goes on where it stopped */
        json_object_begin(w);
        json_member_array_begin(w, "sessions");
    }
    struct arena scratch;
    arena_init(&scratch);
    struct store_txn *txn = sessions->include_messages ? core_read_begin(http_loop_data(request->loop), NULL) : NULL;
    bool read = txn || !sessions->include_messages;
    size_t end = MIN(sessions->told + BATCH, page->count);
    for (; read && sessions->told < end; sessions->told++) {
        const struct history_item *item = &page->items[sessions->told];
        document_session(w, item, true);
        read = !txn || add_messages(txn, w, item, &scratch);
        json_object_end(w);
    }
    if (txn)
        core_read_end(txn);
    arena_clear(&scratch);
    *last = sessions->told == page->count;
    if (*last) {
        json_array_end(w);
        json_member_string_or_null(w, "next", page->next);
        json_member_string_or_null(w, "previous", page->previous);
        json_member_bool(w, "complete", !page->next.ptr);
        json_object_end(w);
    }
    return read;
}

static bool read_options(const struct call *call, struct sessions *sessions, enum store_time *by, GError **error)
{
    struct str include = query_get(&call->query, STR("include")), time = query_get(&call->query, STR("by"));
    sessions->include_messages = str_equal(include, STR("messages"));
    if (include.ptr && !sessions->include_messages) {
        reason_set_field(error, REASON_PARAMETER_VALUE, STR("include"), "include must be messages");
        return false;
    }
    *by = str_equal(time, STR("firstMessage")) ? STORE_BY_FIRST_MESSAGE : STORE_BY_START;
    if (time.ptr && *by == STORE_BY_START && !str_equal(time, STR("start"))) {
        reason_set_field(error, REASON_PARAMETER_VALUE, STR("by"), "by must be start or firstMessage");
        return false;
    }
    return true;
}

static bool read_page(struct http_request *request, const struct call *call, struct sessions *sessions, GError **error)
{
    static const char *const names[] = {FILTER_NAMES, "from", "to", "by", "limit", "cursor", "include"};
    struct arena *a = &request->arena;
    struct store_session_filter filter;
    enum store_time by;
    size_t limit;
    if (!parameters_allow(call, names, G_N_ELEMENTS(names), error) || !parameters_limit(call, &limit, error) ||
        !read_options(call, sessions, &by, error))
        return false;
    struct store_txn *txn = core_read_begin(http_loop_data(request->loop), error);
    if (!txn)
        return false;
    bool read = parameters_filter(call, txn, a, &filter, error) &&
                parameters_bounds(call, call->zone, &filter.from_ms, &filter.to_ms, error);
    filter.by = by;
    read = read && list_sessions(call->parley->core, txn, &filter, query_get(&call->query, STR("cursor")), limit, a,
                                 &sessions->page, error);
    core_read_end(txn);
    return read;
}

void parley_sessions(struct http_request *request, const struct call *call)
{
    struct sessions *sessions = arena_new(&request->arena, struct sessions);
    g_autoptr(GError) error = NULL;
    sessions->paged.render = render;
    if (read_page(request, call, sessions, &error)) {
        size_t part_max = (size_t)BATCH * (MESSAGES_MAX + 1) * (6 * LIMIT_TEXT + LIMIT_EVENT_DATA + 32 * LIMIT_NAME);
        if (parley_reply_paged(request, &sessions->paged, part_max))
            return;
        reason_set(&error, REASON_INTERNAL, "the sessions could not be read");
    }
    parley_refuse(request, error);
}
