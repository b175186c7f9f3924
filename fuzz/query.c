/* Query strings: names and values are text, and their number is bounded. */
#include "text/query.h"
#include "base/limits.h"
#include "base/reason.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(struct str text)
{
    g_assert_true(text.ptr && str_is_utf8(text) && (text.len == 0 || !memchr(text.ptr, '\0', text.len)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct query q;
    arena_init(&a);
    g_autoptr(GError) error = NULL;
    if (query_parse(str_from((const char *)data, size), &a, &q, &error)) {
        g_assert_cmpuint(q.count, <=, LIMIT_QUERY_PARAMETERS);
        for (size_t i = 0; i < q.count; i++) {
            check_text(q.pairs[i].name);
            check_text(q.pairs[i].value);
        }
    } else {
        g_assert_true(str_is_utf8(str_from_c(error->message)) && str_is_utf8(reason_field(error)));
    }
    arena_clear(&a);
    return 0;
}
