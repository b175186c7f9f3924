/* The light list of sessions, our addition: newest first message first, paged by opaque tokens. */
#include "core/list.h"
#include "wire/agendize/bounds.h"
#include "wire/agendize/internal.h"
#include "wire/agendize/resource.h"

enum { PAGE_DEFAULT = 50, PAGE_MAX = 100 };

static bool read_limit(const struct call *call, int64_t *limit, GError **error)
{
    struct str value = query_get(&call->query, STR("maxResults"));
    *limit = PAGE_DEFAULT;
    if (!value.len || (str_to_int64(value, limit) && *limit >= 1 && *limit <= PAGE_MAX))
        return true;
    reason_set_field(error, REASON_PARAMETER_VALUE, STR("maxResults"), "maxResults must be a number from 1 to %d",
                     PAGE_MAX);
    return false;
}

static void add_item(struct json *w, const struct history_item *item, const struct call *call)
{
    static const struct head no_head; /* the list is light: what only the head knows is on the resource */
    json_object_begin(w);
    resource_session(w, &item->session, &item->visitor, &no_head, resource_zone(&item->session, call->zone));
    json_object_end(w);
}

static void render(struct http_request *request, const struct call *call, const struct list_page *page)
{
    struct buf body;
    buf_init(&body, PAGE_MAX * (16 * 6 * LIMIT_NAME));
    struct json w;
    json_init(&w, &body);
    json_object_begin(&w);
    json_member_array_begin(&w, "items");
    for (size_t i = 0; i < page->count; i++)
        if (!page->items[i].session.erased)
            add_item(&w, &page->items[i], call);
    json_array_end(&w);
    json_member_string_or_null(&w, "nextPageToken", page->next);
    json_member_string_or_null(&w, "prevPageToken", page->previous);
    json_member_bool(&w, "complete", !page->next.ptr);
    json_object_end(&w);
    agendize_reply(request, &body);
    buf_clear(&body);
}

static bool read_page(struct http_request *request, const struct call *call, struct list_page *page, GError **error)
{
    static const char *const names[] = {"startDate", "endDate", "pageToken", "maxResults"};
    struct bounds bounds;
    int64_t limit;
    if (!query_refuse_unknown(&call->query, names, G_N_ELEMENTS(names), error) ||
        !bounds_read(&call->query, call->zone, call->agendize->settings.literal_bounds, &bounds, error) ||
        !read_limit(call, &limit, error))
        return false;
    struct store_session_filter filter = {.company = call->company,
                                          .state = -1,
                                          .dialect = -1,
                                          .by = STORE_BY_FIRST_MESSAGE,
                                          .from_ms = bounds.from_ms,
                                          .to_ms = bounds.to_ms};
    struct store_txn *txn = core_read_begin(http_loop_data(request->loop), error);
    if (!txn)
        return false;
    bool read = list_sessions(call->agendize->core, txn, &filter, query_get(&call->query, STR("pageToken")),
                              (size_t)limit, &request->arena, page, error);
    core_read_end(txn);
    return read;
}

void agendize_list(struct http_request *request, const struct call *call)
{
    struct list_page page;
    g_autoptr(GError) error = NULL;
    if (read_page(request, call, &page, &error)) {
        render(request, call, &page);
        return;
    }
    if (reason_of(error) == REASON_CURSOR_INVALID) { /* under this dialect's name for it */
        g_clear_error(&error);
        reason_set_field(&error, REASON_CURSOR_INVALID, STR("pageToken"),
                         "pageToken belongs to another query: start without it");
    }
    agendize_refuse(request, error);
}
