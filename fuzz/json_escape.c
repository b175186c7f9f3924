/* The two writers of JSON strings give the same bytes, as many as were foretold, and always valid UTF-8. */
#include "text/json_escape.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str s = str_from((const char *)data, size);
    size_t length = json_escape_length(s);
    g_autofree char *fast = g_malloc(length + 1), *slow = g_malloc(length + 1);
    g_assert_cmpuint(json_escape(fast, s), ==, length);
    g_assert_cmpuint(json_escape_scalar(slow, s), ==, length);
    g_assert_cmpmem(fast, length, slow, length);
    g_assert_true(str_is_utf8(str_from(fast, length)));
    return 0;
}
