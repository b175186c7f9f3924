/* RFC 3339: what reads as a time reads the same when written again, and as a bound. */
#include "text/time.h"
#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_from((const char *)data, size);
    struct time_point time, bound, again;
    if (time_parse(text, STR_NULL, &time, NULL)) {
        g_assert_true(time.ms >= 0 && time.ms <= LIMIT_TIME_MS);
        g_assert_true(time_parse_bound(text, STR("from"), zone_utc(), &bound, NULL));
        g_assert_true(bound.ms == time.ms && bound.finer == time.finer);
        char written[TIME_UTC_SIZE];
        time_format_utc(time.ms, written);
        g_assert_true(time_parse(str_from(written, sizeof written), STR_NULL, &again, NULL));
        g_assert_cmpint(again.ms, ==, time.ms);
    }
    const struct zone *zone = zone_get(STR("America/New_York"), NULL);
    g_assert_nonnull(zone);
    if (time_parse_bound(text, STR("from"), zone, &bound, NULL))
        g_assert_true(bound.ms >= -1 && bound.ms <= LIMIT_TIME_MS + 1);
    return 0;
}
