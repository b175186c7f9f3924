#include "wire/agendize/bounds.h"

#include "model/session.h"
#include "text/zone.h"

/* 2024-03-10: New York's clocks go from 02:00 to 03:00 (07:00 UTC); 2024-11-03: from 02:00 back to 01:00 (06:00 UTC).
 */
enum { SECOND = 1000, HOUR = 3600 * SECOND };
static const int64_t march_ms = INT64_C(1710028800000);    /* 2024-03-10T00:00:00Z */
static const int64_t november_ms = INT64_C(1730592000000); /* 2024-11-03T00:00:00Z */

static void check(const char *text, bool literal, int64_t from_ms, int64_t to_ms)
{
    struct arena a;
    struct query query;
    arena_init(&a);
    g_assert_true(query_parse(str_from_c(text), &a, &query, NULL));
    struct bounds bounds = bounds_read(&query, zone_get(STR("America/New_York"), NULL), literal);
    g_assert_cmpint(bounds.from_ms, ==, from_ms);
    g_assert_cmpint(bounds.to_ms, ==, to_ms);
    arena_clear(&a);
}

static void test_exclusive_on_both_sides(void)
{
    check("startDate=2024-03-10T00:00:00Z&endDate=2024-03-10T00:00:01Z", false, march_ms + 1, march_ms + SECOND);
    /* Digits behind the milliseconds count: above x.0005 begins at the next millisecond, below it still holds x. */
    check("startDate=2024-03-10T00:00:00.0005Z", false, march_ms + 1, NO_TIME);
    check("endDate=2024-03-10T00:00:00.0005Z", false, NO_TIME, march_ms + 1);
    /* Equal bounds match nothing. */
    check("startDate=2024-03-10T00:00:00Z&endDate=2024-03-10T00:00:00Z", false, march_ms + 1, march_ms);
}

static void test_reversed_and_literal(void)
{
    check("endDate=2024-03-10T00:00:00Z&startDate=2024-03-10T00:00:01Z", false, march_ms + 1, march_ms + SECOND);
    check("startDate=2024-03-10T00:00:00Z", true, NO_TIME, march_ms);
    check("endDate=2024-03-10T00:00:00Z", true, march_ms + 1, NO_TIME);
    check("startDate=2024-03-10T00:00:00Z&endDate=2024-03-10T00:00:01Z", true, march_ms + 1, march_ms + SECOND);
}

static void test_local_times(void)
{
    check("startDate=2024-03-10", false, march_ms + 5 * HOUR + 1, NO_TIME); /* midnight, still UTC-5 */
    check("startDate=2024-03-10T02:30:00", false, march_ms + 7 * HOUR + HOUR / 2 + 1, NO_TIME);    /* the gap: 03:30 */
    check("startDate=2024-11-03T01:30:00", false, november_ms + 5 * HOUR + HOUR / 2 + 1, NO_TIME); /* the first 01:30 */
    check("startDate=&endDate=", false, NO_TIME, NO_TIME);
    check("startDate=2024-03-10T01:00:00+01:00", false, march_ms + 1, NO_TIME); /* the plus was not escaped */
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/agendize/bounds/exclusive", test_exclusive_on_both_sides);
    g_test_add_func("/agendize/bounds/reversed", test_reversed_and_literal);
    g_test_add_func("/agendize/bounds/local", test_local_times);
    return g_test_run();
}
