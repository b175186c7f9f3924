/* GET of one session, its events, visitors. */
#include "text/cursor.h"
#include "wire/parley/internal.h"

/* A page of one document: `call` and the request live as long as it is made. */
struct single {
    struct page page;
    const struct call *call;
};

static void reply_single(struct http_request *request, const struct call *call, size_t row_max,
                         bool (*part)(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch,
                                      GError **error))
{
    struct single *single = (struct single *)page_new(call->parley->core, sizeof *single);
    single->call = call;
    single->page.part = part;
    single->page.row_max = row_max;
    parameters_allow(call, NULL, 0, &single->page.op.error);
    parley_reply_page(request, &single->page);
}

static bool session_part(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch,
                         GError **error)
{
    struct session_view view;
    struct history_item item;
    int64_t company = ((struct single *)page)->call->caller.company;
    if (!history_session(txn, company, page->request->parameters[0], scratch, &view, error) ||
        !history_one(txn, &view.session, scratch, &item, error))
        return false;
    document_whole_session(w, &item, &view);
    page->last = true;
    return true;
}

void parley_session(struct http_request *request, const struct call *call)
{
    reply_single(request, call, SESSION_MAX, session_part);
}

static bool visitor_part(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch,
                         GError **error)
{
    struct visitor v;
    int64_t company = ((struct single *)page)->call->caller.company;
    if (!history_visitor(txn, company, page->request->parameters[0], scratch, &v, error))
        return false;
    document_visitor(w, &v);
    page->last = true;
    return true;
}

void parley_visitor(struct http_request *request, const struct call *call)
{
    reply_single(request, call, LIMIT_HTTP_REPLY_BUFFER, visitor_part);
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
    struct page page;
    const struct call *call; /* for the first part */
    struct anchor anchor;
    size_t limit;
    struct session_view view;
    struct history_range range; /* `first` moves on */
};

enum { EVENTS_BATCH = 64, EVENT_MAX = 6 * LIMIT_TEXT + LIMIT_EVENT_DATA + 24 * LIMIT_NAME };

static bool begin_events(struct events *events, struct store_txn *txn, struct json *w, GError **error)
{
    struct page *page = &events->page;
    if (!history_session(txn, events->call->caller.company, page->request->parameters[0], &page->op.arena,
                         &events->view, error))
        return false;
    answer_cache_shows(page->draft, events->view.session.visitor);
    events->range = history_range(&events->view.session, events->anchor.anchor, events->anchor.index, events->limit);
    json_object_begin(w);
    json_member_array_begin(w, "events");
    return true;
}

static bool events_part(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch, GError **error)
{
    struct events *events = (struct events *)page;
    struct history_range *range = &events->range;
    struct history_page found = {0};
    if (!page->parts && !begin_events(events, txn, w, error))
        return false;
    if (range->first <= range->last &&
        !history_events(txn, &events->view.session, HISTORY_FROM, range->first,
                        MIN((size_t)(range->last - range->first) + 1, EVENTS_BATCH), scratch, &found, error))
        return false;
    for (size_t i = 0; i < found.count && !page_is_full(page); i++) {
        document_event(w, &found.events[i], &events->view, scratch);
        range->first = found.events[i].index + 1;
    }
    page->last = !found.count || range->first > range->last;
    if (page->last) {
        json_array_end(w);
        json_member_bool(w, "complete", range->complete);
        json_object_end(w);
    }
    return true;
}

static bool read_events(const struct call *call, struct events *events, GError **error)
{
    static const char *const names[] = {"before", "after", "around", "limit"};
    events->call = call;
    return parameters_allow(call, names, G_N_ELEMENTS(names), error) && read_anchor(call, &events->anchor, error) &&
           parameters_limit(call, &events->limit, error);
}

void parley_events(struct http_request *request, const struct call *call)
{
    struct answer_draft *draft = arena_new(&request->arena, struct answer_draft);
    if (parley_reply_cached(request, call, draft))
        return;
    struct events *events = (struct events *)page_new(call->parley->core, sizeof *events);
    events->page.part = events_part;
    events->page.row_max = EVENT_MAX;
    events->page.draft = draft;
    read_events(call, events, &events->page.op.error);
    parley_reply_page(request, &events->page);
}

/* ---- visitors ---- */

struct visitors {
    struct page page;
    const struct call *call;
    struct str text;
    uint8_t digest[CURSOR_DIGEST_SIZE];
    int64_t before;
    size_t limit;
};

static bool read_visitors(const struct call *call, struct visitors *visitors, GError **error)
{
    static const char *const names[] = {"q", "limit", "cursor"};
    struct arena *a = &visitors->page.op.arena;
    struct str cursor = query_get(&call->query, STR("cursor")), payload = STR("0");
    visitors->call = call;
    visitors->text = query_get(&call->query, STR("q"));
    struct str parts[] = {STR("visitors"), arena_printf(a, "%" G_GINT64_FORMAT, call->caller.company), visitors->text};
    cursor_digest(parts, G_N_ELEMENTS(parts), visitors->digest);
    return parameters_allow(call, names, G_N_ELEMENTS(names), error) &&
           parameters_limit(call, &visitors->limit, error) &&
           (!cursor.len ||
            cursor_read(core_cursor_key(call->parley->core), visitors->digest, cursor, a, &payload, error)) &&
           str_to_int64(payload, &visitors->before);
}

/* At most LIMIT_PAGE rows: one part. */
static bool visitors_part(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch,
                          GError **error)
{
    struct visitors *visitors = (struct visitors *)page;
    struct visitor *found;
    size_t count;
    struct str next = STR_NULL;
    /* One more than asked tells whether there is more. */
    if (!history_visitors(txn, visitors->call->caller.company, visitors->text, visitors->before, visitors->limit + 1,
                          scratch, &found, &count, error))
        return false;
    if (count > visitors->limit) {
        count = visitors->limit;
        struct str last = arena_printf(scratch, "%" G_GINT64_FORMAT, found[count - 1].number);
        next = cursor_write(core_cursor_key(page->op.core), visitors->digest, last, scratch);
    }
    json_object_begin(w);
    json_member_array_begin(w, "visitors");
    for (size_t i = 0; i < count; i++)
        document_visitor(w, &found[i]);
    json_array_end(w);
    json_member_string_or_null(w, "next", next);
    json_member_bool(w, "complete", !next.ptr);
    json_object_end(w);
    page->last = true;
    return true;
}

void parley_visitors(struct http_request *request, const struct call *call)
{
    struct visitors *visitors = (struct visitors *)page_new(call->parley->core, sizeof *visitors);
    visitors->page.part = visitors_part;
    visitors->page.row_max = LIMIT_PAGE * 32 * LIMIT_NAME;
    visitors->page.is_long = true; /* every visitor of the company is looked at */
    read_visitors(call, visitors, &visitors->page.op.error);
    parley_reply_page(request, &visitors->page);
}
