/* The search syntax: each term is a piece of the query, not empty, whole characters, and one of them must occur. */
#include "text/search_query.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_from((const char *)data, size);
    struct search_query query;
    g_autoptr(GError) error = NULL;
    if (!search_query_parse(text, &query, &error)) {
        g_assert_nonnull(error);
        return 0;
    }
    g_assert_cmpuint(query.count, <=, LIMIT_QUERY_WORDS);
    bool any_positive = false;
    for (size_t i = 0; i < query.count; i++) {
        struct str term = query.terms[i].text;
        g_assert_true(term.len > 0 && term.ptr >= text.ptr && term.ptr + term.len <= text.ptr + text.len);
        g_assert_true(str_is_utf8(term));
        any_positive |= !query.terms[i].is_negative;
    }
    g_assert_true(any_positive);
    return 0;
}
