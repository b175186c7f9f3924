/* Queries with startDate and endDate: lower below upper however they were given. */
#include "model/session.h"
#include "wire/agendize/bounds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct query query;
    arena_init(&a);
    const struct zone *zone = zone_get(STR("America/New_York"), NULL);
    if (query_parse(str_from((const char *)data, size), &a, &query, NULL)) {
        struct bounds bounds = bounds_read(&query, zone, size % 2);
        if (bounds.from_ms != NO_TIME && bounds.to_ms != NO_TIME)
            g_assert_cmpint(bounds.from_ms, <=, bounds.to_ms + 1);
    }
    arena_clear(&a);
    return 0;
}
