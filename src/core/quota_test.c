/* What strangers may do, and that whoever passes a limit is refused alone. */
#include "core/fixture.h"
#include "core/quota.h"

#define CHAT \
    "{'id':'%s','dialect':'genesys','visitor':{'id':'v1'},'participants':[{'id':1,'type':'Client','name':'A'}]," \
    "'events':[]}"

static struct tail *tail_of(struct fixture *f, const char *id)
{
    GError *error = NULL;
    g_autofree char *line = g_strdup_printf(CHAT, id);
    fixture_import(f, line, NULL);
    struct tail *tail = live_get(f->core, f->reader, f->company, str_from_c(id), &error);
    g_assert_no_error(error);
    return tail;
}

static bool is_limited(bool allowed, GError **error)
{
    if (allowed)
        return false;
    g_assert_error(*error, REASON, REASON_RATE_LIMITED);
    g_assert_cmpint(reason_retry_ms(*error), >=, 0);
    g_clear_error(error);
    return true;
}

/* How many pass before one is refused; time goes on meanwhile, so some more than the limit may. */
static int opens(struct fixture *f, const char *address, size_t bytes)
{
    GError *error = NULL;
    int passed = 0;
    while (!is_limited(quota_open(f->core, str_from_c(address), bytes, &error), &error))
        g_assert_cmpint(++passed, <, 10000);
    return passed;
}

static int operations(struct fixture *f, struct tail *tail, size_t bytes)
{
    GError *error = NULL;
    int passed = 0;
    while (!is_limited(quota_operation(f->core, tail, bytes, &error), &error))
        g_assert_cmpint(++passed, <, 10000);
    return passed;
}

static void test_open(void)
{
    struct fixture f;
    struct quota_counters refused;
    fixture_open(&f, 0);
    f.options.quota = (struct quota_options){.opens = 5, .open_bytes = 1000};
    fixture_reopen(&f);
    g_assert_cmpint(opens(&f, "192.0.2.1", 1), ==, 5);
    g_assert_cmpint(opens(&f, "192.0.2.2", 400), ==, 3); /* the third passes, for something was left */
    quota_counters(f.core, &refused);
    g_assert_cmpint(refused.opens, ==, 2);
    g_assert_cmpint(refused.operations, ==, 0);
    fixture_close(&f);
}

static void test_operation(void)
{
    struct fixture f;
    fixture_open(&f, 0);
    f.options.quota = (struct quota_options){.operations = 20, .operation_bytes = 1000};
    fixture_reopen(&f);
    struct tail *one = tail_of(&f, "c1"), *two = tail_of(&f, "c2"), *three = tail_of(&f, "c3");
    g_assert_cmpint(operations(&f, one, 0), >=, 100); /* at once */
    g_assert_cmpint(operations(&f, two, 2500), >=, 2);
    g_assert_cmpint(operations(&f, three, 1000000), ==, 1); /* passes, and is waited off for a quarter of an hour */
    tail_unref(one);
    tail_unref(two);
    tail_unref(three);
    fixture_close(&f);
}

static void test_no_limit(void)
{
    struct fixture f;
    GError *error = NULL;
    fixture_open(&f, 0); /* whose options say nothing */
    struct tail *tail = tail_of(&f, "c1");
    for (int i = 0; i < 5000; i++) {
        g_assert_true(quota_open(f.core, STR("192.0.2.1"), 1000000, &error));
        g_assert_true(quota_operation(f.core, tail, 1000000, &error));
    }
    tail_unref(tail);
    fixture_close(&f);
}

static bool may_log_in(struct fixture *f, const char *address, const char *user)
{
    GError *error = NULL;
    bool may = quota_login(f->core, str_from_c(address), str_from_c(user), &error);
    if (!may)
        g_assert_error(error, REASON, REASON_ATTEMPTS_LIMITED);
    g_clear_error(&error);
    return may;
}

static void wrong(struct fixture *f, const char *address, const char *user)
{
    quota_login_done(f->core, str_from_c(address), str_from_c(user), false);
}

static void test_login(void)
{
    struct fixture f;
    fixture_open(&f, 0);
    quota_login_done(f.core, STR("192.0.2.1"), STR("Otto"), true);
    for (int i = 0; i < 10; i++) {
        g_assert_true(may_log_in(&f, "192.0.2.1", "anna"));
        wrong(&f, "192.0.2.1", i % 2 ? "anna" : "ANNA");
    }
    g_assert_false(may_log_in(&f, "192.0.2.1", "Anna"));
    g_assert_true(may_log_in(&f, "192.0.2.2", "anna")); /* from elsewhere */
    for (int i = 0; i < 90; i++) {
        g_autofree char *user = g_strdup_printf("guess-%d", i);
        g_assert_true(may_log_in(&f, "192.0.2.1", user));
        wrong(&f, "192.0.2.1", user);
    }
    g_assert_false(may_log_in(&f, "192.0.2.1", "another")); /* all names together */
    g_assert_true(may_log_in(&f, "192.0.2.1", "otto"));     /* who works there is not locked out */
    g_assert_true(may_log_in(&f, "192.0.2.2", "another"));
    wrong(&f, "192.0.2.3", "");
    for (int i = 0; i < 200; i++)
        wrong(&f, "192.0.2.3", ""); /* tokens count by themselves */
    g_assert_false(may_log_in(&f, "192.0.2.3", ""));
    g_assert_true(may_log_in(&f, "192.0.2.3", "anna"));
    fixture_close(&f);
}

int main(int argc, char **argv)
{
    id_library_init();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/quota/open", test_open);
    g_test_add_func("/quota/operation", test_operation);
    g_test_add_func("/quota/no-limit", test_no_limit);
    g_test_add_func("/quota/login", test_login);
    return g_test_run();
}
