/* The light list of sessions, our addition: newest first message first, paged by opaque tokens. */
#include "core/list.h"
#include "wire/agendize/bounds.h"
#include "wire/agendize/internal.h"
#include "wire/agendize/resource.h"

static void add_item(struct json *w, const struct history_item *item, const struct call *call)
{
    static const struct head no_head; /* the list is light: what only the head knows is on the resource */
    json_object_begin(w);
    resource_session(w, &item->session, &item->visitor, &no_head, resource_zone(&item->session, call->zone));
    json_object_end(w);
}

struct list {
    struct page page;
    const struct call *call;
    struct list_query query;
};

/* A page is at most LIST_MAX light items: one part. */
static bool list_part(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch, GError **error)
{
    struct list *list = (struct list *)page;
    struct list_page found;
    g_autoptr(GError) refused = NULL;
    if (!list_sessions(list->call->agendize->core, txn, &list->query, NULL, scratch, &found, &refused)) {
        if (reason_of(refused) == REASON_CURSOR_INVALID) /* under this dialect's name for it */
            reason_set_field(error, REASON_CURSOR_INVALID, STR("pageToken"),
                             "pageToken belongs to another query: start without it");
        else
            g_propagate_error(error, g_steal_pointer(&refused));
        return false;
    }
    json_object_begin(w);
    json_member_array_begin(w, "items");
    for (size_t i = 0; i < found.count; i++)
        if (!found.items[i].session.erased)
            add_item(w, &found.items[i], list->call);
    json_array_end(w);
    json_member_string_or_null(w, "nextPageToken", found.next);
    json_member_string_or_null(w, "prevPageToken", found.previous);
    json_member_bool(w, "complete", !found.next.ptr);
    json_object_end(w);
    page->last = true;
    return true;
}

void agendize_list(struct http_request *request, const struct call *call)
{
    struct bounds bounds = bounds_read(&call->query, call->zone, call->agendize->settings.literal_bounds);
    struct list *list = (struct list *)page_new(call->agendize->core, sizeof *list);
    list->page.part = list_part;
    list->page.row_max = LIST_MAX * (16 * 6 * LIMIT_NAME);
    list->call = call;
    list->query.cursor = query_get(&call->query, STR("pageToken"));
    list->query.limit = (size_t)parameter_number(&call->query, STR("maxResults"), LIST_DEFAULT);
    list->query.filter = (struct store_session_filter){.company = call->company,
                                                       .state = -1,
                                                       .dialect = -1,
                                                       .by = STORE_BY_FIRST_MESSAGE,
                                                       .from_ms = bounds.from_ms,
                                                       .to_ms = bounds.to_ms};
    agendize_reply_page(request, &list->page);
}
