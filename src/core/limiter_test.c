#include "core/limiter.h"

static void test_window(void)
{
    struct limiter *limiter = limiter_new(3, 60 * 1000);
    struct limiter_state state;
    g_assert_true(limiter_allows(limiter, STR("a"), &state));
    g_assert_cmpint(state.remaining, ==, 3);
    for (int i = 0; i < 3; i++) {
        g_assert_true(limiter_take(limiter, STR("a"), 1, &state));
        g_assert_cmpint(state.remaining, ==, 2 - i);
        g_assert_cmpint(state.limit, ==, 3);
    }
    int64_t now = g_get_real_time() / 1000;
    g_assert_false(limiter_take(limiter, STR("a"), 1, &state));
    g_assert_cmpint(state.remaining, ==, 0);
    g_assert_cmpint(state.reset_ms, >, now);
    g_assert_cmpint(state.reset_ms, <=, now + 61 * 1000);
    g_assert_false(limiter_allows(limiter, STR("a"), NULL));
    g_assert_true(limiter_take(limiter, STR("b"), 1, NULL));   /* another key, another window */
    g_assert_true(limiter_take(limiter, STR("b"), 9, &state)); /* something is left, so it passes */
    g_assert_cmpint(state.remaining, ==, 0);
    g_assert_false(limiter_take(limiter, STR("b"), 1, NULL));
    limiter_free(limiter);
}

static void test_window_ends(void)
{
    struct limiter *limiter = limiter_new(1, 1); /* 1 ms: over as soon as the clock moves */
    g_assert_true(limiter_take(limiter, STR("a"), 1, NULL));
    while (!limiter_allows(limiter, STR("a"), NULL))
        ;
    g_assert_true(limiter_take(limiter, STR("a"), 1, NULL));
    limiter_free(limiter);
}

/* Many keys cost bounded memory: the oldest windows are forgotten. */
static void test_bounded(void)
{
    struct limiter *limiter = limiter_new(1, 3600 * 1000);
    for (int i = 0; i < 100000; i++) {
        char key[16];
        int length = g_snprintf(key, sizeof key, "%d", i);
        g_assert_true(limiter_take(limiter, str_from(key, (size_t)length), 1, NULL));
    }
    g_assert_false(limiter_allows(limiter, STR("99999"), NULL));
    g_assert_true(limiter_allows(limiter, STR("0"), NULL));
    limiter_free(limiter);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/limiter/window", test_window);
    g_test_add_func("/limiter/window-ends", test_window_ends);
    g_test_add_func("/limiter/bounded", test_bounded);
    return g_test_run();
}
