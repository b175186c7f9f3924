/* GET queue: the sessions that wait, longest first, and how long they have. */
#include "base/clock.h"
#include "wire/parley/internal.h"

enum { ROW_MAX = LIMIT_PAGE * (6 * LIMIT_TEXT + 32 * LIMIT_NAME) };

static bool find_waiting(const struct call *call, struct store_txn *txn, struct arena *a, struct list_page *list,
                         GError **error)
{
    const struct list_query query = {
        .filter = {.company = call->caller.company,
                   .department_id = query_get(&call->query, STR("department")),
                   .state = -1,
                   .dialect = -1,
                   .by = STORE_BY_QUEUED,
                   .from_ms = NO_TIME,
                   .to_ms = NO_TIME},
        .order = LIST_OLDEST_FIRST,
        .cursor = query_get(&call->query, STR("cursor")),
        .limit = parameters_limit(call),
    };
    return list_sessions(call->parley->core, txn, &query, &call->caller, a, list, error);
}

/* At most LIMIT_PAGE sessions: one part. */
static bool waiting_part(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch,
                         GError **error)
{
    struct list_page list;
    int64_t now_ms = clock_now_ms();
    if (!find_waiting(((struct single *)page)->call, txn, scratch, &list, error))
        return false;
    json_object_begin(w);
    json_member_array_begin(w, "sessions");
    for (size_t i = 0; i < list.count; i++) {
        document_session(w, &list.items[i], true);
        json_member_decimal3(w, "waiting", MAX(now_ms - list.items[i].session.queued_ms, 0));
        json_object_end(w);
    }
    json_array_end(w);
    list_ends(w, &list);
    json_object_end(w);
    page->last = true;
    return true;
}

void parley_queue(struct http_request *request, const struct call *call)
{
    bool is_filtered = !access_sees_all(&call->caller) || query_get(&call->query, STR("department")).ptr;
    single_reply(request, call, ROW_MAX, is_filtered, waiting_part);
}
