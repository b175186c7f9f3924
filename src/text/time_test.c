#include "text/time.h"

#include "base/limits.h"
#include "base/reason.h"
#include "text/civil.h"

static const struct zone *new_york(void)
{
    return zone_get(STR("America/New_York"), NULL);
}

static void test_parse(void)
{
    const int64_t seed = INT64_C(1626974224937); /* 2021-07-22T17:17:04.937Z */
    static const struct {
        const char *text;
        int64_t from_seed;
        bool finer;
    } cases[] = {
        {"2021-07-22T17:17:04.937Z", 0, false},
        {"2021-07-22t17:17:04.937z", 0, false},
        {"2021-07-22 17:17:04.937Z", 0, false},
        {"2021-07-22T17:17:04.937+00:00", 0, false},
        {"2021-07-22T17:17:04.937-00:00", 0, false},
        {"2021-07-22T13:17:04.937-04:00", 0, false},
        {"2021-07-22T13:17:04.937-0400", 0, false},
        {"2021-07-22T22:47:04.937+05:30", 0, false},
        {"2021-07-22T22:47:04.937 05:30", 0, false}, /* a plus that was not escaped */
        {"2021-07-23T16:17:04.937+23:00", 0, false},
        {"2021-07-22T17:17:04Z", -937, false},
        {"2021-07-22T17:17:04.9Z", -37, false},
        {"2021-07-22T17:17:04.93Z", -7, false},
        {"2021-07-22T17:17:04.9370Z", 0, false},
        {"2021-07-22T17:17:04.937000000Z", 0, false},
        {"2021-07-22T17:17:04.9371Z", 0, true},
        {"2021-07-22T17:17:04.937000000000000000000000000000001Z", 0, true},
        {"2021-07-22T17:17:04.9379999999Z", 0, true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct time_point point;
        GError *error = NULL;
        time_parse(str_from_c(cases[i].text), STR("at"), &point, &error);
        g_assert_no_error(error);
        g_assert_cmpint(point.ms, ==, seed + cases[i].from_seed);
        g_assert_cmpint(point.finer, ==, cases[i].finer);
        g_assert_cmpint(time_point_ceil_ms(point), ==, point.ms + cases[i].finer);
    }
}

static void test_edges(void)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01T00:00:00.001Z", 1},
        {"1970-01-01T01:00:00+01:00", 0},
        {"1969-12-31T23:00:00-01:00", 0},
        {"2000-02-29T00:00:00Z", INT64_C(951782400000)},
        {"2016-12-31T23:59:60Z", INT64_C(1483228800000)}, /* the leap second is the second after it */
        {"2016-12-31T23:59:60.25Z", INT64_C(1483228800250)},
        {"2017-01-01T00:59:60+01:00", INT64_C(1483228800000)},
        {"2109-05-15T07:35:11.103Z", LIMIT_TIME_MS},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct time_point point;
        GError *error = NULL;
        time_parse(str_from_c(cases[i].text), STR("at"), &point, &error);
        g_assert_no_error(error);
        g_assert_cmpint(point.ms, ==, cases[i].ms);
    }
}

static void test_refused(void)
{
    static const char *const texts[] = {"",
                                        "Z",
                                        "2021",
                                        "2021-07",
                                        "2021-7-22T17:17:04Z",
                                        "2021-07-22T17:17Z",
                                        "2021-07-22T17:17:04.Z",
                                        "2021-07-22T17:17:04,5Z",
                                        "2021-07-22T17:17:04Zx",
                                        "2021-07-22T17:17:04Z ",
                                        " 2021-07-22T17:17:04Z",
                                        "2021-07-22T17:17:04+5:30",
                                        "2021-07-22T17:17:04+05",
                                        "2021-07-22T17:17:04+05:60",
                                        "2021-07-22T17:17:04+24:00",
                                        "2021-07-22T17:17:04+05:30Z",
                                        "2021-07-22T24:00:00Z",
                                        "2021-07-22T17:60:00Z",
                                        "2021-07-22T17:17:61Z",
                                        "2021-07-22T17:17:60Z",
                                        "2021-00-22T17:17:04Z",
                                        "2021-13-22T17:17:04Z",
                                        "2021-07-00T17:17:04Z",
                                        "2021-07-32T17:17:04Z",
                                        "2021-02-29T17:17:04Z",
                                        "1900-02-29T17:17:04Z",
                                        "2021-04-31T17:17:04Z",
                                        "+2021-07-22T17:17:04Z",
                                        "-001-07-22T17:17:04Z",
                                        "20210722T171704Z",
                                        "2021/07/22T17:17:04Z",
                                        "2021-07-22_17:17:04Z",
                                        "1626974224937",
                                        "2021-07-22T17:17:04\u221205:00",
                                        "2021-07-22T17:17:04.9x37Z"};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        struct time_point point;
        for (int bound = 0; bound < 2; bound++) {
            g_autoptr(GError) error = NULL;
            bool taken = bound ? time_parse_bound(str_from_c(texts[i]), STR("from"), new_york(), &point, &error)
                               : time_parse(str_from_c(texts[i]), STR("from"), &point, &error);
            if (taken)
                g_error("\"%s\" was taken for a time", texts[i]);
            g_assert_cmpint(reason_of(error), ==, REASON_TIME_INVALID);
            g_assert_true(str_equal(reason_field(error), STR("from")));
        }
    }
    /* Not in 1970..2109, or local: fine for a bound only. */
    static const char *const outside[] = {"1969-12-31T23:59:59.999Z", "2109-05-15T07:35:11.104Z",
                                          "9999-12-31T23:59:59Z",     "0000-01-01T00:00:00Z",
                                          "2021-07-22T17:17:04",      "2021-07-22"};
    for (size_t i = 0; i < G_N_ELEMENTS(outside); i++) {
        struct time_point point;
        g_autoptr(GError) error = NULL;
        g_assert_false(time_parse(str_from_c(outside[i]), STR_NULL, &point, &error));
        g_assert_cmpint(reason_of(error), ==, REASON_TIME_INVALID);
        g_assert_null(reason_field(error).ptr);
        g_assert_true(time_parse_bound(str_from_c(outside[i]), STR("to"), new_york(), &point, NULL));
    }
    struct time_point point;
    g_assert_false(time_parse(STR("2021-07-22T17:17:04Z\0"), STR_NULL, &point, NULL));
    g_assert_false(time_parse(STR("2021-07-22T17:17:04\0"), STR_NULL, &point, NULL));
    g_assert_false(time_parse(STR_NULL, STR_NULL, &point, NULL));
}

static void test_bounds(void)
{
    static const struct {
        const char *text, *utc;
    } cases[] = {
        {"2021-07-22", "2021-07-22T04:00:00.000Z"},
        {"2021-12-22", "2021-12-22T05:00:00.000Z"},
        {"2021-07-22T13:17:04.937", "2021-07-22T17:17:04.937Z"},
        {"2021-07-22T13:17:04Z", "2021-07-22T13:17:04.000Z"},
        {"2021-07-22T13:17:04 02:00", "2021-07-22T11:17:04.000Z"},
        {"2021-03-14T02:30:00", "2021-03-14T07:30:00.000Z"},
        {"2021-11-07T01:30:00", "2021-11-07T05:30:00.000Z"},
        {"1969-12-31", "1969-12-31T23:59:59.999Z"},
        {"1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"},
        {"0000-01-01", "1969-12-31T23:59:59.999Z"},
        {"9999-12-31T23:59:59Z", "2109-05-15T07:35:11.104Z"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct time_point point;
        GError *error = NULL;
        time_parse_bound(str_from_c(cases[i].text), STR("from"), new_york(), &point, &error);
        g_assert_no_error(error);
        char got[TIME_UTC_SIZE + 1] = {0};
        time_format_utc(point.ms, got);
        g_assert_cmpstr(got, ==, cases[i].utc);
    }
}

static void test_format(void)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {INT64_C(1626974224937), "2021-07-22T17:17:04.937Z"},
        {LIMIT_TIME_MS, "2109-05-15T07:35:11.103Z"},
        {INT64_MIN, "0000-01-01T00:00:00.000Z"},
        {INT64_MAX, "9999-12-31T23:59:59.999Z"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct buf out;
        buf_init(&out, TIME_UTC_SIZE + TIME_LOCAL_SIZE);
        time_write_utc(&out, cases[i].ms);
        g_assert_true(str_equal(buf_str(&out), str_from_c(cases[i].text)));
        time_write_local(&out, cases[i].ms, zone_utc());
        g_assert_true(str_equal(str_skip(buf_str(&out), TIME_UTC_SIZE), str_from(cases[i].text, TIME_LOCAL_SIZE)));
        buf_clear(&out);
    }
    char local[TIME_LOCAL_SIZE + 1] = {0};
    time_format_local(INT64_C(1626974224937), new_york(), local);
    g_assert_cmpstr(local, ==, "2021-07-22T13:17:04");
}

static void test_zoned(void)
{
    static const struct {
        int64_t ms;
        const char *zone, *text;
    } cases[] = {
        {INT64_C(1626974224937), "America/New_York", "2021-07-22T13:17:04.937-04:00"},
        {INT64_C(1626974224937), "UTC", "2021-07-22T17:17:04.937+00:00"},
        {INT64_C(1626974224937), "Asia/Calcutta", "2021-07-22T22:47:04.937+05:30"},
        {INT64_C(1635642000000), "Europe/Paris", "2021-10-31T02:00:00.000+01:00"}, /* the second time on that clock */
        {0, "Africa/Monrovia", "1969-12-31T23:16:00.000-00:44"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char text[TIME_ZONED_SIZE + 1] = {0};
        struct time_point point;
        time_format_zoned(cases[i].ms, zone_get(str_from_c(cases[i].zone), NULL), text);
        g_assert_cmpstr(text, ==, cases[i].text);
        g_assert_true(time_parse(str_from_c(text), STR_NULL, &point, NULL));
        g_assert_cmpint(point.ms, ==, cases[i].ms);
    }
}

/* Each day against GLib's calendar, and each time reads back. */
static void test_round_trip(void)
{
    for (int64_t days = 0; days <= LIMIT_TIME_MS / CIVIL_MS_PER_DAY; days++) {
        struct civil_date date = civil_from_days(days);
        g_assert_cmpint(civil_to_days(date), ==, days);
        GDate expected;
        g_date_clear(&expected, 1);
        g_date_set_julian(&expected, (guint32)(days + 719163));
        g_assert_cmpint(date.year, ==, g_date_get_year(&expected));
        g_assert_cmpint(date.month, ==, (int)g_date_get_month(&expected));
        g_assert_cmpint(date.day, ==, g_date_get_day(&expected));
        g_assert_cmpint(civil_month_length(date.year, date.month), ==,
                        g_date_get_days_in_month(g_date_get_month(&expected), g_date_get_year(&expected)));
    }
    for (int round = 0; round < 20000; round++) {
        int64_t ms = (int64_t)(g_test_rand_double() * (double)LIMIT_TIME_MS);
        char text[TIME_UTC_SIZE];
        struct time_point point;
        time_format_utc(ms, text);
        g_assert_true(time_parse(str_from(text, sizeof text), STR_NULL, &point, NULL));
        g_assert_cmpint(point.ms, ==, ms);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/time/parse", test_parse);
    g_test_add_func("/time/edges", test_edges);
    g_test_add_func("/time/refused", test_refused);
    g_test_add_func("/time/bounds", test_bounds);
    g_test_add_func("/time/format", test_format);
    g_test_add_func("/time/zoned", test_zoned);
    g_test_add_func("/time/round_trip", test_round_trip);
    return g_test_run();
}
