/* GET search. */
#include "text/cursor.h"
#include "wire/parley/internal.h"

struct found {
    struct page page;
    const struct call *call;
    size_t limit;
    struct store_found store;
    struct str next;
};

static void digest_of(const struct store_search *search, struct arena *a, uint8_t digest[CURSOR_DIGEST_SIZE])
{
    struct str parts[] = {
        STR("search"),
        search->query,
        search->operator_id,
        search->department_id,
        search->button_id,
        arena_printf(a, "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %d %d %d %" G_GINT64_FORMAT " %" G_GINT64_FORMAT,
                     search->company, search->visitor, search->state, search->dialect, search->best_first,
                     search->from_ms, search->to_ms),
    };
    cursor_digest(parts, G_N_ELEMENTS(parts), digest);
}

/* The parameters as a search; everything but where it goes on. */
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

/* Where a search goes on: below a key, and best first behind so many. */
static bool read_place(struct str payload, struct store_search *search, GError **error)
{
    struct str below, skip = str_split(payload, ' ', &below);
    int64_t count;
    if (str_to_int64(below, &search->below) && str_to_int64(skip, &count) && count >= 0) {
        search->skip = (size_t)count;
        return true;
    }
    reason_set_field(error, REASON_CURSOR_INVALID, STR("cursor"), "this is no cursor of a search");
    return false;
}

/* Behind the last hit shown; when these were all that could be found in time, below what was looked at. */
static bool next_place(const struct found *found, const struct store_search *search, int64_t *below, size_t *skip)
{
    bool more = found->store.count > found->limit;
    *below = search->below;
    *skip = 0;
    if (more && search->best_first)
        *skip = search->skip + found->limit;
    else if (more)
        *below = found->store.hits[found->limit - 1].key;
    else
        *below = found->store.edge;
    return more || found->store.partial;
}

static bool find_hits(struct found *found, struct store_txn *txn, struct arena *a, GError **error)
{
    const struct call *call = found->call;
    struct store_search search;
    uint8_t digest[CURSOR_DIGEST_SIZE];
    const uint8_t *key = core_cursor_key(call->parley->core);
    struct str payload = STR("0 0"), cursor = query_get(&call->query, STR("cursor"));
    found->store.indexed_from_ms = NO_TIME;
    if (!read_search(call, txn, &search, a, error))
        return false;
    digest_of(&search, a, digest);
    if ((cursor.len && !cursor_read(key, digest, cursor, a, &payload, error)) || !read_place(payload, &search, error))
        return false;
    if (search.visitor < 0) /* nobody by that name */
        return true;
    search.limit = found->limit + 1; /* one more than asked tells whether there is more */
    search.time_ms = core_search_time_ms(call->parley->core);
    if (!history_search(txn, &search, a, &found->store, error))
        return false;
    int64_t below;
    size_t skip;
    if (next_place(found, &search, &below, &skip))
        found->next = cursor_write(key, digest, arena_printf(a, "%" G_GINT64_FORMAT " %zu", below, skip), a);
    return true;
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
    struct found *found = (struct found *)page;
    if (!find_hits(found, txn, scratch, error))
        return false;
    json_object_begin(w);
    json_member_array_begin(w, "hits");
    for (size_t i = 0; i < MIN(found->store.count, found->limit); i++)
        add_hit(w, &found->store.hits[i], scratch);
    json_array_end(w);
    json_member_string_or_null(w, "next", found->next);
    json_member_bool(w, "complete", !found->next.ptr);
    if (found->store.partial)
        json_member_bool(w, "partial", true);
    if (found->store.indexed_from_ms != NO_TIME)
        json_member_time(w, "indexedFrom", found->store.indexed_from_ms);
    json_object_end(w);
    page->last = true;
    return true;
}

void parley_search(struct http_request *request, const struct call *call)
{
    struct found *found = (struct found *)page_new(call->parley->core, sizeof *found);
    found->page.part = hits_part;
    found->page.row_max = LIMIT_PAGE * 64 * LIMIT_NAME;
    found->page.is_long = true;
    found->call = call;
    found->limit = parameters_limit(call);
    parley_reply_page(request, &found->page);
}
