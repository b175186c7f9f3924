/* What a message says is what its CommonMark shows: marks stay marks, and text stays text. */
#include "base/arena.h"
#include "text/markup/markup.h"

static void test_forms(void)
{
    static const struct {
        const char *message, *markdown;
    } cases[] = {
        {"plain", "plain"},
        {"*bold* _italic_ ~gone~", "**bold** *italic* ~~gone~~"},
        {"one\ntwo", "one  \ntwo"},
        {"one\n\ntwo", "one\n\n\n\ntwo"},
        {"2 * 3 and a_b", "2 \\* 3 and a\\_b"},
        {"<script>alert(1)</script> &amp;", "\\<script\\>alert(1)\\</script\\> \\&amp;"},
        {"- - -", "- \\- -"},
        {"#no heading", "\\#no heading"},
        {"-5 degrees", "\\-5 degrees"},
        {"1) first", "1\\) first"},
        {"2024. was a year", "2024. was a year"}, /* a list there, too */
        {"2024.was a year", "2024\\.was a year"},
        {"     far in", "far in"},
        {"`a ` b`", "`a ` b\\`"},
        {"> # quoted", "> \\# quoted"},
        {"[label](https://example.org/a_b)", "[label](<https://example.org/a_b>)"},
        {"[x](javascript:alert(1))", "x"},
        {"```\n# a `b` <c>\n```", "```\n# a `b` <c>\n```"},
    };
    static const struct markup_options options = {0};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct arena a;
        struct buf out;
        arena_init(&a);
        buf_init(&out, 4096);
        markup_write_markdown(&out, markup_parse(str_from_c(cases[i].message), &options, 0, &a));
        buf_add_byte(&out, '\0');
        g_assert_cmpstr(out.ptr, ==, cases[i].markdown);
        buf_clear(&out);
        arena_clear(&a);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/markdown/forms", test_forms);
    return g_test_run();
}
