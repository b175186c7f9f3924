/* GET search. */
#include "core/search.h"
#include "wire/parley/internal.h"

enum { ROW_MAX = LIMIT_PAGE * 64 * LIMIT_NAME };

/* The parameters as a search. */
static bool read_search(const struct call *call, struct store_txn *txn, struct store_search *search, struct arena *a,
                        GError **error)
{
    struct store_session_filter filter;
    if (!parameters_filter(call, txn, a, &filter, error))
        return false;
    *search = (struct store_search){.company = filter.company,
                                    .query = query_get(&call->query, STR("q")),
                                    .visitor = filter.visitor,
                                    .operator_id = filter.operator_id,
                                    .department_id = filter.department_id,
                                    .button_id = filter.button_id,
                                    .best_first = str_equal(query_get(&call->query, STR("order")), STR("best")),
                                    .state = filter.state,
                                    .internal = call->caller.rights & RIGHT_NOTES,
                                    .dialect = filter.dialect,
                                    .from_ms = filter.from_ms,
                                    .to_ms = filter.to_ms};
    return true;
}

static bool find_hits(const struct call *call, struct store_txn *txn, struct arena *a, struct search_page *found,
                      GError **error)
{
    struct search_query query = {.cursor = query_get(&call->query, STR("cursor")), .limit = parameters_limit(call)};
    *found = (struct search_page){.indexed_from_ms = NO_TIME};
    if (!read_search(call, txn, &query.search, a, error))
        return false;
    return query.search.visitor < 0 || /* nobody by that name */
           search_messages(call->parley->core, txn, &query, &call->caller, a, found, error);
}

static void add_hit(struct json *w, const struct store_hit *hit, struct arena *a)
{
    json_object_begin(w);
    json_member_string(w, "session", hit->session_id);
    json_member_int(w, "index", hit->event.index);
    json_member_string(w, "id", event_shown_id(&hit->event, hit->session_id, a));
    json_member_time(w, "time", hit->event.time_ms);
    json_member_string(w, "snippet", hit->snippet);
    json_member_bool(w, "fromStart", hit->snippet_from_start);
    json_member_bool(w, "toEnd", hit->snippet_to_end);
    json_member_array_begin(w, "highlights");
    for (size_t i = 0; i < hit->highlight_count; i++) {
        json_object_begin(w);
        json_member_int(w, "start", hit->highlights[i].start);
        json_member_int(w, "length", hit->highlights[i].length);
        json_object_end(w);
    }
    json_array_end(w);
    json_object_end(w);
}

/* At most LIMIT_PAGE hits: one part. */
static bool hits_part(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch, GError **error)
{
    struct search_page found;
    if (!find_hits(((struct single *)page)->call, txn, scratch, &found, error))
        return false;
    json_object_begin(w);
    json_member_array_begin(w, "hits");
    for (size_t i = 0; i < found.count; i++)
        add_hit(w, &found.hits[i], scratch);
    json_array_end(w);
    json_member_string_or_null(w, "next", found.next);
    json_member_bool(w, "complete", !found.next.ptr);
    if (found.partial)
        json_member_bool(w, "partial", true);
    if (found.indexed_from_ms != NO_TIME)
        json_member_time(w, "indexedFrom", found.indexed_from_ms);
    json_object_end(w);
    page->last = true;
    return true;
}

void parley_search(struct http_request *request, const struct call *call)
{
    single_reply(request, call, ROW_MAX, true, hits_part);
}
