/* Keys of the search index at one millisecond: few tries however many messages share it, and each found again. */
#include "store/sqlite/search_index.h"

enum { TIME = 1700000000, MANY = 20000 };

/* Takes keys as key_take does; how many tries all took. */
static int take(GHashTable *taken, int64_t session, uint32_t index)
{
    for (int number = 0; number < SEARCH_KEY_TRIES; number++) {
        int64_t key = search_key_try(TIME, event_number(session, index), number);
        g_assert_cmpint(key >> SEARCH_KEY_LOW_BITS, ==, TIME);
        if (g_hash_table_add(taken, g_memdup2(&key, sizeof key)))
            return number + 1;
    }
    g_assert_not_reached();
}

static void test_tries(void)
{
    static const struct {
        const char *what;
        int sessions, events;
    } cases[] = {
        {"one long session", 1, MANY},
        {"many short ones", MANY, 1},
        {"some of a few hundred", 100, MANY / 100},
        {"a quarter of all keys", 50000, 10},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        GHashTable *taken = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
        int tries = 0, messages = cases[i].sessions * cases[i].events;
        for (int session = 1; session <= cases[i].sessions; session++)
            for (int event = 1; event <= cases[i].events; event++)
                tries += take(taken, session, (uint32_t)event);
        if (tries > 3 * messages)
            g_error("%s: %d tries for %d messages", cases[i].what, tries, messages);
        g_hash_table_destroy(taken);
    }
}

static void test_order(void)
{
    for (uint32_t index = 1; index < 1023; index++)
        g_assert_cmpint(search_key_try(TIME, event_number(7, index), 0), <,
                        search_key_try(TIME, event_number(7, index + 1), 0));
}

static void test_scope(void)
{
    const struct session s = {.company = 12, .dialect = (enum dialect)3, .visitor = 345};
    const struct event plain = {.kind = EVENT_MESSAGE, .time_ms = INT64_C(1700000000000)},
                       note = {.kind = EVENT_MESSAGE, .data = STR("{\"visibility\":\"internal\"}")};
    char scope[SEARCH_SCOPE_SIZE];
    g_assert_true(str_equal(search_scope(scope, &s, SEARCH_BY_VISITOR, &plain), STR("c12 d3 v345 visitor t1583")));
    g_assert_true(
        str_equal(search_scope(scope, &s, SEARCH_BY_OPERATOR, &note), STR("c12 d3 v345 operator internal t0")));
    const struct session greatest = {.company = INT64_MAX, .dialect = (enum dialect)9, .visitor = INT64_MAX};
    const struct event last = {.kind = EVENT_MESSAGE, .time_ms = INT64_MAX, .data = note.data};
    g_assert_cmpuint(search_scope(scope, &greatest, SEARCH_BY_OPERATOR, &last).len, <, SEARCH_SCOPE_SIZE - 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sqlite/search-key/tries", test_tries);
    g_test_add_func("/sqlite/search-key/order", test_order);
    g_test_add_func("/sqlite/search-key/scope", test_scope);
    return g_test_run();
}
