/* BBCode of Live Helper Chat as the text that a reader would see. */
#include "port/format/bbcode.h"

static void assert_read(const char *code, const char *expected, const char *files)
{
    struct arena a;
    struct bbcode read;
    arena_init(&a);
    bbcode_read(str_from_c(code), &read, &a);
    g_assert_cmpstr(read.text.ptr, ==, expected);
    g_autoptr(GString) ids = g_string_new(NULL);
    for (size_t i = 0; i < read.file_count; i++)
        g_string_append_printf(ids, "%.*s ", STR_ARG(read.files[i]));
    g_assert_cmpstr(ids->str, ==, files);
    arena_clear(&a);
}

static void test_marks_of_looks_are_dropped(void)
{
    assert_read("I mend it [b]at [I]once[/I][/b]", "I mend it at once", "");
    assert_read("[list][*]one\n[*]two[/list]", "- one\n- two", "");
}

static void test_links_and_images_keep_their_address(void)
{
    assert_read("[url=https://example.org/]here[/url]!", "here (https://example.org/)!", "");
    assert_read("[url]https://example.org/[/url]", "https://example.org/", "");
    assert_read("[img]https://example.org/a.png[/img]", "https://example.org/a.png", "");
}

static void test_files_are_found_without_what_opens_them(void)
{
    assert_read("Look: [file=5_0a1b2c]", "Look:", "5 ");
    assert_read("[file=5_0a1b2c][file=6_ff]", "", "5 6 ");
    assert_read("[file=]", "[file=]", "");
}

static void test_what_is_no_mark_is_text(void)
{
    assert_read("a[0] = [b", "a[0] = [b", "");
    assert_read("[[b]x[/b]]", "[x]", "");
    assert_read("[unknown]x[/unknown] [", "[unknown]x[/unknown] [", "");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bbcode/marks-of-looks-are-dropped", test_marks_of_looks_are_dropped);
    g_test_add_func("/bbcode/links-and-images-keep-their-address", test_links_and_images_keep_their_address);
    g_test_add_func("/bbcode/files-are-found-without-what-opens-them", test_files_are_found_without_what_opens_them);
    g_test_add_func("/bbcode/what-is-no-mark-is-text", test_what_is_no_mark_is_text);
    return g_test_run();
}
