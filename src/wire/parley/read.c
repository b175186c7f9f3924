/* GET of one session, its events, visitors. */
#include "text/cursor.h"
#include "wire/parley/internal.h"

static bool read_session(struct http_request *request, const struct call *call, struct session_view *view,
                         struct history_item *item, GError **error)
{
    struct arena *a = &request->arena;
    struct store_txn *txn = core_read_begin(http_loop_data(request->loop), error);
    if (!txn)
        return false;
    bool read = history_session(txn, call->caller.company, request->parameters[0], a, view, error) &&
                session_read_item(txn, view, a, item, error);
    core_read_end(txn);
    return read;
}

void parley_session(struct http_request *request, const struct call *call)
{
    struct session_view view;
    struct history_item item;
    g_autoptr(GError) error = NULL;
    if (parameters_allow(call, NULL, 0, &error) && read_session(request, call, &view, &item, &error))
        session_reply(request, 200, &item, &view);
    else
        parley_refuse(request, error);
}

/* ---- events ---- */

struct anchor {
    enum history_anchor anchor;
    uint32_t index;
};

/* At most one of before, after, around; none = from the first event on. */
static bool read_anchor(const struct call *call, struct anchor *anchor, GError **error)
{
    static const struct {
        struct str name;
        enum history_anchor anchor;
    } anchors[] = {{{"before", 6}, HISTORY_BEFORE}, {{"after", 5}, HISTORY_AFTER}, {{"around", 6}, HISTORY_AROUND}};
    *anchor = (struct anchor){HISTORY_FROM, 1};
    bool given = false;
    for (size_t i = 0; i < G_N_ELEMENTS(anchors); i++) {
        struct str value = query_get(&call->query, anchors[i].name);
        int64_t index;
        if (!value.ptr)
            continue;
        if (given || !str_to_int64(value, &index) || index < 0 || index > UINT32_MAX) {
            reason_set_field(error, REASON_PARAMETER_VALUE, anchors[i].name,
                             given ? "give one of before, after and around" : "an index is a whole number, 0 or more");
            return false;
        }
        given = true;
        *anchor = (struct anchor){anchors[i].anchor, (uint32_t)index};
    }
    return true;
}

struct events {
    struct session_view view;
    struct history_page page;
};

static bool read_events(struct http_request *request, const struct call *call, struct events *events, GError **error)
{
    static const char *const names[] = {"before", "after", "around", "limit"};
    struct anchor anchor;
    size_t limit;
    if (!parameters_allow(call, names, G_N_ELEMENTS(names), error) || !read_anchor(call, &anchor, error) ||
        !parameters_limit(call, &limit, error))
        return false;
    struct arena *a = &request->arena;
    struct store_txn *txn = core_read_begin(http_loop_data(request->loop), error);
    if (!txn)
        return false;
    bool read = history_session(txn, call->caller.company, request->parameters[0], a, &events->view, error) &&
                history_events(txn, &events->view.session, anchor.anchor, anchor.index, limit, a, &events->page, error);
    core_read_end(txn);
    return read;
}

void parley_events(struct http_request *request, const struct call *call)
{
    struct events events;
    struct answer_draft draft;
    g_autoptr(GError) error = NULL;
    if (parley_reply_cached(request, call, &draft))
        return;
    if (!read_events(request, call, &events, &error)) {
        parley_refuse(request, error);
        return;
    }
    struct buf body;
    buf_init(&body, (size_t)LIMIT_PAGE * (6 * LIMIT_TEXT + LIMIT_EVENT_DATA + 24 * LIMIT_NAME));
    struct json w;
    json_init(&w, &body);
    json_object_begin(&w);
    json_member_array_begin(&w, "events");
    for (size_t i = 0; i < events.page.count; i++)
        document_event(&w, &events.page.events[i], &events.view, &request->arena);
    json_array_end(&w);
    json_member_bool(&w, "complete", events.page.complete);
    json_object_end(&w);
    answer_cache_shows(&draft, events.view.session.visitor);
    answer_cache_put(&draft, buf_str(&body));
    parley_reply(request, 200, &body);
    buf_clear(&body);
}

/* ---- visitors ---- */

static bool read_visitor(struct http_request *request, const struct call *call, struct visitor *v, GError **error)
{
    struct store_txn *txn = core_read_begin(http_loop_data(request->loop), error);
    if (!txn)
        return false;
    bool read = history_visitor(txn, call->caller.company, request->parameters[0], &request->arena, v, error);
    core_read_end(txn);
    return read;
}

void parley_visitor(struct http_request *request, const struct call *call)
{
    struct visitor v;
    g_autoptr(GError) error = NULL;
    if (!parameters_allow(call, NULL, 0, &error) || !read_visitor(request, call, &v, &error)) {
        parley_refuse(request, error);
        return;
    }
    struct buf body;
    buf_init(&body, LIMIT_HTTP_REPLY_BUFFER);
    struct json w;
    json_init(&w, &body);
    document_visitor(&w, &v);
    parley_reply(request, 200, &body);
    buf_clear(&body);
}

struct visitors {
    struct visitor *items;
    size_t count;
    struct str next;
};

static bool read_visitors(struct http_request *request, const struct call *call, struct visitors *visitors,
                          GError **error)
{
    static const char *const names[] = {"q", "limit", "cursor"};
    struct arena *a = &request->arena;
    const uint8_t *key = core_cursor_key(call->parley->core);
    struct str text = query_get(&call->query, STR("q")), cursor = query_get(&call->query, STR("cursor"));
    struct str parts[] = {STR("visitors"), arena_printf(a, "%" G_GINT64_FORMAT, call->caller.company), text};
    uint8_t digest[CURSOR_DIGEST_SIZE];
    struct str payload = STR("0");
    int64_t before;
    size_t limit;
    cursor_digest(parts, G_N_ELEMENTS(parts), digest);
    if (!parameters_allow(call, names, G_N_ELEMENTS(names), error) || !parameters_limit(call, &limit, error) ||
        (cursor.len && !cursor_read(key, digest, cursor, a, &payload, error)) || !str_to_int64(payload, &before))
        return false;
    struct store_txn *txn = core_read_begin(http_loop_data(request->loop), error);
    if (!txn)
        return false;
    /* One more than asked tells whether there is more. */
    bool read = history_visitors(txn, call->caller.company, text, before, limit + 1, a, &visitors->items,
                                 &visitors->count, error);
    core_read_end(txn);
    visitors->next = STR_NULL;
    if (read && visitors->count > limit) {
        visitors->count = limit;
        struct str last = arena_printf(a, "%" G_GINT64_FORMAT, visitors->items[limit - 1].number);
        visitors->next = cursor_write(key, digest, last, a);
    }
    return read;
}

void parley_visitors(struct http_request *request, const struct call *call)
{
    struct visitors visitors;
    g_autoptr(GError) error = NULL;
    if (!read_visitors(request, call, &visitors, &error)) {
        parley_refuse(request, error);
        return;
    }
    struct buf body;
    buf_init(&body, (size_t)LIMIT_PAGE * 32 * LIMIT_NAME);
    struct json w;
    json_init(&w, &body);
    json_object_begin(&w);
    json_member_array_begin(&w, "visitors");
    for (size_t i = 0; i < visitors.count; i++)
        document_visitor(&w, &visitors.items[i]);
    json_array_end(&w);
    json_member_string_or_null(&w, "next", visitors.next);
    json_member_bool(&w, "complete", !visitors.next.ptr);
    json_object_end(&w);
    parley_reply(request, 200, &body);
    buf_clear(&body);
}
