#include "text/parameter.h"

#include "base/reason.h"
#include "text/zone.h"

static const struct parameter table[] = {
    {.name = "q", .is_required = true, .meaning = "what to look for"},
    {.name = "state", .type = PARAMETER_CHOICE, .words = "open closed", .meaning = "state"},
    {.name = "type", .type = PARAMETER_LIST, .words = "message file notice", .meaning = "types"},
    {.name = "limit", .type = PARAMETER_NUMBER, .least = 1, .greatest = 200, .meaning = "how many"},
    {.name = "from", .type = PARAMETER_TIME, .meaning = "from"},
    {.name = "to", .type = PARAMETER_TIME, .may_be_empty = true, .meaning = "to"},
    {.name = "zone", .type = PARAMETER_ZONE, .meaning = "zone"},
};

static void test_check(void)
{
    static const struct {
        const char *query, *field, *message; /* NULL = fine */
        enum reason reason;
    } cases[] = {
        {"q=x", NULL, NULL, 0},
        {"q=", NULL, NULL, 0},
        {"q=x&state=open&type=file,message&limit=200&from=2026-01-01&to=&zone=Europe/Vienna", NULL, NULL, 0},
        {"", "q", "q is required: what to look for", REASON_FIELD_MISSING},
        {"q=x&foo=1", "foo", "parameter foo is not known here", REASON_PARAMETER_UNKNOWN},
        {"q=x&Q=1", "Q", "parameter Q is not known here", REASON_PARAMETER_UNKNOWN},
        {"q=x&q=x", "q", "parameter q may be given only once", REASON_PARAMETER_REPEATED},
        {"q=x&state=", "state", "state must be open or closed", REASON_PARAMETER_VALUE},
        {"q=x&state=open%20closed", "state", "state must be open or closed", REASON_PARAMETER_VALUE},
        {"q=x&type=file,", "type", "type must be some of these, with commas between: message, file or notice",
         REASON_PARAMETER_VALUE},
        {"q=x&limit=0", "limit", "limit must be a number from 1 to 200", REASON_PARAMETER_VALUE},
        {"q=x&limit=201", "limit", "limit must be a number from 1 to 200", REASON_PARAMETER_VALUE},
        {"q=x&limit=", "limit", "limit must be a number from 1 to 200", REASON_PARAMETER_VALUE},
        {"q=x&limit=99999999999999999999", "limit", "limit must be a number from 1 to 200", REASON_PARAMETER_VALUE},
        {"q=x&from=", "from", NULL, REASON_TIME_INVALID},
        {"q=x&to=yesterday", "to", NULL, REASON_TIME_INVALID},
        {"q=x&zone=Nowhere", "zone", NULL, REASON_ZONE_UNKNOWN},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct arena a;
        struct query query;
        g_autoptr(GError) error = NULL;
        arena_init(&a);
        g_assert_true(query_parse(str_from_c(cases[i].query), &a, &query, NULL));
        bool ok = parameters_check(&query, table, G_N_ELEMENTS(table), &error);
        g_test_message("%s: %s", cases[i].query, error ? error->message : "fine");
        g_assert_true(ok == !cases[i].field);
        if (!ok) {
            g_assert_error(error, REASON, (int)cases[i].reason);
            g_assert_true(str_equal(reason_field(error), str_from_c(cases[i].field)));
        }
        if (cases[i].message)
            g_assert_cmpstr(error->message, ==, cases[i].message);
        arena_clear(&a);
    }
}

static void test_values(void)
{
    struct arena a;
    struct query query;
    struct time_point point;
    arena_init(&a);
    g_assert_true(query_parse(STR("limit=7&from=2026-01-01&to=&type=c,a,c"), &a, &query, NULL));
    g_assert_cmpint(parameter_number(&query, STR("limit"), 50), ==, 7);
    g_assert_cmpint(parameter_number(&query, STR("other"), 50), ==, 50);
    g_assert_true(parameter_time(&query, STR("from"), zone_get(STR("America/New_York"), NULL), &point));
    g_assert_cmpint(point.ms, ==, INT64_C(1767243600000));
    g_assert_false(parameter_time(&query, STR("to"), zone_utc(), &point));
    g_assert_false(parameter_time(&query, STR("other"), zone_utc(), &point));
    g_assert_cmpuint(parameter_list(&query, STR("type"), "a b c", 7), ==, 5);
    g_assert_cmpuint(parameter_list(&query, STR("other"), "a b c", 7), ==, 7);
    g_assert_cmpint(parameter_word("open closed", STR("closed")), ==, 1);
    g_assert_cmpint(parameter_word("open closed", STR("close")), ==, -1);
    g_assert_cmpint(parameter_word("open closed", STR_NULL), ==, -1);
    arena_clear(&a);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/parameter/check", test_check);
    g_test_add_func("/parameter/values", test_values);
    return g_test_run();
}
