/* HTML bodies as the text that a reader would see. */
#include "port/format/html.h"

static void assert_text(const char *html, const char *expected)
{
    struct arena a;
    arena_init(&a);
    struct str text = html_text(str_from_c(html), &a);
    g_assert_cmpstr(text.ptr, ==, expected);
    arena_clear(&a);
}

static void test_blocks_become_lines(void)
{
    assert_text("<p>One</p><p>Two</p>", "One\n\nTwo");
    assert_text("One<br>Two<br/><br>Three", "One\nTwo\n\nThree");
    assert_text("<div>One</div><div><div>Two</div></div>", "One\nTwo");
    assert_text("<ul><li>One</li><li>Two</li></ul>After", "- One\n- Two\n\nAfter");
    assert_text("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc");
    assert_text("  <p>\n  One   word\n</p>\n ", "One word");
    assert_text("<pre>a\n  b</pre>c", "a\n  b\n\nc");
}

static void test_links_are_kept_and_images_named(void)
{
    assert_text("See <a href=\"https://example.org/?a=1&amp;b=2\">our page</a>!",
                "See our page (https://example.org/?a=1&b=2)!");
    assert_text("<a class='x' href='https://example.org/'>https://example.org/</a>", "https://example.org/");
    assert_text("<a href=https://example.org/ target=_blank>here</a>", "here (https://example.org/)");
    assert_text("<a href=\"mailto:lea@example.org\">lea@example.org</a>", "lea@example.org");
    assert_text("<img src=\"https://example.org/a.png\" alt=\"a cat\"> <img src=\"data:image/png;base64,AAAA\">",
                "[a cat https://example.org/a.png]");
    assert_text("<img alt=\"\" src=\"https://example.org/a.png\">", "[image https://example.org/a.png]");
}

static void test_character_references(void)
{
    assert_text("a &lt;b&gt; &amp;&nbsp;&auml;&#228;&#xE4;&#128512;", "a <b> & äää😀");
    assert_text("AT&T &unknown; &#0; &#xd800; &", "AT&T &unknown; &#0; &#xd800; &");
}

static void test_what_is_not_for_readers_is_dropped(void)
{
    assert_text("<style>p{}</style>a<script>if (a < b) {}</script>b<!-- <p>no</p> -->c", "abc");
    assert_text("<head><title>x</title></head><body>a</body>", "a");
}

static void test_what_is_no_tag_is_text(void)
{
    assert_text("1 < 2 and 3 > 2 <3", "1 < 2 and 3 > 2 <3");
    assert_text("<", "<");
    assert_text("a <b", "a <b");
    assert_text("<a title=\"x>y</a>", "y");
    assert_text("a<script>never ends", "a");
    assert_text("a<!-- never ends", "a");
}

/* Each of these took the square of its length while the end of a tag was looked for without a limit. */
static void test_hostile_texts_end(void)
{
    static const char *const pieces[] = {"<a \"", "<a '\">", "<script>", "<!--", "<a href=", "&", "<p><div>"};
    struct arena a;
    arena_init(&a);
    for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
        GString *html = g_string_new(NULL);
        while (html->len < 200 * 1024)
            g_string_append(html, pieces[i]);
        html_text(str_from(html->str, html->len), &a);
        g_string_free(html, TRUE);
        arena_reset(&a);
    }
    arena_clear(&a);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/html/blocks-become-lines", test_blocks_become_lines);
    g_test_add_func("/html/links-are-kept-and-images-named", test_links_are_kept_and_images_named);
    g_test_add_func("/html/character-references", test_character_references);
    g_test_add_func("/html/what-is-not-for-readers-is-dropped", test_what_is_not_for_readers_is_dropped);
    g_test_add_func("/html/what-is-no-tag-is-text", test_what_is_no_tag_is_text);
    g_test_add_func("/html/hostile-texts-end", test_hostile_texts_end);
    return g_test_run();
}
