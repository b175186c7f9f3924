#include "core/fixture.h"
#include "core/kept.h"

#define LINE(id, visitor) \
    "{'id':'" id "','visitor':{'id':'" visitor "'},'participants':[{'id':1,'type':'Client','name':'A'}],'events':[" \
    "{'type':'joined','at':1000,'by':1}]}"

static void open_cache(struct fixture *f, size_t bytes)
{
    fixture_open(f, 0);
    f->options.answer_bytes = bytes;
    fixture_reopen(f);
    fixture_import(f, LINE("s", "v"), NULL);
    fixture_import(f, LINE("t", "w"), NULL);
}

/* What the cache gives for the pair, as a string; NULL = nothing, and `draft` is begun. */
static const char *given(struct fixture *f, struct kept_draft *draft, const char *asker, const char *target)
{
    struct kept_answer *cached = kept_begin(f->core, draft, str_from_c(asker), str_from_c(target), &f->arena);
    if (!cached)
        return NULL;
    const char *copy = arena_str(&f->arena, cached->body).ptr;
    kept_unref(cached);
    return copy;
}

static void put(struct fixture *f, const char *asker, const char *target, int64_t visitor, const char *body)
{
    struct kept_draft draft;
    g_assert_null(given(f, &draft, asker, target));
    kept_shows(&draft, visitor);
    kept_put(&draft, str_from_c(body));
}

static int64_t visitor_of(struct fixture *f, const char *session)
{
    return fixture_session(f, session).session.visitor;
}

static void test_keys(void)
{
    struct fixture f;
    struct kept_draft draft;
    open_cache(&f, 1 << 20);
    put(&f, "a", "/x", visitor_of(&f, "s"), "one");
    g_assert_cmpstr(given(&f, &draft, "a", "/x"), ==, "one");
    g_assert_null(given(&f, &draft, "b", "/x"));
    g_assert_null(given(&f, &draft, "a", "/x?"));
    g_assert_null(given(&f, &draft, "a/", "x"));        /* the same bytes in a row */
    fixture_add_operator(&f, f.company, "o", "o", "O"); /* any account may decide who sees what */
    g_assert_null(given(&f, &draft, "a", "/x"));
    fixture_close(&f);
}

static void test_changes(void)
{
    struct fixture f;
    struct kept_draft draft;
    open_cache(&f, 1 << 20);
    put(&f, "a", "/s", visitor_of(&f, "s"), "one");
    put(&f, "a", "/t", visitor_of(&f, "t"), "two");
    g_assert_null(given(&f, &draft, "a", "/both"));
    kept_shows(&draft, visitor_of(&f, "s"));
    kept_shows(&draft, visitor_of(&f, "t"));
    kept_shows(&draft, visitor_of(&f, "s"));
    kept_put(&draft, STR("both"));
    g_assert_cmpstr(given(&f, &draft, "a", "/both"), ==, "both");
    g_assert_true(fixture_append(&f, "t", fixture_message(1, "news"), NULL));
    g_assert_cmpstr(given(&f, &draft, "a", "/s"), ==, "one");
    g_assert_null(given(&f, &draft, "a", "/t"));
    g_assert_null(given(&f, &draft, "a", "/both"));
    fixture_close(&f);
}

/* What was read before a change and is put after it never comes back. */
static void test_late(void)
{
    struct fixture f;
    struct kept_draft draft, again;
    open_cache(&f, 1 << 20);
    g_assert_null(given(&f, &draft, "a", "/s"));
    kept_shows(&draft, visitor_of(&f, "s"));
    g_assert_true(fixture_append(&f, "s", fixture_message(1, "news"), NULL));
    kept_put(&draft, STR("old"));
    g_assert_null(given(&f, &again, "a", "/s"));
    fixture_close(&f);
}

static void test_not_kept(void)
{
    struct fixture f;
    struct kept_draft draft;
    open_cache(&f, 1 << 20);
    put(&f, "a", "/nobody", 0, "nothing"); /* who is unknown today may come tomorrow */
    g_assert_null(given(&f, &draft, "a", "/nobody"));
    kept_put(&draft, STR("shows no visitor"));
    g_assert_null(given(&f, &draft, "a", "/nobody"));
    for (int64_t visitor = 1; visitor <= ANSWER_VISITORS + 1; visitor++)
        kept_shows(&draft, visitor);
    kept_put(&draft, STR("shows too many"));
    g_assert_null(given(&f, &draft, "a", "/nobody"));
    fixture_close(&f);

    open_cache(&f, 0);
    put(&f, "a", "/s", visitor_of(&f, "s"), "off");
    g_assert_null(given(&f, &draft, "a", "/s"));
    fixture_close(&f);
}

/* The memory is bounded, and what is asked for again stays longest. */
static void test_bound(void)
{
    struct fixture f;
    struct kept_draft draft;
    struct kept_counters counters;
    enum { BYTES = 1 << 18 };
    open_cache(&f, BYTES);
    int64_t visitor = visitor_of(&f, "s");
    g_autofree char *body = g_strnfill(3000, 'x'), *huge = g_strnfill(BYTES, 'x');
    put(&f, "a", "/huge", visitor, huge);
    g_assert_null(given(&f, &draft, "a", "/huge"));
    put(&f, "a", "/wanted", visitor, "wanted");
    for (int i = 0; i < 500; i++) {
        g_autofree char *target = g_strdup_printf("/%d", i);
        put(&f, "a", target, visitor, body);
        kept_counters(f.core, &counters);
        g_assert_cmpint(counters.bytes, <=, BYTES);
        g_assert_cmpstr(given(&f, &draft, "a", "/wanted"), ==, "wanted");
    }
    g_assert_cmpint(counters.bytes, >, BYTES / 4);
    g_assert_cmpint(counters.given, >=, 499);
    fixture_close(&f);
}

/* One answer in the hands of a thread outlives its being dropped. */
static gpointer ask_on(gpointer data)
{
    struct fixture *f = data;
    for (int i = 0; i < 3000; i++) {
        struct arena a;
        struct kept_draft draft;
        arena_init(&a);
        struct str target = arena_printf(&a, "/%d", i % 40);
        struct kept_answer *cached = kept_begin(f->core, &draft, STR("a"), target, &a);
        if (cached) {
            g_assert_true(str_equal(cached->body, target));
            kept_unref(cached);
        } else {
            kept_shows(&draft, 1);
            kept_put(&draft, target);
        }
        arena_clear(&a);
    }
    return NULL;
}

static void test_threads(void)
{
    struct fixture f;
    open_cache(&f, 1 << 14);
    GThread *threads[3];
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("asker", ask_on, &f);
    for (int i = 0; i < 20; i++)
        g_assert_true(fixture_append(&f, "s", fixture_message(1, "news"), NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    fixture_close(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kept/keys", test_keys);
    g_test_add_func("/kept/changes", test_changes);
    g_test_add_func("/kept/late", test_late);
    g_test_add_func("/kept/not-kept", test_not_kept);
    g_test_add_func("/kept/bound", test_bound);
    g_test_add_func("/kept/threads", test_threads);
    return g_test_run();
}
