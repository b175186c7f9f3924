#include "core/fixture.h"
#include "core/internal.h"
#include "core/viewers.h"

static struct caller operator_named(const char *id)
{
    return (struct caller){.kind = CALLER_OPERATOR, .operator_id = str_from_c(id)};
}

/* "a b": the ids of who has it open. */
static const char *open_at(struct fixture *f, int64_t session)
{
    struct viewer *list;
    size_t count;
    viewers_list(f->core, session, &f->arena, &list, &count);
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < count; i++)
        g_string_append_printf(text, "%s%.*s", i ? " " : "", STR_ARG(list[i].operator_id));
    const char *copy = arena_str(&f->arena, str_from_c(text->str)).ptr;
    g_string_free(text, TRUE);
    return copy;
}

static void test_open_and_close(void)
{
    struct fixture f;
    struct caller a = operator_named("a"), b = operator_named("b");
    fixture_open(&f, 0);
    g_assert_cmpstr(open_at(&f, 1), ==, "");
    viewers_open(f.core, 1, &a);
    viewers_open(f.core, 1, &b);
    viewers_open(f.core, 2, &b);
    viewers_open(f.core, 1, &a);
    g_assert_cmpstr(open_at(&f, 1), ==, "a b");
    g_assert_cmpstr(open_at(&f, 2), ==, "b");
    viewers_close(f.core, 1, &a);
    viewers_close(f.core, 1, &a);
    viewers_close(f.core, 3, &a);
    g_assert_cmpstr(open_at(&f, 1), ==, "b");
    fixture_close(&f);
}

static void test_silence(void)
{
    struct fixture f;
    struct caller a = operator_named("a");
    fixture_open(&f, 0);
    viewers_free(f.core->viewers);
    f.core->viewers = viewers_new(1);
    viewers_open(f.core, 1, &a);
    while (*open_at(&f, 1))
        g_usleep(100);
    fixture_close(&f);
}

/* The one said longest ago is forgotten. */
static void test_bound(void)
{
    struct fixture f;
    struct caller a = operator_named("a");
    fixture_open(&f, 0);
    for (int64_t session = 1; session <= LIMIT_VIEWS; session++)
        viewers_open(f.core, session, &a);
    viewers_open(f.core, 1, &a);
    viewers_open(f.core, LIMIT_VIEWS + 1, &a);
    g_assert_cmpstr(open_at(&f, 1), ==, "a");
    g_assert_cmpstr(open_at(&f, 2), ==, "");
    g_assert_cmpstr(open_at(&f, 3), ==, "a");
    g_assert_cmpstr(open_at(&f, LIMIT_VIEWS + 1), ==, "a");
    fixture_close(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/viewers/open_and_close", test_open_and_close);
    g_test_add_func("/viewers/silence", test_silence);
    g_test_add_func("/viewers/bound", test_bound);
    return g_test_run();
}
