/* GET of one session, one visitor, visitors. */
#include "text/cursor.h"
#include "wire/parley/internal.h"

void single_reply(struct http_request *request, const struct call *call, size_t row_max, bool is_long,
                  bool (*part)(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch,
                               GError **error))
{
    struct single *single = (struct single *)page_new(call->parley->core, sizeof *single);
    single->call = call;
    single->page.part = part;
    single->page.row_max = row_max;
    single->page.is_long = is_long;
    parley_reply_page(request, &single->page);
}

bool session_of_path(const struct http_request *request, const struct call *call, struct store_txn *txn,
                     struct arena *a, struct session_view *view, GError **error)
{
    return session_of_id(request->parameters[0], call, txn, a, view, error);
}

bool session_of_id(struct str id, const struct call *call, struct store_txn *txn, struct arena *a,
                   struct session_view *view, GError **error)
{
    if (!history_session(txn, call->caller.company, id, a, view, error))
        return false;
    if (access_sees(&call->caller, &view->session))
        return true;
    reason_set(error, REASON_SESSION_UNKNOWN, "there is no such session");
    return false;
}

static bool session_part(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch,
                         GError **error)
{
    struct session_view view;
    struct history_item item;
    if (!session_of_path(page->request, ((struct single *)page)->call, txn, scratch, &view, error) ||
        !history_one(txn, &view.session, scratch, &item, error))
        return false;
    document_whole_session(w, &item, &view, ((struct single *)page)->call->caller.rights);
    page->last = true;
    return true;
}

void parley_session(struct http_request *request, const struct call *call)
{
    single_reply(request, call, SESSION_MAX, false, session_part);
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
    single_reply(request, call, LIMIT_HTTP_REPLY_BUFFER, false, visitor_part);
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
    struct arena *a = &visitors->page.op.arena;
    struct str cursor = query_get(&call->query, STR("cursor")), payload = STR("0");
    visitors->call = call;
    visitors->limit = parameters_limit(call);
    visitors->text = query_get(&call->query, STR("q"));
    struct str parts[] = {STR("visitors"), arena_printf(a, "%" G_GINT64_FORMAT, call->caller.company), visitors->text};
    cursor_digest(parts, G_N_ELEMENTS(parts), visitors->digest);
    return (!cursor.len ||
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
