/* Cursors: nobody makes one without the key, and what was sealed comes back. */
#include "text/cursor.h"
#include "base/id.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[CURSOR_KEY_SIZE] = {7}, digest[CURSOR_DIGEST_SIZE] = {9}, other[CURSOR_DIGEST_SIZE] = {1};
    struct str text = str_from((const char *)data, size), payload;
    struct arena a;
    arena_init(&a);
    id_library_init();
    g_autoptr(GError) error = NULL;
    /* Only a cursor in the corpus itself reads, and then it is the very one that its payload gives. */
    if (cursor_read(key, digest, text, &a, &payload, NULL))
        g_assert_true(str_equal(cursor_write(key, digest, payload, &a), text));
    text.len = MIN(text.len, CURSOR_PAYLOAD_MAX);
    struct str cursor = cursor_write(key, digest, text, &a);
    cursor_read(key, digest, cursor, &a, &payload, &error);
    g_assert_no_error(error);
    g_assert_true(str_equal(payload, text));
    g_assert_false(cursor_read(key, other, cursor, &a, &payload, NULL));
    arena_clear(&a);
    return 0;
}
