/* Every summary is a full scan: 10,000 random bounds in five zones, many of them at the edges of roll-ups, of first
 * messages and of changes of the clocks; and the buckets of a chart sum to the whole. The seed is g_test's (--seed). */
#include "core/fixture.h"
#include "core/history.h"
#include "text/zone.h"

enum { SESSIONS = 3000, BOUNDS = 2000, CHARTS = 60, QUARTER_MS = 15 * 60 * 1000, DAY_MS = 24 * 60 * 60 * 1000 };

static const char *const zones[] = {"America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca",
                                    "Asia/Kolkata"};

static const int64_t least_ms = 1698796800000; /* 2023-11-01 */
static const int64_t days = 1096;

struct scanned {
    int64_t first_ms, last_ms, messages;
};

static struct {
    struct fixture f;
    struct scanned sessions[SESSIONS];
    int64_t changes[1000]; /* where some zone's offset changes */
    size_t change_count;
} world;

static int64_t random_below(int64_t n)
{
    return (int64_t)(g_test_rand_double() * (double)n);
}

static void find_changes(void)
{
    const int64_t hour = 60 * 60 * 1000;
    for (size_t i = 0; i < G_N_ELEMENTS(zones); i++) {
        const struct zone *zone = zone_get(str_from_c(zones[i]), NULL);
        g_assert_nonnull(zone);
        int64_t offset = zone_to_local_ms(zone, least_ms) - least_ms;
        for (int64_t at = least_ms; at < least_ms + days * DAY_MS; at += hour)
            if (zone_to_local_ms(zone, at) - at != offset) {
                g_assert_cmpuint(world.change_count, <, G_N_ELEMENTS(world.changes));
                world.changes[world.change_count++] = at;
                offset = zone_to_local_ms(zone, at) - at;
            }
    }
    g_assert_cmpuint(world.change_count, >, 20);
}

/* Anywhere, at a change of clocks, or at the edge of a quarter or a day, give or take a millisecond. */
static int64_t random_instant(void)
{
    int64_t any = least_ms + random_below(days * DAY_MS);
    switch (g_test_rand_int_range(0, 5)) {
    case 0:
        return world.changes[random_below((int64_t)world.change_count)] + random_below(2 * DAY_MS) - DAY_MS;
    case 1:
        return any - any % QUARTER_MS + random_below(3) - 1;
    case 2:
        return any - any % DAY_MS + random_below(3) - 1;
    default:
        return any;
    }
}

static void import_session(int number)
{
    struct scanned *s = &world.sessions[number];
    s->first_ms = random_instant();
    s->messages = g_test_rand_int_range(0, 5);
    s->last_ms = s->first_ms;
    GString *line = g_string_new(NULL);
    /* What is no message counts for nothing, be it earlier or later. */
    g_string_printf(line,
                    "{'id':'s%d','visitor':{'id':'v%d'},'participants':[{'id':1,'type':'Client'}],"
                    "'events':[{'type':'joined','at':%" G_GINT64_FORMAT ",'by':1}",
                    number, number % 100, s->first_ms - random_below(DAY_MS));
    for (int64_t i = 0; i < s->messages; i++) {
        s->last_ms += i ? random_below(QUARTER_MS) : 0;
        g_string_append_printf(line, ",{'type':'message','at':%" G_GINT64_FORMAT ",'by':1,'text':'x'}", s->last_ms);
    }
    g_string_append_printf(line, ",{'type':'closed','at':%" G_GINT64_FORMAT "}]}", s->last_ms + random_below(DAY_MS));
    fixture_import(&world.f, line->str, NULL);
    g_string_free(line, TRUE);
}

static struct summary scan(int64_t from_ms, int64_t to_ms)
{
    struct summary sum = {0};
    for (size_t i = 0; i < SESSIONS; i++) {
        const struct scanned *s = &world.sessions[i];
        if (s->messages > 0 && (from_ms == NO_TIME || s->first_ms >= from_ms) &&
            (to_ms == NO_TIME || s->first_ms < to_ms)) {
            sum.sessions++;
            sum.duration_ms += s->last_ms - s->first_ms;
            sum.messages += s->messages;
        }
    }
    return sum;
}

static void assert_equal(struct summary a, struct summary b)
{
    g_assert_cmpint(a.sessions, ==, b.sessions);
    g_assert_cmpint(a.duration_ms, ==, b.duration_ms);
    g_assert_cmpint(a.messages, ==, b.messages);
}

/* A bound as people give it: an instant, the zone's wall clock, or the begin of one of its days. */
static int64_t random_bound(const struct zone *zone)
{
    int64_t instant = g_test_rand_int_range(0, 4)
                          ? random_instant()
                          : world.sessions[random_below(SESSIONS)].first_ms + random_below(3) - 1;
    int64_t local = zone_to_local_ms(zone, instant);
    switch (g_test_rand_int_range(0, 3)) {
    case 0:
        return zone_to_utc_ms(zone, local);
    case 1:
        return zone_to_utc_ms(zone, local - local % DAY_MS);
    default:
        return instant;
    }
}

static void test_bounds(void)
{
    struct store_txn *txn = fixture_read(&world.f);
    for (size_t i = 0; i < G_N_ELEMENTS(zones) * BOUNDS; i++) {
        const struct zone *zone = zone_get(str_from_c(zones[i % G_N_ELEMENTS(zones)]), NULL);
        int64_t from_ms = g_test_rand_int_range(0, 50) ? random_bound(zone) : NO_TIME;
        int64_t to_ms = g_test_rand_int_range(0, 50) ? random_bound(zone) : NO_TIME;
        struct summary sum;
        GError *error = NULL;
        history_summary(txn, world.f.company, from_ms, to_ms, &sum, &error);
        g_assert_no_error(error);
        assert_equal(sum, scan(from_ms, to_ms));
    }
}

static void test_charts(void)
{
    struct store_txn *txn = fixture_read(&world.f);
    for (int i = 0; i < CHARTS; i++) {
        struct str name = str_from_c(zones[i % (int)G_N_ELEMENTS(zones)]);
        const struct zone *zone = zone_get(name, NULL);
        enum history_unit unit = (enum history_unit)g_test_rand_int_range(HISTORY_HOUR, HISTORY_MONTH + 1);
        int64_t from_ms = random_bound(zone);
        int64_t to_ms = unit == HISTORY_HOUR ? from_ms + random_below(200 * (int64_t)DAY_MS) : random_bound(zone);
        struct history_bucket *buckets;
        struct summary whole = {0};
        struct arena a;
        size_t count;
        GError *error = NULL;
        arena_init(&a);
        history_summary_by(txn, world.f.company, from_ms, to_ms, unit, name, &a, &buckets, &count, &error);
        g_assert_no_error(error);
        int64_t end_ms = from_ms;
        for (size_t n = 0; n < count; n++) {
            g_assert_cmpint(buckets[n].start_ms, ==, end_ms);
            end_ms = buckets[n].end_ms;
            assert_equal(buckets[n].sum, scan(buckets[n].start_ms, end_ms));
            whole.sessions += buckets[n].sum.sessions;
            whole.duration_ms += buckets[n].sum.duration_ms;
            whole.messages += buckets[n].sum.messages;
        }
        g_assert_cmpint(end_ms, ==, MAX(from_ms, to_ms));
        assert_equal(whole, scan(from_ms, to_ms));
        arena_clear(&a);
    }
}

int main(int argc, char **argv)
{
    id_library_init();
    g_test_init(&argc, &argv, NULL);
    find_changes();
    fixture_open(&world.f, 0);
    for (int i = 0; i < SESSIONS; i++)
        import_session(i);
    g_test_add_func("/summary/bounds", test_bounds);
    g_test_add_func("/summary/charts", test_charts);
    int code = g_test_run();
    fixture_close(&world.f);
    return code;
}
