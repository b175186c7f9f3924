/* Parley's query parameters, of each route: limits and bounds are in range, or an error names the parameter. */
#include "port/filter.h"
#include "wire/parley/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct call *call, const struct parley_route *route)
{
    g_autoptr(GError) error = NULL;
    int64_t from_ms, to_ms;
    if (!parameters_check(&call->query, route->parameters, route->parameter_count, &error)) {
        g_assert_true(reason_field(error).len > 0 || reason_of(error) == REASON_PARAMETER_UNKNOWN);
        return;
    }
    size_t limit = parameters_limit(call);
    g_assert_true(limit >= 1 && limit <= LIMIT_PAGE);
    filter_bounds(&call->query, call->zone, &from_ms, &to_ms);
    g_assert_true(from_ms == NO_TIME || (from_ms >= -1 && from_ms <= LIMIT_TIME_MS + 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    arena_init(&a);
    struct call call = {.zone = zone_utc()};
    if (query_parse(str_from((const char *)data, size), &a, &call.query, NULL)) {
        for (size_t i = 0; i < PARLEY_ROUTES; i++)
            check(&call, &parley_routes[i]);
    }
    arena_clear(&a);
    return 0;
}
