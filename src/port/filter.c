#include "port/filter.h"

int64_t filter_bound(const struct query *query, struct str name, const struct zone *zone)
{
    struct time_point point;
    return parameter_time(query, name, zone, &point) ? time_point_ceil_ms(point) : NO_TIME;
}

void filter_bounds(const struct query *query, const struct zone *zone, int64_t *from_ms, int64_t *to_ms)
{
    *from_ms = filter_bound(query, STR("from"), zone);
    *to_ms = filter_bound(query, STR("to"), zone);
}

bool filter_read(const struct query *query, int64_t company, const struct zone *zone, struct store_txn *txn,
                 struct arena *a, struct store_session_filter *filter, GError **error)
{
    *filter = (struct store_session_filter){
        .company = company,
        .operator_id = arena_str(a, query_get(query, STR("operator"))),
        .department_id = arena_str(a, query_get(query, STR("department"))),
        .button_id = arena_str(a, query_get(query, STR("button"))),
        .state = parameter_word(FILTER_STATES, query_get(query, STR("state"))),
        .dialect = parameter_word(DIALECT_WORDS, query_get(query, STR("dialect"))),
        .by = STORE_BY_START,
    };
    filter_bounds(query, zone, &filter->from_ms, &filter->to_ms);
    filter->changed_since_ms = MAX(filter_bound(query, STR("changedSince"), zone), 0);
    struct str visitor_id = query_get(query, STR("visitor"));
    if (!visitor_id.ptr)
        return true;
    struct visitor visitor;
    g_autoptr(GError) unknown = NULL;
    if (history_visitor(txn, company, visitor_id, a, &visitor, &unknown)) {
        filter->visitor = visitor.number;
        return true;
    }
    filter->visitor = -1;
    if (reason_of(unknown) == REASON_VISITOR_UNKNOWN)
        return true;
    g_propagate_error(error, g_steal_pointer(&unknown));
    return false;
}
