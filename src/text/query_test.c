#include "text/query.h"

#include "base/limits.h"
#include "base/reason.h"

static struct arena memory;

static void expect(GError **error, enum reason reason, const char *field)
{
    g_assert_nonnull(*error);
    g_assert_cmpstr(reason_name(reason_of(*error)), ==, reason_name(reason));
    g_assert_true(str_equal(reason_field(*error), str_from_c(field)));
    g_clear_error(error);
}

static void test_parse(void)
{
    static const struct {
        const char *text, *pairs; /* name=value; of each pair, decoded */
    } cases[] = {
        {"", ""},
        {"a=1", "a=1;"},
        {"a=1&b=2&a=3", "a=1;b=2;a=3;"},
        {"&&a=1&&", "a=1;"},
        {"a", "a=;"},
        {"a=", "a=;"},
        {"=", "=;"},
        {"=1", "=1;"},
        {"a=b=c", "a=b=c;"},
        {"a+b=c+d%2Be", "a b=c d+e;"},
        {"sort=%7B%22ts%22%3A-1%7d", "sort={\"ts\":-1};"},
        {"q=gr%C3%BC%c3%9f", "q=gr\xc3\xbc\xc3\x9f;"},
        {"q=gr\xc3\xbc", "q=gr\xc3\xbc;"},
        {"%61=%26%3D", "a=&=;"},
        {"a=1;b=2", "a=1;b=2;"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct query q;
        GError *error = NULL;
        query_parse(str_from_c(cases[i].text), &memory, &q, &error);
        g_assert_no_error(error);
        g_autoptr(GString) pairs = g_string_new("");
        for (size_t k = 0; k < q.count; k++)
            g_string_append_printf(pairs, "%.*s=%.*s;", STR_ARG(q.pairs[k].name), STR_ARG(q.pairs[k].value));
        g_assert_cmpstr(pairs->str, ==, cases[i].pairs);
    }
}

static void test_refused(void)
{
    static const struct {
        const char *text, *field;
    } cases[] = {
        {"a=1&b=%", "b"},
        {"b=%4", "b"},
        {"b=%4g", "b"},
        {"b=%g4", "b"},
        {"b=%00", "b"},
        {"b=%ff", "b"},
        {"b=\xc3", "b"},
        {"b=%ed%a0%80", "b"},
        {"%62=%", "b"},
        {"%zz=1", "%zz"},
        {"a%00=1", "a%00"},
        {"b=%%", "b"},
        {"\xff=1", "\xef\xbf\xbd"},
        {"b=%C3&c=%A9", "b"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct query q;
        GError *error = NULL;
        g_assert_false(query_parse(str_from_c(cases[i].text), &memory, &q, &error));
        g_assert_true(str_is_utf8(str_from_c(error->message)));
        expect(&error, REASON_PARAMETER_VALUE, cases[i].field);
    }
    struct query q;
    GError *error = NULL;
    g_assert_false(query_parse(STR("b=x\0y"), &memory, &q, &error));
    expect(&error, REASON_PARAMETER_VALUE, "b");
}

static void test_long_name(void)
{
    g_autofree char *text = g_strnfill(LIMIT_ID + 1, 'n');
    struct query q;
    GError *error = NULL;
    g_assert_true(query_parse(str_from(text, LIMIT_ID), &memory, &q, &error));
    g_assert_false(query_parse(str_from(text, LIMIT_ID + 1), &memory, &q, &error));
    g_assert_cmpuint(reason_field(error).len, <=, LIMIT_ID);
    g_clear_error(&error);
}

static void test_count(void)
{
    for (int count = LIMIT_QUERY_PARAMETERS; count <= LIMIT_QUERY_PARAMETERS + 1; count++) {
        g_autoptr(GString) text = g_string_new("");
        for (int i = 0; i < count; i++)
            g_string_append_printf(text, "&p%d=%d", i, i);
        struct query q;
        GError *error = NULL;
        bool fine = query_parse(str_from(text->str, text->len), &memory, &q, &error);
        g_assert_true(fine == (count == LIMIT_QUERY_PARAMETERS));
        if (!fine)
            expect(&error, REASON_PARAMETER_VALUE, "p64");
    }
}

static void test_get(void)
{
    struct query q;
    GError *error = NULL;
    g_assert_true(query_parse(STR("a=1&b=2&a=3&c="), &memory, &q, &error));
    g_assert_true(str_equal(query_get(&q, STR("a")), STR("1")));
    g_assert_nonnull(query_get(&q, STR("c")).ptr);
    g_assert_null(query_get(&q, STR("A")).ptr);
    g_assert_true(query_parse(STR("a=1&%62=2"), &memory, &q, &error));
    g_assert_true(str_equal(query_get(&q, STR("b")), STR("2")));
}

static void test_decode(void)
{
    struct str decoded;
    g_assert_true(query_decode(STR("a%2Fb+c"), false, &memory, &decoded));
    g_assert_true(str_equal(decoded, STR("a/b+c")));
    struct str plain = STR("plain");
    g_assert_true(query_decode(plain, true, &memory, &decoded) && decoded.ptr == plain.ptr);
    g_assert_true(query_decode(STR_NULL, true, &memory, &decoded) && decoded.ptr && decoded.len == 0);
    g_assert_false(query_decode(STR("%0"), false, &memory, &decoded));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    arena_init(&memory);
    g_test_add_func("/query/parse", test_parse);
    g_test_add_func("/query/refused", test_refused);
    g_test_add_func("/query/long_name", test_long_name);
    g_test_add_func("/query/count", test_count);
    g_test_add_func("/query/get", test_get);
    g_test_add_func("/query/decode", test_decode);
    int result = g_test_run();
    arena_clear(&memory);
    return result;
}
