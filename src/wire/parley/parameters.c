#include "text/time.h"
#include "wire/parley/internal.h"

enum { PAGE_DEFAULT = 50 };

bool parameters_allow(const struct call *call, const char *const *names, size_t count, GError **error)
{
    return query_refuse_unknown(&call->query, names, count, error) && query_refuse_repeated(&call->query, error);
}

bool parameters_limit(const struct call *call, size_t *limit, GError **error)
{
    struct str value = query_get(&call->query, STR("limit"));
    int64_t number = PAGE_DEFAULT;
    if (value.ptr && (!str_to_int64(value, &number) || number < 1 || number > LIMIT_PAGE)) {
        reason_set_field(error, REASON_PARAMETER_VALUE, STR("limit"), "limit must be a number from 1 to %d",
                         LIMIT_PAGE);
        return false;
    }
    *limit = (size_t)number;
    return true;
}

static bool read_bound(const struct call *call, struct str name, const struct zone *zone, int64_t *ms, GError **error)
{
    struct str value = query_get(&call->query, name);
    struct time_point point;
    *ms = NO_TIME;
    if (!value.ptr)
        return true;
    if (!time_parse_bound(value, name, zone, &point, error))
        return false;
    *ms = time_point_ceil_ms(point);
    return true;
}

bool parameters_bounds(const struct call *call, const struct zone *zone, int64_t *from_ms, int64_t *to_ms,
                       GError **error)
{
    return read_bound(call, STR("from"), zone, from_ms, error) && read_bound(call, STR("to"), zone, to_ms, error);
}

static bool read_state(const struct call *call, int *state, GError **error)
{
    struct str value = query_get(&call->query, STR("state"));
    *state = -1;
    if (!value.ptr)
        return true;
    if (str_equal(value, STR("open")))
        *state = SESSION_OPEN;
    else if (str_equal(value, STR("closed")))
        *state = SESSION_CLOSED;
    else
        reason_set_field(error, REASON_PARAMETER_VALUE, STR("state"), "state must be open or closed");
    return *state >= 0;
}

static bool read_dialect(const struct call *call, int *dialect, GError **error)
{
    struct str value = query_get(&call->query, STR("dialect"));
    enum dialect found;
    *dialect = -1;
    if (!value.ptr)
        return true;
    if (!dialect_from_name(value, &found)) {
        reason_set_field(error, REASON_PARAMETER_VALUE, STR("dialect"),
                         "dialect must be rocketchat, agendize, genesys or parley");
        return false;
    }
    *dialect = (int)found;
    return true;
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
    *filter = (struct store_session_filter){.company = call->caller.company,
                                            .operator_id = arena_str(a, query_get(&call->query, STR("operator"))),
                                            .department_id = arena_str(a, query_get(&call->query, STR("department"))),
                                            .button_id = arena_str(a, query_get(&call->query, STR("button"))),
                                            .by = STORE_BY_START};
    if (!parameters_bounds(call, call->zone, &filter->from_ms, &filter->to_ms, error) ||
        !read_state(call, &filter->state, error) || !read_dialect(call, &filter->dialect, error))
        return false;
    struct str visitor_id = query_get(&call->query, STR("visitor"));
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
