#include "text/markup.h"

/* What message-parser 0.31.36 gives: P(text) a paragraph, | a line break. */
static void test_plain_text(void)
{
    static const struct {
        const char *text, *blocks;
    } cases[] = {
        {"hi", "P(hi)"},
        {"a\nb", "P(a)P(b)"},
        {"a\n\nb", "P(a)|P(b)"},
        {"a\n\n\nb", "P(a)||P(b)"},
        {"\na", "|P(a)"},
        {"a\n", "P(a)"},
        {"a\n\n", "P(a)|"},
        {"\n", "|"},
        {"\n\n", "||"},
        {"", ""},
        {" ", "P( )"},
        {" a ", "P( a )"},
        {"a\r\nb", "P(a\\r)P(b)"},
        {"a\r\n\r\nb", "P(a\\r)|P(b)"},
        {"a\n \nb", "P(a)|P(b)"},
        {"a\n\t \tb", "P(a)P(\\t \\tb)"},
        {"a\n ", "P(a)P( )"},
        {"a\n  \n ", "P(a)|P( )"},
        {" \n", "|"},
        {"\r", "|"},
        {"\r\r", "||"},
        {"\rb", "|P(b)"},
        {"a\r", "P(a\\r)"},
        {"a\rb", "P(a\\rb)"},
        {"\xc2\xa0\nb", "P(\xc2\xa0)P(b)"},
        {"it's \"quoted\"", "P(it's \\\"quoted\\\")"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct buf out;
        struct json w;
        buf_init(&out, 4096);
        json_init(&w, &out);
        markup_write_md(&w, str_from_c(cases[i].text));
        g_autoptr(GString) got = g_string_new_len(out.ptr, (gssize)out.len);
        g_string_replace(got, "{\"type\":\"PARAGRAPH\",\"value\":[{\"type\":\"PLAIN_TEXT\",\"value\":\"", "P(", 0);
        g_string_replace(got, "\"}]}", ")", 0);
        g_string_replace(got, "{\"type\":\"LINE_BREAK\"}", "|", 0);
        g_string_replace(got, "),", ")", 0);
        g_string_replace(got, "|,", "|", 0);
        g_autofree char *expected = g_strdup_printf("[%s]", cases[i].blocks);
        g_assert_cmpstr(got->str, ==, expected);
        buf_clear(&out);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/markup/plain_text", test_plain_text);
    return g_test_run();
}
