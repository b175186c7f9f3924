/* Parley's query parameters: limits and bounds are in range, or an error names the parameter. */
#include "wire/parley/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    arena_init(&a);
    struct call call = {.zone = zone_utc()};
    if (query_parse(str_from((const char *)data, size), &a, &call.query, NULL)) {
        size_t limit;
        int64_t from_ms, to_ms;
        g_autoptr(GError) error = NULL;
        if (parameters_limit(&call, &limit, &error) && parameters_bounds(&call, call.zone, &from_ms, &to_ms, &error)) {
            g_assert_true(limit >= 1 && limit <= LIMIT_PAGE);
            g_assert_true(from_ms == NO_TIME || (from_ms >= -1 && from_ms <= LIMIT_TIME_MS + 1));
        } else {
            g_assert_true(reason_field(error).len > 0);
        }
    }
    arena_clear(&a);
    return 0;
}
