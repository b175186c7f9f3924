#include "text/zone.h"

#include "base/limits.h"
#include "base/reason.h"
#include "text/civil.h"
#include "text/time.h"

static const struct zone *get(const char *id)
{
    GError *error = NULL;
    const struct zone *zone = zone_get(str_from_c(id), &error);
    g_assert_no_error(error);
    return zone;
}

static int64_t utc_ms(const char *text)
{
    struct time_point point;
    GError *error = NULL;
    time_parse_bound(str_from_c(text), STR("t"), zone_utc(), &point, &error);
    g_assert_no_error(error);
    return point.ms;
}

static void expect_time(int64_t ms, const char *text)
{
    char got[TIME_LOCAL_SIZE + 1] = {0};
    time_format_local(ms, zone_utc(), got);
    g_assert_cmpstr(got, ==, text);
}

static void test_ids(void)
{
    static const char *const known[] = {"America/New_York",
                                        "US/Eastern",
                                        "Asia/Calcutta",
                                        "GMT",
                                        "Etc/GMT+5",
                                        "UTC",
                                        "Etc/UTC",
                                        "EST5EDT",
                                        "America/Argentina/ComodRivadavia",
                                        "Zulu",
                                        "America/Port-au-Prince",
                                        "GMT0",
                                        "NZ-CHAT"};
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        const struct zone *zone = get(known[i]);
        g_assert_true(str_equal(zone_id(zone), str_from_c(known[i])));
        g_assert_true(zone == get(known[i]));
    }
    static const char *const unknown[] = {
        "",
        "../x",
        "/etc/localtime",
        "/usr/share/zoneinfo/UTC",
        "America/../UTC",
        "America",
        "America/",
        "America//New_York",
        "EST5EDT,M3.2.0,M11.1.0",
        "+01:00",
        "-05",
        "Z",
        "CET-1CEST",
        "EDT",
        "us/eastern",
        "america/new_york",
        "Mars/Olympus",
        "localtime",
        "posixrules",
        "posix/UTC",
        "right/UTC",
        "zone.tab",
        "leapseconds",
        "tzdata.zi",
        "UTC ",
        " UTC",
        ":UTC",
        "America/New_York\n",
        "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < G_N_ELEMENTS(unknown); i++) {
        g_autoptr(GError) error = NULL;
        if (zone_get(str_from_c(unknown[i]), &error))
            g_error("\"%s\" was taken for a zone", unknown[i]);
        g_assert_cmpint(reason_of(error), ==, REASON_ZONE_UNKNOWN);
    }
    g_autoptr(GError) error = NULL;
    g_assert_null(zone_get(STR("UTC\0x"), &error));
    g_clear_error(&error);
    g_assert_null(zone_get(STR_NULL, &error));
}

static void test_local(void)
{
    static const struct {
        const char *zone, *utc, *local;
    } cases[] = {
        {"America/New_York", "2021-07-22T17:17:04Z", "2021-07-22T13:17:04"},
        {"US/Eastern", "2021-12-22T17:17:04Z", "2021-12-22T12:17:04"},
        {"America/New_York", "2021-03-14T06:59:59Z", "2021-03-14T01:59:59"},
        {"America/New_York", "2021-03-14T07:00:00Z", "2021-03-14T03:00:00"},
        {"America/New_York", "2021-11-07T05:59:59Z", "2021-11-07T01:59:59"},
        {"America/New_York", "2021-11-07T06:00:00Z", "2021-11-07T01:00:00"},
        {"America/New_York", "2095-07-01T12:00:00Z", "2095-07-01T08:00:00"}, /* by the rule behind tzdata's table */
        {"Europe/Berlin", "2024-03-31T01:00:00Z", "2024-03-31T03:00:00"},
        {"Europe/Berlin", "2024-10-27T01:00:00Z", "2024-10-27T02:00:00"},
        {"Australia/Lord_Howe", "2024-04-06T14:59:59Z", "2024-04-07T01:59:59"},
        {"Australia/Lord_Howe", "2024-04-06T15:00:00Z", "2024-04-07T01:30:00"},
        {"Australia/Lord_Howe", "2024-10-05T15:30:00Z", "2024-10-06T02:30:00"},
        {"Africa/Casablanca", "2024-03-10T02:00:00Z", "2024-03-10T02:00:00"}, /* Ramadan: back to UTC */
        {"Africa/Casablanca", "2024-04-14T02:00:00Z", "2024-04-14T03:00:00"},
        {"Asia/Kolkata", "2024-01-01T00:00:00Z", "2024-01-01T05:30:00"},
        {"Asia/Calcutta", "1970-01-01T00:00:00Z", "1970-01-01T05:30:00"},
        {"Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31T00:00:00"},
        {"Etc/GMT+5", "2024-01-01T00:00:00Z", "2023-12-31T19:00:00"},
        {"Africa/Monrovia", "1970-01-01T00:00:00Z", "1969-12-31T23:15:30"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        expect_time(zone_to_local_ms(get(cases[i].zone), utc_ms(cases[i].utc)), cases[i].local);
}

static void test_utc(void)
{
    static const struct {
        const char *zone, *local, *utc;
    } cases[] = {
        {"America/New_York", "2021-03-14T02:30:00", "2021-03-14T07:30:00"}, /* gap: 03:30 */
        {"America/New_York", "2021-03-14T02:00:00", "2021-03-14T07:00:00"},
        {"America/New_York", "2021-03-14T01:59:59", "2021-03-14T06:59:59"},
        {"America/New_York", "2021-03-14T03:00:00", "2021-03-14T07:00:00"},
        {"America/New_York", "2021-11-07T01:30:00", "2021-11-07T05:30:00"}, /* twice: the first */
        {"America/New_York", "2021-11-07T01:00:00", "2021-11-07T05:00:00"},
        {"America/New_York", "2021-11-07T02:00:00", "2021-11-07T07:00:00"},
        {"Europe/Berlin", "2024-03-31T02:30:00", "2024-03-31T01:30:00"},
        {"Europe/Berlin", "2024-10-27T02:30:00", "2024-10-27T00:30:00"},
        {"Australia/Lord_Howe", "2024-10-06T02:15:00", "2024-10-05T15:45:00"}, /* half an hour: 02:45 */
        {"Australia/Lord_Howe", "2024-04-07T01:45:00", "2024-04-06T14:45:00"},
        {"Africa/Casablanca", "2024-03-10T02:30:00", "2024-03-10T01:30:00"},
        {"Africa/Casablanca", "2024-04-14T02:30:00", "2024-04-14T02:30:00"},
        {"Asia/Kolkata", "2024-01-01T05:30:00", "2024-01-01T00:00:00"},
        {"Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T22:00:00"}, /* a whole day skipped: the 31st, 12:00 */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        expect_time(zone_to_utc_ms(get(cases[i].zone), utc_ms(cases[i].local)), cases[i].utc);
}

static void test_spans(void)
{
    static const struct {
        const char *zone;
        enum zone_span by;
        const char *at, *start, *next;
    } cases[] = {
        {"America/New_York", ZONE_DAY, "2021-03-14T20:00:00Z", "2021-03-14T05:00:00", "2021-03-15T04:00:00"}, /* 23 h */
        {"America/New_York", ZONE_DAY, "2021-11-07T20:00:00Z", "2021-11-07T04:00:00", "2021-11-08T05:00:00"}, /* 25 h */
        {"America/New_York", ZONE_HOUR, "2021-11-07T05:30:00Z", "2021-11-07T05:00:00", "2021-11-07T06:00:00"},
        {"America/New_York", ZONE_HOUR, "2021-11-07T06:30:00Z", "2021-11-07T06:00:00", "2021-11-07T07:00:00"},
        {"America/New_York", ZONE_MONTH, "2021-03-14T20:00:00Z", "2021-03-01T05:00:00", "2021-04-01T04:00:00"},
        {"America/New_York", ZONE_MONTH, "2021-12-31T20:00:00Z", "2021-12-01T05:00:00", "2022-01-01T05:00:00"},
        {"America/New_York", ZONE_WEEK, "2021-03-14T20:00:00Z", "2021-03-08T05:00:00", "2021-03-15T04:00:00"},
        {"Europe/Berlin", ZONE_WEEK, "2024-03-31T22:00:00Z", "2024-03-31T22:00:00", "2024-04-07T22:00:00"},
        {"Europe/Berlin", ZONE_WEEK, "2024-03-31T21:59:59Z", "2024-03-24T23:00:00", "2024-03-31T22:00:00"},
        {"UTC", ZONE_WEEK, "1970-01-06T00:00:00Z", "1970-01-05T00:00:00", "1970-01-12T00:00:00"},
        {"UTC", ZONE_HOUR, "2024-02-29T23:59:59Z", "2024-02-29T23:00:00", "2024-03-01T00:00:00"},
        {"Asia/Kolkata", ZONE_HOUR, "2024-01-01T00:10:00Z", "2023-12-31T23:30:00", "2024-01-01T00:30:00"},
        {"Asia/Kolkata", ZONE_DAY, "2024-01-01T00:10:00Z", "2023-12-31T18:30:00", "2024-01-01T18:30:00"},
        {"Australia/Lord_Howe", ZONE_HOUR, "2024-04-06T15:10:00Z", "2024-04-06T15:00:00", "2024-04-06T15:30:00"},
        {"Australia/Lord_Howe", ZONE_DAY, "2024-04-06T15:10:00Z", "2024-04-06T13:00:00", "2024-04-07T13:30:00"},
        /* Midnight skipped: the day begins at 01:00. */
        {"America/Sao_Paulo", ZONE_DAY, "2018-11-04T12:00:00Z", "2018-11-04T03:00:00", "2018-11-05T02:00:00"},
        /* Midnight twice: the day begins at the first. */
        {"America/Havana", ZONE_DAY, "2023-11-05T04:30:00Z", "2023-11-05T04:00:00", "2023-11-06T05:00:00"},
        /* Back from 00:01 to 23:01 of the day before: the new day has begun all the same. */
        {"America/St_Johns", ZONE_DAY, "2010-11-07T03:00:00Z", "2010-11-07T02:30:00", "2010-11-08T03:30:00"},
        /* A day that was skipped is in no span. */
        {"Pacific/Apia", ZONE_DAY, "2011-12-30T09:00:00Z", "2011-12-29T10:00:00", "2011-12-30T10:00:00"},
        {"Pacific/Apia", ZONE_DAY, "2011-12-30T10:00:00Z", "2011-12-30T10:00:00", "2011-12-31T10:00:00"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        int64_t start, next;
        zone_span(get(cases[i].zone), cases[i].by, utc_ms(cases[i].at), &start, &next);
        expect_time(start, cases[i].start);
        expect_time(next, cases[i].next);
    }
}

/* All offsets against GLib, all spans without hole or overlap, in zones of every kind at random times. */
static void test_laws(void)
{
    static const char *const ids[] = {"America/New_York",  "Europe/Berlin", "Australia/Lord_Howe",
                                      "Africa/Casablanca", "Asia/Kolkata",  "America/St_Johns",
                                      "America/Havana",    "Pacific/Apia",  "America/Sao_Paulo",
                                      "Europe/Dublin",     "Asia/Gaza",     "Antarctica/Troll"};
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        const struct zone *zone = get(ids[i]);
        g_autoptr(GTimeZone) source = g_time_zone_new_identifier(ids[i]);
        for (int round = 0; round < 3000; round++) {
            int64_t ms = (int64_t)(g_test_rand_double() * (double)LIMIT_TIME_MS);
            int interval = g_time_zone_find_interval(source, G_TIME_TYPE_UNIVERSAL, ms / 1000);
            int64_t local = zone_to_local_ms(zone, ms);
            g_assert_cmpint(local - ms, ==, INT64_C(1000) * g_time_zone_get_offset(source, interval));
            int64_t back = zone_to_utc_ms(zone, local);
            g_assert_cmpint(back, <=, ms);
            g_assert_cmpint(zone_to_local_ms(zone, back), ==, local);
            for (enum zone_span by = ZONE_HOUR; by <= ZONE_MONTH; by++) {
                int64_t start, next, same_start, same_next, after;
                zone_span(zone, by, ms, &start, &next);
                g_assert_true(start <= ms && ms < next);
                zone_span(zone, by, next - 1, &same_start, &same_next);
                g_assert_true(same_start == start && same_next == next);
                zone_span(zone, by, next, &same_start, &after);
                g_assert_true(same_start == next && after > next);
            }
        }
    }
}

/* The same law at each minute around every change of offset of one long year. */
static void test_spans_meet(void)
{
    static const char *const ids[] = {"America/New_York", "Australia/Lord_Howe", "Africa/Casablanca",
                                      "America/St_Johns", "America/Havana",      "America/Sao_Paulo"};
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++)
        for (enum zone_span by = ZONE_HOUR; by <= ZONE_MONTH; by++) {
            int64_t at = utc_ms("2010-01-01"), end = utc_ms("2011-01-01"), start, next = 0;
            zone_span(get(ids[i]), by, at, &start, &next);
            for (; at < end; at += 10 * 60000) {
                int64_t s, n;
                zone_span(get(ids[i]), by, at, &s, &n);
                if (s != start) {
                    g_assert_cmpint(s, ==, next);
                    start = s;
                    next = n;
                }
                g_assert_true(n == next && s <= at && at < n);
            }
        }
}

static gpointer get_all(gpointer unused)
{
    (void)unused;
    for (int i = 0; i < 200; i++) {
        g_assert_true(get("Europe/Paris") == get("Europe/Paris"));
        g_assert_cmpint(zone_to_local_ms(get("Asia/Tokyo"), 0), ==, 9 * CIVIL_MS_PER_HOUR);
    }
    return NULL;
}

static void test_threads(void)
{
    GThread *threads[4];
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("zones", get_all, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/zone/ids", test_ids);
    g_test_add_func("/zone/local", test_local);
    g_test_add_func("/zone/utc", test_utc);
    g_test_add_func("/zone/spans", test_spans);
    g_test_add_func("/zone/laws", test_laws);
    g_test_add_func("/zone/spans_meet", test_spans_meet);
    g_test_add_func("/zone/threads", test_threads);
    return g_test_run();
}
