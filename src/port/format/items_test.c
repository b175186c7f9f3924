/* Items cut out of lines, arrays and the pages of APIs; each file in one piece and byte by byte. */
#include "port/format/items.h"

struct file {
    struct str left;
    size_t piece;
};

static int give(void *data, char *bytes, unsigned size, GError **error)
{
    struct file *file = data;
    size_t count = MIN(MIN(file->left.len, file->piece), size);
    (void)error;
    if (count)
        memcpy(bytes, file->left.ptr, count);
    file->left = str_skip(file->left, count);
    return (int)count;
}

static bool write_item(void *data, struct str text, const struct item_place *place, GError **error)
{
    (void)error;
    g_string_append_printf(data, "%d %.*s\n", (int)place->line, STR_ARG(text));
    return true;
}

static char *items_of(const char *text, size_t piece, const char *const *arrays, GError **error)
{
    struct file file = {str_from_c(text), piece};
    struct input *input = input_over("my.json", give, &file);
    GString *items = g_string_new(NULL);
    items_read(input, arrays, write_item, items, error);
    input_close(input);
    return g_string_free(items, FALSE);
}

static void assert_items(const char *text, const char *const *arrays, const char *expected)
{
    static const size_t pieces[] = {1, 7, 1000};
    for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *items = items_of(text, pieces[i], arrays, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(items, ==, expected);
    }
}

static void assert_refused(const char *text, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_free(items_of(text, 7, NULL, &error));
    g_assert_error(error, REASON, REASON_LINE_INVALID);
    g_assert_cmpstr(error->message, ==, expected);
}

static void test_lines_and_arrays(void)
{
    assert_items("{\"a\":1}\n\n{\"b\":{\"c\":[{}]}} {\"d\":\"}\"}\n", NULL,
                 "1 {\"a\":1}\n3 {\"b\":{\"c\":[{}]}}\n3 {\"d\":\"}\"}\n");
    assert_items("[\n{\"a\":1},\n{\"b\":\"\\\"]\\\\\"}]", NULL, "2 {\"a\":1}\n3 {\"b\":\"\\\"]\\\\\"}\n");
    assert_items("", NULL, "");
    assert_items("\xef\xbb\xbf[{}]\n[{}]", NULL, "1 {}\n2 {}\n");
}

static void test_pages(void)
{
    static const char *const arrays[] = {"chats", "other", NULL};
    assert_items(
        "{\"count\":2,\"chats\":[{\"a\":1},{\"chats\":[{}]}],\"next\":null}\n{\"chats\":[],\"other\":[{\"b\":2}]}",
        arrays, "1 {\"a\":1}\n1 {\"chats\":[{}]}\n2 {\"b\":2}\n");
    assert_items("{\"id\":1,\"texts\":[{}]}\n", arrays, "1 {\"id\":1,\"texts\":[{}]}\n"); /* an item itself */
}

static void test_pages_within(void)
{
    static const char *const arrays[] = {"data.payload", NULL};
    assert_items("{\"data\":{\"meta\":{\"payload\":[{\"no\":1}]},\"payload\":[{\"a\":1},{\"b\":2}]}}", arrays,
                 "1 {\"a\":1}\n1 {\"b\":2}\n");
    assert_items("{\"payload\":[{\"a\":1}]}", arrays, "1 {\"payload\":[{\"a\":1}]}\n");
}

static void test_items_by_id(void)
{
    static const char *const arrays[] = {"docs.*", NULL};
    assert_items("{\"docs\":{\"x\":{\"a\":{}},\"y\":null,\"z\":{\"b\":2}},\"count\":2}", arrays,
                 "1 {\"a\":{}}\n1 {\"b\":2}\n");
}

static void test_what_is_torn_is_told_its_line(void)
{
    assert_refused("{\"a\":1}\n{\"b\":", "my.json:2: the file ends in the middle of an item");
    assert_refused("{\"a\":1}\n}", "my.json:2: a bracket closes that was never opened");
    assert_refused("{\"a\":\"b", "my.json:1: the file ends in the middle of an item");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/items/lines-and-arrays", test_lines_and_arrays);
    g_test_add_func("/items/pages", test_pages);
    g_test_add_func("/items/pages-within", test_pages_within);
    g_test_add_func("/items/items-by-id", test_items_by_id);
    g_test_add_func("/items/what-is-torn-is-told-its-line", test_what_is_torn_is_told_its_line);
    return g_test_run();
}
