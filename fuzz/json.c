/* Reading JSON, and writing back what was read: the second reading gives the same tree, the second writing the same
 * bytes. */
#include "base/reason.h"
#include "text/json_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str write_tree(const struct json_node *tree, size_t max, struct arena *a)
{
    struct buf out;
    struct json w;
    buf_init(&out, max);
    json_init(&w, &out);
    json_add_tree(&w, tree);
    g_assert_false(out.overflow);
    struct str text = arena_str(a, buf_str(&out));
    buf_clear(&out);
    return text;
}

static bool trees_equal(const struct json_node *a, const struct json_node *b)
{
    if (a->kind != b->kind || a->count != b->count || !str_equal(a->name, b->name))
        return false;
    const struct json_node *x = json_first(a), *y = json_first(b);
    switch (a->kind) {
    case JSON_NULL:
        return true;
    case JSON_BOOL:
        return a->truth == b->truth;
    case JSON_INTEGER:
        return a->integer == b->integer;
    case JSON_REAL:
        return a->real == b->real;
    case JSON_STRING:
        return str_equal(a->string, b->string);
    default:
        for (; x && y; x = x->next, y = y->next)
            if (!trees_equal(x, y))
                return false;
        return !x && !y;
    }
}

/* A string may be a slice of the text, so the text must hold nothing that no string may. */
static void check_strings(const struct json_node *tree)
{
    uint32_t count = 0;
    struct str texts[] = {tree->name, json_str(tree)};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_assert_true(str_is_utf8(texts[i]) && !(texts[i].len && memchr(texts[i].ptr, 0, texts[i].len)));
    for (const struct json_node *part = json_first(tree); part; part = part->next, count++)
        check_strings(part);
    g_assert_cmpint(count, ==, tree->count);
}

static void check(struct str text, struct arena *a)
{
    g_autoptr(GError) error = NULL;
    const struct json_node *tree = json_read(text, JSON_TOP_ANY, a, &error);
    g_assert_true((tree == NULL) == (error != NULL));
    /* GLib's validator takes a zero byte for an error; no text with one is JSON. */
    bool utf8 = str_is_utf8(text);
    g_assert_true(memchr(text.ptr, 0, text.len) || utf8 == g_utf8_validate_len(text.ptr, text.len, NULL));
    if (!tree) {
        g_assert_true(str_is_utf8(str_from_c(error->message)));
        return;
    }
    check_strings(tree);
    size_t max = 64 * text.len + 64;
    struct str first = write_tree(tree, max, a);
    const struct json_node *again = json_read(first, JSON_TOP_ANY, a, &error);
    g_assert_no_error(error);
    g_assert_true(trees_equal(tree, again));
    g_assert_true(str_equal(first, write_tree(again, max, a)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    arena_init(&a);
    /* A block of exactly its size, so that AddressSanitizer sees a step past its end. */
    char *text = memcpy(arena_alloc(&a, size), size ? (const char *)data : "", size);
    check(str_from(text, size), &a);
    arena_clear(&a);
    return 0;
}
