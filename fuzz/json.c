/* Reading JSON, and writing back what was read: the second reading gives the same tree, the second writing the same bytes. */
#include "base/reason.h"
#include "text/json_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_tree(struct buf *out, const json_t *tree)
{
    struct json w;
    json_init(&w, out);
    json_add_tree(&w, tree);
    g_assert_false(out->overflow);
    g_assert_true(str_is_utf8(buf_str(out)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    json_auto_t *tree = json_read(str_from((const char *)data, size), JSON_TOP_ANY, &error);
    g_assert_true((tree == NULL) == (error != NULL));
    if (!tree) {
        g_assert_true(str_is_utf8(str_from_c(error->message)));
        return 0;
    }
    struct buf first, second;
    buf_init(&first, 64 * size + 64);
    buf_init(&second, 64 * size + 64);
    write_tree(&first, tree);
    json_auto_t *again = json_read(buf_str(&first), JSON_TOP_ANY, &error);
    g_assert_no_error(error);
    g_assert_true(json_equal(tree, again));
    write_tree(&second, again);
    g_assert_true(str_equal(buf_str(&first), buf_str(&second)));
    buf_clear(&first);
    buf_clear(&second);
    return 0;
}
