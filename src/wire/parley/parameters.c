#include "wire/parley/internal.h"

enum { PAGE_DEFAULT = 50 };

size_t parameters_limit(const struct call *call)
{
    return (size_t)parameter_number(&call->query, STR("limit"), PAGE_DEFAULT);
}

static int64_t bound(const struct call *call, struct str name, const struct zone *zone)
{
    struct time_point point;
    return parameter_time(&call->query, name, zone, &point) ? time_point_ceil_ms(point) : NO_TIME;
}

void parameters_bounds(const struct call *call, const struct zone *zone, int64_t *from_ms, int64_t *to_ms)
{
    *from_ms = bound(call, STR("from"), zone);
    *to_ms = bound(call, STR("to"), zone);
}

bool parameters_filter_is_slow(const struct call *call)
{
    static const char *const names[] = {"visitor", "operator", "department", "button", "state", "dialect"};
    size_t count = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        count += query_get(&call->query, str_from_c(names[i])).ptr != NULL;
    return count > 1;
}

bool parameters_filter(const struct call *call, struct store_txn *txn, struct arena *a,
                       struct store_session_filter *filter, GError **error)
{
    const struct query *query = &call->query;
    *filter = (struct store_session_filter){
        .company = call->caller.company,
        .operator_id = arena_str(a, query_get(query, STR("operator"))),
        .department_id = arena_str(a, query_get(query, STR("department"))),
        .button_id = arena_str(a, query_get(query, STR("button"))),
        .state = parameter_word(PARLEY_STATES, query_get(query, STR("state"))),
        .dialect = parameter_word(DIALECT_WORDS, query_get(query, STR("dialect"))),
        .by = STORE_BY_START,
    };
    parameters_bounds(call, call->zone, &filter->from_ms, &filter->to_ms);
    struct str visitor_id = query_get(query, STR("visitor"));
    if (!visitor_id.ptr)
        return true;
    struct visitor visitor;
    g_autoptr(GError) unknown = NULL;
    if (history_visitor(txn, call->caller.company, visitor_id, a, &visitor, &unknown)) {
        filter->visitor = visitor.number;
        return true;
    }
    filter->visitor = -1;
    if (reason_of(unknown) == REASON_VISITOR_UNKNOWN)
        return true;
    g_propagate_error(error, g_steal_pointer(&unknown));
    return false;
}
