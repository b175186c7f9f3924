#include "text/search_query.h"

#include "base/reason.h"

/* Terms written as: -text, "text", text*, each in <>. */
static char *describe(const struct search_query *query)
{
    GString *text = g_string_new("");
    for (size_t i = 0; i < query->count; i++) {
        const struct search_term *term = &query->terms[i];
        const char *quote = term->is_phrase ? "\"" : "";
        g_string_append_printf(text, "<%s%s%.*s%s%s>", term->is_negative ? "-" : "", quote, STR_ARG(term->text), quote,
                               term->is_prefix ? "*" : "");
    }
    return g_string_free(text, FALSE);
}

static void test_parse(void)
{
    static const struct {
        const char *text, *terms;
    } cases[] = {
        {"hello", "<hello>"},
        {"  hello\t world\n", "<hello><world>"},
        {"hello\xc2\xa0world\xe3\x80\x80gr\xc3\xbc\xc3\x9f", "<hello><world><gr\xc3\xbc\xc3\x9f>"},
        {"\"credit card\" refund", "<\"credit card\"><refund>"},
        {"\"credit card\"refund", "<\"credit card\"><refund>"},
        {"a \"b c", "<a><\"b c\">"},
        {"a \"\" b", "<a><b>"},
        {"a \" , \"", "<a>"},
        {"refund*", "<refund*>"},
        {"\"credit car\"*", "<\"credit car\"*>"},
        {"\"credit ca\" *", "<\"credit ca\">"},
        {"a -b -\"c d\" -eve*", "<a><-b><-\"c d\"><-eve*>"},
        {"a - b", "<a><b>"},
        {"a --b", "<a><-b>"},
        {"e-mail it's a.b@c.org", "<e-mail><it's><a.b@c.org>"},
        {"hello, (world)!?", "<hello><world>"},
        {"#42 $9.99", "<42><9.99>"},
        {"wh*le **xyz**", "<wh*le><xyz*>"},
        {"5\" screen", "<5><screen>"},
        {"rock\"n\"roll", "<rock\"n\"roll>"},
        {"a * \xf0\x9f\x98\x80 b \xf0\x9f\x98\x80*", "<a><\xf0\x9f\x98\x80><b><\xf0\x9f\x98\x80>"},
        {"AND OR NOT NEAR(a)", "<AND><OR><NOT><NEAR(a>"},
        {"cafe\xcc\x81", "<cafe\xcc\x81>"},
        {"\xe4\xbd\xa0\xe5\xa5\xbd", "<\xe4\xbd\xa0\xe5\xa5\xbd>"},
        {"\xe4\xbd\xa0\xe5\xa5\xbd*", "<\xe4\xbd\xa0\xe5\xa5\xbd>"},
        {"\xe4\xbd\xa0 -x\xe4\xbd\xa0", "<\xe4\xbd\xa0*><-x\xe4\xbd\xa0*>"},
        {"(C++), c#!", "<C++><c#>"},
        {"+2345-67*", "<2345-67*>"},
        {"text:hello ^a b:", "<text:hello><a><b>"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct search_query query;
        GError *error = NULL;
        search_query_parse(str_from_c(cases[i].text), &query, &error);
        g_assert_no_error(error);
        g_autofree char *terms = describe(&query);
        g_assert_cmpstr(terms, ==, cases[i].terms);
    }
}

static void refused(struct str text, const char *words)
{
    struct search_query query;
    g_autoptr(GError) error = NULL;
    g_assert_false(search_query_parse(text, &query, &error));
    g_assert_cmpint(reason_of(error), ==, REASON_QUERY_INVALID);
    g_assert_nonnull(strstr(error->message, words));
}

static void test_refused(void)
{
    refused(STR(""), "at least one");
    refused(STR_NULL, "at least one");
    refused(STR("  "), "at least one");
    refused(STR("\"\" * - -\"\" ?! -"), "at least one");
    refused(STR("-a -\"b c\""), "must occur");
    refused(STR("a\xff"), "UTF-8");
    refused(STR("a\0b"), "UTF-8");
}

static void test_limits(void)
{
    g_autofree char *letters = g_strnfill(LIMIT_QUERY + 1, 'a');
    struct search_query query;
    g_assert_true(search_query_parse(str_from(letters, LIMIT_QUERY), &query, NULL) && query.count == 1);
    refused(str_from(letters, LIMIT_QUERY + 1), "1024 bytes");
    g_autoptr(GString) words = g_string_new("");
    for (int i = 0; i < LIMIT_QUERY_WORDS; i++)
        g_string_append(words, "a ");
    g_assert_true(search_query_parse(str_from_c(words->str), &query, NULL) && query.count == LIMIT_QUERY_WORDS);
    g_string_append(words, "? ");
    g_assert_true(search_query_parse(str_from_c(words->str), &query, NULL));
    g_string_append(words, "b");
    refused(str_from_c(words->str), "32 words");
}

/* What counts is what is looked for: the words of a phrase, the pairs of a run, prefixes that nobody wrote a * for. */
static void test_words_are_counted(void)
{
    g_autoptr(GString) phrase = g_string_new("\"");
    g_autoptr(GString) run = g_string_new("");
    struct search_query query;
    for (int i = 0; i < LIMIT_QUERY_WORDS; i++) {
        g_string_append(phrase, "a ");
        g_string_append(run, "\xe4\xbd\xa0");
    }
    g_assert_true(search_query_parse(str_from_c(phrase->str), &query, NULL));
    g_string_append(phrase, "b");
    refused(str_from_c(phrase->str), "32 words");
    g_string_append(run, "\xe4\xbd\xa0");
    g_assert_true(search_query_parse(str_from_c(run->str), &query, NULL));
    g_string_append(run, "\xe4\xbd\xa0");
    refused(str_from_c(run->str), "32 words");
}

static void test_prefixes_are_counted(void)
{
    struct search_query query;
    g_assert_true(search_query_parse(STR("aaa* \"b bbb\"* -ccc* \xe4\xbd\xa0"), &query, NULL));
    refused(STR("aaa* bbb* -ccc* -ddd* eee*"), "4 words with a *");
    refused(STR("aaa* bbb* -ccc* ddd* \xe4\xbd\xa0"), "4 words with a *");
    refused(STR("t*"), "3 letters");
    refused(STR("abc \"def gh\"*"), "3 letters");
    refused(STR("\xc3\xa9\xc3\xa9*"), "3 letters");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/search_query/parse", test_parse);
    g_test_add_func("/search_query/refused", test_refused);
    g_test_add_func("/search_query/limits", test_limits);
    g_test_add_func("/search_query/words_are_counted", test_words_are_counted);
    g_test_add_func("/search_query/prefixes_are_counted", test_prefixes_are_counted);
    return g_test_run();
}
